"""An OpenAI chat request as the demo model sees it: who said what, which tools there are, what shape is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_READ_AT_MOST = 20_000
"""Characters of the conversation that are looked at: the reply is made on the event loop and must stay quick."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; `parameters` is its JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the reply is made from: the last user message, everything said before it, and fresh tool results."""

    prompt: str
    earlier: str
    tool_results: tuple[str, ...]
    tools: tuple[Tool, ...]
    forced_tool: str | None
    """A tool's name, `*` for any, None when the model may choose."""
    schema: Mapping[str, Any] | None
    """The wanted JSON schema; `{}` for any object, None for text."""


def read_conversation(request: Mapping[str, Any]) -> Conversation:
    """Take the request apart; what has an unexpected shape counts as absent."""
    messages = [message for message in _list(request.get("messages")) if isinstance(message, dict)]
    users = [i for i, message in enumerate(messages) if message.get("role") == "user"]
    last = users[-1] if users else -1
    earlier = [_text(m.get("content")) for i, m in enumerate(messages) if i != last and m.get("role") in _HEARD]
    after = messages[last + 1 :]
    results = [_text(m.get("content")) for m in after if m.get("role") in {"tool", "function"}]
    choice = request.get("tool_choice")
    return Conversation(
        prompt=_text(messages[last].get("content"))[-_READ_AT_MOST:] if users else "",
        earlier="\n".join(earlier)[-_READ_AT_MOST:],
        tool_results=tuple(result[:_READ_AT_MOST] for result in results),
        tools=() if choice == "none" else tuple(_tools(request)),
        forced_tool=_forced(choice),
        schema=_schema(request.get("response_format")),
    )


_HEARD = frozenset({"user", "tool", "function"})
"""Roles whose words count as facts: instructions and the model's own words are none."""


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(content: object) -> str:
    """The text of a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = (part.get("text") for part in _list(content) if isinstance(part, dict))
    return "\n".join(part for part in parts if isinstance(part, str))


def _tools(request: Mapping[str, Any]) -> list[Tool]:
    found = []
    for entry in _list(request.get("tools")):
        function = entry.get("function") if isinstance(entry, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            schema = parameters if isinstance(parameters, dict) else {}
            found.append(Tool(function["name"], str(function.get("description") or ""), schema))
    return found


def _forced(choice: object) -> str | None:
    if choice == "required":
        return "*"
    if isinstance(choice, dict) and isinstance(choice.get("function"), dict):
        return str(choice["function"].get("name"))
    return None


def _schema(wanted: object) -> Mapping[str, Any] | None:
    if not isinstance(wanted, dict):
        return None
    if wanted.get("type") == "json_object":
        return {}
    inner = wanted.get("json_schema")
    if wanted.get("type") == "json_schema" and isinstance(inner, dict):
        schema = inner.get("schema")
        return schema if isinstance(schema, dict) else {}
    return None
