"""A request for a chat completion, taken apart: what every other API has a word for.

What changes the answer and has no word elsewhere is refused, by name; what only tunes it (`seed`, penalties,
`service_tier`, `store`, `metadata`, `logit_bias`) is left out where the other API lacks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from proxy.errors import BadRequest

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,(.*)", re.DOTALL)
_SYSTEM: Final = frozenset({"system", "developer"})
JSON_ONLY: Final = "Answer with one JSON object and nothing else."
"""What `json_object` asks for, for models of APIs that have no such switch."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message: a text, an image or a document. `data` is base64, `url` where there is none."""

    kind: str
    text: str = field(default="", repr=False)
    media_type: str = ""
    data: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    cache: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool: its arguments as the object that they are."""

    id: str
    name: str
    arguments: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; `answers` is the call whose result it is."""

    role: str
    parts: tuple[Part, ...] = ()
    calls: tuple[Call, ...] = ()
    answers: Call | None = None

    @property
    def text(self) -> str:
        """Its texts together."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Chat:
    """A request: turns (`system`, `user`, `assistant`, `tool`), tools, and what is wanted of the answer.

    `choice`: None (the model's own), `none`, `required`, or a tool's name behind `=`. `schema`: of the answer; `{}` for
    any JSON object. `given`: the body.
    """

    turns: tuple[Turn, ...]
    tools: tuple[dict[str, Any], ...]
    choice: str | None
    schema: Mapping[str, Any] | None
    given: Mapping[str, Any] = field(repr=False)

    @property
    def stream(self) -> bool:
        """Whether a stream is asked for."""
        return self.given.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        """Whether the stream is to end with its usage."""
        options = self.given.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def limit(self) -> int | None:
        """Most tokens of the answer."""
        for name in ("max_completion_tokens", "max_tokens"):
            if isinstance(self.given.get(name), int):
                return int(self.given[name])
        return None

    @property
    def stops(self) -> list[str]:
        """Texts that end the answer."""
        stop = self.given.get("stop")
        return [stop] if isinstance(stop, str) else [text for text in listed(stop) if isinstance(text, str)]


def read_chat(body: Mapping[str, Any]) -> Chat:
    """Take a request apart. Raises BadRequest, with the field, for what cannot be said elsewhere."""
    _refuse(body)
    legacy = [{"type": "function", "function": function} for function in listed(body.get("functions"))]
    tools = tuple(_tool(tool, position) for position, tool in enumerate([*listed(body.get("tools")), *legacy]))
    return Chat(_turns(body), tools, _choice(body), _schema(body.get("response_format")), body)


def listed(value: object) -> Sequence[Any]:
    """The value when it is a list, else nothing."""
    return value if isinstance(value, list) else ()


def refused(what: str, param: str) -> BadRequest:
    """The error for what has no word in the other API."""
    return BadRequest(
        f"{what} cannot be translated for the provider of this model. Nothing was sent. Leave it out, or use a model "
        "of a provider that speaks OpenAI's API.",
        param=param,
    )


def _refuse(body: Mapping[str, Any]) -> None:
    if body.get("n") not in (None, 1):
        raise refused("More than one choice", "n")
    if body.get("logprobs") or body.get("top_logprobs"):
        raise refused("Log probabilities", "logprobs")
    if body.get("audio") is not None or "audio" in listed(body.get("modalities")):
        raise refused("Audio", "modalities")
    if body.get("web_search_options") is not None:
        raise refused("Web search", "web_search_options")


def _turns(body: Mapping[str, Any]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    calls: dict[str, Call] = {}
    for position, message in enumerate(listed(body.get("messages"))):
        if not isinstance(message, dict):
            raise BadRequest("A message must be an object.", param=f"messages[{position}]")
        turn = _turn(message, position, calls)
        calls |= {call.id: call for call in turn.calls}
        turns.append(turn)
    return tuple(turns)


def _turn(message: Mapping[str, Any], position: int, calls: Mapping[str, Call]) -> Turn:
    role = message.get("role")
    where = f"messages[{position}]"
    parts = tuple(_parts(message.get("content"), where))
    if role in _SYSTEM:
        return Turn("system", parts)
    if role == "user":
        return Turn("user", parts)
    if role == "assistant":
        refusal = message.get("refusal")
        more = (Part("text", refusal),) if isinstance(refusal, str) and refusal else ()
        return Turn("assistant", (*parts, *more), tuple(_calls(message, position)))
    if role in ("tool", "function"):
        name = str(message.get("tool_call_id") or "")
        known = calls.get(name) or (next(reversed(list(calls.values())), None) if role == "function" else None)
        return Turn(
            "tool", parts, answers=known or Call(name or f"call_{position}", str(message.get("name") or ""), {})
        )
    raise BadRequest("This is no role of a message.", param=f"{where}.role")


def _parts(content: object, where: str) -> list[Part]:
    if isinstance(content, str):
        return [Part("text", content)] if content else []
    found: list[Part] = []
    for number, part in enumerate(listed(content)):
        place = f"{where}.content[{number}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "refusal") and isinstance(part.get(kind), str):
            found.append(Part("text", part[kind], cache=part.get("cache_control")))
        elif kind == "image_url":
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            found.append(_sourced("image", str(url or ""), "image/png"))
        elif kind == "file" and isinstance(part.get("file"), dict) and isinstance(part["file"].get("file_data"), str):
            name = str(part["file"].get("filename") or "")
            made = _sourced("document", part["file"]["file_data"], "application/pdf")
            found.append(Part(made.kind, media_type=made.media_type, data=made.data, url=made.url, name=name))
        else:
            raise refused("This part of a message", place)
    return found


def _sourced(kind: str, url: str, media_type: str) -> Part:
    match = _DATA_URL.fullmatch(url)
    if match is None:
        return Part(kind, media_type=media_type, url=url)
    return Part(kind, media_type=match[1] or media_type, data=match[2])


def _calls(message: Mapping[str, Any], position: int) -> list[Call]:
    found: list[Call] = []
    for number, call in enumerate(listed(message.get("tool_calls"))):
        place = f"messages[{position}].tool_calls[{number}]"
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise refused("A call of a custom tool", place)
        name = str(call.get("id") or f"call_{position}_{number}")
        found.append(Call(name, str(function.get("name") or ""), _arguments(function.get("arguments"), place)))
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        arguments = _arguments(legacy.get("arguments"), f"messages[{position}].function_call")
        found.append(Call(f"call_{position}", str(legacy.get("name") or ""), arguments))
    return found


def _arguments(written: object, place: str) -> dict[str, Any]:
    if not written:
        return {}
    try:
        read = json.loads(written) if isinstance(written, str) else written
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise BadRequest("Arguments of a call must be a JSON object.", param=f"{place}.arguments")
    return read


def _tool(tool: object, position: int) -> dict[str, Any]:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise refused("A tool that is no function", f"tools[{position}]")
    return function


def _choice(body: Mapping[str, Any]) -> str | None:
    choice = body.get("tool_choice", body.get("function_call"))
    if choice in ("none", "required"):
        return str(choice)
    if isinstance(choice, dict):
        function = choice.get("function", choice)
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str):
            raise refused("This choice of tools", "tool_choice")
        return f"={name}"
    return None


def _schema(wanted: object) -> Mapping[str, Any] | None:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if isinstance(wanted, dict) and kind == "json_schema":
        inner = wanted.get("json_schema")
        schema = inner.get("schema") if isinstance(inner, dict) else None
        return schema if isinstance(schema, dict) else {}
    if kind == "json_object":
        return {}
    if kind not in (None, "text"):
        raise refused("This format of the answer", "response_format")
    return None
