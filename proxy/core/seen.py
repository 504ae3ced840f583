"""Values already found in a conversation, matched literally in later texts (rule 5).

A name that the model missed in one sentence is masked all the same when it was found in an earlier one.
"""

from __future__ import annotations

import re
from typing import Final

from proxy.core.findings import Finding
from proxy.core.links import PERSON, name_words

_WORD: Final = re.compile(r"\w+")
_SHORTEST: Final = 4
"""Characters from which a value is looked for again: shorter ones ("12", "May") mean too many other things."""
_NEVER: Final = frozenset({"AGE", "DATE_TIME", "NRP", "LITERAL"})
"""Types whose values are ordinary words or numbers elsewhere."""
_PART: Final = 4
"""Letters from which a part of a full name is looked for by itself."""


class SeenValues:
    """Index of values by their first word; not shared between exchanges."""

    __slots__ = ("_by_word", "_known")

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[str, int, str, bool]]] = {}
        self._known: set[tuple[str, str]] = set()

    def add(self, value: str, entity_type: str) -> None:
        """Look for `value` from now on; for a person's full name also for its parts."""
        self._index(value, entity_type)
        if entity_type == PERSON and len(words := name_words(value)) > 1:
            for part in _WORD.findall(value):
                if len(part) >= _PART and part[0].isupper() and part.casefold() in words:
                    self._index(part, PERSON)

    def _index(self, value: str, entity_type: str) -> None:
        if len(value) < _SHORTEST or entity_type in _NEVER or (value, entity_type) in self._known:
            return
        first = _WORD.search(value)
        if first is None:
            return
        self._known.add((value, entity_type))
        # A single word is matched as written ("Mark" is a name, "mark" a verb); longer values in any case.
        exact = first.end() - first.start() == len(value) and value.isalpha()
        self._by_word.setdefault(first.group().lower(), []).append((value, first.start(), entity_type, exact))

    def find(self, text: str) -> list[Finding]:
        """Occurrences of known values in `text` as whole words; they may overlap."""
        if not self._by_word:
            return []
        found: list[Finding] = []
        for match in _WORD.finditer(text):
            for value, lead, entity_type, exact in self._by_word.get(match.group().lower(), ()):
                start = match.start() - lead
                end = start + len(value)
                if start >= 0 and _same(text[start:end], value, exact=exact) and _whole(text, start, end):
                    found.append(Finding(start, end, entity_type, 1.0, "seen"))
        return found


def _same(written: str, value: str, *, exact: bool) -> bool:
    return written == value if exact else written.lower() == value.lower()


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the range begins and ends at word borders."""
    before, after = text[start - 1 : start], text[end : end + 1]
    first, last = text[start], text[end - 1]
    return not (before and _wordy(before) and _wordy(first)) and not (after and _wordy(after) and _wordy(last))


def _wordy(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
