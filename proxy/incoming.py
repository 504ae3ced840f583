"""On the way back: an answer's tokens become originals, in a whole body or event by event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from proxy.core.answers import restored
from proxy.core.jsontext import Document, NotJson, parse
from proxy.core.ndjson import LineSplitter
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.sse import EventSplitter, EventTooLong, RawEvent
from proxy.core.streams import StreamRestorer, event_reader
from proxy.dialects.base import Dialect
from proxy.errors import UpstreamFailed
from proxy.services import Services
from proxy.upstream.base import Answer
from proxy.vault.base import Scope

_CLIENT_ERROR = 400


@dataclass(slots=True)
class Back:
    """What is needed to restore one answer, and what came of it."""

    services: Services
    dialect: Dialect
    request: Document = field(repr=False)
    originals: Originals = field(repr=False)
    scope: Scope
    tally: RestoreTally = field(default_factory=RestoreTally)
    usage: tuple[int, int] | None = None

    async def look_up(self) -> dict[str, str]:
        """Originals of the tokens that the answer needs from earlier exchanges of the session."""
        return await self.services.vault.fetch(self.scope, self.originals.wanted)


def is_stream(content_type: str) -> bool:
    """Whether an answer comes as events or lines."""
    return content_type.startswith(("text/event-stream", "application/x-ndjson"))


async def whole(back: Back, status: int, body: bytes) -> bytes:
    """A whole answer restored. Raises UpstreamFailed when a good status comes with what is no JSON."""
    try:
        document = parse(body.decode("utf-8"))
    except (NotJson, UnicodeDecodeError):
        if status < _CLIENT_ERROR:
            raise UpstreamFailed("The provider's answer is no JSON.") from None
        return await _plain_text(back, body)
    back.usage = back.dialect.usage(document)
    texts = back.dialect.response_texts(document, back.request)
    text, back.tally = restored(document, texts, back.originals)
    if back.originals.wanted:
        back.originals.supply(await back.look_up())
        text, back.tally = restored(document, texts, back.originals)
    return body if text is document.text else text.encode("utf-8", "surrogatepass")


async def _plain_text(back: Back, body: bytes) -> bytes:
    """An error page or the like: it may quote the prompt, so tokens in it are restored too."""
    text = body.decode("utf-8", "surrogateescape")
    result = restore(text, back.originals, back.tally)
    if back.originals.wanted:
        back.originals.supply(await back.look_up())
        back.tally = RestoreTally()
        result = restore(text, back.originals, back.tally)
    return result.encode("utf-8", "surrogateescape")


async def events(back: Back, answer: Answer, content_type: str) -> AsyncIterator[bytes]:
    """A streamed answer restored, as byte strings to be sent at once.

    At the end of the upstream's stream, good or bad, what is held comes out first; then a failure is raised.
    Raises UpstreamFailed.
    """
    splitter = LineSplitter() if content_type.startswith("application/x-ndjson") else EventSplitter()
    stream = StreamRestorer(
        event_reader(lambda data: back.dialect.stream_event(data, back.request)), back.originals, back.tally
    )
    failure: UpstreamFailed | None = None
    try:
        async for chunk in answer.chunks():
            # One write per network read: events that came together leave together.
            ready = [piece for event in splitter.feed(chunk) for piece in await _fed(back, stream, event)]
            if ready:
                yield b"".join(ready)
    except UpstreamFailed as error:
        failure = error
    except EventTooLong as error:
        failure = UpstreamFailed(f"The provider's stream broke: {error}.")
    if splitter.rest().strip() and failure is None:
        failure = UpstreamFailed("The provider's stream ended in the middle of an event.")
    last = [*stream.finish(), *await _supplied(back, stream)]
    _count(back, stream)
    if last:
        yield b"".join(last)
    if failure is not None:
        raise failure


async def _fed(back: Back, stream: StreamRestorer, event: RawEvent) -> list[bytes]:
    """What may leave after one more event."""
    if event.data is not None and back.dialect.traits.usage_mark in event.data:
        back.usage = _most(back.usage, _usage(back.dialect, event.data))
    ready = stream.feed(event)
    if stream.wanted:
        ready += await _supplied(back, stream)
    return ready


async def _supplied(back: Back, stream: StreamRestorer) -> Sequence[bytes]:
    ready: list[bytes] = []
    while stream.wanted:
        ready += stream.supply(await back.look_up())
    return ready


def _usage(dialect: Dialect, data: str) -> tuple[int, int] | None:
    try:
        return dialect.usage(parse(data))
    except NotJson:
        return None


def _most(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The larger counts: those of a stream are cumulative, and one event may tell of input, another of output."""
    if one is None or other is None:
        return one or other
    return max(one[0], other[0]), max(one[1], other[1])


def _count(back: Back, stream: StreamRestorer) -> None:
    events_seen = back.services.metrics.events
    events_seen.labels("sent").inc(stream.events)
    events_seen.labels("held").inc(stream.held_events)
