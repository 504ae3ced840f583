"""Cuts texts into parts that a model can take, and puts the findings together again. Pure.

Long prose is cut with overlap at borders of lines or words. Tables are cut into cells, each different cell once, with
its column's heading as context: a model then reads a thousand rows in the time of their different words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from proxy.core.findings import Finding, Precedence, disjoint

_LEAST_ROWS = 6
_DELIMITERS = "\t|;,"
_LONGEST_CELL = 300  # characters; a "cell" beyond that is prose with commas
_LETTERS = re.compile(r"[^\W\d_]{2}")
_HEADING = re.compile(r"[^\d@]{1,40}")
_NO_NAME = re.compile(r"\S*(?:@|://)\S*")


_CODE = re.compile(r"[A-Za-z0-9+/_-]{1000,}")
"""A code without a break: shorter ones than half an overlap stand whole in some part."""
_GROUP = 8
"""Characters of a group of base32; one of base64 has four, of hexadecimal two."""


@dataclass(frozen=True, slots=True, repr=False)
class Chunk:
    """A part of a text that starts at offset `start`."""

    start: int
    text: str


def cut(text: str, size: int, overlap: int) -> list[Chunk]:
    """Parts of at most `size` characters that cover `text`; neighbours share about `overlap` characters.

    What is shorter than half the overlap stands whole in some part. `overlap` is at most half of `size`. A code that
    goes on without a break (base64) is cut between its groups, or what comes after would decode to nothing.
    """
    chunks = []
    start = 0
    codes = [match.span() for match in _CODE.finditer(text)] if len(text) > size else []
    while len(text) - start > size:
        end = _border(text, start + size - size // 4, start + size, codes)
        chunks.append(Chunk(start, text[start:end]))
        start = max(start + 1, _border(text, end - overlap, end - overlap // 2, codes))
    chunks.append(Chunk(start, text[start:]))
    return chunks


def _border(text: str, low: int, high: int, codes: Sequence[tuple[int, int]]) -> int:
    """The best place to cut in `low` to `high`: after the last line break, else the last space, else about `high`."""
    for mark in ("\n", " "):
        place = text.rfind(mark, low, high)
        if place >= 0:
            return place + 1
    at = bisect_right(codes, high, key=itemgetter(0)) - 1
    begun, ended = codes[at] if at >= 0 else (0, 0)
    return max(low + 1, high - (high - begun) % _GROUP) if high < ended else high


def merge(found: Iterable[tuple[int, Sequence[Finding]]], precedence: Precedence | None = None) -> list[Finding]:
    """Disjoint findings of the whole text from pairs (offset of a part, findings in it)."""
    moved = {
        replace(item, start=item.start + offset, end=item.end + offset) if offset else item
        for offset, part in found
        for item in part
    }
    return disjoint(moved, precedence)


@dataclass(frozen=True, slots=True, repr=False)
class Unit:
    """Something for a model to read once: `text`, of which the first `lead` characters are context only.

    `places`: the offsets in the whole text at which what follows the lead stands.
    """

    text: str
    lead: int
    places: tuple[int, ...]


def units(text: str, size: int, overlap: int) -> list[Unit]:
    """What a names model should read of `text`: prose in parts, each different cell of a table once."""
    result: list[Unit] = []
    position = 0
    for table in _tables(text):
        result.extend(_prose(text, position, table.start, size, overlap))
        result.extend(_cells(table))
        position = table.start + len(table.text)
    result.extend(_prose(text, position, len(text), size, overlap))
    return result


def place(units_found: Iterable[tuple[Unit, Sequence[Finding]]]) -> list[Finding]:
    """Findings of the whole text from those of its units; what lies in a lead only is dropped."""
    result: list[Finding] = []
    for unit, findings in units_found:
        for finding in findings:
            start = max(finding.start, unit.lead)
            if start < finding.end:
                result.extend(
                    replace(finding, start=start - unit.lead + offset, end=finding.end - unit.lead + offset)
                    for offset in unit.places
                )
    return result


def _prose(text: str, start: int, end: int, size: int, overlap: int) -> Iterator[Unit]:
    if start < end and not text[start:end].isspace():
        for chunk in cut(text[start:end], size, overlap):
            yield Unit(chunk.text, 0, (start + chunk.start,))


def _tables(text: str) -> Iterator[Chunk]:
    """Runs of at least `_LEAST_ROWS` lines that have the same delimiter the same number of times."""
    if text.count("\n") < _LEAST_ROWS - 1:
        return
    start = position = rows = 0
    shape: tuple[str, int] | None = None
    for line in [*text.splitlines(keepends=True), ""]:
        current = _shape(line)
        if current is None or current != shape:
            if rows >= _LEAST_ROWS:
                yield Chunk(start, text[start:position])
            start, rows, shape = position, 0, current
        rows += 1 if current else 0
        position += len(line)


def _shape(line: str) -> tuple[str, int] | None:
    """The delimiter of a line and how often it stands there, quoted ones not counted; None for prose."""
    bare = re.sub(r'"[^"\n]*"', "", line) if '"' in line else line
    for delimiter in _DELIMITERS:
        count = bare.count(delimiter)
        if count >= (2 if delimiter == "," else 1) and len(line) < _LONGEST_CELL * (count + 1):
            return delimiter, count
    return None


def _cells(table: Chunk) -> Iterator[Unit]:
    """Each different cell of each column that may hold a name, with its heading before it."""
    lines = table.text.splitlines(keepends=True)
    shape = _shape(lines[0])
    delimiter = shape[0] if shape else ","
    field = re.compile(rf'"[^"\n]*"|[^{re.escape(delimiter)}\r\n]+')
    places: dict[tuple[int, str], list[int]] = {}
    headings = [match.group().strip(' "') for match in field.finditer(lines[0])]
    if not all(map(_HEADING.fullmatch, headings)):
        headings = []
    offset = table.start
    for line in lines:
        column = last = 0
        for match in field.finditer(line):
            column += line.count(delimiter, last, match.start())
            last = match.end()
            cell = match.group()
            if _LETTERS.search(cell) and not _NO_NAME.fullmatch(cell.strip(' "')):
                places.setdefault((column, cell), []).append(offset + match.start())
        offset += len(line)
    for (column, cell), offsets in places.items():
        heading = headings[column] if column < len(headings) else ""
        lead = f"{heading.replace('_', ' ')}: " if heading and heading != cell.strip(' "') else ""
        yield Unit(lead + cell, len(lead), tuple(offsets))
