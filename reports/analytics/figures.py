"""Plain figures of a column: medians, means, quantiles, shares. Missing cells do not count; nothing gives 0."""

from __future__ import annotations

import math

import polars as pl


def median(series: pl.Series) -> float:
    """The middle value; the mean of the two middle ones."""
    return quantile(series, 0.5)


def quantile(series: pl.Series, share: float) -> float:
    """The value under which `share` (0 to 1) of the cells lie, linear between neighbours (Hyndman and Fan, type 7)."""
    value = series.cast(pl.Float64).quantile(share, "linear")
    return 0.0 if value is None else float(value)


def mean(series: pl.Series) -> float:
    """The arithmetic mean; of booleans the share of yes."""
    value = series.cast(pl.Float64).mean()
    return float(value) if isinstance(value, int | float) else 0.0


def total(series: pl.Series) -> float:
    """The sum."""
    return float(series.cast(pl.Float64).sum())


def percent(part: float, whole: float) -> float:
    """`part` in a hundred of `whole`; 0 when the whole is nothing."""
    return 100.0 * part / whole if whole else 0.0


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share, 0 to 1 (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    z, share = 1.959963984540054, hits / n
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def auc_interval(auc: float, events: int, others: int) -> tuple[float, float]:
    """95 % interval of an area under the ROC curve (Hanley and McNeil 1982)."""
    first, second = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = auc * (1 - auc) + (events - 1) * (first - auc * auc) + (others - 1) * (second - auc * auc)
    reach = 1.959963984540054 * math.sqrt(max(0.0, variance) / (events * others))
    return max(0.0, auc - reach), min(1.0, auc + reach)
