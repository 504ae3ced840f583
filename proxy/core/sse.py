"""Server-sent events: bytes in, whole events out, each with the very bytes it came in.

Format: WHATWG HTML, section 9.2. Lines end at CR, LF or CRLF only; U+2028 is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

MAX_EVENT: Final = 16 * 1024 * 1024
"""Bytes of one event; an upstream that sends more without an end is cut off."""

_END_OF_EVENT: Final = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")


class EventTooLong(ValueError):
    """One event is over MAX_EVENT bytes."""


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as it came: `raw` bytes with the blank line that ends it, and its data lines joined, or None."""

    raw: bytes = field(repr=False)
    data: str | None = field(repr=False)

    def with_data(self, data: str) -> bytes:
        """The event's bytes with other data, one data line for each line of it; name, id and comments stay."""
        lines: list[bytes] = []
        written = False
        for match in _LINE.finditer(self.raw):
            content, ending = match.groups()
            if not content.startswith(b"data:") and content != b"data":
                lines += (content, ending)
            elif not written:
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
        # The ending may straddle the border of two chunks.
        self._searched = max(self._late, len(self._buffer) - 3)
        if len(self._buffer) > MAX_EVENT:
            raise EventTooLong(f"an event is longer than {MAX_EVENT} bytes")
        return events

    def rest(self) -> bytes:
        """What came after the last complete event; white space at most at a clean end."""
        return bytes(self._buffer)


def _event(raw: bytes) -> RawEvent:
    if raw.startswith(b"data: ") and raw.find(b"\n") == len(raw) - 2 and raw.find(b"\r") < 0:
        return RawEvent(raw, raw[6:-2].decode("utf-8", "surrogateescape"))  # as nearly all of them are
    data: list[str] = []
    for match in _LINE.finditer(raw):
        name, colon, value = match.group(1).partition(b":")
        if name == b"data":
            text = value.removeprefix(b" ") if colon else b""
            # Bytes that are no UTF-8 become lone surrogates here, and the same bytes again in `with_data`.
            data.append(text.decode("utf-8", "surrogateescape"))
    return RawEvent(raw, "\n".join(data) if data else None)
