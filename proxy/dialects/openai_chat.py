"""OpenAI chat completions: `POST /v1/chat/completions`, plain and streamed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, Path, escape, parse
from proxy.core.positions import counted
from proxy.core.slots import Slots, TextSlot, in_ranks, slots_of
from proxy.core.streams import Channel, ChannelText, StreamEvent
from proxy.dialects.base import Traits
from proxy.dialects.openai_fields import CHAT_REQUEST, CHAT_RESPONSE_LEFT_ALONE
from proxy.dialects.tools import tool_of
from proxy.errors import StingError

_FIRST: Final = frozenset({"tools", "functions", "response_format"})
_SYSTEM: Final = frozenset({"system", "developer"})
_DIGITS: Final = 18
_JSON_FORMATS: Final = frozenset({"json_object", "json_schema"})
_ERROR_TYPES: Final[dict[int, str]] = {
    HTTPStatus.BAD_REQUEST: "invalid_request_error",
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


class OpenAIChat:
    """The dialect of chat completions."""

    name = "openai"
    traits = Traits(grows=("messages",))

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for."""
        return body.value("model")

    def wants_stream(self, body: Document) -> bool:
        """Whether `stream` is true."""
        return body.is_true("stream")

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order tools, messages, the rest: what follows the messages must not change how they look."""
        return in_ranks(slots_of(body, CHAT_REQUEST), _rank, 1, _voices(body))

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Texts of tools and of the messages up to the first user message."""
        count = 0
        while ("messages", count) in body.containers and body.value("messages", count, "role") != "user":
            count += 1
        return [slot.text for slot in texts if _rank(slot) == 0 or (_rank(slot) == 1 and _message(slot) <= count)]

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request."""
        return [
            Edit(leaf.start, leaf.end, escape(model))
            for leaf in body.leaves
            if leaf.path == ("model",) and not leaf.is_key and not leaf.is_number
        ]

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """Append the notice to the last system message of the leading ones, or put a system message first."""
        last = self._last_leading_system(body)
        if last is None:
            if ("messages",) not in body.containers:
                return []
            start, end = body.containers[("messages",)]
            message = json.dumps({"role": "system", "content": notice}, ensure_ascii=False)
            comma = "," if body.text[start + 1 : end - 1].strip() else ""
            return [Edit(start + 1, start + 1, message + comma)]
        content: Path = ("messages", last, "content")
        for leaf in body.leaves:
            if leaf.path == content and not leaf.is_key and not leaf.is_number:
                return [Edit(leaf.end, leaf.end, escape("\n\n" + notice))]
        if content in body.containers:
            start, end = body.containers[content]
            part = json.dumps({"type": "text", "text": notice}, ensure_ascii=False)
            comma = "," if body.text[start + 1 : end - 1].strip() else ""
            return [Edit(end - 1, end - 1, comma + part)]
        return []

    def _last_leading_system(self, body: Document) -> int | None:
        last: int | None = None
        position = 0
        while body.value("messages", position, "role") in _SYSTEM:
            last = position
            position += 1
        return last

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string of the answer but ids, enumerations and log probabilities."""
        return self._texts(body, request, whole=True)

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of a chunk by choice and tool call; a choice ends with its `finish_reason`."""
        body = parse(data)
        ends: list[Channel] = [
            ("choices", _index(body, leaf.path[:2]))
            for leaf in body.leaves
            if leaf.path[:1] == ("choices",) and leaf.path[2:] == ("finish_reason",) and not leaf.is_key
        ]
        texts = self._texts(body, request, whole=False)
        tools = [(text.channel[:-1], text.leaf.text) for text in texts if text.channel[-1:] == ("name",)]
        counts = [(_steps(body, one.text), one) for one in counted(body)]
        return StreamEvent(texts, ends, tools=tools, counts=counts)

    def _texts(self, body: Document, request: Document, *, whole: bool) -> list[ChannelText]:
        structured = request.value("response_format", "type") in _JSON_FORMATS
        texts: list[ChannelText] = []
        for leaf in body.leaves:
            if not _is_restored(leaf):
                continue
            name = leaf.path[-1] if leaf.path else ""
            in_json = name == "arguments" or (structured and name == "content")
            channel = _steps(body, leaf.path)
            tool = tool_of(body, leaf.path, None if whole else channel[:-1])
            texts.append(ChannelText(leaf, channel, in_json, whole or leaf.path[:1] != ("choices",), tool))
        return texts

    def error_body(self, error: StingError) -> bytes:
        """`{"error": {"message", "type", "param", "code"}}`."""
        kind = _ERROR_TYPES.get(error.status, "api_error" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None)
        body = {
            "message": error.message,
            "type": kind or _ERROR_TYPES[HTTPStatus.BAD_REQUEST],
            "param": error.param,
            "code": error.code,
        }
        return json.dumps({"error": body}).encode()

    def stream_error(self, error: StingError) -> bytes:
        """An error event; the SDKs raise on it."""
        return b"data: " + self.error_body(error) + b"\n\n"

    def usage(self, body: Document) -> tuple[int, int] | None:
        """`usage.prompt_tokens` and `usage.completion_tokens`."""
        given, made = body.scalars.get(("usage", "prompt_tokens")), body.scalars.get(("usage", "completion_tokens"))
        tokens_in, tokens_out = _count(given), _count(made)
        return None if tokens_in is None else (tokens_in, tokens_out or 0)


def _voices(body: Document) -> list[Path]:
    """Where a spoken answer is asked for: a voice says tokens, which nobody can restore."""
    if ("modalities",) not in body.containers:
        return []
    return [leaf.path for leaf in body.leaves if leaf.path[0] == "modalities" and leaf.text == "audio"]


def _is_restored(leaf: Leaf) -> bool:
    """Whether a string of an answer may hold tokens; keys are the client's own words in `metadata` only."""
    if leaf.is_number:
        return False
    if leaf.path[:1] == ("metadata",):
        return len(leaf.path) > 1
    return not leaf.is_key and CHAT_RESPONSE_LEFT_ALONE.isdisjoint(_names(leaf.path))


def _rank(slot: TextSlot) -> int:
    first = slot.path[0] if slot.path else ""
    return 0 if first in _FIRST else 1 if first == "messages" else 2


def _message(slot: TextSlot) -> int:
    position = slot.path[1] if len(slot.path) > 1 else 0
    return position if isinstance(position, int) else 0


def _names(path: Path) -> list[str]:
    return [step for step in path if isinstance(step, str)]


def _index(body: Document, path: Path) -> str | int:
    """The `index` that an array's element carries, else its position."""
    given = _count(body.scalars.get((*path, "index")))
    return path[-1] if given is None else given


def _count(scalar: str | None) -> int | None:
    """A whole number as written; None for anything else, thousands of digits among it."""
    return int(scalar) if scalar is not None and len(scalar) <= _DIGITS and scalar.isdigit() else None


def _steps(body: Document, path: Path) -> Channel:
    """A field's path with positions of choices and tool calls replaced by the indices that they carry."""
    steps: list[str | int] = []
    for depth, step in enumerate(path):
        steps.append(_index(body, path[: depth + 1]) if isinstance(step, int) else step)
    return tuple(steps)


CHAT: Final = OpenAIChat()
