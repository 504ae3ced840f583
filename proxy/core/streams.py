"""Restoring a stream of events: each event leaves whole, in order, as soon as nothing in it waits (rule 7).

An event is held while a channel's text ends in what may be the beginning of a token; later events wait behind it. No
event is added, dropped or reordered, and one in which nothing changes leaves as the very bytes it came in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from proxy.core.jsontext import Edit, Leaf, NotJson, escape, splice
from proxy.core.jsonwriting import JsonWriting, ProseWriting
from proxy.core.positions import Counted, move_of
from proxy.core.restorer import ChannelRestorer, Originals, Piece, RestoreTally
from proxy.core.sse import RawEvent

Channel = tuple[Hashable, ...]
"""Name of one text that arrives in pieces: the path of its field with array positions replaced by indices."""


class ChannelText(NamedTuple):
    """A string of an event that belongs to a channel; `json` says that the channel's text is JSON.

    `whole` says that the text does not go on in later events. `tool`: the text belongs to the arguments of the tool of
    this name, or of the one that an event named under this channel.
    """

    leaf: Leaf
    channel: Channel
    json: bool = False
    whole: bool = False
    tool: str | Channel | None = None


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """What one event means to restoring: its texts, and the channels (by their first parts) that end with it.

    `edits` are changes of its data besides restoring (positions that count in a restored text, say). `tools`: names of
    tools that are called, each under the channel by which later texts refer to it. `counts`: positions in its data,
    each with the channel whose text they count in.
    """

    texts: Sequence[ChannelText]
    ends: Sequence[Channel] = ()
    edits: Sequence[Edit] = ()
    tools: Sequence[tuple[Channel, str]] = ()
    counts: Sequence[tuple[Channel, Counted]] = ()


ReadEvent = Callable[[str], "StreamEvent | None"]
"""A dialect's reader of an event's data; None for data that is no JSON, such as `[DONE]`: every channel ends there."""


@dataclass(slots=True)
class _Waiting:
    """One event on its way out."""

    event: RawEvent
    leaves: list[_LeafOut] = field(default_factory=list)
    open: int = 0
    edits: Sequence[Edit] = ()
    counts: Sequence[tuple[list[Edit], Counted]] = ()
    """Positions, each with what was put into its text so far."""

    def rendered(self) -> bytes:
        """The event's bytes, with what was restored."""
        edits = [
            Edit(out.leaf.start, out.leaf.end, escape(text))
            for out in self.leaves
            if (text := "".join(out.pieces)) != out.leaf.text
        ]
        edits += self.edits
        edits += [move for made, one in self.counts for move in move_of(one, made)]
        if not edits or self.event.data is None:
            return self.event.raw
        return self.event.with_data(splice(self.event.data, edits))


@dataclass(slots=True)
class _LeafOut:
    """Output of one string of a waiting event."""

    leaf: Leaf
    waiting: _Waiting
    pieces: list[str] = field(default_factory=list)


class TextChannel(Protocol):
    """What one channel's text goes through on its way out; see `ChannelRestorer`."""

    @property
    def ended(self) -> bool:
        """Whether the channel has ended and nothing of it is held."""
        ...

    def feed(self, text: str) -> list[Piece]:
        """Settled pieces of what was held and of `text`."""
        ...

    def passes(self, text: str) -> bool:
        """Take text in which nothing is to be done, and nothing has to wait; false: it was not taken, feed it."""
        ...

    def finish(self) -> list[Piece]:
        """The channel has ended: pieces of what was held."""
        ...


class _Channel:
    """A channel's restorer and the strings whose input is not settled yet, with what is left of each.

    `edits`: what was put into the channel's text, in positions of what came.
    """

    __slots__ = ("_open", "_position", "edits", "restorer")

    def __init__(self, restorer: TextChannel) -> None:
        self.restorer = restorer
        self.edits: list[Edit] = []
        self._position = 0
        self._open: deque[tuple[_LeafOut, int]] = deque()

    def feed(self, out: _LeafOut) -> None:
        self._open.append((out, len(out.leaf.text)))
        self.settle(self.restorer.feed(out.leaf.text))

    def passes(self, text: str) -> bool:
        """Whether the text is done with as it stands."""
        if self._open or not self.restorer.passes(text):
            return False
        self._position += len(text)
        return True

    def settle(self, pieces: Sequence[Piece]) -> None:
        """Give output to the strings it came from; an original goes to the string in which its token ends."""
        for piece in pieces:
            if not piece.literal:
                self.edits.append(Edit(self._position, self._position + piece.length, piece.text))
            self._position += piece.length
            position = 0
            while position < piece.length:
                out, left = self._open.popleft()
                taken = min(left, piece.length - position)
                if piece.literal:
                    out.pieces.append(piece.text[position : position + taken])
                position += taken
                if position == piece.length and not piece.literal:
                    out.pieces.append(piece.text)
                if taken < left:
                    self._open.appendleft((out, left - taken))
                else:
                    out.waiting.open -= 1
        while self._open and self._open[0][1] == 0:
            self._open.popleft()[0].waiting.open -= 1


class StreamRestorer:
    """Restores one stream. `wanted` of its originals may have to be looked up between calls, then `supply` goes on."""

    def __init__(self, read: ReadEvent, originals: Originals, tally: RestoreTally) -> None:
        self._read = read
        self._originals = originals
        self._tally = tally
        self._queue: deque[_Waiting] = deque()
        self._channels: dict[Channel, _Channel] = {}
        self._tools: dict[Channel, str] = {}
        self._edits: dict[Channel, list[Edit]] = {}
        self._waiting = 0
        self.held_events = 0
        self.events = 0

    @property
    def wanted(self) -> set[str]:
        """Tokens whose originals are needed before the stream can go on."""
        return self._originals.wanted

    def feed(self, event: RawEvent) -> list[bytes]:
        """Bytes that may leave now that `event` has come."""
        if not self._queue and event.data is not None and self._passes(event.data):
            self.events += 1
            return [event.raw]
        waiting = _Waiting(event)
        self._queue.append(waiting)
        self.events += 1
        meaning = self._meaning(event)
        if meaning is None:
            self._end(())
        else:
            waiting.edits = meaning.edits
            self._tools.update(meaning.tools)
            for text in meaning.texts:
                out = _LeafOut(text.leaf, waiting)
                waiting.leaves.append(out)
                waiting.open += 1
                channel = self._channel(text)
                if meaning.counts:
                    self._edits[text.channel] = channel.edits
                channel.feed(out)
                if text.whole:
                    self._finish(text.channel)
            waiting.counts = [(self._edits.get(channel, []), one) for channel, one in meaning.counts]
            for channel_start in meaning.ends:
                self._end(channel_start)
        self.held_events += waiting.open > 0
        return self._settled()

    def passing(self, events: Sequence[RawEvent], start: int) -> int:
        """Number of the events from `start` on, at least one, that leave as they came; they are taken note of.

        0: the next one is for `feed`. Events that came together are looked at together: cutting changes nothing.
        """
        read = self._read
        if self._queue or not isinstance(read, EventReader) or (alike := read.alike(events, start)) is None:
            return 0
        pattern, texts = alike
        channel = None if pattern.whole else self._channels.get(pattern.channel)
        if channel is None or not channel.passes("".join(texts)):
            return 0
        self.events += len(texts)
        return len(texts)

    def _passes(self, data: str) -> bool:
        """Whether the event is like the last one, and nothing in its text is to be done or to wait for."""
        same = self._read.same(data) if isinstance(self._read, EventReader) else None
        if same is None or same[0].whole:
            return False
        channel = self._channels.get(same[0].channel)
        return channel is not None and channel.passes(same[1])

    def supply(self, found: Mapping[str, str]) -> list[bytes]:
        """Bytes that may leave now that `wanted` is answered: token -> original, absent when there is none."""
        self._originals.supply(found)
        for name, channel in list(self._channels.items()):
            channel.settle(channel.restorer.feed(""))
            if channel.restorer.ended:
                del self._channels[name]
        return self._settled()

    def finish(self) -> list[bytes]:
        """The stream has ended, well or not: the bytes of all that was held."""
        self._end(())
        return self._settled()

    def _meaning(self, event: RawEvent) -> StreamEvent | None:
        if event.data is None:
            return StreamEvent(())
        return self._read(event.data)

    def _channel(self, text: ChannelText) -> _Channel:
        channel = self._channels.get(text.channel)
        if channel is None:
            channel = _Channel(self._restorer(text))
            self._channels[text.channel] = channel
            if not text.whole:
                self._edits[text.channel] = channel.edits
        return channel

    def _restorer(self, text: ChannelText) -> TextChannel:
        """What a new channel's text goes through."""
        writing = JsonWriting() if text.json else ProseWriting()
        closed = not self._originals.guards.tool(text.tool, self._tools)
        return ChannelRestorer(self._originals, self._tally, writing, closed=closed)

    def _end(self, start: Channel) -> None:
        for name in [name for name in self._channels if name[: len(start)] == start]:
            self._finish(name)

    def _finish(self, name: Channel) -> None:
        channel = self._channels.pop(name)
        channel.settle(channel.restorer.finish())
        if not channel.restorer.ended:
            # It still waits for an answer to `wanted`; what comes under its name from now on is another text.
            self._waiting += 1
            self._channels[(*name, self._waiting)] = channel

    def _settled(self) -> list[bytes]:
        ready: list[bytes] = []
        while self._queue and self._queue[0].open == 0:
            ready.append(self._queue.popleft().rendered())
        return ready


class EventReader:
    """Reads events by a dialect, and quickly those that differ from the last one in nothing but their one text.

    Providers send the same chunk around every few letters. What stands before and behind the text is then the same, and
    a text without quotes, escapes and control characters cannot change what the rest means: nothing needs parsing.
    """

    __slots__ = ("_after", "_before", "_pattern", "_texts_of")

    def __init__(self, texts_of: Callable[[str], StreamEvent]) -> None:
        """`texts_of` raises NotJson for data that is no JSON: it is taken for the end of every channel."""
        self._texts_of = texts_of
        self._pattern: ChannelText | None = None
        self._before = self._after = ""

    def __call__(self, data: str) -> StreamEvent | None:
        """Meaning of one event's data."""
        same = self.same(data)
        if same is not None:
            pattern, text = same
            start = len(self._before)
            leaf = Leaf(pattern.leaf.path, start, start + len(text), text)
            return StreamEvent((pattern._replace(leaf=leaf),))
        try:
            meaning = self._texts_of(data)
        except NotJson:
            return None
        self._learn(data, meaning)
        return meaning

    def same(self, data: str) -> tuple[ChannelText, str] | None:
        """The last event's text and what stands in its place here, when nothing else differs."""
        pattern = self._pattern
        if pattern is None or not (data.startswith(self._before) and data.endswith(self._after)):
            return None
        start, end = len(self._before), len(data) - len(self._after)
        text = data[start:end]
        plain = start <= end and text.isprintable() and '"' not in text and "\\" not in text
        return (pattern, text) if plain else None

    def alike(self, events: Sequence[RawEvent], start: int) -> tuple[ChannelText, list[str]] | None:
        """`same` for as many events from `start` on as it holds for: the last event's text, and those in its place."""
        pattern, before, after = self._pattern, self._before, self._after
        if pattern is None:
            return None
        texts: list[str] = []
        first, least = len(before), len(before) + len(after)
        for position in range(start, len(events)):
            data = events[position].data
            if data is None or len(data) < least or not (data.startswith(before) and data.endswith(after)):
                break
            text = data[first : len(data) - len(after)]
            if '"' in text or "\\" in text or not text.isprintable():
                break
            texts.append(text)
        return (pattern, texts) if texts else None

    def _learn(self, data: str, meaning: StreamEvent) -> None:
        self._pattern = None
        if len(meaning.texts) == 1 and not (meaning.ends or meaning.edits or meaning.tools or meaning.counts):
            self._pattern = meaning.texts[0]
            leaf = self._pattern.leaf
            self._before, self._after = data[: leaf.start], data[leaf.end :]
