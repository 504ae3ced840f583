"""Text inside text: escaped pieces and base64 are decoded, numbers that were drawn apart joined, with a map back.

It decodes; looking at the decoded text is the engine's part.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from proxy.core.findings import Finding
from proxy.detectors.patterns.page import Page, outlines

_PERCENT = re.compile(r"%[0-7][0-9A-Fa-f]|%[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){1,3}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8}\d{0,2});")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[\"'\\/bfnrt@._-])"
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_SHORTEST_RUN = 16
# These begin with the few signs they look for, and look back from there: a set of characters is found fast.
_MARKUP = re.compile(
    r"[*_~`<](?<=[\d-].)(?:(?<=\*)\*{0,2}|(?<=_)_|(?<=~)~|(?<=`)|(?<=<)/?[A-Za-z]{1,8}/?>)"
    r"(?:\*{1,3}|__|~~|`|</?[A-Za-z]{1,8}/?>)?(?=[-\d ])"
)
_FOURS = re.compile(r"\d(?<![\w.,+-].)(?<!\d[\t\r\n].)\d{3}(?:[\t\r\n]{1,2}\d{4}){3}(?![\w.,-]|\s{1,2}\d)")
_SINGLE = re.compile(r"[A-Z\d+](?<!\w.)(?:[ -]{1,3}[A-Z])?(?:[ -]{1,3}\d){7,34}(?![\w-])")
_EDGE = re.compile(
    r"[_#@=€.,](?:"
    r"(?:(?<=_)(?<![\d_].)|(?<=[#@=€])|(?<=[A-Za-z]\.)|(?<=[^\d\s],)|(?<=\d,)(?<!\b0,)(?!\d{3}(?![\d-])))"
    r"(?=[(+]?\d[\d ()./:-]{7,})"
    r"|(?<=\d{10}\.)(?=\d{1,2}(?!\d))|(?<=\d_)(?!\w)|(?<=\d{4}€)|(?<=\d{4},)(?=\d))"
)
_GAPS = re.compile(r"([ -]+)")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}
_LONGEST_RUN = 200_000
_ROOM = 160
"""Characters around a joined number that are looked at with it, at least."""
_NUMBER = re.compile(r"(?:[+(]\d|\d{4}-\d\d-)[\d ()./:-]*(?<=\d)")
_PLAIN = frozenset({"PHONE_NUMBER", "DATE_TIME", "DATE_OF_BIRTH"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded text; character `i` of it stood at `starts[i]` to `ends[i]`.

    `pieces`: ranges of decoded text that were escaped, in order, none over another.
    """

    text: str
    starts: list[int]
    ends: list[int]
    pieces: list[tuple[int, int]]

    def touches_piece(self, start: int, end: int) -> bool:
        """Whether the decoded range holds a character that was escaped."""
        at = bisect_left(self.pieces, end, key=itemgetter(0))  # a table may have thousands
        return at > 0 and start < self.pieces[at - 1][1]


def _percent(piece: str) -> str | None:
    try:
        return bytes.fromhex(piece.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _entity(piece: str) -> str | None:
    plain = html.unescape(piece)
    return None if plain == piece else plain


def _escape(piece: str) -> str | None:
    if piece[1] == "u":
        codes = [int(code, 16) for code in piece.split("\\u")[1:]]
        if len(codes) == 2:  # noqa: PLR2004 - a surrogate pair
            return chr(0x10000 + ((codes[0] - 0xD800) << 10) + (codes[1] - 0xDC00))
        return None if 0xD800 <= codes[0] <= 0xDFFF else chr(codes[0])  # noqa: PLR2004 - half a pair is no character
    if piece[1] == "x":
        return bytes.fromhex(piece[2:]).decode("latin-1")
    return _SHORT.get(piece[1], piece[1])


def _bare(piece: str) -> str | None:
    """Nothing in place of markup; groups of a number with one space between them."""
    return " ".join(piece.split()) if piece[0].isdigit() else ""


def _closer(piece: str) -> str | None:
    """A number that was written digit by digit: of a longer gap, what stood between its groups is left."""
    return _GAPS.sub(lambda gap: gap[0][1:-1], piece)


_DECODERS: tuple[tuple[str, re.Pattern[str], Callable[[str], str | None]], ...] = (
    ("%", _PERCENT, _percent),
    ("&", _ENTITY, _entity),
    ("\\", _ESCAPE, _escape),
)


JOINERS: tuple[tuple[re.Pattern[str], Callable[[str], str | None], tuple[bytes, ...]], ...] = (
    (_MARKUP, _bare, ()),
    (_FOURS, _bare, outlines("0000 0000", "0000  0000")),
    (_SINGLE, _closer, outlines(" 0 ", " 0-", "-0 ", "-0-")),
    (_EDGE, lambda piece: ", " if piece == "," else " ", ()),
)
"""Markup inside of a number, a card's four groups in four cells or lines, numbers written digit by digit,
and signs that fields of a row, Markdown and links put right beside a number; what of it the page's outline shows."""


def unescaped(page: Page, found: Sequence[Finding] = ()) -> Iterator[Decoded]:
    """The text once per kind of escape that stands in it, with that kind decoded.

    Of numbers that were joined, only the lines around them, and not those that `found` has beside a comma as they are:
    most lines of a table have one.
    """
    text = page.text
    for mark, pattern, decode in _DECODERS:
        if mark in text:
            decoded = _replace(text, pattern.finditer(text), decode, 0, len(text))
            if decoded.pieces:
                yield decoded
    ends = {finding.start: finding.end for finding in found if finding.entity_type in _PLAIN}
    for pattern, decode, pieces in JOINERS:
        if pieces and not page.shows(pieces):
            continue
        matches = [match for match in pattern.finditer(text) if not _is_found(text, match, ends)]
        for low, high, inside in _stretches(text, matches):
            yield _replace(text, inside, decode, low, high)


def _is_found(text: str, match: re.Match[str], ends: Mapping[int, int]) -> bool:
    """Whether a telephone number (with `+` or brackets, so nothing else) or a date behind a comma was found whole."""
    end = ends.get(match.end())
    if end is None or match.group() != "," or text[match.start() - 1].isdigit():
        return False
    number = _NUMBER.match(text, match.end())
    return number is not None and number.end() == end


def _stretches(text: str, matches: Sequence[re.Match[str]]) -> Iterator[tuple[int, int, list[re.Match[str]]]]:
    """Ranges of whole lines around the matches, with room for the words that announce a number; none over another."""
    inside: list[re.Match[str]] = []
    low, high = 0, -1
    for match in matches:
        if match.end() + _ROOM > high:
            first = text.rfind("\n", 0, max(0, match.start() - _ROOM)) + 1
            if first > high and inside:
                yield low, high, inside
                inside = []
            low = low if inside else first
        inside.append(match)
        if match.end() + _ROOM <= high:
            continue
        end = text.find("\n", min(len(text), match.end() + _ROOM))
        high = len(text) if end < 0 else end
    if inside:
        yield low, high, inside


def _replace(
    text: str, matches: Iterable[re.Match[str]], decode: Callable[[str], str | None], low: int, high: int
) -> Decoded:
    """The range `low` to `high` of the text, with the matches in it decoded."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    pieces: list[tuple[int, int]] = []
    at = low
    for match in matches:
        plain = decode(match.group())
        if plain is None:
            continue
        parts.append(text[at : match.start()])
        starts.extend(range(at, match.start()))
        ends.extend(range(at + 1, match.start() + 1))
        pieces.append((len(starts), len(starts) + len(plain)))
        parts.append(plain)
        starts.extend([match.start()] * len(plain))
        ends.extend([match.end()] * len(plain))
        at = match.end()
    parts.append(text[at:high])
    starts.extend(range(at, high))
    ends.extend(range(at + 1, high + 1))
    return Decoded("".join(parts), starts, ends, pieces)


def base64_runs(page: Page) -> Iterator[tuple[int, int, str]]:
    """Start, end and decoded text of each run of base64 (also the URL-safe kind) that holds readable text."""
    if not page.has_run(_SHORTEST_RUN):
        return
    for match in _BASE64.finditer(page.text):
        run = match.group()
        if len(run) > _LONGEST_RUN or run.isdigit() or (run.isalpha() and run.islower()):
            continue
        plain = _base64(run)
        if plain is not None:
            yield match.start(), match.end(), plain


def _base64(run: str) -> str | None:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        return None
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return plain if all(char.isprintable() or char in "\r\n\t" for char in plain) else None
