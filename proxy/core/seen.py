"""Values already found in a conversation, matched literally in later texts (rule 5).

A name that the model missed in one sentence is masked all the same when it was found in an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from proxy.core.findings import Finding, Precedence, disjoint
from proxy.core.links import PERSON, name_words

_WORD: Final = re.compile(r"\w+")
_SHORTEST: Final = 4
"""Characters from which a value is looked for again: shorter ones ("12", "May") mean too many other things."""
_NEVER: Final = frozenset({"AGE", "DATE_TIME", "NRP", "LITERAL"})
"""Types whose values are ordinary words or numbers elsewhere."""
_HEAD: Final = 256
"""Characters by which a longer value is looked up before all of it is compared."""
_PART: Final = 4
"""Letters from which a part of a full name is looked for by itself."""


class SeenValues:
    """Index of values; not shared between exchanges.

    A single word is matched as written ("Mark" is a name, "mark" a verb); longer values in any case. These are found
    by their first word, then by what stands from its first character on: thousands of values that begin alike cost
    one look each, not one comparison for each place in the text.
    """

    __slots__ = ("_by_word", "_known", "_words")

    def __init__(self) -> None:
        self._words: dict[str, list[str]] = {}
        self._by_word: dict[str, dict[tuple[int, int], dict[str, list[tuple[int, str, str]]]]] = {}
        self._known: set[tuple[str, str]] = set()

    def add(self, value: str, entity_type: str) -> None:
        """Look for `value` from now on; for a person's full name also for its parts."""
        self._index(value, entity_type)
        if entity_type == PERSON and len(words := name_words(value)) > 1:
            for part in _WORD.findall(value):
                if len(part) >= _PART and part[0].isupper() and part.casefold() in words:
                    self._index(part, PERSON)

    def _index(self, value: str, entity_type: str) -> None:
        if len(value) < _SHORTEST or entity_type in _NEVER:
            return
        first = _WORD.search(value)
        if first is None:
            return
        exact = first.end() - first.start() == len(value) and value.isalpha()
        form = value if exact else value.lower()
        if (form, entity_type) in self._known:
            return
        self._known.add((form, entity_type))
        if exact:
            self._words.setdefault(value, []).append(entity_type)
            return
        head = value[:_HEAD]
        by_place = self._by_word.setdefault(first.group().lower(), {})
        by_head = by_place.setdefault((first.start(), len(head)), {})
        by_head.setdefault(head.lower(), []).append((len(value), form, entity_type))

    def find(self, text: str) -> list[Finding]:
        """Occurrences of known values in `text` as whole words; they may overlap."""
        if not self._known:
            return []
        found: list[Finding] = []
        for match in _WORD.finditer(text):
            word = match.group()
            found += [Finding(*match.span(), entity_type, 1.0, "seen") for entity_type in self._words.get(word, ())]
            for (lead, length), by_head in self._by_word.get(word.lower(), {}).items():
                start = match.start() - lead
                if start >= 0:
                    found += self._at(text, start, by_head.get(text[start : start + length].lower(), ()))
        return found

    def _at(self, text: str, start: int, values: Iterable[tuple[int, str, str]]) -> Iterable[Finding]:
        for length, form, entity_type in values:
            end = start + length
            if text[start:end].lower() == form and _whole(text, start, end):
                yield Finding(start, end, entity_type, 1.0, "seen")


def with_repeats(text: str, wanted: Iterable[Finding], precedence: Precedence | None = None) -> list[Finding]:
    """`wanted` and where `text` has their values again, disjoint: what an exchange with this text alone replaces."""
    rows = {(one.start, one.end, one.entity_type): one for one in wanted}
    seen = SeenValues()
    for start, end, entity_type in rows:
        seen.add(text[start:end], entity_type)
    # The values are met in their own places, too: there, who has found them is told, and how sure it was.
    found = disjoint([*rows.values(), *seen.find(text)], precedence)
    return [rows.get((one.start, one.end, one.entity_type), one) for one in found]


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the range begins and ends at word borders."""
    before, after = text[start - 1 : start], text[end : end + 1]
    first, last = text[start], text[end - 1]
    return not (before and _wordy(before) and _wordy(first)) and not (after and _wordy(after) and _wordy(last))


def _wordy(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
