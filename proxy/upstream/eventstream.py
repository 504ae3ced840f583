"""Frames of AWS's event streams (`application/vnd.amazon.eventstream`), as they arrive in pieces. Pure.

A frame: length of the whole and of its headers (four bytes each), their checksum, headers, payload, checksum of it all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"
_PRELUDE: Final = struct.Struct(">II")
_SUM: Final = struct.Struct(">I")
_AROUND: Final = _PRELUDE.size + 2 * _SUM.size
_LARGEST: Final = 25 * 1024 * 1024
"""Bytes of a frame; AWS allows 24 MiB of payload and 128 KiB of headers."""
_TEXT: Final = 7
_FIXED: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Sizes of header values by their type; 6 (bytes) and 7 (text) say their own."""


class BadFrame(ValueError):
    """What came is no frame; the message says nothing of it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its headers of type text, and its payload."""

    headers: dict[str, str]
    payload: bytes = field(repr=False)


class FrameSplitter:
    """Turns pieces of a stream into frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def complete(self) -> bool:
        """Whether nothing of a frame is left over."""
        return not self._held

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Frames that end in this piece. Raises BadFrame."""
        self._held += chunk
        while len(self._held) >= _PRELUDE.size + _SUM.size:
            size, heads = _PRELUDE.unpack_from(self._held)
            (told,) = _SUM.unpack_from(self._held, _PRELUDE.size)
            if told != crc32(self._held[: _PRELUDE.size]) or not _AROUND + heads <= size <= _LARGEST:
                raise BadFrame("a frame does not begin as it should")
            if len(self._held) < size:
                return
            raw = bytes(self._held[:size])
            del self._held[:size]
            yield _frame(raw, heads)


def _frame(raw: bytes, heads: int) -> Frame:
    (told,) = _SUM.unpack_from(raw, len(raw) - _SUM.size)
    if told != crc32(raw[: -_SUM.size]):
        raise BadFrame("a frame was changed on its way")
    begin = _PRELUDE.size + _SUM.size
    return Frame(_headers(raw[begin : begin + heads]), raw[begin + heads : -_SUM.size])


def _headers(raw: bytes) -> dict[str, str]:
    found = {}
    at = 0
    try:
        while at < len(raw):
            name_end = at + 1 + raw[at]
            name, kind = raw[at + 1 : name_end].decode(), raw[name_end]
            at = name_end + 1
            size = _FIXED.get(kind)
            if size is None:
                size = int.from_bytes(raw[at : at + 2], "big")
                at += 2
            if kind == _TEXT:
                found[name] = raw[at : at + size].decode()
            at += size
    except (IndexError, UnicodeDecodeError):
        raise BadFrame("the headers of a frame cannot be read") from None
    return found
