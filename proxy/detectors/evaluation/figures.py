"""What is counted, and how sure the counts are. No text is kept, only numbers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from proxy.core.findings import Finding
from proxy.detectors.evaluation.datasets import Message

_Z = 1.959963984540054
"""Quantile of the normal distribution for a 95 % interval."""


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927); (0, 1) without data."""
    if not total:
        return 0.0, 1.0
    share = hits / total
    centre = share + _Z**2 / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    scale = 1 + _Z**2 / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@dataclass(slots=True)
class TypeCount:
    """Gold spans of one type: how many, found at all (any overlap, any type), found whole (every character)."""

    gold: int = 0
    found: int = 0
    whole: int = 0

    def row(self) -> dict[str, Any]:
        """As a JSON object; shares from 0 to 1."""
        low, high = wilson(self.found, self.gold)
        return {
            "n": self.gold,
            "recall": _share(self.found, self.gold),
            "recall_low": low,
            "recall_high": high,
            "full": _share(self.whole, self.gold),
        }


@dataclass(slots=True)
class Figures:
    """The sums over all messages of a set, for one choice of engines."""

    messages: int = 0
    personal_messages: int = 0
    clean_messages: int = 0
    personal_characters: int = 0
    leaked_characters: int = 0
    other_characters: int = 0
    covered_other_characters: int = 0
    characters: int = 0
    seconds: float = 0.0
    types: dict[str, TypeCount] = field(default_factory=lambda: defaultdict(TypeCount))
    reported: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, message: Message, findings: Sequence[Finding], seconds: float) -> None:
        """Count one message: `findings` disjoint, `seconds` of CPU spent on it."""
        text = message.text
        self.messages += 1
        self.characters += len(text)
        self.seconds += seconds
        covered = _positions(text, [(finding.start, finding.end) for finding in findings])
        ignored = _positions(text, message.ignored)
        personal = _positions(text, [(span.start, span.end) for span in message.spans])
        visible = {at for at, char in enumerate(text) if not char.isspace()}
        self.personal_characters += len(personal)
        self.leaked_characters += len(personal - covered)
        other = visible - personal - ignored
        self.other_characters += len(other)
        self.covered_other_characters += len(other & covered)
        if message.spans:
            self.personal_messages += 1
            self.clean_messages += personal <= covered
        for span in message.spans:
            inside = _positions(text, [(span.start, span.end)])
            count = self.types[span.entity_type]
            count.gold += 1
            count.found += bool(inside & covered)
            count.whole += inside <= covered
        for finding in findings:
            inside = _positions(text, [(finding.start, finding.end)])
            if inside & ignored and not inside & personal:
                continue
            hits = self.reported[finding.entity_type]
            hits[0] += 1
            hits[1] += bool(inside & personal)

    def summary(self) -> dict[str, Any]:
        """Everything as one JSON object; shares from 0 to 1, times in milliseconds of CPU."""
        found = sum(hits[1] for hits in self.reported.values())
        return {
            "messages": self.messages,
            "leak": _share(self.leaked_characters, self.personal_characters),
            "over_scrub": _share(self.covered_other_characters, self.other_characters),
            "clean_messages": _share(self.clean_messages, self.personal_messages),
            "precision": _share(found, sum(hits[0] for hits in self.reported.values())),
            "ms_per_message": 1000 * _share(self.seconds, self.messages),
            "characters_per_second": _share(self.characters, self.seconds),
            "types": {name: self.types[name].row() for name in sorted(self.types)},
            "reported": {
                name: {"n": total, "precision": _share(right, total)}
                for name, (total, right) in sorted(self.reported.items())
            },
        }


def _positions(text: str, ranges: Sequence[tuple[int, int]]) -> set[int]:
    """The characters of the ranges that are no white space."""
    return {at for start, end in ranges for at in range(start, end) if not text[at].isspace()}
