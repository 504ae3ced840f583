"""OpenAI responses: `POST /v1/responses`, plain and streamed, and what was stored of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from proxy.core.jsontext import Document, Edit, Path, escape
from proxy.core.slots import Slots, TextSlot, in_ranks, slots_of
from proxy.core.streams import ChannelText, StreamEvent
from proxy.dialects.base import StateIds, Traits, where
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_responses_answers import ECHOES, event_meaning, response_texts, wants_json
from proxy.dialects.openai_responses_fields import CONVERSATION_REQUEST, RESPONSES_REQUEST, classifier
from proxy.errors import StingError

_RANKS: Final = {"tools": 0, "tool_choice": 0, "text": 0, "instructions": 1, "prompt": 1, "input": 2, "items": 2}
_REST: Final = 3
_NULL: Final = re.compile(r'"\s*:\s*(null)')
_KINDS: Final = ("openai", "azure_openai", "ollama", "demo")
"""Kinds of providers that speak this API, or say in its shape that they do not."""
_ITEMS: Final = (("input",), ("items",))
_NAMED: Final = frozenset(
    {
        ("previous_response_id",),
        ("conversation",),
        ("conversation", "id"),
        ("prompt_cache_options", "comparison_response_id"),
    }
)
_MADE: Final = frozenset({("id",), ("conversation", "id"), ("item", "id")})
_MARKS: Final = ("response.created", "response.output_item.added", "response.output_item.done")
_CONTAINER: Final = (("container_id",), ("environment", "container_id"))
_REFERENCE: Final = "item_reference"
_KEPT_THERE: Final[Mapping[str, str]] = {"reasoning": "encrypted_content", "image_generation_call": "result"}
"""Items of which the provider keeps what is in them, unless the client sends this field along."""


def _named(body: Document) -> list[tuple[str, str]]:
    """Objects that a request goes on from; where a key repeats, all of them, for who knows which the provider takes."""
    references = _references(body)
    return [
        (where(leaf.path), leaf.text)
        for leaf in body.leaves
        if not leaf.is_key and (leaf.path in _NAMED or (leaf.path[-1:] == ("id",) and leaf.path[:-1] in references))
    ]


def _references(body: Document) -> set[Path]:
    """Items of the request that are named by their id only, or of which the provider has the rest."""
    types: dict[Path, set[str]] = {}
    for leaf in body.leaves:
        if leaf.path[:1] not in _ITEMS or len(leaf.path) != 3:  # noqa: PLR2004 - list, position, field
            continue
        known = types.setdefault(leaf.path[:-1], set())
        if leaf.path[-1] == "type" and not leaf.is_key:
            known.add(leaf.text)
    return {item for item, known in types.items() if not known or any(_is_there(body, item, kind) for kind in known)}


def _is_there(body: Document, item: Path, kind: str) -> bool:
    if (sent := _KEPT_THERE.get(kind)) is None:
        return kind == _REFERENCE
    return not body.value(*item, sent) or (*item, sent) in body.scalars


def _made(body: Document) -> list[str]:
    """The response, its conversation and its items: a later request may name each."""
    found: list[str] = _always(body)
    for leaf in body.leaves:
        path = leaf.path[1:] if leaf.path[:1] == ("response",) else leaf.path
        is_item = path[:1] == ("output",) and len(path) == 3 and path[-1] == "id"  # noqa: PLR2004 - output, position, id
        if not leaf.is_key and (path in _MADE or is_item):
            found.append(leaf.text)
    return found


def _always(body: Document) -> list[str]:
    """Containers that a response made, and thoughts whose content stays with the provider."""
    found: list[str] = []
    for leaf in body.leaves:
        path = leaf.path[1:] if leaf.path[:1] == ("response",) else leaf.path
        inside = path[1:] if path[:1] == ("item",) else path[2:] if path[:1] == ("output",) else ()
        is_thought = inside == ("id",) and body.value(*leaf.path[:-1], "type") in _KEPT_THERE
        if not leaf.is_key and (inside in _CONTAINER or is_thought):
            found.append(leaf.text)
    return found


def _compacted(body: Document) -> list[str]:
    """Conversations that the provider has compacted, which a client sends along: ciphers with our tokens in them."""
    if '"compaction"' not in body.text:
        return []
    items = [leaf.path[:-1] for leaf in body.leaves if leaf.path[-1:] == ("type",) and leaf.text == "compaction"]
    return [name for item in items if item[:1] == ("input",) and (name := body.value(*item, "id"))]


_STATE: Final = StateIds(_named, _made, _MARKS, _compacted, _always)
_NOTHING_NAMED: Final = StateIds(lambda _: [], _made, _MARKS)
_NOTHING_MADE: Final = StateIds(_named, lambda _: [], brought=_compacted)
_CONVERSATION: Final = StateIds(_named, lambda body: [found for found in (body.value("id"),) if found])


class OpenAIResponses:
    """The dialect of responses."""

    name = "openai"
    traits = Traits(kinds=(*_KINDS, "anthropic", "bedrock", "vertex"), state=_STATE, echoes=ECHOES, grows=("input",))

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for."""
        return body.value("model")

    def wants_stream(self, body: Document) -> bool:
        """Whether `stream` is true."""
        return body.is_true("stream")

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order tools, instructions, input, the rest."""
        return in_ranks(slots_of(body, RESPONSES_REQUEST, classifier(body)), _rank, _RANKS["input"])

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Texts of tools, of the instructions, and of the input up to the first user message.

        What the provider stores lives in sessions of its own: they are kept as long as the provider's objects.
        """
        roles = {
            leaf.path[1]: leaf.text
            for leaf in body.leaves
            if leaf.path[0] == "input" and leaf.path[2:] == ("role",) and not leaf.is_key
        }
        count = 0
        while ("input", count) in body.containers and roles.get(count) != "user":
            count += 1
        begin = [slot.text for slot in texts if _rank(slot) < _RANKS["input"] or _item(slot) <= count]
        return ["stored", *begin] if keeps_state(body) else begin

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request."""
        return CHAT.with_model(body, model)

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """The notice behind the instructions, or as the instructions; none where a stored prompt gives them."""
        for leaf in body.leaves:
            if leaf.path != ("instructions",) or leaf.is_number:
                continue
            if not leaf.is_key:
                return [Edit(leaf.end, leaf.end, escape("\n\n" + notice))]
            null = _NULL.match(body.text, leaf.end)
            if null is not None and ("prompt",) not in body.containers:
                return [Edit(null.start(1), null.end(1), json.dumps(notice, ensure_ascii=False))]
        if ("instructions",) in body.scalars or ("prompt",) in body.containers:
            return []
        start = body.containers[()][0] + 1
        comma = "," if body.leaves else ""
        return [Edit(start, start, f'"instructions":{json.dumps(notice, ensure_ascii=False)}{comma}')]

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string of the answer but ciphers, images and log probabilities."""
        return response_texts(body, structured=_structured(request) or wants_json(body))[0]

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event by output item and part."""
        return event_meaning(data, structured=_structured(request))

    def error_body(self, error: StingError) -> bytes:
        """OpenAI's error."""
        return CHAT.error_body(error)

    def stream_error(self, error: StingError) -> bytes:
        """An `error` event that also holds what OpenAI's SDKs raise on."""
        told = json.loads(CHAT.error_body(error))
        event = {"type": "error", "code": error.code, "message": error.message, "param": error.param, **told}
        return b"event: error\ndata: " + json.dumps(event).encode() + b"\n\n"

    def usage(self, body: Document) -> tuple[int, int] | None:
        """`usage.input_tokens` and `usage.output_tokens` of a response, also inside an event."""
        for above in ((), ("response",)):
            given = body.scalars.get((*above, "usage", "input_tokens"), "")
            made = body.scalars.get((*above, "usage", "output_tokens"), "")
            if given.isdigit():
                return int(given), int(made) if made.isdigit() else 0
        return None


class InputTokens(OpenAIResponses):
    """`POST /v1/responses/input_tokens`: the same request, and an answer that holds its size in tokens."""

    traits = Traits(kinds=_KINDS, state=_NOTHING_MADE)

    def usage(self, body: Document) -> tuple[int, int] | None:
        """Nothing: counting is free."""
        del body
        return None


class Compaction(OpenAIResponses):
    """`POST /v1/responses/compact`: the same request; what comes back is sent along in later ones.

    The cipher in it holds tokens of this session, so its id leads there.
    """

    traits = Traits(kinds=("openai", "azure_openai"), state=_STATE)


class StoredResponses(OpenAIResponses):
    """Answers to requests without a body: a response, the items of its input, an event stream taken up again.

    One object per exchange: whether the text of a stream is JSON stands in the stream's first event.
    """

    traits = Traits(state=_NOTHING_NAMED, echoes=ECHOES)

    def __init__(self) -> None:
        self._structured = False

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event by output item and part."""
        del request
        if '"format"' in data:
            self._structured = self._structured or JSON_FORMAT.search(data) is not None
        return event_meaning(data, structured=self._structured)


class Conversations(OpenAIResponses):
    """`POST /v1/conversations` and `POST /v1/conversations/{id}/items`."""

    traits = Traits(kinds=_KINDS, names_model=False, state=_CONVERSATION)

    def request_slots(self, body: Document) -> Slots:
        """Texts of the items, then of the metadata."""
        slots = slots_of(body, CONVERSATION_REQUEST, classifier(body))
        return replace(slots, texts=sorted(slots.texts, key=_rank))

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice: the responses of the conversation bring it."""
        del body, notice
        return []


JSON_FORMAT: Final = re.compile(r'"format"\s*:\s*\{[^{}]*"type"\s*:\s*"json_(?:object|schema)"')


def keeps_state(body: Document) -> bool:
    """Whether the provider will keep the response: it does unless `store` is false."""
    return body.scalars.get(("store",)) != "false"


def _rank(slot: TextSlot) -> int:
    return _RANKS.get(str(slot.path[0]), _REST) if slot.path else _REST


def _item(slot: TextSlot) -> float:
    """Number of the input item that a text belongs to: 0 for an input that is one string."""
    if slot.path[0] != "input":
        return float("inf")
    position = slot.path[1] if len(slot.path) > 1 else 0
    return position if isinstance(position, int) else 0


def _structured(request: Document) -> bool:
    # Asked for every event of a stream: the text is searched before its strings are.
    return '"format"' in request.text and wants_json(request)


RESPONSES: Final = OpenAIResponses()
INPUT_TOKENS: Final = InputTokens()
COMPACTION: Final = Compaction()
CONVERSATIONS: Final = Conversations()
