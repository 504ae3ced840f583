"""Values already found in a conversation, matched literally in later texts (rule 5).

A name that the model missed in one sentence is masked all the same when it was found in an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple, Protocol

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


Place = tuple[int, int]


class Form(NamedTuple):
    """What to look for: it is looked up by its first word, here in lower case, which begins at `start`."""

    text: str
    word: str
    start: int

    @property
    def place(self) -> Place:
        """How far its head begins before the first word, and how long that is."""
        return self.start, min(len(self.text), _HEAD)

    @property
    def head(self) -> str:
        """What it begins with, in lower case: it is looked up by that, too."""
        return self.text[:_HEAD].lower()


def forms(value: str, entity_type: str) -> list[Form]:
    """What to look for when this value was found: itself, and of a person's full name also its parts."""
    if entity_type in _NEVER:
        return []
    made = [value]
    if entity_type == PERSON and len(words := name_words(value)) > 1:
        found = _WORD.findall(value)
        made += [part for part in found if len(part) >= _PART and part[0].isupper() and part.casefold() in words]
    firsts = [(form, _WORD.search(form)) for form in made if len(form) >= _SHORTEST]
    return [Form(form, first.group().lower(), first.start()) for form, first in firsts if first is not None]


class Earlier(Protocol):
    """Values of earlier turns that are not indexed yet."""

    def places(self, word: str) -> Collection[Place]:
        """Where heads of forms with this first word stand."""
        ...

    def values(self, start: int, head: str) -> Iterable[tuple[Form, str]]:
        """Forms with this head, whose first word begins there, and their entity types."""
        ...


class SeenValues:
    """Index of values; not shared between exchanges.

    A single word is matched as written ("Mark" is a name, "mark" a verb); longer values in any case. These are found
    by their first word, then by what stands from its first character on: thousands of values that begin alike cost
    one look each, not one comparison for each place in the text.
    """

    __slots__ = ("_asked", "_by_word", "_earlier", "_known", "_words")

    def __init__(self) -> None:
        self._words: dict[str, list[str]] = {}
        self._by_word: dict[str, dict[tuple[int, int], dict[str, list[tuple[int, str, str]]]]] = {}
        self._known: set[tuple[str, str]] = set()
        self._earlier: Earlier | None = None
        self._asked: set[tuple[int, str]] = set()

    def go_on_from(self, earlier: Earlier) -> None:
        """Know these values, too: they stand behind all that is known so far, and are asked for by their heads."""
        self._earlier = earlier

    def add(self, value: str, entity_type: str) -> None:
        """Look for `value` from now on; for a person's full name also for its parts."""
        for form in forms(value, entity_type):
            if self._earlier is not None:
                self._ask(form.start, form.head)
            self._index(form, entity_type)

    def _ask(self, start: int, head: str) -> None:
        """Index the earlier values that begin so."""
        if self._earlier is None or (start, head) in self._asked:
            return
        for form, entity_type in self._earlier.values(start, head):
            self._asked.add((start, head))  # only where there are any: a long text has no end of heads
            self._index(form, entity_type)

    def _index(self, form: Form, entity_type: str) -> None:
        value, exact = form.text, form.text.isalpha()
        written = value if exact else value.lower()
        if (written, entity_type) in self._known:
            return
        self._known.add((written, entity_type))
        if exact:
            self._words.setdefault(value, []).append(entity_type)
            return
        by_head = self._by_word.setdefault(form.word, {}).setdefault(form.place, {})
        by_head.setdefault(form.head, []).append((len(value), written, entity_type))

    def find(self, text: str) -> list[Finding]:
        """Occurrences of known values in `text` as whole words; they may overlap."""
        if not self._known and self._earlier is None:
            return []
        found: list[Finding] = []
        words, by_word, earlier = self._words, self._by_word, self._earlier
        for match in _WORD.finditer(text):
            word = match.group()
            lowered = word.lower()
            if earlier is not None:
                for lead, length in earlier.places(lowered):
                    if (start := match.start() - lead) >= 0:
                        self._ask(lead, text[start : start + length].lower())
            if word in words:
                found += [Finding(*match.span(), entity_type, 1.0, "seen") for entity_type in words[word]]
            if lowered in by_word:
                for (lead, length), by_head in by_word[lowered].items():
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
