"""OpenAI's APIs over a WebSocket: what clients send as events, each a JSON object of its own.

Events of the server are those of the Responses API's stream, and the Realtime API's, which are named alike.
"""

from __future__ import annotations

from typing import Final, Protocol

from proxy.core.jsontext import Document, Edit, Leaf, parse
from proxy.core.slots import MODEL, TEXT, Field, Node, Slots, opaque, plain, rules, slots_of
from proxy.core.streams import StreamEvent
from proxy.dialects.base import Dialect, Traits
from proxy.dialects.openai_responses import JSON_FORMAT, RESPONSES, OpenAIResponses
from proxy.dialects.openai_responses_answers import event_meaning
from proxy.dialects.openai_responses_fields import ID, ITEM, OWN, RESPONSES_REQUEST, TOOL, VARIABLE, classifier
from proxy.errors import BadRequest, UpstreamFailed

_KINDS: Final = ("openai", "azure_openai")
_EVENT_ID: Final = opaque(r"(?:event|evt|stream|lane)[_-][A-Za-z0-9_-]{1,160}")
_SPOKEN: Final = frozenset({"audio", "input_audio", "output_audio"})
_AUDIO: Final = ("response.output_audio", "response.audio", "input_audio_buffer", "output_audio_buffer")
"""How the names of the server's events begin that bring sound or speak of it."""
_NO_AUDIO: Final = (
    'The gateway passes no audio, for it could not look into it: set `output_modalities` to ["text"] and send text.'
)

RESPONSES_EVENT: Final = Node(
    children={
        **RESPONSES_REQUEST.children,
        **rules({"type": plain("response.create", "response.steer"), "stream_id": _EVENT_ID}).children,
    }
)
_SETTINGS: Final[dict[str, Field | Node]] = {
    "type": plain("realtime"),
    "model": MODEL,
    "instructions": TEXT,
    "conversation": plain("auto", "none"),
    "output_modalities.*": plain("text"),
    "max_output_tokens": plain("inf"),
    "prompt.id": OWN,
    "prompt.variables.{}": VARIABLE,
    "tools.*": TOOL,
    "tool_choice": plain("none", "auto", "required"),
    "tool_choice.type": plain("function", "mcp"),
    "tracing": plain("auto"),
    "truncation": plain("auto", "disabled"),
    "input.*": ITEM,
    "metadata.{}": TEXT,
}
REALTIME_EVENT: Final = rules(
    {
        "type": plain(
            "session.update",
            "conversation.item.create",
            "conversation.item.delete",
            "conversation.item.retrieve",
            "response.create",
            "response.cancel",
        ),
        "event_id": _EVENT_ID,
        "previous_item_id": ID,
        "item_id": ID,
        "response_id": ID,
        "item": ITEM,
        "session": rules(_SETTINGS),
        "response": rules(_SETTINGS),
    }
)


class Events(Dialect, Protocol):
    """A dialect of events over a WebSocket."""

    def check(self, event: Document) -> None:
        """Raise BadRequest for an event that may not pass."""
        ...

    def begins(self, event: Document) -> bool:
        """Whether an event of the client asks for a response."""
        ...


class ResponsesEvents(OpenAIResponses):
    """The Responses API over a WebSocket: `response.create` holds what a request's body would.

    One object per connection: whether the text of a response is JSON stands in its first event.
    """

    traits = Traits(kinds=_KINDS, state=RESPONSES.traits.state, echoes=RESPONSES.traits.echoes)
    rules = RESPONSES_EVENT
    names: frozenset[str] = frozenset({"response.create", "response.steer"})

    def __init__(self) -> None:
        self._structured = False

    def check(self, event: Document) -> None:
        """Raise BadRequest for an event that may not pass."""
        if event.value("type") not in self.names:
            raise BadRequest("The gateway does not know this event, so it does not pass it.", param="type")

    def begins(self, event: Document) -> bool:
        """Whether an event of the client asks for a response."""
        return event.value("type") == "response.create"

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order of the document: what came before stands in earlier events."""
        return slots_of(body, self.rules, classifier(body))

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """The notice behind the instructions of a response."""
        return super().with_notice(body, notice) if self.begins(body) else []

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event by output item and part."""
        del request
        if '"response.created"' in data:
            self._structured = JSON_FORMAT.search(data) is not None
        return event_meaning(data, structured=self._structured)


class RealtimeEvents(ResponsesEvents):
    """The Realtime API, text only. It has no place for a notice: a response's instructions replace the session's."""

    traits = Traits(kinds=_KINDS)
    rules = REALTIME_EVENT
    names = frozenset(
        "session.update conversation.item.create conversation.item.delete conversation.item.retrieve response.create "
        "response.cancel".split()
    )

    def check(self, event: Document) -> None:
        """Raise BadRequest for an event that may not pass, audio among them."""
        if "audio" in (event.value("type") or "") or any(map(_speaks, event.leaves)):
            raise BadRequest(f"{_NO_AUDIO} Nothing was sent.", param="type")
        super().check(event)

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice."""
        del body, notice
        return []

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event by output item and part. Raises UpstreamFailed for one that brings sound."""
        if "audio" in data and (parse(data).value("type") or "").startswith(_AUDIO):
            raise UpstreamFailed(_NO_AUDIO)
        return super().stream_event(data, request)


def _speaks(leaf: Leaf) -> bool:
    """Whether a string of a client's event is sound, or asks for some."""
    if leaf.is_key or leaf.is_number or not leaf.path:
        return False
    asks = leaf.path[-1] == "type" or "output_modalities" in leaf.path
    return leaf.path[-1] == "audio" or (asks and leaf.text in _SPOKEN)
