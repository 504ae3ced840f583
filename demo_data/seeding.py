"""Seeded choice: one independent random stream per part of a set, so that a change in one part leaves others alone.

Only `random()` of Python's Mersenne Twister is used, directly or below: its sequence is promised across versions.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")
DEFAULT_SEED = 1977


class Stream:
    """A stream of choices that depends on its name and the seed alone, not on PYTHONHASHSEED or the platform."""

    __slots__ = ("_random",)

    def __init__(self, seed: int, name: str) -> None:
        self._random = Random(f"{name}/{seed}").random

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random()

    def chance(self, share: float) -> bool:
        """True in `share` of all calls."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._random()

    def normal(self, mean: float, deviation: float) -> float:
        """A normally distributed number (Box-Muller, the cosine half)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self._random()))
        return mean + deviation * radius * math.cos(2.0 * math.pi * self._random())

    def lognormal(self, median: float, sigma: float) -> float:
        """A log-normally distributed number with the given median."""
        return median * math.exp(self.normal(0.0, sigma))

    def choose(self, options: Sequence[T]) -> T:
        """One of `options`, all equally likely."""
        return options[int(self._random() * len(options))]

    def weighted(self, weights: Mapping[str, float]) -> str:
        """One of the keys, as likely as its weight."""
        point = self._random() * sum(weights.values())
        for key, weight in weights.items():
            point -= weight
            if point < 0:
                return key
        return next(reversed(list(weights)))

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in a new order (Fisher-Yates)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = int(self._random() * (last + 1))
            order[last], order[other] = order[other], order[last]
        return order

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items."""
        return self.shuffled(items)[:count]

    def digits(self, pattern: str) -> str:
        """`pattern` with every # replaced by a digit and every @ by a capital that cannot be taken for a digit."""
        return "".join(
            str(int(self._random() * 10))
            if c == "#"
            else "ABCEGHJKLMNPRSTVWXY"[int(self._random() * 19)]
            if c == "@"
            else c
            for c in pattern
        )


class Weights:
    """Weighted positions with a fast choice inside any range of them."""

    __slots__ = ("_sums",)

    def __init__(self, weights: Iterable[float]) -> None:
        self._sums = [0.0, *accumulate(weights)]

    def pick(self, stream: Stream, low: int, high: int) -> int:
        """A position from `low` to `high` (both included), as likely as its weight."""
        point = stream.uniform(self._sums[low], self._sums[high + 1])
        return min(high, max(low, bisect_right(self._sums, point) - 1))
