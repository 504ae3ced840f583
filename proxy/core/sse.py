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
        """The event's bytes with other data (of one line); its name, id and comments stay."""
        lines: list[bytes] = []
        written = False
        for match in _LINE.finditer(self.raw):
            content, ending = match.groups()
            if not content.startswith(b"data:") and content != b"data":
                lines += (content, ending)
            elif not written:
                lines += (b"data: ", data.encode("utf-8", "surrogatepass"), ending)
                written = True
        return b"".join(lines)


class EventSplitter:
    """Cuts a stream of bytes into events, however the network cut it."""

    __slots__ = ("_buffer", "_searched")

    def __init__(self) -> None:
        self._buffer = b""
        self._searched = 0

    def feed(self, chunk: bytes) -> list[RawEvent]:
        """Events that are complete now. Raises EventTooLong."""
        self._buffer += chunk
        events: list[RawEvent] = []
        position = 0
        start = self._searched
        while (match := _END_OF_EVENT.search(self._buffer, start)) is not None:
            events.append(_event(self._buffer[position : match.end()]))
            position = start = match.end()
        self._buffer = self._buffer[position:]
        # The ending may straddle the border of two chunks.
        self._searched = max(0, len(self._buffer) - 3)
        if len(self._buffer) > MAX_EVENT:
            raise EventTooLong(f"an event is longer than {MAX_EVENT} bytes")
        return events

    def rest(self) -> bytes:
        """What came after the last complete event; empty at a clean end."""
        return self._buffer


def _event(raw: bytes) -> RawEvent:
    data: list[str] = []
    for match in _LINE.finditer(raw):
        name, colon, value = match.group(1).partition(b":")
        if name == b"data":
            text = value.removeprefix(b" ") if colon else b""
            data.append(text.decode("utf-8", "replace"))
    return RawEvent(raw, "\n".join(data) if data else None)
