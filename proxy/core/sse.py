"""Server-sent events: bytes in, whole events out, each with the very bytes it came in.

Format: WHATWG HTML, section 9.2. Lines end at CR, LF or CRLF only; U+2028 is text.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from proxy.core.jsontext import NotJson, parse

MAX_EVENT: Final = 16 * 1024 * 1024
"""Bytes of one event; an upstream that sends more without an end is cut off."""

_MARK: Final = b"\xef\xbb\xbf"
"""The byte order mark that a stream may begin with."""
_SHORT: Final = 65_536
"""Bytes up to which what is left of the last read is put before the next one; more of them would be copied often."""
_END_OF_EVENT: Final = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_DONE: Final = "[DONE]"
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")


class EventTooLong(ValueError):
    """One event is over MAX_EVENT bytes."""


class RawEvent(NamedTuple):
    """One event as it came: `raw` bytes with the blank line that ends it, and its data lines joined, or None."""

    raw: bytes
    data: str | None

    def __repr__(self) -> str:
        """Its length; never the text."""
        return f"RawEvent({len(self.raw)} bytes)"

    def with_data(self, data: str) -> bytes:
        """The event's bytes with other data, one data line for each line of it; name, id and comments stay."""
        lines: list[bytes] = []
        written = False
        for match in _LINE.finditer(self.raw):
            content, ending = match.groups()
            bare = content.removeprefix(_MARK)
            if not bare.startswith(b"data:") and bare != b"data":
                # A line that stood between them is gone: CR and LF beside each other would be one ending, not two.
                lines += (b"\r",) if ending == b"\n" and not content and lines[-1:] == [b"\r"] else ()
                lines += (content, ending)
            elif not written:
                lines += (_MARK,) if bare != content else ()
                for line in data.split("\n"):
                    lines += (b"data: ", line.encode("utf-8", "surrogateescape"), ending)
                written = True
        return b"".join(lines)


class EventSplitter:
    """Cuts a stream of bytes into events, however the network cut it."""

    __slots__ = ("_after_cr", "_buffer", "_late", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._after_cr = False
        self._late = 0

    def feed(self, chunk: bytes) -> list[RawEvent]:
        """Events that are complete now. Raises EventTooLong.

        An event that ends in CR leaves at once. A LF that turns out to belong to that CR leaves with the next event
        and ends no line of it.
        """
        if len(self._buffer) < _SHORT and b"\r" not in chunk and not (self._late or self._after_cr):
            if not self._buffer:
                return self._plain(chunk)
            if b"\r" not in self._buffer:
                whole = bytes(self._buffer) + chunk
                self._buffer.clear()
                return self._plain(whole)
        self._buffer += chunk
        if self._after_cr and self._buffer:
            self._late = self._searched = int(self._buffer.startswith(b"\n"))
            self._after_cr = False
        events: list[RawEvent] = []
        position, start = 0, self._searched
        while (match := _END_OF_EVENT.search(self._buffer, start)) is not None:
            events.append(_event(bytes(self._buffer[position : match.end()])))
            position = start = match.end()
            self._late = 0
        if events:
            self._after_cr = position == len(self._buffer) and self._buffer.endswith(b"\r")
            del self._buffer[:position]
        self._remember(self._late)
        return events

    def _plain(self, chunk: bytes) -> list[RawEvent]:
        """`feed` of what nearly all streams are: lines that end at LF."""
        *pieces, rest = chunk.split(b"\n\n")
        self._buffer += rest
        self._remember(0)
        return [_short(piece) for piece in pieces]

    def _remember(self, late: int) -> None:
        """Where to look for the next ending: it may straddle the border of two chunks. Raises EventTooLong."""
        self._searched = max(late, len(self._buffer) - 3)
        if len(self._buffer) > MAX_EVENT:
            raise EventTooLong(f"an event is longer than {MAX_EVENT} bytes")

    def rest(self) -> bytes:
        """What came after the last complete event; white space at most at a clean end."""
        return bytes(self._buffer)


def _short(piece: bytes) -> RawEvent:
    """The event of `piece` and a blank line; quickly when it is one data line, with its name before it at most."""
    head, _, line = piece.rpartition(b"\n")
    if line.startswith(b"data: ") and (not head or (head.startswith(b"event: ") and b"\n" not in head)):
        return RawEvent(piece + b"\n\n", line[6:].decode("utf-8", "surrogateescape"))
    return _event(piece + b"\n\n")


def _event(raw: bytes) -> RawEvent:
    data: list[str] = []
    for match in _LINE.finditer(raw):
        name, colon, value = match.group(1).removeprefix(_MARK).partition(b":")
        if name == b"data":
            text = value.removeprefix(b" ") if colon else b""
            # Bytes that are no UTF-8 become lone surrogates here, and the same bytes again in `with_data`.
            data.append(text.decode("utf-8", "surrogateescape"))
    return RawEvent(raw, "\n".join(data) if data else None)


class Ending:
    """Watches a stream for line ends that its last event lacks: some servers leave them out behind `[DONE]`."""

    __slots__ = ("_end", "_tail")

    def __init__(self, *, lines: bool) -> None:
        """`lines`: JSON line by line, else server-sent events."""
        self._end = b"\n" if lines else b"\n\n"
        self._tail = bytearray()

    def feed(self, chunk: bytes) -> None:
        """See the next bytes."""
        if chunk.endswith(self._end):
            self._tail.clear()
            return
        self._tail += chunk
        ends = (self._end, b"\r\n\r\n", b"\r\r")
        last = max((at + len(end) for end in ends if (at := self._tail.rfind(end)) >= 0), default=0)
        del self._tail[:last]

    def missing(self) -> bytes:
        """What ends the last event, where that is whole: a comment, `[DONE]` or JSON; else nothing."""
        tail = bytes(self._tail)
        if not tail.strip() or len(tail) > MAX_EVENT:
            return b""
        data = tail.decode("utf-8", "surrogateescape") if len(self._end) == 1 else _event(tail).data
        if data is not None and data.strip() != _DONE:
            try:
                parse(data)
            except NotJson:
                return b""
        return self._end[tail.endswith((b"\r", b"\n")) :] or self._end
