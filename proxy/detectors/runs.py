"""Text that stands coded as a whole in a text: base64, base32, hexadecimal, numbers of bytes, packed and in UTF-16 too.

Whole numbers with an exponent are such, too. It decodes; looking at what comes out is the engines' part. A run counts
only when readable text comes out, so digests, keys and pictures are none. What only escapes some characters is
`proxy.detectors.patterns.encoded`'s.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import partial
from string import ascii_letters, ascii_uppercase, digits, hexdigits
from typing import Final, NamedTuple

_LONGEST: Final = 200_000
"""Characters of a run, and of what comes out of one."""
_LEAST: Final = 7
"""Characters of decoded text from which one is looked into: the shortest telephone numbers."""
_NO_CHANCE: Final = 16
"""Bytes of which, were they random, one in a million pieces would be a text."""
_END: Final = r"(?!\w|[.-]\w)"
_BASE64: Final = re.compile(
    r"[A-Za-z0-9+/_-](?<![A-Za-z0-9+/=_-].)(?:(?:[A-Za-z0-9+/_-]{39,100}\r?\n)(?:[A-Za-z0-9+/_-]{40,100}\r?\n)*)?"
    r"[A-Za-z0-9+/_-]{13,}={0,2}(?![A-Za-z0-9+/=_-])"
)
_BASE32: Final = re.compile(r"[A-Z2-7](?<![A-Za-z0-9=].)[A-Z2-7]{15,}={0,6}(?![A-Za-z0-9=])")
_HEX: Final = re.compile(
    r"[0-9A-Fa-f](?<![0-9A-Za-z].)[0-9A-FXa-fx](?:[ :,;-]{0,2}(?:0[xX])?[0-9A-Fa-f]{2}){6,}(?![0-9A-Za-z])"
)
_DECIMALS: Final = re.compile(rf"\d(?<![\w.+-].)\d{{0,2}}(?:[ ,;]{{1,2}}\n?\d{{1,3}}){{6,}}{_END}")
_EXPONENT: Final = re.compile(rf"\d(?<![\w.].)\d{{0,17}}(?:\.\d{{1,18}})?[eE][+-]?\d{{1,2}}{_END}")
_LONGEST_NUMBER: Final = 19
"""Digits: the longest cards."""
_BINARY: Final = re.compile(r"[01](?<![0-9A-Za-z].)[01]{7}(?: ?[01]{8}){6,}(?![0-9A-Za-z])")
_ESCAPES: Final = (
    ("%", re.compile(r"(?:%[0-9A-Fa-f]{2}){6,}"), 16),
    ("=", re.compile(r"(?:=[0-9A-F]{2}){6,}"), 16),
    ("\\x", re.compile(r"(?:\\x[0-9A-Fa-f]{2}){6,}"), 16),
    ("\\u", re.compile(r"(?:\\u\{?(?:00)?[0-9A-Fa-f]{2}\}?){6,}"), 16),
    ("+00", re.compile(rf"[Uu]\+00[0-9A-Fa-f]{{2}}(?:[ ,;]{{1,2}}[Uu]\+00[0-9A-Fa-f]{{2}}){{6,}}{_END}"), 16),
    ("&#", re.compile(r"(?:&#[xX]0{0,4}[0-9A-Fa-f]{2};){6,}"), 16),
    ("&#", re.compile(r"(?:&#0{0,4}\d{2,3};){6,}"), 10),
    ("\\", re.compile(r"(?:\\[01][0-7]{2}){6,}"), 8),
)
"""Runs of escapes: what stands in each, and to which base their numbers are written."""
_WORDS: Final = re.compile(r"[A-Za-z0-9\u00c0-\u024f\s@.,:;+/()'\"_-]+")
_PACKED: Final = (b"\x1f\x8b", b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")


class Run(NamedTuple):
    """A run at `start` to `end` that says `text`."""

    start: int
    end: int
    text: str


def runs_of(text: str) -> Iterator[Run]:
    """The runs of a text, by kind; they may overlap."""
    raw = text.encode("utf-8", "surrogatepass")
    for pattern, decode, row in KINDS:
        if row.stands_in(raw):
            yield from _runs(text, pattern, decode)
    for mark, pattern, base in _ESCAPES:
        if mark in text:
            yield from _runs(text, pattern, partial(_decimals, base=base))


def _runs(text: str, pattern: re.Pattern[str], decode: Callable[[str], bytes | None]) -> Iterator[Run]:
    for match in pattern.finditer(text):
        found = match.group()
        if len(found) <= _LONGEST and (plain := _text_of(decode(found))) is not None and plain != found:
            yield Run(match.start(), match.end(), plain)


def _text_of(raw: bytes | None) -> str | None:
    """The text that bytes are, unpacked; None for what nobody reads."""
    if raw is None:
        return None
    if raw.startswith(_PACKED):
        try:
            raw = zlib.decompressobj(wbits=47).decompress(raw, _LONGEST)
        except zlib.error:
            return None
    for encoding in ("utf-16-le", "utf-16-be") if b"\x00" in raw else ("utf-8",):
        text = _decoded(raw, encoding)
        if text is None or len(text) < _LEAST or not all(char.isprintable() or char in "\r\n\t" for char in text):
            continue
        if _is_said(text) or (len(raw) >= _NO_CHANCE and _is_written(text, encoding)):
            return text
    return None


def _decoded(raw: bytes, encoding: str) -> str | None:
    """Bytes as text, without a mark of their order; of UTF-8 without the rest of a letter that a cut left at an end."""
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        if encoding != "utf-8" or len(raw) < _NO_CHANCE:
            return None
    inside = raw[next((at for at in range(4) if raw[at] & 0xC0 != 0x80), 0) :]  # noqa: PLR2004 - bits of UTF-8
    for rest in range(4):
        with suppress(UnicodeDecodeError):
            return inside[: len(inside) - rest].decode()
    return None


def _is_said(text: str) -> bool:
    """Whether it reads like words and numbers: signs and ideographs by chance do not."""
    return len(_WORDS.sub("", text)) * 10 <= len(text)


def _is_written(text: str, encoding: str) -> bool:
    """Whether it is markup, or words of other alphabets. Random bytes are no UTF-8, but they are UTF-16."""
    words = sum(char.isalnum() or char.isspace() for char in text)
    return words * 3 >= len(text) and (encoding == "utf-8" or len({ord(char) >> 8 for char in text}) <= 2)  # noqa: PLR2004


def _base64(found: str) -> bytes | None:
    body = re.sub(r"\s", "", found).rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1 or body.isdigit() or (body.isalpha() and body.islower()):
        return None
    return base64.b64decode(body + "=" * (-len(body) % 4))


def _base32(found: str) -> bytes | None:
    body = found.rstrip("=")
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None


def _hex(found: str) -> bytes | None:
    digits = re.sub(r"[ :,;-]|0[xX]", "", found)
    with suppress(ValueError):  # an x that belongs to no 0: `1x10`
        return bytes.fromhex(digits)
    return None


def _decimals(found: str, base: int = 10) -> bytes | None:
    codes = [int(code, base) for code in re.findall(r"[0-9A-Fa-f]+", found)]
    return bytes(codes) if max(codes, default=256) < 256 else None  # noqa: PLR2004 - a byte


def _exponent(found: str) -> bytes | None:
    """A whole number that programs write as `4.111111111111111e+15`; of fewer digits than a telephone's it is none."""
    number = Decimal(found)
    whole = format(number, "f").partition(".")
    if whole[2].strip("0") or not _LEAST <= len(whole[0].rstrip("0")) <= len(whole[0]) <= _LONGEST_NUMBER:
        return None
    return whole[0].encode()


def _binary(found: str) -> bytes:
    bits = found.replace(" ", "")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


_DIGITS: Final = digits.encode() + bytes(range(128, 256))
"""ASCII's digits in UTF-8, and all that is not ASCII: digits of other scripts are among it."""


class Row:
    """What a match cannot do without: characters of these kinds in this `row`, but for what stands `between` them.

    To see that a text has none is far cheaper than to try the expression at each of its characters.
    """

    def __init__(self, kinds: Mapping[bytes, bytes], row: bytes, between: bytes = b"") -> None:
        """`kinds`: characters, in UTF-8, and what stands for any of them in `row`."""
        table = bytearray(b" " * 256)
        for characters, kind in kinds.items():
            for code in characters:
                table[code] = kind[0]
        self._table, self._row, self._between = bytes(table), row, between

    def stands_in(self, raw: bytes) -> bool:
        """Whether a text, in UTF-8, has such a row."""
        return self._row in raw.translate(self._table, self._between)


KINDS: Final[tuple[tuple[re.Pattern[str], Callable[[str], bytes | None], Row], ...]] = (
    (_BASE64, _base64, Row({f"{ascii_letters}{digits}+/_-".encode(): b"x"}, b"x" * 14)),
    (_BASE32, _base32, Row({f"{ascii_uppercase}234567".encode(): b"x"}, b"x" * 16)),
    (_HEX, _hex, Row({f"{hexdigits}xX".encode(): b"x"}, b"x" * 14, b" :,;-")),
    (_DECIMALS, _decimals, Row({b" ,;\n": b","}, b"," * 6, _DIGITS)),
    (_BINARY, _binary, Row({b"01": b"0"}, b"0" * 56, b" ")),
    (_EXPONENT, _exponent, Row({_DIGITS: b"0", b"eE": b"e"}, b"0e0", b"+-")),
)
"""Expression, what decodes its matches, and what they all have."""
