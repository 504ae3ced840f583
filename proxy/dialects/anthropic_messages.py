"""Anthropic messages: `POST /v1/messages`, plain and streamed, and `POST /v1/messages/count_tokens`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from proxy.core.jsontext import Document, Edit, escape
from proxy.core.slots import Slots, TextSlot, in_ranks, slots_of
from proxy.core.streams import ChannelText, StreamEvent
from proxy.dialects.answers import count
from proxy.dialects.anthropic_answers import event_meaning, message_texts
from proxy.dialects.anthropic_fields import MESSAGES_REQUEST, classifier
from proxy.dialects.base import Traits
from proxy.dialects.editing import appended, with_first_member
from proxy.errors import StingError

_RANKS: Final = {"tools": 0, "output_config": 0, "output_format": 0, "system": 1, "messages": 2}
"""Order of the texts: the provider's own order of what it caches, then the rest."""
_REST: Final = 3
_ERROR_TYPES: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.GATEWAY_TIMEOUT: "timeout_error",
}
_INPUT_COUNTS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class AnthropicMessages:
    """The dialect of messages, and of counting their tokens: the same body, and an answer without texts."""

    name = "anthropic"
    traits = Traits(
        kinds=("anthropic", "bedrock", "vertex", "ollama", "demo"), cites=True, grows=("messages",), signs=True
    )

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for."""
        return body.value("model")

    def wants_stream(self, body: Document) -> bool:
        """Whether `stream` is true."""
        return body.is_true("stream")

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order tools, system, messages, the rest."""
        return in_ranks(slots_of(body, MESSAGES_REQUEST, classifier(body)), _rank, _RANKS["messages"])

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Texts of tools, of the system prompt, and of the messages up to the first user message."""
        roles = {
            leaf.path[1]: leaf.text
            for leaf in body.leaves
            if leaf.path[0] == "messages" and leaf.path[2:] == ("role",) and not leaf.is_key
        }
        first = 0
        while roles.get(first, "user") != "user":
            first += 1
        return [slot.text for slot in texts if _rank(slot) < _RANKS["messages"] or _message(slot) <= first]

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request."""
        return [
            Edit(leaf.start, leaf.end, escape(model))
            for leaf in body.leaves
            if leaf.path == ("model",) and not leaf.is_key and not leaf.is_number
        ]

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """The notice behind the system prompt: at its end, as its last block, or as the whole of it."""
        if ("system",) in body.containers:
            return appended(body, ("system",), {"type": "text", "text": notice})
        for leaf in body.leaves:
            if leaf.path == ("system",) and not leaf.is_key and not leaf.is_number:
                return [Edit(leaf.end, leaf.end, escape("\n\n" + notice))]
        return [] if ("system",) in body.scalars else with_first_member(body, "system", notice)

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string of a message or an error but ids, enumerations and what the provider signed."""
        return message_texts(body, structured=_structured(request))

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event by block; a block ends with its `content_block_stop`."""
        return event_meaning(data, structured=_structured(request))

    def error_body(self, error: StingError) -> bytes:
        """`{"type": "error", "error": {"type", "message"}}`, with our code beside the message."""
        server = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = _ERROR_TYPES.get(error.status, "api_error" if server else "invalid_request_error")
        told = {"type": kind, "message": error.message, "code": error.code, "param": error.param}
        return json.dumps({"type": "error", "error": told}).encode()

    def stream_error(self, error: StingError) -> bytes:
        """An `error` event; the SDKs raise on it."""
        return b"event: error\ndata: " + self.error_body(error) + b"\n\n"

    def usage(self, body: Document) -> tuple[int, int] | None:
        """Tokens in (cached ones too) and out of a message, of `message_start` or of `message_delta`."""
        for place in (("usage",), ("message", "usage")):
            if place in body.containers:
                given = [count(body, *place, name) or 0 for name in _INPUT_COUNTS]
                return sum(given), count(body, *place, "output_tokens") or 0
        return None


def _rank(slot: TextSlot) -> int:
    return _RANKS.get(str(slot.path[0]), _REST) if slot.path else _REST


def _message(slot: TextSlot) -> float:
    """Number of the message that a text belongs to; texts behind the messages belong to none."""
    position = slot.path[1] if len(slot.path) > 1 and slot.path[0] == "messages" else None
    return position if isinstance(position, int) else float("inf")


def _structured(request: Document) -> bool:
    """Whether the client asked for JSON of a schema."""
    return ("output_config", "format") in request.containers or ("output_format",) in request.containers


MESSAGES: Final = AnthropicMessages()
