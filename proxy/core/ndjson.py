"""Newline-delimited JSON streams: bytes in, whole lines out, each with the very bytes it came in."""

from __future__ import annotations

from proxy.core.sse import MAX_EVENT, EventTooLong, RawEvent


class LineEvent(RawEvent):
    """One line of the stream; an empty line has no data."""

    __slots__ = ()

    def with_data(self, data: str) -> bytes:
        """The line with other data, its ending as it was."""
        ending = self.raw[len(self.raw.rstrip(b"\r\n")) :]
        return data.encode("utf-8", "surrogateescape") + ending


class LineSplitter:
    """Cuts a stream of bytes into lines, however the network cut it."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[RawEvent]:
        """Lines that are complete now. Raises EventTooLong."""
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = bytes(self._buffer) + lines[0]
            self._buffer = bytearray()
        self._buffer += rest
        if len(self._buffer) > MAX_EVENT:
            raise EventTooLong(f"a line is longer than {MAX_EVENT} bytes")
        return [_line(line + b"\n") for line in lines]

    def rest(self) -> bytes:
        """What came after the last complete line."""
        return bytes(self._buffer)


def _line(raw: bytes) -> LineEvent:
    text = raw.strip()
    return LineEvent(raw, text.decode("utf-8", "surrogateescape") if text else None)
