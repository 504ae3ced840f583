"""One text under inspection, with what is cheap to know about it. It finds nothing itself.

Most texts hold no e-mail address, no label and no digit. Each recogniser asks the page first and leaves in
microseconds when there is nothing for it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

_WORD = re.compile(r"[^\W\d_]+")
_DIGIT_START = re.compile(r"(?<![^\W_])\d")
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
    def words(self) -> dict[str, list[int]]:
        """Start offsets by word, case folded; `customerId` counts as one word and as two."""
        index: dict[str, list[int]] = {}
        for match in _WORD.finditer(self.text):
            word, start = match.group(), match.start()
            index.setdefault(word.casefold(), []).append(start)
            if not (word.islower() or word[1:].islower() or word.isupper()):
                for part in _CAMEL_PART.finditer(word):
                    index.setdefault(part.group().lower(), []).append(start + part.start())
        return index

    def starts(self, triggers: frozenset[str]) -> Iterator[int]:
        """Offsets at which one of the words `triggers` (case folded) begins, in no particular order."""
        words = self.words
        for word in triggers & words.keys():
            yield from words[word]

    def near(self, cues: frozenset[str], start: int, before: int = 60) -> bool:
        """Whether one of the words `cues` begins in the `before` characters in front of offset `start`."""
        words = self.words
        for word in cues & words.keys():
            positions = words[word]
            at = bisect_left(positions, start) - 1
            if at >= 0 and positions[at] >= start - before:
                return True
        return False

    @cached_property
    def digit_starts(self) -> list[int]:
        """Offsets of digits that no letter or digit precedes: where a number begins."""
        return [match.start() for match in _DIGIT_START.finditer(self.text)]

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
