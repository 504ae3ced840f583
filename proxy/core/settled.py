"""What became of a known beginning in one context: edits, tokens and where their originals stand.

Kept are positions, types, surrogates and keyed digests; no text and no original.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from operator import itemgetter
from typing import Final

from policies.model import Action
from proxy.core.jsontext import Edit
from proxy.core.recollection import Known, Recollection, Spot, Told
from proxy.core.scrambler import Decision
from proxy.core.slots import TextSlot
from proxy.core.tokens import LITERAL

_NUMBERS: Final = count(1)
_PLACE: Final = itemgetter(0, 1)

Cut = Callable[[str], Sequence[str]]
"""Takes pieces out of a text."""


def _cut(places: Sequence[slice]) -> Cut:
    """Takes these pieces, all in one step of the interpreter."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda text: [text[place] for place in places]


class _Plan:
    """Edits of one text, made ready for doing them again and again: what stays of it, and what stands between."""

    __slots__ = ("_cut", "_pieces")

    def __init__(self, edits: Sequence[tuple[int, int, str]]) -> None:
        """Edits in order, disjoint."""
        starts, ends, news = zip(*edits, strict=True) if edits else ((), (), ())
        self._cut = _cut(list(map(slice, (0, *ends), (*starts, None))))
        self._pieces = [""] * (2 * len(edits) + 1)
        self._pieces[1::2] = news

    def done(self, text: str) -> str:
        """The text with the edits done."""
        pieces = self._pieces.copy()
        pieces[::2] = self._cut(text)
        return "".join(pieces)


@dataclass(slots=True)
class _Ready:
    """What is made of a `Settled` when it is first used: `plans` by whether the notice is put in."""

    originals: Cut | None = field(default=None, repr=False)
    plans: dict[bool, _Plan] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a beginning in one context. `behind`: running digest of all texts up to its end.

    `edits` are in order and counted from the array's bracket on; `escapes`: whether an original has any. `types`: of
    its tokens. `number`: no other in this process has it, so the vault can note by it that all of `issued` is stored.
    """

    behind: bytes = field(repr=False)
    texts: int = 0
    edits: tuple[Edit, ...] = field(default=(), repr=False)
    escapes: bool = False
    told: Told = field(default_factory=Told, repr=False)
    issued: Mapping[str, Spot] = field(default_factory=dict, repr=False)
    types: frozenset[str] = frozenset()
    found: Mapping[str, int] = field(default_factory=dict)
    replaced: int = 0
    number: int = field(default_factory=_NUMBERS.__next__, init=False, compare=False)
    _ready: _Ready = field(default_factory=_Ready, init=False, repr=False, compare=False)

    def originals(self, text: str, base: int) -> dict[str, str]:
        """The originals by token, cut out of the body `text`."""
        ready = self._ready
        if ready.originals is None:
            ready.originals = _cut([slice(start, end) for start, end, _ in self.issued.values()])
        issued = dict(zip(self.issued, ready.originals(text[base:]), strict=True))
        if self.escapes:
            issued |= {token: self.issued[token].read(text, base) for token, raw in issued.items() if "\\" in raw}
        return issued

    def recollection(self, text: str, base: int) -> Recollection:
        """What it tells about texts that follow it in the body `text`."""
        return Recollection(self.told.lookup(text, base), self.issued, text, base)

    def rewritten(self, part: str, notice: Sequence[tuple[int, int, str]]) -> str:
        """The messages as they leave; `part`: as they came, from the bracket on. `notice`: edits that put it in."""
        plan = self._ready.plans.get(bool(notice))
        if plan is None:
            edits: list[tuple[int, int, str]] = list(self.edits)
            for edit in notice:
                insort(edits, edit, key=_PLACE)
            plan = self._ready.plans[bool(notice)] = _Plan(edits)
        return plan.done(part)


class Uncut(Mapping[str, str]):
    """Originals by token: of a known beginning, cut out of the body when the first one is asked for, and `fresh` ones.

    Most answers hold no token, so most often nobody asks.
    """

    __slots__ = ("_base", "_body", "_cut", "_fresh", "further", "settled")

    def __init__(self, settled: Settled, body: str, base: int, fresh: Mapping[str, str] | None = None) -> None:
        self.settled, self._body, self._base = settled, body, base
        self._cut: dict[str, str] | None = None
        self._fresh: Mapping[str, str] = fresh or {}
        self.further = {token: original for token, original in self._fresh.items() if token not in settled.issued}
        """Those that the known beginning has not."""

    def __repr__(self) -> str:
        """Counts only."""
        return f"Uncut({len(self)})"

    def known(self) -> dict[str, str]:
        """Those of the known beginning."""
        if self._cut is None:
            self._cut = self.settled.originals(self._body, self._base)
        return self._cut

    def __getitem__(self, token: str) -> str:
        return self._fresh[token] if token in self._fresh else self.known()[token]

    def __iter__(self) -> Iterator[str]:
        yield from self.settled.issued
        yield from self.further

    def __len__(self) -> int:
        return len(self.settled.issued) + len(self.further)

    def __contains__(self, token: object) -> bool:
        return token in self.settled.issued or token in self.further


def settled_of(
    document: str,
    base: int,
    before: Settled,
    slots: Iterable[TextSlot],
    decisions: Iterable[Sequence[Decision]],
    behind: bytes,
) -> Settled | None:
    """What became of a beginning and of the texts that follow it, together; None where positions cannot say it."""
    edits, types, told = list[Edit](), set(before.types), list[Known]()
    escapes = before.escapes
    issued, found = dict(before.issued), Counter(before.found)
    texts, replaced, noted = before.texts, before.replaced, set[tuple[object, ...]]()
    for slot, made in zip(slots, decisions, strict=True):
        texts += 1
        if made and slot.leaves[-1].is_number:
            return None  # a number becomes a string as a whole
        moved = iter(slot.edits_of_document(document, _places(made)))
        levels = len(slot.leaves)
        for decision in made:
            if decision.action is Action.BLOCK:
                return None
            edit = next(moved)
            spot = Spot(edit.start - base, edit.end - base, levels)
            places = [Spot(one.start - base, one.end - base, levels) for one in islice(moved, len(decision.values))]
            values = tuple(zip(places, (entity_type for _, _, entity_type in decision.values), strict=True))
            if (said := _said(slot.text, decision)) not in noted:  # a list may repeat one name a thousand times
                noted.add(said)
                told.append(Known(spot, decision.entity_type, decision.action, decision.new, values))
            if decision.entity_type != LITERAL and decision.action is not Action.KEEP:
                found[decision.entity_type] += 1
            if decision.new is not None:
                replaced += 1
                edits.append(Edit(spot.start, spot.end, edit.new))
                escapes = escapes or "\\" in document[edit.start : edit.end]
                if decision.action is Action.SCRAMBLE:
                    issued[decision.new] = spot
                    types.add(decision.entity_type)
    in_order = (*before.edits, *sorted(edits, key=_PLACE))  # what follows a beginning stands behind it
    lookup = before.told.and_then(told, document, base)
    return Settled(behind, texts, in_order, escapes, lookup, issued, frozenset(types), found, replaced)


def _said(text: str, decision: Decision) -> tuple[object, ...]:
    """What a decision tells about later texts, wherever it stands."""
    original = text[decision.start : decision.end]
    values = tuple((text[start:end], entity_type) for start, end, entity_type in decision.values)
    return decision.entity_type, decision.action, decision.new, original, values


def _places(decisions: Iterable[Decision]) -> list[Edit]:
    """For each decision its edit, and the places of its values."""
    places: list[Edit] = []
    for decision in decisions:
        places.append(Edit(decision.start, decision.end, decision.new or ""))
        places += [Edit(start, end, "") for start, end, _ in decision.values]
    return places
