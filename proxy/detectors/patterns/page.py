"""One text under inspection, with what is cheap to know about it. It finds nothing itself.

Most texts hold no e-mail address, no label and no digit. Each recogniser asks the page first and leaves in
microseconds when there is nothing for it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from string import ascii_letters, ascii_lowercase, digits

_WORD = re.compile(r"(?:[A-Za-z]++|[^\W\d_])++")
_DIGIT_START = re.compile(r"\d(?<![^\W_].)")
# The same for ASCII: a set of characters without a class is looked up in a table, several times as fast.
_ASCII_WORD = re.compile(r"[A-Za-z]+")
_ASCII_DIGIT_START = re.compile(r"[0-9](?<![0-9A-Za-z].)")
_ASCII = frozenset(map(chr, range(128)))
_DROPPED = ascii_lowercase.encode()
_IN_RUNS = frozenset(f"{ascii_letters}{digits}+/_-=")
_RUNS = bytes(ord("x" if chr(code) in _IN_RUNS else " ") for code in range(256))
_OUTLINE = bytes(
    ord("0" if chr(code).isdecimal() else "A" if chr(code).isupper() else " " if chr(code).isspace() else chr(code))
    for code in range(128)
) + bytes(range(128, 256))
_TOKEN = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.:+#-,/;)}\"'")
_REACH = 140
_LONGEST_NUMBER = 12
"""A digest this short is a number when no letter stands in it."""
_CAMEL_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

_NOISE = re.compile(
    r"""
      (?<![\w-]) [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} (?![\w-])   # UUID
    | (?<![\w/+]) (?:[0-9a-f]{7,12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})
      (?![\w/+])                                                                           # digests, git commits
    | (?<![\w.]) v\d{1,5}(?:\.\d{1,8}){1,4} (?:[-+][0-9A-Za-z.]{1,40})? (?![\w])            # versions
    | \# [0-9a-f]{3,8} \b (?=\s*[;,)}"'])                                                  # colours
    | \d{4}-\d\d-\d\dT\d\d:?\d\d (?::?\d\d)? (?:[.,]\d{1,9})? (?:Z|[+-]\d\d:?\d\d)?        # timestamps of machines
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Page:
    """A text and its clues; offsets count characters of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._token = (0, 0)
        self._noise: list[tuple[int, int]] = []

    @cached_property
    def digits(self) -> int:
        """Number of ASCII digits."""
        return sum(map(self.text.count, "0123456789"))

    @cached_property
    def outline(self) -> bytes:
        """The text in UTF-8 with 0 for every digit, A for every capital, a space for white space, a to z left out.

        ASCII's capitals only; digits and white space are those of all scripts.
        """
        text = self.text
        if not text.isascii():
            for char in set(text).difference(_ASCII):
                if char.isdecimal() or char.isspace():
                    text = text.replace(char, "0" if char.isdecimal() else " ")
        return text.encode("utf-8", "surrogatepass").translate(_OUTLINE, _DROPPED)

    def shows(self, pieces: tuple[bytes, ...]) -> bool:
        """Whether one of `pieces` (see `outlines`) stands in the outline."""
        outline = self.outline
        for piece in pieces:  # noqa: SIM110 - a generator for `any` costs more than the search
            if piece in outline:
                return True
        return False

    @cached_property
    def _runs(self) -> bytes:
        return self.text.encode("utf-8", "surrogatepass").translate(_RUNS)

    def has_run(self, length: int) -> bool:
        """Whether so many of base64's characters (of both kinds) stand in a row."""
        return b"x" * length in self._runs

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words without their places."""
        return frozenset(self.words)

    @cached_property
    def words(self) -> dict[str, list[int]]:
        """Start offsets by word, case folded; `customerId` counts as one word and as two."""
        index: defaultdict[str, list[int]] = defaultdict(list)
        for match in (_ASCII_WORD if self.text.isascii() else _WORD).finditer(self.text):
            word, start = match[0], match.start()
            index[word.casefold()].append(start)
            if not (word.islower() or word[1:].islower() or word.isupper()):
                for part in _CAMEL_PART.finditer(word):
                    index[part[0].lower()].append(start + part.start())
        return dict(index)

    def starts(self, triggers: frozenset[str]) -> Iterator[int]:
        """Offsets at which one of the words `triggers` (case folded) begins, in no particular order."""
        words = self.words
        for word in triggers & self.vocabulary:
            yield from words[word]

    def near(self, cues: frozenset[str], start: int, before: int = 60) -> bool:
        """Whether one of the words `cues` begins in the `before` characters in front of offset `start`."""
        words = self.words
        for word in cues & self.vocabulary:
            positions = words[word]
            at = bisect_left(positions, start) - 1
            if at >= 0 and positions[at] >= start - before:
                return True
        return False

    @cached_property
    def digit_starts(self) -> list[int]:
        """Offsets of digits that no letter or digit precedes: where a number begins."""
        begins = _ASCII_DIGIT_START if self.text.isascii() else _DIGIT_START
        return [match.start() for match in begins.finditer(self.text)]

    def is_noise(self, start: int, end: int) -> bool:
        """Whether the range touches a UUID, a digest, a version, a colour or a machine's timestamp."""
        low, high = self._token
        if not (low <= start and end <= high):
            low, high = self._token = self._token_around(start, end)
            self._noise = [
                (low + match.start(), low + match.end())
                for match in _NOISE.finditer(self.text[low:high])
                if match.end() - match.start() > _LONGEST_NUMBER or not match.group().isdigit()
            ]
        return any(first < end and start < last for first, last in self._noise)

    def _token_around(self, start: int, end: int) -> tuple[int, int]:
        """The range, grown on both sides while what stands there can be part of a UUID, digest or timestamp."""
        text, low, high = self.text, start, end
        while low > 0 and start - low < _REACH and text[low - 1] in _TOKEN:
            low -= 1
        while high < len(text) and high - end < _REACH and text[high] in _TOKEN:
            high += 1
        return low, high


def outlines(*pieces: str) -> tuple[bytes, ...]:
    """Pieces of an outline, for `Page.shows`: 0 is any digit, A any capital of ASCII, a space any white space."""
    encoded = tuple(piece.encode() for piece in pieces)
    if any(piece.translate(_OUTLINE, _DROPPED) != piece for piece in encoded):
        raise ValueError("an outline holds no letters but A, no digits but 0")
    return encoded


def words_of(*phrases: str) -> frozenset[str]:
    """The single words of `phrases`, case folded, as cues for `Page.near`."""
    return frozenset(word.casefold() for phrase in phrases for word in phrase.split())


def alternatives(words: Iterable[str]) -> str:
    """A regular expression that matches any of the literal `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def spelled(phrases: str) -> str:
    """A regular expression that matches any of the comma-separated `phrases`, the longest first, any white space."""
    listed = sorted(phrases.split(", "), key=len, reverse=True)
    return "|".join(r"\s".join(map(re.escape, phrase.split())) for phrase in listed)
