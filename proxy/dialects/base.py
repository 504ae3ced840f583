"""What a dialect tells the exchange about one kind of request. Pure; no dialect lives here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from proxy.core.jsontext import Document, Edit, Path
from proxy.core.slots import Slots, TextSlot
from proxy.core.streams import ChannelText, StreamEvent
from proxy.errors import StingError


@dataclass(frozen=True, slots=True)
class StateIds:
    """Ids of objects that the provider keeps.

    `named` gives those that a request goes on from, each with the field it stands in; `made` those of an answer or an
    event, of which only one that holds one of `marks` can make any. `brought`: those of a request that may be
    another's, for the request holds what they are: where they are known here, their sessions are gone on with.
    `always`: those of `made` that later requests name even where the answer itself is not stored: containers.
    """

    named: Callable[[Document], list[tuple[str, str]]]
    made: Callable[[Document], list[str]]
    marks: tuple[str, ...] = ()
    brought: Callable[[Document], list[str]] = lambda _: []
    always: Callable[[Document], list[str]] = lambda _: []


@dataclass(frozen=True, slots=True)
class Traits:
    """How a route of an API is to be treated, besides where its texts are.

    `kinds`: kinds of providers that speak it, the preferred first; empty: all do. `versioned`: its paths begin with
    `/v1`, which clients may leave out. `keeps`: the session keeps what is issued (not for embeddings, whose answers
    hold nothing to restore). `usage_mark`: text without which an event of a stream says nothing of usage.
    `names_model`: requests name a model. `state`: the provider keeps objects that later requests name. `echoes`: where
    answers repeat the prompt that the notice was put behind. `cites`: answers count positions in documents of the
    request. `grows`: where the array is that conversations grow in by items at its end, if no text there depends on
    what stands beside it in the body. `signs`: answers hold texts that the provider signed. `readdressed`: answers
    name an address of the provider's that stands for one here. `advice`: what to do about texts that cannot be read.
    `form`: requests
    are forms with files under these names; a dialect sees the fields as one JSON object, files as empty strings.
    `answers`: what good
    answers are, when no stream of events: JSON, text where it is no JSON, or bytes that nobody looks into.
    """

    kinds: tuple[str, ...] = ()
    versioned: bool = True
    keeps: bool = True
    usage_mark: str = '"usage"'
    names_model: bool = True
    state: StateIds | None = None
    echoes: tuple[Path, ...] = ()
    cites: bool = False
    grows: Path = ()
    signs: bool = False
    readdressed: bool = False
    advice: str = ""
    form: frozenset[str] = frozenset()
    answers: Literal["json", "text", "bytes"] = "json"


def family(dialect: Dialect) -> str:
    """Name of all routes whose conversations are read alike; it holds no bracket."""
    return "/".join((dialect.name, *map(str, dialect.traits.grows)))


class Dialect(Protocol):
    """One route of one API: where its texts are on the way out and on the way back."""

    name: str
    traits: Traits

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for."""
        ...

    def wants_stream(self, body: Document) -> bool:
        """Whether the client asks for a stream; the upstream's content type has the last word."""
        ...

    def request_slots(self, body: Document) -> Slots:
        """Texts of a request, in the order that keeps prefixes stable: tools, system, messages, the rest."""
        ...

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Texts that name a conversation: tools, system and messages up to the first user message."""
        ...

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into a request."""
        ...

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """Edits that tell the model, behind the system prompt, how to treat tokens."""
        ...

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Strings of a whole answer that may hold tokens."""
        ...

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Meaning of one event of a streamed answer. Raises NotJson."""
        ...

    def error_body(self, error: StingError) -> bytes:
        """The error in the shape that this API's clients expect."""
        ...

    def stream_error(self, error: StingError) -> bytes:
        """The error as an event in the middle of a stream."""
        ...

    def usage(self, body: Document) -> tuple[int, int] | None:
        """Tokens in and out as the provider counted them in an answer or a stream event, None where it says nothing."""
        ...


def where(path: Path, known: int = 4) -> str:
    """A path for a message to the client: positions and the first `known` steps, which are names of the API."""
    text = ""
    for step in path[:known]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
