"""Cells that a spreadsheet would run as formulas, made harmless before a CSV or XLSX leaves. Pure."""

from __future__ import annotations

import polars as pl

_DANGEROUS = r"^[\s\x00]*[=+\-@\t\r|%\uFF1D\uFF0B\uFF0D\uFF20]"
_NUMBER = r"^[+-]?[0-9][0-9.,]*$"
"""A signed number is no formula, and an apostrophe would spoil it."""


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with an apostrophe before every text, and column name, that begins like a formula."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    safe = frame.with_columns(
        pl.when(pl.col(name).str.contains(_DANGEROUS) & ~pl.col(name).str.contains(_NUMBER))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
    names = pl.Series(frame.columns, dtype=pl.String)
    return safe.rename({name: f"'{name}" for name in names.filter(names.str.contains(_DANGEROUS))})
