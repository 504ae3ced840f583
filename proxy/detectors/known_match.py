"""Finds the values of an index in a text: whole values first, then the parts of names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from proxy.core.findings import Finding, disjoint
from proxy.detectors import chunks
from proxy.detectors.known_common import PARTICLES
from proxy.detectors.known_index import (
    CAPITAL,
    LOOSE_DIGITS,
    LOOSE_WORDS,
    PART,
    KnownIndex,
    exact_keys,
    loose_keys,
    with_edges,
    word_digests,
)
from proxy.detectors.known_words import Places, Words, read
from proxy.detectors.normalise import Normalised, behind, is_torn, mended, normalise
from proxy.detectors.patterns.dates import MONTH_WORDS
from proxy.detectors.patterns.page import alternatives

DETECTOR = "known"
_TYPE = 0xFF
_NONE = np.empty(0, np.int64)
_ESCAPED = re.compile(
    r"%(?:0[9AD]|2[0-9A-F]|3[A-F]|40)|\\\\*[nrt]|\\\\*u00(?:0[9ad]|20|a0)|&(?:nbsp|amp|quot|lt|gt|#\d{2,3});",
    re.IGNORECASE,
)
"""White space and signs as URLs, JSON and HTML write them: read as spaces of the same length, and as they stand."""

_FIGURES = frozenset({"DATE_OF_BIRTH", "DATE_TIME", "POSTCODE"})
_GROUPED = re.compile(r"\d{3}([,. \u00a0\u202f])\d{3}(?:\1\d{3})*")
_LONGER = re.compile(r"(?<![\d.,])\d{1,3}[,. \u00a0\u202f]\Z")
_PRICE = re.compile(r"\d{2,3}[.,]\d\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH = re.compile(rf"(?<!\w)(?:{alternatives(MONTH_WORDS)})\.? \Z", re.IGNORECASE)
_BEFORE = 12
"""Characters before a year in which its month stands."""

_PIECE, _OVERLAP = 100_000, 4_000
"""Characters looked at together, and shared by two pieces: more than the longest value takes."""


class _Hit(NamedTuple):
    """A run of words that is known; a tuple, for dense texts have hundreds and making one is what costs."""

    first: int
    last: int
    mark: int
    start: int
    end: int


@dataclass(slots=True)
class _Heard:
    """Digests of the words of the full names met so far, with the type of each."""

    words: dict[int, str] = field(default_factory=dict)


def find(text: str, index: KnownIndex) -> list[Finding]:
    """Findings of known values in `text`, disjoint, ordered by position, offsets into the text as given."""
    if not index.size:
        return []
    heard = _Heard()
    if len(text) <= _PIECE:
        return _in_piece(text, index, heard)
    parts = chunks.cut(text, _PIECE, _OVERLAP)
    return chunks.merge([(part.start, _in_piece(part.text, index, heard)) for part in parts])


def _in_piece(text: str, index: KnownIndex, heard: _Heard) -> list[Finding]:
    found = _as_written(text, index, heard)
    if not _ESCAPED.search(text):
        return found
    opened = _ESCAPED.sub(lambda match: " " * len(match.group()), text)
    return disjoint([*found, *_as_written(opened, index, heard)])


def _as_written(text: str, index: KnownIndex, heard: _Heard) -> list[Finding]:
    plain = normalise(text)
    found = _read_as(plain, index, heard)
    if not is_torn(plain.text):
        return found
    whole = _read_as(behind(mended(plain.text), plain), index, heard)
    return disjoint([*found, *(one for one in whole if is_torn(text[one.start : one.end]))])


def _read_as(plain: Normalised, index: KnownIndex, heard: _Heard) -> list[Finding]:
    words = read(plain.text, index.book)
    if not len(words):
        return []
    hits = _hits(words, index)
    taken = bytearray(len(words))
    whole = (hit for hit in hits if not hit.mark & PART and not _is_figure(plain.text, hit, index))
    full = list(_longest(whole, taken))
    parts = {hit.first: index.types[hit.mark & _TYPE] for hit in hits if hit.mark & PART}
    parts |= _echoes(words, full, index, heard)
    found = [(*with_edges(hit.mark, plain.text, hit.start, hit.end), index.types[hit.mark & _TYPE]) for hit in full]
    free = [(place, parts[place]) for place in sorted(parts) if not taken[place]]
    found += _joined(plain.text, words, free)
    spans = ((*plain.span(start, end), entity_type) for start, end, entity_type in sorted(found))
    return [Finding(start, end, entity_type, 1.0, DETECTOR) for start, end, entity_type in spans]


def _is_figure(text: str, hit: _Hit, index: KnownIndex) -> bool:
    """Whether a date or postcode is none: a price (`118.00`), a number's end (`8,531,959`), the year of a month.

    Nor does one reach from a percentage into the next sentence.
    """
    if index.types[hit.mark & _TYPE] not in _FIGURES:
        return False
    if text.find("%", hit.start, hit.end) >= 0:
        return True
    inside = _GROUPED.fullmatch(text, hit.start, hit.end) and _LONGER.search(text, max(0, hit.start - 4), hit.start)
    year = _YEAR.fullmatch(text, hit.start, hit.end)
    price = _PRICE.fullmatch(text, hit.start, hit.end)
    return bool(inside or price or (year and _MONTH.search(text, max(0, hit.start - _BEFORE), hit.start)))


def _hits(words: Words, index: KnownIndex) -> list[_Hit]:
    """Every run of words that the index knows."""
    first, last = _runs(words, index.counts)
    keys = exact_keys(words.digests(first, last), last - first + 1)
    hits = list(_known(words, index, first, last, keys))
    if index.loose:
        first, last = _runs(words, np.arange(1, LOOSE_WORDS + 1), least_digits=LOOSE_DIGITS)
        hits += _known(words, index, first, last, loose_keys(words.digests(first, last)))
    return hits


def _runs(words: Words, counts: Places, least_digits: int = 0) -> tuple[Places, Places]:
    """First and last word of every run of so many words, without too wide a gap and with enough digits."""
    firsts, lasts = [], []
    for count in counts.tolist():
        to = len(words) - count + 1
        if to <= 0:
            break
        kept = words.gaps[count - 1 :] == words.gaps[:to]
        if least_digits:
            kept &= words.digits(slice(0, to), slice(count - 1, None)) >= least_digits
        first = np.flatnonzero(kept)
        firsts.append(first)
        lasts.append(first + (count - 1))
    return np.concatenate(firsts or [_NONE]), np.concatenate(lasts or [_NONE])


def _known(words: Words, index: KnownIndex, first: Places, last: Places, keys: np.ndarray) -> Iterator[_Hit]:
    at, marks = index.look_up(keys)
    ready = (~((marks & CAPITAL) > 0)) | words.capital[first[at]]
    at, marks = at[ready], marks[ready]
    rows = (first[at], last[at], marks, words.starts[first[at]], words.ends[last[at]])
    return (_Hit(*row) for row in zip(*(row.tolist() for row in rows), strict=True))


def _longest(hits: Iterable[_Hit], taken: bytearray) -> Iterator[_Hit]:
    """The hits that no longer one overlaps, in order of length; `taken` has a byte per word."""
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if not any(taken[hit.first : hit.last + 1]):
            taken[hit.first : hit.last + 1] = b"\x01" * (hit.last - hit.first + 1)
            yield hit


def _echoes(words: Words, full: Sequence[_Hit], index: KnownIndex, heard: _Heard) -> dict[int, str]:
    """Capitalised words that stood in a full name before, by their place."""
    single = words.digests(slice(None), slice(None))
    letters = words.letters(slice(None), slice(None))
    particles = set(word_digests(PARTICLES, index.book).tolist())
    names = sorted(
        (hit for hit in full if hit.last > hit.first and index.types[hit.mark & _TYPE] == "PERSON"),
        key=lambda hit: hit.start,
    )
    begins: dict[int, int] = dict.fromkeys(heard.words, -1)
    for hit in names:
        for place in range(hit.first, hit.last + 1):
            digest = int(single[place])
            if letters[place] > 1 and digest not in particles:
                begins.setdefault(digest, hit.last)
                heard.words[digest] = index.types[hit.mark & _TYPE]
    if not begins:
        return {}
    again = np.flatnonzero(np.isin(single, np.fromiter(begins, np.uint64)) & words.capital)
    return {place: heard.words[int(single[place])] for place in again.tolist() if place > begins[int(single[place])]}


def _joined(text: str, words: Words, parts: Sequence[tuple[int, str]]) -> list[tuple[int, int, str]]:
    """Ranges of the parts; neighbours with one space between them are one name."""
    ranges: list[tuple[int, int, str]] = []
    for place, entity_type in parts:
        start, end = int(words.starts[place]), int(words.ends[place])
        if ranges and ranges[-1][2] == entity_type and text[ranges[-1][1] : start] == " ":
            ranges[-1] = (ranges[-1][0], end, entity_type)
        else:
            ranges.append((start, end, entity_type))
    return ranges
