"""Known values as a sorted table of keyed digests: what is looked up for each run of words of a text. Pure.

The values themselves are not in it. One row takes ten bytes and a few bits; a value has one to four rows (other orders
of a name, other spellings of a phone number, the parts of a name). Why no Aho-Corasick automaton: docs/decisions/0100.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proxy.detectors.known_common import COMMON_WORDS, PARTICLES, SHORT_WORDS
from proxy.detectors.known_dates import date_spellings
from proxy.detectors.known_phones import spellings
from proxy.detectors.known_words import Codebook, Digests, Places, Words, mixed, read
from proxy.detectors.normalise import normalise

Marks = npt.NDArray[np.uint32]

MOST_WORDS = 32
LOOSE_DIGITS = 6
"""From so many digits on a value counts however its characters are grouped: cards, phones, account numbers."""
LOOSE_WORDS = 12
"""In at most so many groups."""
PART_LETTERS = 4
_SHORT_LETTERS = 3
LEAST_DIGITS = 4
MOST_EDGE = 7
_BREAK = ord("\n")
MOST_TYPES = 255

CAPITAL, PART = 1 << 8, 1 << 9
_LEAD, _TRAIL, _CHECK = 10, 13, 16
_EXACT = np.uint64(0xA0761D6478BD642F)
_LOOSE = np.uint64(0xE7037ED1A0B428DB)


def exact_keys(digests: Digests, counts: Places) -> Digests:
    """Keys of runs of words whose grouping counts."""
    return mixed(digests + counts.astype(np.uint64) * _EXACT)


def loose_keys(digests: Digests) -> Digests:
    """Keys of runs whose characters count, however they are grouped."""
    return mixed(digests ^ _LOOSE)


@dataclass(frozen=True, slots=True, repr=False)
class Rows:
    """Digests of values and what is known of each, in the same order, those that count more first.

    A mark holds the place of the entity type in a table of types (8 bits), flags, how many signs stood before and
    behind the value (3 bits each) and 16 bits to recognise those signs. `counts`: in how many words the values are.
    """

    keys: Digests
    marks: Marks
    counts: frozenset[int]
    loose: bool


def rows_of(
    values: Sequence[str], entity_type: str, place: int, book: Codebook, spelled: set[str] | None = None
) -> Rows:
    """The rows of values of one type; `place` is the type's in the table of types.

    `spelled`: birth dates whose other spellings have rows already; those of `values` are added to it. A million people
    have few birthdays.
    """
    text = normalise("\n".join(values)).text
    words = read(text, book)
    first, last = _lines(text, words)
    full = _full(text, words, first, last, place, book)
    variants = list(_variants(values, entity_type, set() if spelled is None else spelled))
    made = [full]
    if variants:
        other = normalise("\n".join(variants)).text
        read_again = read(other, book)
        made.append(_full(other, read_again, *_lines(other, read_again), place, book))
    if entity_type == "PERSON":
        made.append(_parts(words, first, last, place, book))
    return joined(made)


def fit(values: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which values can be known: two letters or digits at least, four when all are digits, in at most 32 words.

    `values` are without line breaks. What is shorter stands in every text and means nobody.
    """
    text = normalise("\n".join(values)).text
    words = read(text, _open_book())
    fits = np.zeros(len(values), np.bool_)
    if len(words):
        first, last = _lines(text, words)
        letters, digits = words.letters(first, last), words.digits(first, last)
        long_enough = (letters + digits > 1) & ((letters > 0) | (digits >= LEAST_DIGITS))
        together = words.gaps[first] == words.gaps[last]
        fits[_line_of(text, words)[first[long_enough & together]]] = True
    return fits


@functools.cache
def _open_book() -> Codebook:
    """For counting words: its digests are used for nothing."""
    return Codebook(bytes(8))


def joined(rows: Iterable[Rows]) -> Rows:
    """Rows one after the other."""
    listed = list(rows)
    return Rows(
        np.concatenate([row.keys for row in listed] or [np.empty(0, np.uint64)]),
        np.concatenate([row.marks for row in listed] or [np.empty(0, np.uint32)]),
        frozenset().union(*(row.counts for row in listed)),
        any(row.loose for row in listed),
    )


def _lines(text: str, words: Words) -> tuple[Places, Places]:
    """First and last word of every line that has one and not too many."""
    line = _line_of(text, words)
    opens = np.ones(len(line), np.bool_)
    opens[1:] = line[1:] != line[:-1]
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(line)) - 1 if len(first) else first
    kept = last - first < MOST_WORDS
    return first[kept], last[kept]


def _line_of(text: str, words: Words) -> Places:
    """Number of the line that each word stands in."""
    lines: Places = np.searchsorted(np.flatnonzero(_codes(text) == _BREAK), words.starts)
    return lines


def _full(text: str, words: Words, first: Places, last: Places, place: int, book: Codebook) -> Rows:
    """A row for each whole value."""
    counts = last - first + 1
    digests = words.digests(first, last)
    digits, letters = words.digits(first, last), words.letters(first, last)
    loose = (digits >= LOOSE_DIGITS) & (counts <= LOOSE_WORDS)
    keys = np.where(loose, loose_keys(digests), exact_keys(digests, counts))
    ordinary = (counts == 1) & (digits == 0) & ((letters < _SHORT_LETTERS) | np.isin(digests, common_digests(book)))
    flags = np.where(ordinary & words.capital[first], CAPITAL, 0)
    marks = (place | flags | _edge_marks(text, words.starts[first], words.ends[last])).astype(np.uint32)
    return Rows(keys, marks, frozenset(np.unique(counts[~loose]).tolist()), bool(loose.any()))


def _parts(words: Words, first: Places, last: Places, place: int, book: Codebook) -> Rows:
    """A row for each word of a name that points at somebody by itself."""
    several = last > first
    inside = np.zeros(len(words) + 1, np.int64)
    np.add.at(inside, first[several], 1)
    np.add.at(inside, last[several] + 1, -1)
    every = np.flatnonzero(np.cumsum(inside)[:-1])
    letters, digits = words.letters(every, every), words.digits(every, every)
    every = every[(letters >= PART_LETTERS) & (digits == 0)]
    digests = np.unique(words.digests(every, every))
    digests = digests[~np.isin(digests, common_digests(book))]
    keys = exact_keys(digests, np.ones(len(digests), np.int64))
    return Rows(keys, np.full(len(keys), place | PART, np.uint32), frozenset({1} if len(keys) else ()), loose=False)


@functools.lru_cache(maxsize=4)
def common_digests(book: Codebook) -> Digests:
    """Digests of common words and name particles, sorted."""
    return word_digests((*COMMON_WORDS, *SHORT_WORDS, *PARTICLES), book)


@functools.lru_cache(maxsize=16)
def word_digests(words: tuple[str, ...], book: Codebook) -> Digests:
    """Digests of single words, sorted."""
    found = read(" ".join(words), book)
    return np.unique(found.digests(slice(None), slice(None)))


def _variants(values: Sequence[str], entity_type: str, spelled: set[str]) -> Iterator[str]:
    """Other ways to write a value that its words do not show."""
    if entity_type == "PHONE_NUMBER":
        return itertools.chain.from_iterable(map(spellings, values))
    if entity_type == "DATE_OF_BIRTH":
        dates = sorted(set(values) - spelled)
        spelled.update(dates)
        return itertools.chain.from_iterable(map(date_spellings, dates))
    if entity_type == "PERSON":
        return filter(None, map(_turned, values))
    return iter(())


def _turned(name: str) -> str:
    """The family name first, or behind when it stands before a comma; empty when there is nothing to turn."""
    family, comma, given = name.partition(",")
    if not comma:
        given, _, family = name.strip().rpartition(" ")
    return f"{given.strip()} {family}" if comma else f"{family} {given}" if given else ""


def _edge_marks(text: str, starts: Places, ends: Places) -> Places:
    """Marks of the signs around each value: a plus, a bracket, an exclamation mark at the end of a password."""
    marks = np.zeros(len(starts), np.int64)
    codes = np.concatenate(([_BREAK], _codes(text), [_BREAK]))
    bare = (codes[starts] == _BREAK) & (codes[ends + 1] == _BREAK)
    for position in np.flatnonzero(~bare).tolist():
        start, end = int(starts[position]), int(ends[position])
        behind = text.find("\n", end)
        marks[position] = edge_mark(
            text[text.rfind("\n", 0, start) + 1 : start], text[end:behind] if behind >= 0 else text[end:]
        )
    return marks


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


@functools.lru_cache(maxsize=4096)
def edge_mark(lead: str, trail: str) -> int:
    """The bits of a mark that say which signs stand around a value; 0 for none, or more than a mark can hold."""
    if not (lead or trail) or max(len(lead), len(trail)) > MOST_EDGE or any(map(str.isspace, lead + trail)):
        return 0
    return (len(lead) << _LEAD) | (len(trail) << _TRAIL) | (zlib.crc32(f"{lead}\n{trail}".encode()) & 0xFFFF) << _CHECK


def with_edges(mark: int, text: str, start: int, end: int) -> tuple[int, int]:
    """The range of a value with the signs that belong to it, when they stand around it here too."""
    lead, trail = (mark >> _LEAD) & 7, (mark >> _TRAIL) & 7
    if not (lead or trail) or start < lead:
        return start, end
    bits = edge_mark(text[start - lead : start], text[end : end + trail])
    return (start - lead, end + trail) if bits == mark & ~0x3FF else (start, end)


class KnownIndex:
    """The values of one tenant, looked up by digest. It never changes.

    `types`: the table of entity types that marks point into. `size`: rows. `nbytes`: memory in bytes.
    """

    __slots__ = ("_bits", "_filter", "_keys", "_marks", "book", "counts", "loose", "types")

    def __init__(self, rows: Rows, types: tuple[str, ...], book: Codebook) -> None:
        self._keys, at = np.unique(rows.keys, return_index=True)
        self._marks = rows.marks[at]
        self._bits = np.uint64(64 - max(16, (16 * max(1, len(self._keys)) - 1).bit_length()))
        self._filter = np.zeros(1 << (61 - int(self._bits)), np.uint8)
        self._fill()
        self.types = types
        self.book = book
        self.loose = rows.loose
        self.counts = np.array(sorted(rows.counts), np.int64)

    def __repr__(self) -> str:
        return f"KnownIndex({len(self._keys)} rows)"

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self._keys)

    @property
    def nbytes(self) -> int:
        """Memory that the tables take."""
        return self._keys.nbytes + self._marks.nbytes + self._filter.nbytes

    def look_up(self, keys: Digests) -> tuple[Places, Marks]:
        """Positions in `keys` of those that are known, and their marks."""
        slots = keys >> self._bits
        near = np.flatnonzero((self._filter[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)) & 1)
        if not len(near):
            return near, np.empty(0, np.uint32)
        at = np.minimum(np.searchsorted(self._keys, keys[near]), len(self._keys) - 1)
        same = self._keys[at] == keys[near]
        return near[same], self._marks[at[same]]

    def _fill(self) -> None:
        """Set the filter's bit of every key: most runs of a text are told to be unknown by it."""
        for begin in range(0, len(self._keys), 1 << 18):
            slots = self._keys[begin : begin + (1 << 18)] >> self._bits
            bits = np.uint8(1) << (slots & np.uint64(7)).astype(np.uint8)
            np.bitwise_or.at(self._filter, slots >> np.uint64(3), bits)
