"""What a settled beginning tells about a text that follows it: looked up by keyed digests, read out of the body.

Values of earlier turns must be found again in a new text, get the same tokens and be linked to the same persons. To
know all of them again costs more with each turn, and most turns need a few. So what may be needed is kept by Python's
keyed 64-bit hash of a word (or of an original), and the values themselves are cut out of the body that was just
received, when a text has that word. No text is kept, and a hash that two words share costs a look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined] # the C scanner, not in the stubs
from typing import Any, NamedTuple, TypeVar

from policies.model import Action
from proxy.core.links import PERSON, name_words
from proxy.core.seen import Form, Place, forms

Thing = TypeVar("Thing")


class Spot(NamedTuple):
    """A range of the body, counted from the array's bracket, and in how many JSON strings it stands."""

    start: int
    end: int
    levels: int

    def read(self, text: str, base: int) -> str:
        """What stands there, decoded."""
        raw = text[base + self.start : base + self.end]
        for _ in range(self.levels):
            if "\\" not in raw:
                break
            raw = scanstring(f'"{raw}"', 1)[0]
        return raw


class Known(NamedTuple):
    """One decision, by positions."""

    spot: Spot
    entity_type: str
    action: Action
    new: str | None
    values: tuple[tuple[Spot, str], ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where things stand: originals by type and original, full names by each of their words, values by their heads.

    `values` are what detectors found; `places` of their heads by first word. Keys are hashes.
    """

    originals: Mapping[int, tuple[Known, ...]] = field(default_factory=dict, repr=False)
    persons: Mapping[int, tuple[Spot, ...]] = field(default_factory=dict, repr=False)
    places: Mapping[int, tuple[Place, ...]] = field(default_factory=dict, repr=False)
    values: Mapping[int, tuple[tuple[Spot, str], ...]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Entries, for the bound of the memory."""
        return len(self.originals) + len(self.persons) + len(self.places) + len(self.values)


@dataclass(frozen=True, slots=True)
class Recollection:
    """A lookup with the body that its places stand in. `issued`: places of the originals by token."""

    lookup: Lookup = field(repr=False)
    issued: Mapping[str, Spot] = field(repr=False)
    body: str = field(repr=False)
    base: int

    def token(self, entity_type: str, original: str) -> str | None:
        """The token that this original got."""
        for known in reversed(self.lookup.originals.get(hash((entity_type, original)), ())):
            if known.entity_type == entity_type and known.spot.read(self.body, self.base) == original:
                return known.new
        return None

    def original(self, token: str) -> str | None:
        """What a token stands for."""
        spot = self.issued.get(token)
        return None if spot is None else spot.read(self.body, self.base)

    def persons(self, word: str) -> Iterable[tuple[str, ...]]:
        """The full names that have this word, as `name_words` gives them."""
        for spot in self.lookup.persons.get(hash(word), ()):
            words = name_words(spot.read(self.body, self.base))
            if word in words:
                yield words

    def places(self, word: str) -> Collection[Place]:
        """Where heads of forms with this first word stand."""
        return self.lookup.places.get(hash(word), ())

    def has(self, form: Form, value: str, entity_type: str) -> bool:
        """Whether this value with this form is among them."""
        spots = self.lookup.values.get(hash((form.start, form.head)), ())
        return any(known == entity_type and spot.read(self.body, self.base) == value for spot, known in spots)

    def values(self, start: int, head: str) -> Iterable[tuple[Form, str]]:
        """Forms with this head, whose first word begins there, and their types, in the order of the texts."""
        for spot, entity_type in self.lookup.values.get(hash((start, head)), ()):
            for form in forms(spot.read(self.body, self.base), entity_type):
                if form.start == start and form.head == head:
                    yield form, entity_type


class LookupWriter:
    """Adds decisions to what is known so far, which stays as it is. What is known already is not noted again."""

    def __init__(self, before: Recollection) -> None:
        self._before = before
        self._originals: dict[int, dict[str, Known]] = {}
        self._persons: dict[int, dict[str, Spot]] = {}
        self._places: dict[int, dict[Place, Place]] = {}
        self._values: dict[int, dict[tuple[str, str], tuple[Spot, str]]] = {}

    def add(self, original: str, known: Known, values: Iterable[str]) -> None:
        """`original` and `values`: what stands at the places of `known`."""
        before, entity_type = self._before, known.entity_type
        if known.action is Action.SCRAMBLE and before.token(entity_type, original) != known.new:
            self._originals.setdefault(hash((entity_type, original)), {})[original] = known
        if entity_type == PERSON and len(words := name_words(original)) > 1 and words not in before.persons(words[0]):
            for word in words:
                self._persons.setdefault(hash(word), {}).setdefault(original, known.spot)
        for value, (spot, value_type) in zip(values, known.values, strict=True):
            for form in forms(value, value_type):
                if before.has(form, value, value_type):
                    continue
                self._places.setdefault(hash(form.word), {})[form.place] = form.place
                there = self._values.setdefault(hash((form.start, form.head)), {})
                there.setdefault((value, value_type), (spot, value_type))

    def behind(self) -> Lookup:
        """All of it."""
        before = self._before.lookup
        return Lookup(
            _joined(before.originals, self._originals),
            _joined(before.persons, self._persons),
            _joined(before.places, self._places, once=True),
            _joined(before.values, self._values),
        )


def _joined(
    before: Mapping[int, tuple[Thing, ...]], added: Mapping[int, Mapping[Any, Thing]], *, once: bool = False
) -> dict[int, tuple[Thing, ...]]:
    """`once`: things are the same when they are equal."""
    joined = dict(before)
    for key, things in added.items():
        known = joined.get(key, ())
        joined[key] = (*known, *(thing for thing in things.values() if not once or thing not in known))
    return joined
