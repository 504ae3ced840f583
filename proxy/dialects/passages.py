"""Whose message a text of a request stands in, and to which tool it belongs, told by the body's own words. Pure.

Where a body does not say it in a way that is known here, nothing is told: the stricter rules count then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proxy.core.jsontext import Document, Path
from proxy.core.slots import TextSlot

_ROLES: Final = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TOP: Final = {
    "system": "system",
    "instructions": "system",
    "prompt": "user",
    "suffix": "user",
    "input": "user",
    "tools": "system",
    "functions": "system",
}
"""Whose the texts of a field are that holds no messages."""
_Place = tuple[str | None, str | None]


def place_texts(body: Document, texts: Iterable[TextSlot]) -> None:
    """Note at every text its role (system, user, assistant, tool) and tool."""
    calls = _names_of_calls(body)
    known: dict[Path, _Place] = {}
    for slot in texts:
        item = _item_of(slot.path)
        if item not in known:
            known[item] = _place(body, item, calls)
        slot.place = known[item]


def _item_of(path: Path) -> Path:
    """The smallest part of the body around a text that has one role and one tool."""
    if path[:1] == ("messages",) and len(path) > 3 and path[2] in ("content", "tool_calls"):  # noqa: PLR2004 - a part
        return path[:4]
    return path[:2]


def _place(body: Document, item: Path, calls: dict[str, str]) -> _Place:
    top = item[0] if item else ""
    if top in ("tools", "functions"):
        return "system", body.value(*item, "function", "name") or body.value(*item, "name")
    if top == "messages":
        return _of_message(body, item, calls)
    if top == "input" and len(item) > 1 and isinstance(item[1], int) and item in body.containers:
        return _of_item(body, item, calls)
    return _TOP.get(str(top)), ""


def _of_message(body: Document, item: Path, calls: dict[str, str]) -> _Place:
    """A message, a block of its content, or one of its tool calls."""
    message = item[:2]
    role = _ROLES.get(body.value(*message, "role") or "")
    if len(item) > 2:  # noqa: PLR2004 - a part of a message
        kind = body.value(*item, "type") or ""
        if item[2] == "tool_calls":
            return role, body.value(*item, "function", "name") or body.value(*item, "custom", "name")
        if kind.endswith("tool_use"):
            return role, body.value(*item, "name")
        if kind.endswith("tool_result"):
            return "tool", calls.get(body.value(*item, "tool_use_id") or "")
    if role == "tool":
        name = body.value(*message, "name") or body.value(*message, "tool_name")
        return role, name or calls.get(body.value(*message, "tool_call_id") or "")
    called = body.value(*message, "function_call", "name")
    return role, called or ""


def _of_item(body: Document, item: Path, calls: dict[str, str]) -> _Place:
    """An item of OpenAI's responses: a message, a call, or what came of one."""
    kind = body.value(*item, "type") or "message"
    if kind == "message":
        return _ROLES.get(body.value(*item, "role") or ""), ""
    if kind.endswith("_call_output"):
        return "tool", calls.get(body.value(*item, "call_id") or "")
    if kind.endswith("_call"):
        return "assistant", body.value(*item, "name")
    return ("assistant", "") if kind == "reasoning" else (None, None)


def _names_of_calls(body: Document) -> dict[str, str]:
    """Names of the tools that were called, by the ids of the calls; an id with two names has none."""
    found: dict[str, str] = {}
    for leaf in body.leaves:
        if leaf.is_key or leaf.is_number or leaf.path[-1:] not in (("id",), ("call_id",)):
            continue
        call = leaf.path[:-1]
        name = body.value(*call, "function", "name") or body.value(*call, "name")
        if name is not None:
            found[leaf.text] = name if found.get(leaf.text, name) == name else ""
    return {call: name for call, name in found.items() if name}
