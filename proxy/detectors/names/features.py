"""What the names tagger looks at: numbers for each token of a text. Training and the running gateway share this file.

Four views of a token: its word in a fixed vocabulary, the three- and four-byte pieces of its spelling (hashed), its
shape (case, digits, punctuation, space before it) and how its line and its text are written (lower case, headings).
A change here needs the model to be trained again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proxy.detectors.names.tokens import Tokens

Ints = npt.NDArray[np.int32]

SPELLING_ROWS = 1 << 15
"""Rows of the spelling table; row 0 is kept for "nothing"."""

SHAPES = 40
"""Number of shape codes: twenty kinds of token, times two for white space before it."""

SETTINGS = 25
"""Number of setting codes: five ways a line is written times five ways its text is."""

_NEWLINE, _PUNCT, _LOWER, _TITLE, _INITIAL, _UPPER_SHORT, _UPPER, _MIXED, _UNCASED, _HAN, _DIGIT = range(1, 12)
_LETTERS = range(_LOWER, _MIXED + 1)
_LONGEST_SHORT = 3
_MANY_CAPITALS = 0.5
_MOST_UPPER = 0.8


_NAME_LIKE = np.zeros(SHAPES // 2, dtype=np.bool_)
_NAME_LIKE[[_TITLE, _UPPER_SHORT, _UPPER]] = True


@dataclass(frozen=True, slots=True)
class Manner:
    """How tokens are written: their words in lower case, and the codes of their shapes and settings."""

    lows: list[str]
    shapes: Ints
    settings: Ints

    @property
    def name_like(self) -> npt.NDArray[np.bool_]:
        """Which tokens are written as names are: with one capital, or in capitals throughout."""
        return np.asarray(_NAME_LIKE[self.shapes >> 1])


@dataclass(frozen=True, slots=True)
class Spelled:
    """What is known of words: their rows of the vocabulary (0: unknown), and the pieces of their spelling.

    `pieces`: rows of the spelling table of all words one after the other; those of word i begin at `starts[i]`.
    """

    rows: Ints
    pieces: Ints
    starts: Ints


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a row of tokens, all four views: what the tagger is trained with.

    `words`: vocabulary rows (0: unknown). `shapes`, `settings`: codes. `spelling`: rows of the spelling table of all
    tokens one after the other, `spelling_starts[i]` being where those of token i begin.
    """

    words: Ints
    shapes: Ints
    settings: Ints
    spelling: Ints
    spelling_starts: Ints


def _shape(word: str) -> int:  # noqa: PLR0911 - a table of cases reads best as one
    """The kind of token that `word` is, 1 to 16."""
    if word.isalpha():
        if word.islower():
            return _LOWER
        if word.isupper():
            if len(word) == 1:
                return _INITIAL
            return _UPPER_SHORT if len(word) <= _LONGEST_SHORT else _UPPER
        if word.istitle():
            return _TITLE
        if word.upper() == word.lower():
            return _HAN if len(word) == 1 else _UNCASED
        return _MIXED
    if word.isdigit():
        return _DIGIT + min(len(word), 5) - 1
    return _NEWLINE if word == "\n" else _PUNCT


def _plain(word: str) -> str:
    """`word` without accents, as the vocabulary has it."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", word) if not unicodedata.combining(mark))


def _vocabulary_row(low: str, vocabulary: Mapping[str, int]) -> int:
    row = vocabulary.get(low)
    if row is None:
        row = 0 if low.isascii() else vocabulary.get(_plain(low), 0)
    return row


def _spelling(lows: list[str]) -> tuple[Ints, Ints]:
    """Rows of the three- and four-byte pieces of each of `lows`, framed by `<` and `>`, and where each begins.

    Every piece is told by a multiplicative hash of its bytes, computed for all tokens at once.
    """
    framed = [f"<{low}>".encode() for low in lows]
    lengths = np.fromiter((len(piece) for piece in framed), dtype=np.int64, count=len(framed))
    ends = np.cumsum(lengths)
    letters = np.frombuffer(b"".join(framed) + b"\0\0\0", dtype=np.uint8).astype(np.uint32)
    three = (letters[:-3] * np.uint32(0x01000193)) ^ letters[1:-2]
    three = (three * np.uint32(0x01000193)) ^ letters[2:-1]
    four = (three * np.uint32(0x01000193)) ^ letters[3:]
    rows = np.stack([three, four], axis=1) * np.uint32(0x9E3779B1)
    rows = (rows >> np.uint32(17)).astype(np.int32)
    place = np.arange(len(letters) - 3) - np.repeat(ends - lengths, lengths)
    room = np.repeat(lengths, lengths) - place
    kept = np.stack([room >= 3, room >= 4], axis=1)  # noqa: PLR2004 - the two lengths of the pieces
    counts = np.maximum(lengths - 2, 0) + np.maximum(lengths - 3, 0)
    starts = np.cumsum(counts) - counts
    return np.maximum(rows[kept], 1), starts.astype(np.int32)


def _manner(shapes: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """How each of `count` groups of tokens is written: 0 no letters, 1 no capitals, 2 few, 3 many, 4 all upper."""
    lettered = (shapes >= _LOWER) & (shapes <= _MIXED)
    capital = lettered & (shapes != _LOWER)
    upper = (shapes == _UPPER) | (shapes == _UPPER_SHORT)
    letters, capitals, uppers = (
        np.bincount(groups, weights=mask, minlength=count) for mask in (lettered, capital, upper)
    )
    return np.select(
        [letters == 0, capitals == 0, uppers > _MOST_UPPER * letters, capitals < _MANY_CAPITALS * letters],
        [0, 1, 4, 2],
        default=3,
    )


def _settings(kinds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How the line and the text of each token are written, in one code."""
    text = _manner(kinds, np.zeros_like(kinds), 1)[0]
    breaks = kinds == _NEWLINE
    if not breaks.any():  # one line is the text
        return np.full(len(kinds), 6 * text)
    lines = np.cumsum(breaks)
    codes: npt.NDArray[np.int64] = 5 * _manner(kinds, lines, int(lines[-1]) + 1)[lines] + text
    return codes


def written(tokens: Tokens) -> Manner:
    """How `tokens` are written. There must be tokens."""
    words, count = tokens.words, len(tokens)
    kinds = np.fromiter(map(_shape, words), dtype=np.int64, count=count)
    starts, ends = (np.fromiter(places, dtype=np.int64, count=count) for places in (tokens.starts, tokens.ends))
    spaced = np.empty(count, dtype=np.int64)
    spaced[0] = True  # it begins the text, or white space does: whatever is none belongs to a token
    spaced[1:] = (starts[1:] != ends[:-1]) | (kinds[:-1] == _NEWLINE)
    return Manner(
        lows=[word.lower() for word in words],
        shapes=(2 * kinds + spaced).astype(np.int32),
        settings=_settings(kinds).astype(np.int32),
    )


def spelled(lows: list[str], vocabulary: Mapping[str, int]) -> Spelled:
    """What is known of words in lower case; `vocabulary` gives the row of such a word. There must be words."""
    rows = np.fromiter((_vocabulary_row(low, vocabulary) for low in lows), dtype=np.int32, count=len(lows))
    return Spelled(rows, *_spelling(lows))


def describe(tokens: Tokens, vocabulary: Mapping[str, int]) -> Features:
    """All features of `tokens`; `vocabulary` gives the row of a lower-case word. There must be tokens."""
    manner = written(tokens)
    known = spelled(manner.lows, vocabulary)
    return Features(known.rows, manner.shapes, manner.settings, known.pieces, known.starts)
