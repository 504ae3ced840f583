"""Known structure: a logistic signal with stated coefficients, and the figures that truth.json states about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo_data.seeding import Stream


@dataclass(frozen=True, slots=True)
class Logistic:
    """P(event) = 1 / (1 + exp(-(intercept + sum of coefficient * variable))); `drivers`: coefficient per variable."""

    intercept: float
    drivers: Mapping[str, float]

    def probability(self, variables: Mapping[str, float]) -> float:
        """The probability of the event for one row; every driver must be in `variables`."""
        score = self.intercept + sum(weight * variables[name] for name, weight in self.drivers.items())
        return 1.0 / (1.0 + math.exp(-score))

    def draw(self, variables: Mapping[str, float], stream: Stream) -> tuple[bool, float]:
        """Whether the event happens, and its probability."""
        probability = self.probability(variables)
        return stream.chance(probability), probability

    def truth(self, probabilities: Sequence[float], events: Sequence[bool]) -> dict[str, object]:
        """The model and what is attainable with it: nobody can beat the planted probability but by luck."""
        return {
            "kind": "logistic",
            "intercept": self.intercept,
            "coefficients": dict(self.drivers),
            "rows": len(events),
            "events": sum(events),
            "attainable_auc": round(auc(probabilities, events), 4),
        }


def auc(scores: Sequence[float], events: Sequence[bool]) -> float:
    """Area under the ROC curve by mid-ranks (Mann-Whitney): the chance that an event scores over a non-event."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and scores[order[end + 1]] == scores[order[start]]:
            end += 1
        for position in range(start, end + 1):
            ranks[order[position]] = (start + end) / 2 + 1
        start = end + 1
    positives = sum(events)
    rank_sum = sum(rank for rank, event in zip(ranks, events, strict=True) if event)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(events) - positives))


def median(values: Sequence[float]) -> float:
    """The middle value; of an even number the mean of the two."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts as shares of their sum, rounded to four places."""
    total = sum(counts.values())
    return {name: round(count / total, 4) for name, count in counts.items()}


def spread(total: int, weights: Sequence[float], minimum: int = 0) -> list[int]:
    """`total` things given out by weight, each at least `minimum`; the sum is exact (largest remainders)."""
    free = total - minimum * len(weights)
    whole = sum(weights)
    exact = [free * weight / whole for weight in weights]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda n: (counts[n] - exact[n], n))
    for position in by_remainder[: free - sum(counts)]:
        counts[position] += 1
    return [count + minimum for count in counts]
