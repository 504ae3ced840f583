"""Figures over months: trend, season, and the month in which a level changed. Pure.

Change points: the split with the largest t-like statistic, kept when fewer than one in a hundred of seeded shuffles
reach it (a permutation test of the maximum), then the parts in turn (binary segmentation, Scott and Knott 1974).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SHUFFLES, _ALPHA, _LEAST_PART = 499, 0.01, 3
Numbers = NDArray[np.float64]

MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level: `at` is the index of the first value of the new level, `factor` new mean by old mean."""

    at: int
    factor: float


def changes(values: Sequence[float], *, seed: int = 0, most: int = 3) -> tuple[Change, ...]:
    """Changes of level in order of time. Positive values are compared by their logarithm."""
    numbers = np.asarray(values, dtype=np.float64)
    scale = np.log(numbers) if len(numbers) and (numbers > 0).all() else numbers
    chance = np.random.default_rng(seed)
    cuts: list[int] = []
    parts = [(0, len(scale))]
    while parts and len(cuts) < most:
        start, end = parts.pop(0)
        cut = _split(scale[start:end], chance)
        if cut is not None:
            cuts.append(start + cut)
            parts += [(start, start + cut), (start + cut, end)]
    edges = [0, *sorted(cuts), len(numbers)]
    found = []
    for left, at, right in zip(edges, edges[1:], edges[2:], strict=False):
        before, after = float(numbers[left:at].mean()), float(numbers[at:right].mean())
        found.append(Change(at, after / before if before else math.inf))
    return tuple(found)


def _split(part: Numbers, chance: np.random.Generator) -> int | None:
    if len(part) < 4 * _LEAST_PART or np.ptp(part) == 0:
        return None
    strengths = _strengths(part)
    best = int(np.argmax(strengths))
    reached = sum(float(_strengths(chance.permutation(part)).max()) >= strengths[best] for _ in range(_SHUFFLES))
    return best + _LEAST_PART if (reached + 1) / (_SHUFFLES + 1) <= _ALPHA else None


def _strengths(part: Numbers) -> Numbers:
    """For every allowed split the difference of means by its standard error."""
    n = len(part)
    at = np.arange(_LEAST_PART, n - _LEAST_PART + 1)
    sums, squares = np.cumsum(part), np.cumsum(part * part)
    left, right = sums[at - 1] / at, (sums[-1] - sums[at - 1]) / (n - at)
    within = squares[-1] - at * left**2 - (n - at) * right**2
    error = np.sqrt(np.maximum(within, 1e-12) / (n - 2) * (1 / at + 1 / (n - at)))
    return np.asarray(np.abs(left - right) / error, dtype=np.float64)


def slope(values: Sequence[float]) -> tuple[float, float, float]:
    """Change per step by least squares with its 95 % interval (normal); (0, 0, 0) for fewer than three values."""
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 3:
        return 0.0, 0.0, 0.0
    time = np.arange(len(numbers)) - (len(numbers) - 1) / 2
    rise = float((time * numbers).sum() / (time * time).sum())
    rest = numbers - numbers.mean() - rise * time
    error = math.sqrt(float((rest * rest).sum()) / (len(numbers) - 2) / float((time * time).sum()))
    return rise, rise - 1.96 * error, rise + 1.96 * error


def month_shares(months: Sequence[int], values: Sequence[float]) -> dict[int, float]:
    """Share of each calendar month (1 to 12) in the sum, 0 to 1."""
    whole = sum(values) or 1.0
    shares = dict.fromkeys(range(1, 13), 0.0)
    for month, value in zip(months, values, strict=True):
        shares[month] += value / whole
    return shares
