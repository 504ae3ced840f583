"""Ollama's own API: `POST /api/chat`, `/api/generate`, `/api/embed` and `/api/embeddings`.

Streams are the default and come as lines of JSON; tool arguments are JSON objects; errors are `{"error": "text"}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, Path, escape, parse
from proxy.core.slots import Node, Slots, TextSlot, in_ranks, slots_of
from proxy.core.streams import ChannelText, StreamEvent
from proxy.dialects.answers import count, holds_json, left_alone
from proxy.dialects.base import Traits
from proxy.dialects.editing import prepended, with_first_member
from proxy.dialects.ollama_fields import ANSWER_LEFT_ALONE, CHAT_REQUEST, EMBED_REQUEST, GENERATE_REQUEST
from proxy.dialects.tools import tool_of
from proxy.errors import StingError

_GROWING: Final[frozenset[Path]] = frozenset(
    {("message", "content"), ("message", "thinking"), ("response",), ("thinking",)}
)
"""Fields that a stream brings piece by piece; all others of a line are whole."""
_ANSWERS: Final[frozenset[Path]] = frozenset({("message", "content"), ("response",)})
_TOKEN_IDS: Final[tuple[Path, ...]] = (("context",), ("input",), ("prompt",))
_RANKS: Final = {"tools": 0, "format": 0, "system": 1, "template": 1, "messages": 2, "prompt": 3}
_REST: Final = 4


class _Ollama:
    """What all routes of Ollama's API have in common."""

    name = "ollama"
    traits = Traits(kinds=("ollama", "demo"), versioned=False, usage_mark='"eval_count"')
    rules: Node
    prompt = ""
    """The field that a conversation is, where it has no messages."""

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for."""
        return body.value("model")

    def wants_stream(self, body: Document) -> bool:
        """Whether the answer is streamed: it is, unless `stream` is false."""
        return body.scalars.get(("stream",)) != "false"

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order tools, system, messages, the rest. Token ids cannot be read, however few there are."""
        slots = slots_of(body, self.rules)
        token_ids = [path for path in _TOKEN_IDS if (*path, 0) in body.scalars or (*path, 0, 0) in body.scalars]
        return in_ranks(slots, _rank, _RANKS["messages"], token_ids)

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Texts of tools and system prompt, and of what the user says first."""
        roles = _roles(body)
        first = next((position for position in sorted(roles) if roles[position] == "user"), -1)
        return [slot.text for slot in texts if _rank(slot) < _RANKS["messages"] or self._begins(slot, first)]

    def _begins(self, slot: TextSlot, first_user_message: int) -> bool:
        """Whether a text belongs to how the conversation begins: the prompt, or a message up to the user's first."""
        position = slot.path[1] if len(slot.path) > 1 else None
        in_messages = slot.path[0] == "messages" and isinstance(position, int) and position <= first_user_message
        return in_messages or slot.path[0] == self.prompt

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request."""
        return [Edit(leaf.start, leaf.end, escape(model)) for leaf in _strings(body, ("model",))]

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice."""
        del body, notice
        return []

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string of the answer, keys of arguments too, but the model, times, token ids and log probabilities."""
        structured = _wants_json(request)
        return [
            ChannelText(
                leaf,
                leaf.path,
                (structured and leaf.path in _ANSWERS) or holds_json(leaf),
                whole=True,
                tool=tool_of(body, leaf.path),
            )
            for leaf in _restorable(body)
        ]

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of one line; the last line has `done: true`."""
        body = parse(data)
        structured = _wants_json(request)
        texts = [
            ChannelText(leaf, leaf.path, structured and leaf.path in _ANSWERS)
            if leaf.path in _GROWING
            else ChannelText(leaf, leaf.path, holds_json(leaf), whole=True, tool=tool_of(body, leaf.path))
            for leaf in _restorable(body)
        ]
        return StreamEvent(
            texts, ((),) if body.is_true("done") or ("error",) in {text.channel for text in texts} else ()
        )

    def error_body(self, error: StingError) -> bytes:
        """`{"error": "text"}`, with our code beside it."""
        return json.dumps({"error": error.message, "code": error.code}).encode()

    def stream_error(self, error: StingError) -> bytes:
        """A line with the error; the SDK raises on it."""
        return self.error_body(error) + b"\n"

    def usage(self, body: Document) -> tuple[int, int] | None:
        """`prompt_eval_count` and `eval_count`."""
        given, made = count(body, "prompt_eval_count"), count(body, "eval_count")
        return None if given is None and made is None else (given or 0, made or 0)


class OllamaChat(_Ollama):
    """`POST /api/chat`."""

    traits = Traits(kinds=("ollama", "demo"), versioned=False, usage_mark='"eval_count"', grows=("messages",))
    rules = CHAT_REQUEST

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """Append the notice to the last of the leading system messages, or put a system message first."""
        roles = _roles(body)
        last = next((position for position in range(len(roles) + 1) if roles.get(position) != "system"), 0) - 1
        if last >= 0:
            content = _strings(body, ("messages", last, "content"))
            return [Edit(leaf.end, leaf.end, escape("\n\n" + notice)) for leaf in content[-1:]]
        return prepended(body, ("messages",), {"role": "system", "content": notice})


class OllamaGenerate(_Ollama):
    """`POST /api/generate`."""

    prompt = "prompt"
    rules = GENERATE_REQUEST

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """The notice behind `system`, or as `system`; none for a raw prompt, which has no place for it."""
        if body.is_true("raw"):
            return []
        system = _strings(body, ("system",))
        if system:
            return [Edit(leaf.end, leaf.end, escape("\n\n" + notice)) for leaf in system[-1:]]
        if ("system",) in body.scalars or ("system",) in body.containers:
            return []
        return with_first_member(body, "system", notice)


class OllamaEmbed(_Ollama):
    """`POST /api/embed` and `/api/embeddings`: texts go out scrambled, numbers come back."""

    traits = Traits(kinds=("ollama",), versioned=False, keeps=False, usage_mark='"eval_count"')
    rules = EMBED_REQUEST

    def wants_stream(self, body: Document) -> bool:
        """Never."""
        del body
        return False

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Nothing: what is indexed today is looked for tomorrow, so all embeddings of a vault name values alike."""
        del body, texts
        return ()


def _rank(slot: TextSlot) -> int:
    return _RANKS.get(str(slot.path[0]), _REST) if slot.path else _REST


def _roles(body: Document) -> dict[int, str]:
    """Roles of the messages by their position."""
    return {
        leaf.path[1]: leaf.text
        for leaf in body.leaves
        if leaf.path[0] == "messages"
        and leaf.path[2:] == ("role",)
        and not leaf.is_key
        and isinstance(leaf.path[1], int)
    }


def _strings(body: Document, path: Path) -> list[Leaf]:
    """The string at a path; several where keys repeat."""
    return [leaf for leaf in body.leaves if leaf.path == path and not leaf.is_key and not leaf.is_number]


def _restorable(body: Document) -> list[Leaf]:
    """Strings of an answer that may hold tokens; keys where they are the model's own words."""
    return [
        leaf
        for leaf in body.leaves
        if not leaf.is_number
        and (not leaf.is_key or "arguments" in leaf.path[:-1])
        and not left_alone(ANSWER_LEFT_ALONE, leaf)
    ]


def _wants_json(request: Document) -> bool:
    """Whether the client asked for JSON."""
    if ("format",) in request.containers:
        return True
    # Asked for every line of a stream: the text is searched before its strings are.
    return '"format"' in request.text and any(leaf.text == "json" for leaf in _strings(request, ("format",)))


CHAT: Final = OllamaChat()
GENERATE: Final = OllamaGenerate()
EMBED: Final = OllamaEmbed()
