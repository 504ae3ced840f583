"""What a detector found in a text, and how overlapping findings become one row of disjoint ones.

It does not decide what is done about a finding: that is the policy's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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
    return (-finding.length, -finding.score, finding.start, finding.entity_type)


def disjoint(findings: Iterable[Finding]) -> list[Finding]:
    """Disjoint findings, in order of position, that cover every character that any of `findings` covers.

    The best-ranked finding stays whole; what others have beyond it is kept as their remainder, so that
    no detected character is dropped because two detectors disagreed about a border.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=_rank):
        pieces = [(finding.start, finding.end)]
        for other in kept:
            pieces = [piece for start, end in pieces for piece in _without(start, end, other)]
        kept.extend(
            Finding(start, end, finding.entity_type, finding.score, finding.detector)
            for start, end in pieces
            if start < end
        )
    return sorted(kept, key=lambda finding: finding.start)


def _without(start: int, end: int, other: Finding) -> Sequence[tuple[int, int]]:
    """What is left of the range when `other` is taken out: nothing, one or two ranges."""
    if other.end <= start or end <= other.start:
        return ((start, end),)
    return tuple(piece for piece in ((start, other.start), (other.end, end)) if piece[0] < piece[1])
