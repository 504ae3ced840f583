"""Numbers that stand across the border of two texts: parts of one message, or messages one behind the other.

A model reads them as one. Names and addresses are found in pieces too, but half of a card's number is none to anybody,
so the digits on both sides are put together, looked at once more, and what is found is cut at the border again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from proxy.core.findings import Finding
from proxy.core.slots import Kind, TextSlot

_REACH: Final = 60
"""Characters beside a border that are looked at: a number with its label."""
_ENDS: Final = re.compile(r"\d[\s().-]{0,3}\Z")
_BEGINS: Final = re.compile(r"[\s().-]{0,3}\d")
_SPOKEN: Final = frozenset({"text", "content"})
"""Keys of what is said; neighbours in a list of other things are no one text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text number `position`, which begins at `start` there."""

    position: int
    start: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """Pieces of neighbours, one behind the other."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The pieces as one text."""
        return "".join(piece.text for piece in self.pieces)

    def apart(self, findings: Sequence[Finding]) -> list[tuple[int, Finding]]:
        """Of findings in the text those that cross a border, cut there, with the position that each part is of."""
        parts: list[tuple[int, Finding]] = []
        for finding in findings:
            base, cut = 0, []
            for piece in self.pieces:
                start, end = max(finding.start, base), min(finding.end, base + len(piece.text))
                if start < end:
                    moved = piece.start - base
                    cut.append((piece.position, replace(finding, start=start + moved, end=end + moved)))
                base += len(piece.text)
            parts += cut if len(cut) > 1 else []
        return parts


def joined(slots: Sequence[TextSlot], left: int = 0) -> list[Joined]:
    """Neighbours whose border has digits on both sides; of the first `left`, which were decided before, none alone."""
    return [run for run in _joined(slots) if run.pieces[-1].position >= left]


def goes_on(text: str) -> bool:
    """Whether what comes next may go on with a number that a text ends in."""
    return _ENDS.search(text[-_REACH:]) is not None


def takes_up(text: str) -> bool:
    """Whether a text may go on with a number of the one before."""
    return _BEGINS.match(text) is not None


def _joined(slots: Sequence[TextSlot]) -> list[Joined]:
    runs: list[Joined] = []
    run: list[Piece] = []
    for position, slot in enumerate(slots):
        if position and _are_one(slots[position - 1], slot):
            if not run:
                before = slots[position - 1].text
                start = max(0, len(before) - _REACH)
                run = [Piece(position - 1, start, before[start:])]
            run.append(Piece(position, 0, slot.text[:_REACH]))
            if len(slot.text) <= _REACH:
                continue
        if run:
            runs.append(Joined(tuple(run)))
            run = []
    return [*runs, Joined(tuple(run))] if run else runs


def _are_one(before: TextSlot, slot: TextSlot) -> bool:
    if before.kind is not Kind.TEXT or slot.kind is not Kind.TEXT or len(before.leaves) + len(slot.leaves) > 2:  # noqa: PLR2004
        return False
    if slot.path[-1] not in _SPOKEN or slot.leaves[0].is_key or slot.leaves[0].is_number:
        return False
    if not takes_up(slot.text) or not goes_on(before.text):
        return False
    return _keys(before) == _keys(slot)


def _keys(slot: TextSlot) -> list[str]:
    """The keys on the way to what is said, which is a string or in the parts of a list."""
    return [step for step in slot.path if isinstance(step, str) and step != "text"]
