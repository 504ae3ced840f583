"""Answers in the shape of OpenAI's chat completions, whole and as chunks, made from what another API said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer is given: the end of its ids, the time (seconds since 1970) and the model when nobody says it."""

    mark: str
    at: int
    model: str
    wants_usage: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `cached` are part of `given`."""

    given: int = 0
    made: int = 0
    cached: int = 0

    def written(self) -> dict[str, Any]:
        """In OpenAI's words."""
        counts: dict[str, Any] = {
            "prompt_tokens": self.given,
            "completion_tokens": self.made,
            "total_tokens": self.given + self.made,
        }
        return counts | ({"prompt_tokens_details": {"cached_tokens": self.cached}} if self.cached else {})


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said in a whole answer; each of `calls` is id, name and arguments as JSON."""

    text: str = field(repr=False)
    reasoning: str = field(repr=False)
    calls: Sequence[tuple[str, str, str]] = field(repr=False)
    finish: str
    usage: Usage
    model: str = ""
    id: str = ""


class Translation(Protocol):
    """One way from OpenAI's chat completions to another API and back."""

    path: str

    def request(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The request. Raises BadRequest for what cannot be said."""
        ...

    def answer(self, body: Mapping[str, Any], made: Made) -> dict[str, Any]:
        """A whole good answer."""
        ...

    def error(self, body: Mapping[str, Any], status: int) -> dict[str, Any]:
        """The body of an error that came with this HTTP status."""
        ...

    def events(self, made: Made) -> Events:
        """A stream's translation."""
        ...


class Events(Protocol):
    """Turns one stream into another, event by event."""

    complete: bool
    """Whether the stream has come to its proper end."""

    def feed(self, event: Mapping[str, Any]) -> list[bytes]:
        """What one event becomes."""
        ...


def dump(value: object) -> str:
    """JSON in ASCII, for a text may hold lone surrogates. Raises ValueError for numbers that JSON does not know."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def completion(said: Said, made: Made) -> dict[str, Any]:
    """A whole chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.reasoning:
        message["reasoning_content"] = said.reasoning
    if said.calls:
        message["tool_calls"] = [
            {"id": name, "type": "function", "function": {"name": tool, "arguments": arguments}}
            for name, tool, arguments in said.calls
        ]
    elif not said.text:
        message["content"] = ""
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
    return {
        "id": f"chatcmpl-{said.id or made.mark}",
        "object": "chat.completion",
        "created": made.at,
        "model": said.model or made.model,
        "choices": [choice],
        "usage": said.usage.written(),
    }


_KINDS: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


def error(message: object, kind: str | None, status: int = HTTPStatus.INTERNAL_SERVER_ERROR) -> dict[str, Any]:
    """An error in OpenAI's shape; where the provider names no kind, that of the status."""
    if kind is None:
        kind = (
            "api_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _KINDS.get(status, "invalid_request_error")
        )
    text = message if isinstance(message, str) else "The provider failed."
    return {"error": {"message": text, "type": kind, "param": None, "code": None}}


class Chunks:
    """Writes the chunks of one stream."""

    def __init__(self, made: Made) -> None:
        self._made = made
        self.model = made.model
        self.id = made.mark

    def delta(self, content: Mapping[str, Any], finish: str | None = None) -> bytes:
        """A chunk with a delta of the one choice."""
        choice = {"index": 0, "delta": content, "logprobs": None, "finish_reason": finish}
        return self._event([choice])

    def opening(self) -> bytes:
        """The first chunk."""
        return self.delta({"role": "assistant", "content": "", "refusal": None})

    def call(self, index: int, name: str, tool: str, arguments: str = "") -> bytes:
        """A call begins."""
        function = {"name": tool, "arguments": arguments}
        return self.delta({"tool_calls": [{"index": index, "id": name, "type": "function", "function": function}]})

    def arguments(self, index: int, piece: str) -> bytes:
        """More of a call's arguments."""
        return self.delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def ending(self, finish: str, usage: Usage) -> list[bytes]:
        """The end: why, how many tokens when that was asked for, and the mark that nothing follows."""
        last = [self.delta({}, finish)]
        if self._made.wants_usage:
            last.append(self._event([], usage=usage.written()))
        return [*last, DONE]

    def _event(self, choices: list[dict[str, Any]], **more: object) -> bytes:
        head = {"id": f"chatcmpl-{self.id}", "object": "chat.completion.chunk", "created": self._made.at}
        usage = {"usage": None} if self._made.wants_usage and not more else {}
        return b"data: " + dump({**head, "model": self.model, "choices": choices, **usage, **more}).encode() + b"\n\n"
