"""From the other columns of a table to the numbers that a model learns from, without protected attributes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reports.analytics.mapping import words_of

PROTECTED = (
    "gender sex geschlecht race ethnic ethnicity religion konfession nationality nationalitaet citizenship birth dob "
    "geburtsdatum age aged alter senior elderly retired rentner language "
    "sprache country land region state postcode zip plz city disability married "
    "marital "
    "pregnant orientation union party"
).split()
"""Words of columns that a model must not judge people by (or by which it would guess what it must not)."""
_MOST_VALUES = 12
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix: its name in words, the role or column it comes from, and whether it is yes or no."""

    name: str
    column: str
    binary: bool


def is_protected(column: str) -> bool:
    """Whether the column's name says that it holds a protected attribute."""
    return any(word in PROTECTED for word in words_of(column).split())


def _is_share(numbers: pl.Series) -> bool:
    """Whether numbers are shares of one: a step of one per cent says more than one from nothing to all."""
    within = numbers.is_between(0, 1).all()
    return bool(within) and bool((numbers != numbers.round(0)).any())


def matrix(frame: pl.DataFrame, names: Sequence[str], *, least: int) -> tuple[tuple[Feature, ...], Matrix]:
    """Features and their values, rows as in `frame`; missing numbers become the median.

    Numbers stay, booleans are 0 and 1, categories become one column per value but the most frequent one; values of
    fewer than `least` rows, dates and columns that do not vary are left out.
    """
    made: list[tuple[Feature, pl.Series]] = []
    for column in names:
        series = frame[column]
        title = " ".join(column.removeprefix("other.").replace("_", " ").lower().split())
        if series.dtype == pl.Boolean:
            made.append((Feature(title, column, binary=True), series.cast(pl.Float64).fill_null(0.0)))
        elif series.dtype.is_numeric():
            numbers = series.cast(pl.Float64).fill_nan(None)
            numbers = numbers.fill_null(numbers.median())
            if _is_share(numbers):  # per unit would be from nothing to all
                title, numbers = f"{title} (%)", 100 * numbers
            made.append((Feature(title, column, binary=False), numbers))
        elif series.dtype == pl.String and 2 <= series.n_unique() <= _MOST_VALUES:
            counts = series.drop_nulls().value_counts(sort=True).sort(["count", column], descending=[True, False])
            for value, count in list(counts.iter_rows())[1:]:
                if count >= least:
                    feature = Feature(f"{title} {re.sub(r'[_]+', ' ', str(value))}", column, binary=True)
                    made.append((feature, (series == value).fill_null(value=False).cast(pl.Float64)))
    kept = [(feature, series) for feature, series in made if not series.has_nulls() and series.n_unique() > 1]
    if not kept:
        return (), np.empty((len(frame), 0))
    return tuple(feature for feature, _ in kept), np.column_stack([series.to_numpy() for _, series in kept])
