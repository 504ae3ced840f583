"""Parameters of an analysis, read with a default and in the wished type."""

from __future__ import annotations

import datetime as dt

import polars as pl

from reports.results import AnalysisContext


def number(context: AnalysisContext, name: str, default: float) -> float:
    """The parameter as a number; `default` when it is absent or no number."""
    value = context.parameters.get(name, default)
    try:
        return float(value)
    except ValueError:
        return default


def flag(context: AnalysisContext, name: str, *, default: bool) -> bool:
    """The parameter as yes or no."""
    value = context.parameters.get(name, default)
    return value.strip().lower() in {"true", "yes", "1", "on"} if isinstance(value, str) else bool(value)


def text(context: AnalysisContext, name: str, default: str) -> str:
    """The parameter as a text; `default` when it is absent or empty."""
    return str(context.parameters.get(name, default) or default)


def today(context: AnalysisContext, times: pl.Series) -> dt.datetime:
    """The day that the report looks back from: the parameter `today` (ISO), else the last time in the data.

    Raises ValueError when there is neither.
    """
    wanted = str(context.parameters.get("today", "") or "")
    if wanted:
        return dt.datetime.fromisoformat(wanted).replace(tzinfo=None)
    last = times.drop_nulls().cast(pl.Datetime("us")).max()
    if not isinstance(last, dt.datetime):
        raise ValueError("no time in the data")  # noqa: TRY004 - an empty column, not a wrong type
    return last
