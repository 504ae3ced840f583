"""What a settled beginning tells about a text that follows it: looked up by keyed digests, read out of the body.

Values of earlier turns must be found again in a new text, get the same tokens and be linked to the same persons. To
know all of them again costs more with each turn, and most turns need a few. So what may be needed is kept by Python's
keyed 64-bit hash of a word (or of an original), and the values themselves are cut out of the body that was just
received, when a text has that word. No text is kept, and a hash that two words share costs a look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined] # the C scanner, not in the stubs
from typing import Any, Final, NamedTuple, TypeVar

from policies.model import Action
from proxy.core.links import MANY, PERSON, name_words
from proxy.core.seen import Form, Place, forms

Thing = TypeVar("Thing")
NAME: Final = "a person's name"
"""What a full name is noted as."""


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
    noted: Mapping[int, Spot] = field(default_factory=dict, repr=False)
    """Where a full name or a value of a type was noted first: it is not noted again."""
    size: int = 0
    """Entries, for the bound of the memory."""


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
        for spot in self.lookup.persons.get(hash(word), ())[: MANY + 1]:  # so many link nobody
            words = name_words(spot.read(self.body, self.base))
            if word in words:
                yield words

    def places(self, word: str) -> Collection[Place]:
        """Where heads of forms with this first word stand."""
        return self.lookup.places.get(hash(word), ())

    def has(self, what: str, value: str) -> bool:
        """Whether a value of this type, or this full name (`what` is NAME), was noted: one look, however many are."""
        spot = self.lookup.noted.get(hash((what, value)))
        return spot is not None and _noted_as(what, spot.read(self.body, self.base)) == value

    def values(self, start: int, head: str) -> Iterable[tuple[Form, str]]:
        """Forms with this head, whose first word begins there, and their types, in the order of the texts."""
        for spot, entity_type in self.lookup.values.get(hash((start, head)), ()):
            for form in forms(spot.read(self.body, self.base), entity_type):
                if form.start == start and form.head == head:
                    yield form, entity_type


@dataclass(slots=True)
class Told:
    """What a beginning tells: where its decisions stand, and the lookup of them, made when a text first follows it.

    Most requests are asked once, and nobody looks anything up behind them. `before`: what the beginning that it goes
    on from tells, until the lookup is made. On the event loop only: nothing keeps two threads from making it twice.
    """

    _before: Told | None = field(default=None, repr=False)
    _added: Sequence[Known] = field(default=(), repr=False)
    _lookup: Lookup | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Entries, for the bound of the memory; of a lookup that is not made yet at most about as many."""
        if self._lookup is not None:
            return self._lookup.size
        return (self._before.size if self._before is not None else 0) + sum(map(_entries, self._added))

    def lookup(self, body: str, base: int) -> Lookup:
        """The lookup. `body`: any that begins so, its array's bracket standing at `base`."""
        if self._lookup is None:
            before = self._before.lookup(body, base) if self._before is not None else Lookup()
            writer = LookupWriter(Recollection(before, {}, body, base))
            for known in self._added:
                writer.add(known.spot.read(body, base), known, [spot.read(body, base) for spot, _ in known.values])
            self._lookup, self._before, self._added = writer.behind(), None, ()
        return self._lookup

    def and_then(self, added: Sequence[Known], body: str, base: int) -> Told:
        """The same with further decisions; `body`, `base`: as above. No more than two wait for their lookups."""
        if self._before is not None and self._before._lookup is None:  # noqa: SLF001 - of the same class
            self.lookup(body, base)
        return Told(self, added)


def _entries(known: Known) -> int:
    """How many entries a decision brings at most: its original, words of a full name, and each value with its parts."""
    words = (known.spot.end - known.spot.start) // 5 + 1 if known.entity_type == PERSON else 0
    return 1 + words + (3 + 2 * words) * len(known.values)


class LookupWriter:
    """Adds decisions to what is known so far, which stays as it is. What is known already is not noted again."""

    def __init__(self, before: Recollection) -> None:
        self._before = before
        self._originals: dict[int, dict[str, Known]] = {}
        self._persons: dict[int, dict[tuple[str, ...], Spot]] = {}
        self._places: dict[int, dict[Place, Place]] = {}
        self._values: dict[int, dict[tuple[str, str], tuple[Spot, str]]] = {}
        self._noted: dict[tuple[str, str], Spot] = {}

    def add(self, original: str, known: Known, values: Iterable[str]) -> None:
        """`original` and `values`: what stands at the places of `known`."""
        before, entity_type = self._before, known.entity_type
        if known.action is Action.SCRAMBLE and before.token(entity_type, original) != known.new:
            self._originals.setdefault(hash((entity_type, original)), {})[original] = known
        words = name_words(original) if entity_type == PERSON else ()
        if len(words) > 1 and self._is_new(NAME, original, known.spot):
            for word in words:
                self._persons.setdefault(hash(word), {}).setdefault(words, known.spot)
        for value, (spot, value_type) in zip(values, known.values, strict=True):
            for form in forms(value, value_type) if self._is_new(value_type, value, spot) else ():
                self._places.setdefault(hash(form.word), {})[form.place] = form.place
                there = self._values.setdefault(hash((form.start, form.head)), {})
                there.setdefault((value, value_type), (spot, value_type))

    def _is_new(self, what: str, value: str, spot: Spot) -> bool:
        """Whether this was not noted yet; it is from now on."""
        value = _noted_as(what, value)
        if self._before.has(what, value):
            return False
        return self._noted.setdefault((what, value), spot) is spot

    def behind(self) -> Lookup:
        """All of it."""
        before = self._before.lookup
        tables = (self._originals, self._persons, self._places, self._values)
        added = sum(len(things) for table in tables for things in table.values()) + len(self._noted)
        return Lookup(
            _joined(before.originals, self._originals),
            _joined(before.persons, self._persons),
            _joined(before.places, self._places, once=True),
            _joined(before.values, self._values),
            {**before.noted, **{hash(key): spot for key, spot in self._noted.items()}},
            before.size + added,
        )


def _noted_as(what: str, value: str) -> str:
    return " ".join(name_words(value)) if what == NAME else value


def _joined(
    before: Mapping[int, tuple[Thing, ...]], added: Mapping[int, Mapping[Any, Thing]], *, once: bool = False
) -> dict[int, tuple[Thing, ...]]:
    """`once`: things are the same when they are equal."""
    joined = dict(before)
    for key, things in added.items():
        known = joined.get(key, ())
        joined[key] = (*known, *(thing for thing in things.values() if not once or thing not in known))
    return joined
