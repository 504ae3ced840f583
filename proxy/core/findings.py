"""What a detector found in a text, and how overlapping findings become one row of disjoint ones.

It does not decide what is done about a finding: that is the policy's part.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of personal data in one text.

    `start` and `end` count characters (Unicode code points) of the text as it was given; `score` is 0 to 1;
    `detector` names the recogniser that found it. The text itself is not kept.
    """

    start: int
    end: int
    entity_type: str
    score: float
    detector: str

    @property
    def length(self) -> int:
        """Number of characters covered."""
        return self.end - self.start


def _rank(finding: Finding) -> tuple[int, float, int, str]:
    """Sort key, best first: the longer finding, then the surer, then the earlier; the type's name makes it total."""
    return (finding.start - finding.end, -finding.score, finding.start, finding.entity_type)


_START = attrgetter("start")


Precedence = Callable[[str], int]
"""How much an entity type's findings count where they overlap others: the higher one stays."""


def disjoint(findings: Iterable[Finding], precedence: Precedence | None = None) -> list[Finding]:
    """Disjoint findings, in order of position, that cover every character that any of `findings` covers.

    The best-ranked finding stays whole; what others have beyond it is kept as their remainder, so that
    no detected character is dropped because two detectors disagreed about a border. `precedence` comes before length:
    a long finding that is only reported must not hide a short one that is to be blocked.
    """
    rows = sorted(findings, key=_START)
    if _is_disjoint(rows):
        return rows
    if precedence is None:
        rows.sort(key=_rank)
    else:
        rows.sort(key=lambda finding: (-precedence(finding.entity_type), *_rank(finding)))
    kept: list[Finding] = []
    covered = Coverage()
    for finding in rows:
        free = covered.add(finding.start, finding.end)
        if len(free) == 1 and free[0] == (finding.start, finding.end):
            kept.append(finding)
        else:
            kept += [replace(finding, start=start, end=end) for start, end in free]
    kept.sort(key=_START)
    return kept


def _is_disjoint(rows: Sequence[Finding]) -> bool:
    """Whether findings in order of their starts touch each other at most, and none is empty."""
    floor = rows[0].start if rows else 0
    for finding in rows:
        if finding.start < floor or finding.end <= finding.start:
            return False
        floor = finding.end
    return True


class Coverage:
    """Ranges of a text that are taken, touching ones joined: adding n ranges costs n log n steps, not n squared."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def free(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of the range that nothing covers yet, in order, none of them empty."""
        return self._free(start, end, *self._touched(start, end))

    def add(self, start: int, end: int) -> list[tuple[int, int]]:
        """Cover the range; the parts of it that were free until now."""
        if start >= end:
            return []
        first, behind = self._touched(start, end)
        free = self._free(start, end, first, behind)
        if first < behind:
            start, end = min(start, self._starts[first]), max(end, self._ends[behind - 1])
        self._starts[first:behind] = [start]
        self._ends[first:behind] = [end]
        return free

    def _free(self, start: int, end: int, first: int, behind: int) -> list[tuple[int, int]]:
        """What is free between the covered ranges that touch this one."""
        if first == behind:
            return [(start, end)] if start < end else []
        borders = [start]
        for position in range(first, behind):
            borders += (self._starts[position], self._ends[position])
        borders.append(end)
        return [(left, right) for left, right in zip(borders[::2], borders[1::2], strict=True) if left < right]

    def _touched(self, start: int, end: int) -> tuple[int, int]:
        """Positions, first and behind the last, of the covered ranges that overlap or touch this one."""
        return bisect_left(self._ends, start), bisect_right(self._starts, end)
