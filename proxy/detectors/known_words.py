"""A text as a row of words, and the digest of any run of them, in arrays. Pure.

A word is a run of letters and digits; a character of a script that puts no spaces between words (Chinese, Thai...) is
a word by itself. The digest of a run is one subtraction and one multiplication of 64-bit numbers: a polynomial rolling
hash (Karp and Rabin, 1987) modulo 2**64 over keyed character codes, with the borders between words left out but where
a letter meets a letter. So "4111 1111", "4111-1111" and "41111111" are one thing, and "the o" is not "Theo". Digests
that run together can only report too much, never too little.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Digests = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

LETTER, DIGIT, ALONE = 1, 2, 3
_CODES = 0x33480
"""Character codes above are emoji and private use: separators."""
_GAP_SIGNS = 8
"""At most so many signs, and any white space up to `_GAP_LENGTH`, stand between two words of one value."""
_GAP_LENGTH = 64
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x9FFF),  # Chinese, Japanese
    (0xA000, 0xA4CF),  # Yi
    (0xAC00, 0xD7AF),  # Korean joins its particles to names
    (0xF900, 0xFAFF),
    (0x20000, 0x3347F),
)
_RADIX = np.uint64(0x9E3779B97F4A7C15 | 1)
_INVERSE = np.uint64(pow(int(_RADIX), -1, 1 << 64))
_ROOM = 1 << 14


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What each character code is and stands for. `kinds`: 0 for separators; `folded`: its small unaccented letter."""

    kinds: npt.NDArray[np.uint8]
    folded: npt.NDArray[np.uint32]
    spaces: npt.NDArray[np.bool_]
    capitals: npt.NDArray[np.bool_]


@functools.cache
def alphabet() -> Alphabet:
    """The tables, made once per process (0.2 s, 2 MB)."""
    kinds = np.zeros(_CODES, np.uint8)
    folded = np.arange(_CODES, dtype=np.uint32)
    spaces = np.zeros(_CODES, np.bool_)
    capitals = np.zeros(_CODES, np.bool_)
    for code, char in enumerate(map(chr, range(_CODES))):
        if char.isalnum() or unicodedata.category(char)[0] == "M":
            kinds[code] = DIGIT if char.isdecimal() else LETTER
            folded[code] = _fold(char)
        spaces[code] = char.isspace()
        capitals[code] = char.isupper() or char.istitle()
    for first, last in _UNSPACED:
        block = kinds[first : last + 1]
        block[block > 0] = ALONE
    return Alphabet(kinds, folded, spaces, capitals)


def _fold(char: str) -> int:
    """Code of the small letter without its accents."""
    low = char.lower()
    base = unicodedata.normalize("NFD", low)[0] if "LATIN" in unicodedata.name(char, "") else low[0]
    return ord(base)


def mixed(values: Digests) -> Digests:
    """Every bit of the result depends on every bit of a value (the finaliser of splitmix64, Steele et al. 2014)."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    values = values * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Codebook:
    """The keyed number of every character. `key`: 8 or more secret bytes, for otherwise digests could be guessed."""

    __slots__ = ("border", "numbers")

    def __init__(self, key: bytes) -> None:
        secret = np.frombuffer(key[:8], np.uint64)[0]
        letters = alphabet().folded.astype(np.uint64)
        self.numbers = mixed((letters + np.uint64(1)) * np.uint64(0xD1342543DE82EF95) ^ secret)
        self.border = np.uint64(mixed(np.array([~secret], np.uint64))[0])

    def __repr__(self) -> str:
        return "Codebook()"


@functools.lru_cache(maxsize=2)
def _powers(room: int) -> tuple[Digests, Digests]:
    """Powers of the radix and of its inverse, from 0 to `room`."""
    with np.errstate(over="ignore"):
        factors = np.full(room + 1, _RADIX)
        inverses = np.full(room + 1, _INVERSE)
        factors[0] = inverses[0] = 1
        return np.cumprod(factors), np.cumprod(inverses)


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """The words of one text, one entry per word in every array.

    `starts`, `ends`: characters of the text. `digits`: digits before the word's end, `signs`: those before its start,
    counted from the text's beginning. `capital`: begins with one. `gaps`: how many gaps too wide for a value stand
    before the word, from the text's beginning. The others are the rolling hash before and behind each word.
    """

    starts: Places
    ends: Places
    capital: npt.NDArray[np.bool_]
    gaps: Places
    letters_to: Places
    digits_to: Places
    letters_from: Places
    digits_from: Places
    _before: Digests
    _behind: Digests
    _scale: Digests

    def __len__(self) -> int:
        return len(self.starts)

    def digests(self, first: Places | slice, last: Places | slice) -> Digests:
        """Digest of each run of words from `first` to `last`, both included."""
        return (self._behind[last] - self._before[first]) * self._scale[first]

    def digits(self, first: Places | slice, last: Places | slice) -> Places:
        """How many digits stand in each run."""
        count: Places = self.digits_to[last] - self.digits_from[first]
        return count

    def letters(self, first: Places | slice, last: Places | slice) -> Places:
        """How many letters stand in each run."""
        count: Places = self.letters_to[last] - self.letters_from[first]
        return count


def read(text: str, book: Codebook) -> Words:
    """The words of `text` (normalised by `proxy.detectors.normalise`)."""
    table = alphabet()
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    codes = np.where(codes < _CODES, codes, 0)
    at = np.flatnonzero(table.kinds[codes])
    kinds = table.kinds[codes[at]]
    opens = np.ones(len(at), np.bool_)
    opens[1:] = (np.diff(at) > 1) | (kinds[1:] == ALONE) | (kinds[:-1] == ALONE)
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(at)) - 1 if len(first) else first
    border = opens.copy()
    border[:1] = False
    border[1:] &= (kinds[1:] == LETTER) & (kinds[:-1] == LETTER)
    place = np.arange(len(at)) + np.cumsum(border)
    with np.errstate(over="ignore"):
        before, behind, scale = _rolled(book, codes[at], place, border, first, last)
    letters, digits = np.cumsum(kinds != DIGIT), np.cumsum(kinds == DIGIT)
    starts, ends = at[first], at[last] + 1
    return Words(
        starts=starts,
        ends=ends,
        capital=table.capitals[codes[starts]],
        gaps=_gaps(codes, starts, ends),
        letters_to=letters[last],
        digits_to=digits[last],
        letters_from=letters[first] - (kinds[first] != DIGIT),
        digits_from=digits[first] - (kinds[first] == DIGIT),
        _before=before,
        _behind=behind,
        _scale=scale,
    )


def _rolled(
    book: Codebook,
    codes: npt.NDArray[np.uint32],
    place: Places,
    border: npt.NDArray[np.bool_],
    first: Places,
    last: Places,
) -> tuple[Digests, Digests, Digests]:
    """The rolling hash before and behind each word, and what brings a difference of the two to the same scale."""
    needed = int(place[-1]) + 1 if len(place) else 1
    powers, inverses = _powers(max(_ROOM, 1 << (needed - 1).bit_length()))
    terms = book.numbers[codes] * powers[place]
    borders = np.where(border, book.border * powers[np.maximum(place - 1, 0)], np.uint64(0))
    behind = np.cumsum(terms + borders, dtype=np.uint64)
    before = behind[first] - terms[first]
    return before, behind[last], inverses[place[first]]


def _gaps(codes: npt.NDArray[np.uint32], starts: Places, ends: Places) -> Places:
    """How many gaps too wide for a value stand before each word."""
    spaces = np.concatenate(([0], np.cumsum(alphabet().spaces[codes])))
    wide = np.zeros(len(starts), np.int64)
    width = starts[1:] - ends[:-1]
    wide[1:] = (width > _GAP_LENGTH) | (width - (spaces[starts[1:]] - spaces[ends[:-1]]) > _GAP_SIGNS)
    count: Places = np.cumsum(wide)
    return count
