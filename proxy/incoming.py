"""On the way back: an answer's tokens become originals, in a whole body or event by event."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from proxy.core.answers import restored
from proxy.core.jsontext import Document, NotJson, Path, parse
from proxy.core.ndjson import LineSplitter
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.sse import Ending, EventSplitter, EventTooLong, RawEvent
from proxy.core.streams import EventReader, StreamEvent, StreamRestorer
from proxy.dialects.base import Dialect
from proxy.dialects.citations import Shifts, back_to_the_original
from proxy.dialects.notice import echoed
from proxy.dialects.signed import SignedStream, signed_texts
from proxy.errors import StingError, UpstreamFailed
from proxy.services import Services
from proxy.upstream.base import Answer
from proxy.vault.base import Scope

_CLIENT_ERROR = 400
_MOST_BITS = 63
"""Of a count of tokens."""
_USAGE = '"usage"'
_CLOSELY = 4
"""Events that are looked at one by one where they could not be passed on together, before that is tried again."""
_NUMBERS = re.compile(rb"\[[-+.0-9eE, \t\r\n]+\]")
"""A list of numbers, as embeddings are: a million of them are not read one by one for the sake of `usage`."""


class Screen(Protocol):
    """Looks into answers for what is personal and was not sent; raises StingError to stop one."""

    async def whole(self, body: bytes) -> bytes:
        """A whole answer, changed or not."""
        ...

    def chunks(self, chunks: AsyncIterator[bytes], content_type: str) -> AsyncIterator[bytes]:
        """A streamed answer, changed or not."""
        ...

    @property
    def header(self) -> str:
        """What was found, in counts."""
        ...


@dataclass(slots=True)
class Back:
    """What is needed to restore one answer, and what came of it."""

    services: Services
    dialect: Dialect
    request: Document = field(repr=False)
    originals: Originals = field(repr=False)
    scopes: Sequence[Scope]
    shifts: Shifts = ()
    tally: RestoreTally = field(default_factory=RestoreTally)
    usage: tuple[int, int] | None = None
    keep: Callable[[Sequence[str]], Awaitable[None]] | None = None
    """Told the ids of the objects that the provider made, before the client gets to know them."""
    stored: bool = True
    """Whether the answer itself is kept; else only some of the objects that it makes are."""
    record: Callable[[Sequence[str]], Awaitable[None]] | None = None
    """Told the texts that the provider signed, before the client gets to know that they are complete."""
    signed: SignedStream = field(default_factory=SignedStream)
    screen: Screen | None = None
    """Looks into what the model says by itself, before anything is restored."""
    answered: int = 0
    """Characters of a plain answer, about four to a token; events of a stream, about one token each, count fourfold."""
    after: int | None = None
    """A stream that is taken up again: events up to this `sequence_number` are restored, but not sent."""

    async def look_up(self) -> dict[str, str]:
        """Originals of the tokens that the answer needs from earlier exchanges of the sessions."""
        found: dict[str, str] = {}
        for scope in self.scopes:
            if missing := self.originals.wanted - found.keys():
                found |= await self.services.vault.fetch(scope, missing)
        return found

    async def made(self, document: Document) -> None:
        """Keep the ids of the objects that an answer or event makes."""
        state = self.dialect.traits.state
        if self.keep is None or state is None:
            return
        if ids := state.made(document) if self.stored else state.always(document):
            await self.keep(ids)


async def held_types(services: Services, scopes: Sequence[Scope], otherwise: frozenset[str]) -> frozenset[str]:
    """Entity types of the tokens that sessions hold: a stream waits for these only. `otherwise`: nobody can tell."""
    try:
        found = [await services.vault.types(scope) for scope in scopes]
    except StingError:
        return otherwise
    return frozenset().union(*found)


def is_stream(content_type: str) -> bool:
    """Whether an answer comes as events or lines."""
    return content_type.startswith(("text/event-stream", "application/x-ndjson"))


async def whole(back: Back, status: int, body: bytes) -> bytes:
    """A whole answer restored. Raises UpstreamFailed when a good status comes with what is no JSON.

    A text, where that is an answer, goes the way of a JSON object that holds it.
    """
    if back.dialect.traits.answers == "text" and status < _CLIENT_ERROR and not _is_json(body):
        held = {"text": body.decode("utf-8", "surrogateescape")}
        said = parse((await whole(back, status, json.dumps(held).encode())).decode("utf-8", "surrogatepass"))
        return (said.value("text") or "").encode("utf-8", "surrogateescape")
    back.answered = len(body)
    numbers = status < _CLIENT_ERROR and not back.dialect.traits.keeps
    if back.screen is not None and status < _CLIENT_ERROR and not numbers:
        body = await back.screen.whole(body)
    if not numbers and _nothing_to_do(back, body):
        return body
    try:
        document = parse((_NUMBERS.sub(b"[]", body) if numbers else body).decode("utf-8"))
    except (NotJson, UnicodeDecodeError):
        if status < _CLIENT_ERROR:
            raise UpstreamFailed("The provider's answer is no JSON.") from None
        return await _plain_text(back, body)
    back.usage = back.dialect.usage(document)
    if numbers:
        return body
    if status < _CLIENT_ERROR:
        await back.made(document)
        if back.record is not None and (signed := signed_texts(document)):
            await back.record(signed)
    texts = back.dialect.response_texts(document, back.request)
    _, edits = echoed(document, back.dialect.traits.echoes)
    edits += back_to_the_original(document, back.shifts)
    text, back.tally = restored(document, texts, back.originals, edits)
    if back.originals.wanted:
        back.originals.supply(await back.look_up())
        text, back.tally = restored(document, texts, back.originals, edits)
    return body if text is document.text else text.encode("utf-8", "surrogatepass")


def _is_json(body: bytes) -> bool:
    try:
        parse(body.decode("utf-8"))
    except (NotJson, UnicodeDecodeError):
        return False
    return True


def _nothing_to_do(back: Back, body: bytes) -> bool:
    """Whether an answer is JSON in which no token stands and which nobody else must read: most of them need no parsing.

    Its usage is noted.
    """
    traits = back.dialect.traits
    if back.keep is not None or back.record is not None or back.shifts or traits.echoes or traits.usage_mark != _USAGE:
        return False
    try:
        text = body.decode("utf-8")
        if back.originals.grammar.may_occur(text) or "\\u" in text:
            return False
        usage = json.loads(text).get("usage")
    except (ValueError, AttributeError, RecursionError):
        return False
    back.usage = back.dialect.usage(Document("", (), _counts(usage), {}))
    return True


def _counts(usage: object) -> dict[Path, str]:
    """The whole numbers of an answer's `usage` by their paths, as `parse` notes them."""
    if not isinstance(usage, dict):
        return {}
    return {
        ("usage", name): str(value)
        for name, value in usage.items()
        if type(value) is int and value.bit_length() < _MOST_BITS
    }


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
    lines = content_type.startswith("application/x-ndjson")
    splitter = LineSplitter() if lines else EventSplitter()
    stream = StreamRestorer(EventReader(partial(_meaning, back)), back.originals, back.tally)
    failure: UpstreamFailed | None = None
    sent = _Sent(back.after)
    try:
        chunks = _ended(answer.chunks(), lines=lines)
        async for chunk in chunks if back.screen is None else back.screen.chunks(chunks, content_type):
            # One write per network read: events that came together leave together.
            back.answered = 4 * stream.events
            if ready := await _all_fed(back, stream, splitter.feed(chunk), sent):
                yield b"".join(ready)
    except UpstreamFailed as error:
        failure = error
    except EventTooLong as error:
        failure = UpstreamFailed(f"The provider's stream broke: {error}.")
    if splitter.rest().strip() and failure is None:
        failure = UpstreamFailed("The provider's stream ended in the middle of an event.")
    last = sent.new(None, [*stream.finish(), *await _supplied(back, stream)])
    _count(back, stream)
    if last:
        yield b"".join(last)
    if failure is not None:
        raise failure


async def _ended(chunks: AsyncIterator[bytes], *, lines: bool) -> AsyncIterator[bytes]:
    """The stream, and at its good end what its last event lacks of line ends."""
    ending = Ending(lines=lines)
    async for chunk in chunks:
        ending.feed(chunk)
        yield chunk
    if missing := ending.missing():
        yield missing


def _meaning(back: Back, data: str) -> StreamEvent:
    """What an event means, with its citations' positions as they are in the client's documents. Raises NotJson."""
    event = back.dialect.stream_event(data, back.request)
    if not back.shifts or "char_location" not in data:
        return event
    return replace(event, edits=[*event.edits, *back_to_the_original(parse(data), back.shifts)])


class _Sent:
    """Leaves out what a client has that takes a stream up again behind event number `after`; None: nothing is left out.

    A token may straddle the place where the client's first stream broke off, so such a stream is asked for from its
    beginning. As many events leave as come, in the same order: that is how each is known by its number.
    """

    def __init__(self, after: int | None) -> None:
        self._after = after
        self._numbers: deque[int] = deque()

    def new(self, event: RawEvent | None, pieces: Sequence[bytes]) -> Sequence[bytes]:
        """Those of the `pieces`, ready now that `event` has come, that the client does not have yet."""
        if self._after is None:
            return pieces
        if event is not None:
            self._numbers.append(_number(event, self._after + 1))
        return [piece for piece in pieces if self._numbers.popleft() > self._after]


def _number(event: RawEvent, otherwise: int) -> int:
    """The event's `sequence_number`."""
    try:
        written = parse(event.data or "").scalars.get(("sequence_number",), "")
    except NotJson:
        written = ""
    return int(written) if written.isdigit() else otherwise


async def _all_fed(back: Back, stream: StreamRestorer, came: Sequence[RawEvent], sent: _Sent) -> list[bytes]:
    """What may leave after events that came together."""
    ready: list[bytes] = []
    position, closely = 0, 0
    while position < len(came):
        event = came[position]
        if position >= closely and back.after is None and not _tells(back, event):
            if passing := stream.passing(came, position):
                ready += [event.raw for event in came[position : position + passing]]
                position += passing
                continue
            closely = position + _CLOSELY
        ready += sent.new(event, await _fed(back, stream, event))
        position += 1
    return ready


def _tells(back: Back, event: RawEvent) -> bool:
    """Whether somebody besides the stream's restorer may have to read an event, or others of its shape."""
    state, data = back.dialect.traits.state, event.data or ""
    return (
        (back.record is not None and back.signed.concerns(data))
        or back.dialect.traits.usage_mark in data
        or (state is not None and any(mark in data for mark in state.marks))
    )


async def _fed(back: Back, stream: StreamRestorer, event: RawEvent) -> list[bytes]:
    """What may leave after one more event."""
    state = back.dialect.traits.state
    if state is not None and event.data is not None and any(mark in event.data for mark in state.marks):
        with suppress(NotJson):
            await back.made(parse(event.data))
    if back.record is not None and event.data is not None and (signed := back.signed.feed(event.data)):
        await back.record(signed)
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
    metrics = back.services.metrics
    metrics.count(metrics.events, "sent", by=stream.events)
    metrics.count(metrics.events, "held", by=stream.held_events)
