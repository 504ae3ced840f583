"""Invented values: surrogates of style `realistic`, found again in what a model wrote.

They restore as exact whole words only: letter by letter as issued, and no part of a longer word, number or address.
That cannot promise what a token's check letter promises; `clashes` sees to it that none of them stands in the request.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from proxy.core.tokens import Found, Grammar, behind_escape

Inventor = Callable[[str, str, bytes, bytes, str | None], str | None]
"""A value that can stand for an original, or None: (entity type, original, digest of what all spellings of the value
share, digest of this spelling, full name of the person whom it belongs to)."""

_WORD: Final = re.compile(r"\w+")
_NAME: Final = re.compile(r"[A-Za-z. ]+")
_JOINS_NAMES: Final = "-'\u2019"
_JOINS: Final = "-."
_ESCAPES: Final = {"\\": dict.fromkeys("nrtbfv", 1) | {"u": 5}, "%": dict.fromkeys("0123456789abcdefABCDEF", 2)}
"""How much of a word belongs to an escape, by the letter before it and its first one."""


class Invented:
    """Index of invented values; immutable."""

    __slots__ = ("_by_word", "_longest", "values")

    def __init__(self, values: Iterable[str]) -> None:
        self.values = frozenset(values)
        self._longest = max(map(len, self.values), default=0)
        self._by_word: dict[str, list[tuple[int, str]]] = {}
        for value in sorted(self.values, key=lambda one: (-len(one), one)):
            first = _WORD.search(value)
            if first is None:
                raise ValueError("an invented value has a letter or digit")
            self._by_word.setdefault(first.group(), []).append((first.start(), value))

    def may_occur(self, text: str) -> bool:
        """Quick: False only when none of the values stands in `text`."""
        return any(value in text for value in self.values)

    def search(self, text: str, position: int, *, after_token: bool = False, partial: bool = False) -> Found | None:
        """First value at or after `position`; with `partial` also the place where one may begin at the text's end.

        See `Grammar.search`: `token` of the result is the value, or None when the text ended before it was decided.
        """
        found = self._whole(text, position, after_token=after_token, partial=partial)
        if partial and self.values:
            end = len(text) if found is None else found.start + 1
            for start in range(max(position, len(text) - self._longest + 1), end):
                if self._begins(text, start, position if after_token else -1):
                    return Found(start, len(text), None)
        return found

    def ranges(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and value of each that stands in a whole text, in order, disjoint."""
        found: list[tuple[int, int, str]] = []
        position = 0
        while (match := self._whole(text, position, after_token=False, partial=False)) is not None:
            found.append((match.start, match.end, match.token or ""))
            position = match.end
        return found

    def _begins(self, text: str, start: int, token_end: int) -> bool:
        """Whether the rest of the text is the beginning of a value."""
        rest = text[start:]
        longer = (value for value in self.values if len(value) > len(rest) and value.startswith(rest))
        return any(_starts(text, start, token_end, value) for value in longer)

    def _whole(self, text: str, position: int, *, after_token: bool, partial: bool) -> Found | None:
        token_end = position if after_token else -1
        best: Found | None = None
        for at, word in _words(text, position):
            if best is not None and at > best.start + self._longest:
                break
            for lead, value in self._by_word.get(word, ()):
                start = at - lead
                if start < position or not text.startswith(value, start) or (best and best.start <= start):
                    continue
                if not _starts(text, start, token_end, value):
                    continue
                end = start + len(value)
                ends = _ends(text, end, value, partial=partial)
                if ends is not False:
                    best = Found(start, end if ends else len(text), value if ends else None)
        return best


class WithInvented:
    """A grammar of tokens that finds invented values too."""

    __slots__ = ("_grammar", "_invented", "types")

    def __init__(self, grammar: Grammar, invented: Invented) -> None:
        self._grammar = grammar
        self._invented = invented
        self.types = grammar.types

    def may_occur(self, text: str) -> bool:
        """See `Grammar.may_occur`."""
        return self._grammar.may_occur(text) or self._invented.may_occur(text)

    def search(self, text: str, position: int, *, after_token: bool = False, partial: bool = False) -> Found | None:
        """See `Grammar.search`."""
        token = self._grammar.search(text, position, after_token=after_token, partial=partial)
        value = self._invented.search(text, position, after_token=after_token, partial=partial)
        if token is None or value is None:
            return token or value
        if token.start == value.start:
            return token if token.token is None else value
        return token if token.start < value.start else value

    def anywhere(self, text: str, position: int) -> set[str]:
        """See `Grammar.anywhere`."""
        found = {value for value in self._invented.values if value in text[position:]}
        return self._grammar.anywhere(text, position) | found


def clashes(invented: Invented, texts: Sequence[str]) -> set[str]:
    """Invented values that stand in texts of the request, in any case, as whole words or in longer ones."""
    folded = [text.casefold() for text in texts]
    return {value for value in invented.values if any(value.casefold() in text for text in folded)}


def unclear(invented: Invented, text: str, placed: Iterable[tuple[int, int]]) -> set[str]:
    """Invented values that would not be found where they were `placed` in a scrambled text, and there only."""
    expected = {(start, end, text[start:end]) for start, end in placed if text[start:end] in invented.values}
    found = set(invented.ranges(text))
    strays = [(start, end) for start, end, _ in found - expected]
    return {
        value
        for start, end, value in expected
        if (start, end, value) not in found or any(start < stop and begin < end for begin, stop in strays)
    } | {value for _, _, value in found - expected}


def _starts(text: str, start: int, token_end: int, value: str) -> bool:
    """Whether a whole word may start there: no letter, digit or mark stands before it, and nothing that joins it on."""
    if start == token_end:
        return False
    before = text[start - 1 : start] if start else ""
    if not before:
        return True
    if _wordy(before) or before == "@":
        return behind_escape(text, start)
    return before not in _joins(value) or not _wordy(text[start - 2 : start - 1] if start > 1 else "")


def _ends(text: str, end: int, value: str, *, partial: bool) -> bool | None:
    """Whether a whole word ends there; None when that depends on what has not come yet."""
    after, then = text[end : end + 1], text[end + 1 : end + 2]
    if not after:
        return None if partial else True
    if _wordy(after) or after == "@":
        return False
    if after not in _joins(value) or (after != "-" and _NAME.fullmatch(value)):
        return True
    return (None if partial else True) if not then else not _wordy(then)


def _words(text: str, position: int) -> Iterator[tuple[int, str]]:
    r"""Words from `position` on with their places; one behind an escape (`\nEmma`, `%20Emma`) also without it."""
    for match in _WORD.finditer(text, position):
        at, word = match.start(), match.group()
        yield at, word
        length = _ESCAPES.get(text[at - 1 : at], {}).get(word[0], 0) if at else 0
        if 0 < length < len(word):
            yield at + length, word[length:]


def _joins(value: str) -> str:
    return _JOINS_NAMES if _NAME.fullmatch(value) else _JOINS


def _wordy(letter: str) -> bool:
    return bool(letter) and (letter.isalnum() or letter == "_" or unicodedata.category(letter)[0] == "M")
