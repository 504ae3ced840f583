"""Whether a row of samples grows: a straight line through means, with an interval that knows they hang together."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_BLOCKS = 30
_SHARE_PER_HOUR = 0.02
_MIB = 1 << 20


@dataclass(frozen=True)
class Trend:
    """The mean in MiB, and the slope in MiB per hour with its 95 % interval."""

    mean: float
    slope: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """`grows` when the slope is for certain over 2 % of the mean per hour, `flat` when for certain under."""
        bound = _SHARE_PER_HOUR * self.mean
        return "grows" if self.low > bound else "flat" if self.high < bound else "not decided"


def trend(times: Sequence[float], values: Sequence[float]) -> Trend:
    """The trend of `values` (bytes) at `times` (seconds); at least 5 samples.

    Least squares over the means of up to 30 blocks. Neighbours resemble each other, so the residuals count for fewer
    than they are: n (1 - r) / (1 + r), where r is the correlation of each with the next.
    """
    size = math.ceil(len(values) / _BLOCKS)
    starts = range(0, len(values) - size + 1, size)
    hours = [statistics.fmean(times[at : at + size]) / 3600 for at in starts]
    means = [statistics.fmean(values[at : at + size]) / _MIB for at in starts]
    slope, start = statistics.linear_regression(hours, means)
    left = [mean - start - slope * hour for hour, mean in zip(hours, means, strict=True)]
    square = sum(one * one for one in left)
    together = sum(one * other for one, other in itertools.pairwise(left)) / square if square else 0.0
    free = max(3.0, len(means) * (1 - max(0.0, together)) / (1 + max(0.0, together)) - 2)
    spread = math.sqrt(square / free / sum((hour - statistics.fmean(hours)) ** 2 for hour in hours))
    reach = _student(free) * spread
    return Trend(statistics.fmean(means), slope, slope - reach, slope + reach)


def _student(free: float) -> float:
    """Student's 97.5 % quantile by its expansion around the normal one; 1 % too small at 3 degrees, good beyond."""
    z = statistics.NormalDist().inv_cdf(0.975)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / free + second / free**2 + third / free**3
