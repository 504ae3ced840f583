"""Beginnings of conversations, recognised by their bytes: what is known of them need not be read and decided again.

A conversation is sent again and again with a little more at its end. Where its first messages stand byte for byte as in
an earlier request, their JSON was read then, and what became of their texts depends on them and on what came before
them alone (rule 5). Kept are positions, types, surrogates and keyed digests; no text and no original.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined] # the C scanner, not in the stubs
from operator import itemgetter
from typing import Final, NamedTuple

from policies.model import Action
from proxy.core.jsontext import Edit
from proxy.core.scrambler import Decision, Scrambler
from proxy.core.slots import TextSlot
from proxy.core.tokens import LITERAL

_DIGEST: Final = 16
_BLOCK: Final = 2048
"""Characters between two places where a longer text may be found to go on."""
_LENGTHS: Final = 16
"""Beginnings that are tried from one such place, the latest first."""
_TAIL: Final = 32
_SETTLED: Final = 8
"""Contexts (policies, owners, tools) in which one beginning is kept."""
_SMALL: Final = 64
"""What an empty entry counts for, in ranges."""


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
        self._cut = _cut(
            [
                slice(begin, end)
                for begin, end in zip(
                    [0, *(end for _, end, _ in edits)], [*(start for start, _, _ in edits), None], strict=True
                )
            ]
        )
        self._pieces = [""] * (2 * len(edits) + 1)
        self._pieces[1::2] = [new for _, _, new in edits]

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

    `edits` are counted from the array's bracket on; `escapes`: whether an original has any. `types`: of its tokens.
    """

    behind: bytes = field(repr=False)
    texts: int = 0
    edits: tuple[Edit, ...] = field(default=(), repr=False)
    escapes: bool = False
    known: tuple[Known, ...] = field(default=(), repr=False)
    issued: Mapping[str, Spot] = field(default_factory=dict, repr=False)
    types: frozenset[str] = frozenset()
    found: Mapping[str, int] = field(default_factory=dict)
    replaced: int = 0
    _ready: _Ready = field(default_factory=_Ready, init=False, repr=False, compare=False)

    def recall(self, scrambler: Scrambler, text: str, base: int) -> None:
        """Take over what was decided."""
        ready = self._ready
        if ready.originals is None:
            ready.originals = _cut([slice(start, end) for start, end, _ in self.issued.values()])
        issued = dict(zip(self.issued, ready.originals(text[base:]), strict=True))
        if self.escapes:
            issued |= {token: self.issued[token].read(text, base) for token, raw in issued.items() if "\\" in raw}
        scrambler.take_over(self.found, self.replaced, issued, self.types)

    def relive(self, scrambler: Scrambler, text: str, base: int) -> None:
        """Know what was known behind it: needed before a new text follows, and only then."""
        for spot, entity_type, action, new, values in self.known:
            read = [(place.read(text, base), value_type) for place, value_type in values]
            scrambler.relive_one(entity_type, action, spot.read(text, base), new, read)

    def rewritten(self, part: str, notice: Sequence[tuple[int, int, str]]) -> str:
        """The messages as they leave; `part`: as they came, from the bracket on. `notice`: edits that put it in."""
        plan = self._ready.plans.get(bool(notice))
        if plan is None:
            plan = self._ready.plans[bool(notice)] = _Plan(sorted([*self.edits, *notice], key=itemgetter(0, 1)))
        return plan.done(part)


@dataclass(slots=True)
class Beginning:
    """Messages that stood in an earlier request: `length` characters from the bracket on, `count` items, JSON `values`.

    `seed`: digest of what names the conversation. `notice`: edits that put the notice in, counted from the bracket.
    `settled`: what became of them, by the running digest of all that comes before.
    """

    length: int
    count: int
    values: int
    seed: bytes = field(repr=False)
    notice: tuple[tuple[int, int, str], ...] = field(repr=False)
    settled: OrderedDict[bytes, Settled] = field(default_factory=OrderedDict, repr=False)

    def settle(self, before: bytes, settled: Settled) -> None:
        """Keep what became of it."""
        self.settled[before] = settled
        if len(self.settled) > _SETTLED:
            self.settled.popitem(last=False)


class Found(NamedTuple):
    """A known beginning, and where the array's bracket stands in this body."""

    beginning: Beginning
    base: int

    @property
    def end(self) -> int:
        """Behind its last message."""
        return self.base + self.beginning.length

    def rewritten(self, text: str, settled: Settled, *, notice: bool) -> list[Edit]:
        """The edit of this body, where there is any, that does what was decided and puts the notice in."""
        put_in = self.beginning.notice if notice else ()
        if not settled.edits and not put_in:
            return []
        base, end = self.base, self.end
        return [Edit(base, end, settled.rewritten(text[base:end], put_in))]


class Beginnings:
    """Bounded memory of beginnings: `entries` of them at most, and `ranges` positions over all; the oldest go first.

    A text is looked for by digests of its blocks: behind the last block that an earlier text had, too, the lengths of
    the texts that ended from there on are tried.
    """

    def __init__(self, key: bytes, entries: int, ranges: int = 500_000) -> None:
        """`key`: 16 to 64 secret bytes of this process."""
        self._key = key
        self._limit = entries
        self._most_ranges = ranges
        self._ranges = 0
        self._kept: OrderedDict[bytes, tuple[Beginning, int]] = OrderedDict()
        self._lengths: OrderedDict[bytes, dict[tuple[int, int], None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, kind: str, text: str, base: int) -> Found | None:
        """The longest known beginning of the array whose bracket stands at `base`; `kind` says how it is read."""
        running, position = self._start(kind), base
        places = [(running, position)]
        while running.digest() in self._lengths and position + _BLOCK <= len(text):
            running = _further(running, text, position, position + _BLOCK)
            position += _BLOCK
            places.append((running, position))
        for running, position in reversed(places):
            for length, tail in reversed(self._lengths.get(running.digest(), {})):
                end = base + length
                if end > len(text) or _tail(text, base, end) != tail:
                    continue
                whole = _further(running, text, position, end).digest()
                if (kept := self._kept.get(whole)) is not None:
                    self._kept.move_to_end(whole)
                    return Found(kept[0], base)
        return None

    def put(self, kind: str, text: str, base: int, beginning: Beginning) -> None:
        """Keep it; in the place of an equal one."""
        if self._limit <= 0:
            return
        end = base + beginning.length
        running, position = self._start(kind), base
        self._pass(running.digest())
        while position + _BLOCK <= end:
            running = _further(running, text, position, position + _BLOCK)
            position += _BLOCK
            self._pass(running.digest())
        whole = _further(running, text, position, end).digest()
        lengths = self._lengths[running.digest()]
        lengths.pop((beginning.length, _tail(text, base, end)), None)
        lengths[beginning.length, _tail(text, base, end)] = None
        if len(lengths) > _LENGTHS:
            del lengths[next(iter(lengths))]
        self._drop(whole)
        size = _SMALL + sum(4 * len(settled.edits) + 2 * len(settled.known) for settled in beginning.settled.values())
        self._kept[whole] = (beginning, size)
        self._ranges += size
        while len(self._kept) > self._limit or self._ranges > self._most_ranges:
            self._drop(next(iter(self._kept)))

    def _pass(self, place: bytes) -> None:
        """Note that a text goes on behind this block."""
        self._lengths.setdefault(place, {})
        self._lengths.move_to_end(place)
        if len(self._lengths) > 8 * self._limit:
            self._lengths.popitem(last=False)

    def _drop(self, whole: bytes) -> None:
        if (kept := self._kept.pop(whole, None)) is not None:
            self._ranges -= kept[1]

    def _start(self, kind: str) -> hashlib.blake2b:
        """What a text is digested with; no `kind` holds the bracket that the text begins with."""
        return hashlib.blake2b(kind.encode(), key=self._key, digest_size=_DIGEST)


def _further(running: hashlib.blake2b, text: str, start: int, end: int) -> hashlib.blake2b:
    """The digest so far and that of the text from `start` to `end` in one."""
    further = running.copy()
    further.update(text[start:end].encode("utf-8", "surrogatepass"))
    return further


def _tail(text: str, base: int, end: int) -> int:
    """A quick look at the end of a text, so that few digests are made in vain."""
    return zlib.crc32(text[max(base, end - _TAIL) : end].encode("utf-8", "surrogatepass"))


def settled_of(
    document: str,
    base: int,
    before: Settled,
    slots: Iterable[TextSlot],
    decisions: Iterable[Sequence[Decision]],
    behind: bytes,
) -> Settled | None:
    """What became of a beginning and of the texts that follow it, together; None where positions cannot say it."""
    edits, known, types = list(before.edits), list(before.known), set(before.types)
    escapes = before.escapes
    issued, found = dict(before.issued), Counter(before.found)
    texts, replaced = before.texts, before.replaced
    for slot, made in zip(slots, decisions, strict=True):
        texts += 1
        if made and slot.leaves[-1].is_number:
            return None  # a number becomes a string as a whole
        for decision in made:
            spot = _spot(slot, document, base, decision.start, decision.end)
            values = tuple(
                (_spot(slot, document, base, start, end), entity_type) for start, end, entity_type in decision.values
            )
            known.append(Known(spot, decision.entity_type, decision.action, decision.new, values))
            if decision.action is Action.BLOCK:
                return None
            if decision.entity_type != LITERAL and decision.action is not Action.KEEP:
                found[decision.entity_type] += 1
            if decision.new is not None:
                replaced += 1
                (edit,) = slot.edits_of_document(document, [Edit(decision.start, decision.end, decision.new)])
                edits.append(Edit(edit.start - base, edit.end - base, edit.new))
                escapes = escapes or "\\" in document[edit.start : edit.end]
                if decision.action is Action.SCRAMBLE:
                    issued[decision.new] = spot
                    types.add(decision.entity_type)
    return Settled(behind, texts, tuple(edits), escapes, tuple(known), issued, frozenset(types), found, replaced)


def _spot(slot: TextSlot, document: str, base: int, start: int, end: int) -> Spot:
    (edit,) = slot.edits_of_document(document, [Edit(start, end, "")])
    return Spot(edit.start - base, edit.end - base, len(slot.leaves))
