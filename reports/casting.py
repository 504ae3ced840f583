"""Columns as people write them, in the types that analyses want: German dates, decimal commas, yes and no. Pure.

A cell that cannot be read is null; how many could is told, so that a column of the wrong kind is noticed.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from reports.results import ColumnKind

_DATE_FORMS: Final = (
    "%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d", "%d %b %Y",
    "%d. %B %Y", "%b %d, %Y",
)  # fmt: skip
_TIMES: Final = ("%H:%M:%S%.f", "%H:%M:%S", "%H:%M")
_TRUE: Final = ("true", "t", "yes", "y", "1", "ja", "j", "wahr", "x", "oui", "si", "on")
_FALSE: Final = ("false", "f", "no", "n", "0", "nein", "falsch", "non", "off")
_NOTHING: Final = (
    "",
    "-",
    "--",
    "n/a",
    "na",
    "null",
    "none",
    "nan",
    "k.a.",
    "k. a.",
    "?",
    "#n/v",
    "unbekannt",
    "unknown",
)
_POLARS: Final[dict[ColumnKind, type[pl.DataType]]] = {
    "id": pl.String,
    "category": pl.String,
    "text": pl.String,
    "number": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime,
}


def cast(column: pl.Series, kind: ColumnKind) -> pl.Series:
    """`column` in the type of `kind`, null where a cell cannot be read as such."""
    if column.dtype == pl.Null:
        return column.cast(_POLARS[kind])
    if kind in {"id", "category", "text"}:
        return _as_text(column)
    if kind == "number":
        return _as_number(column)
    if kind == "boolean":
        return _as_boolean(column)
    moments = _as_moment(column)
    return moments.cast(pl.Date) if kind == "date" else moments


def readable(column: pl.Series, kind: ColumnKind) -> float:
    """The share of cells with something in them that can be read as `kind`, 0 to 1; 0 for an empty column."""
    filled = column.drop_nulls()
    if filled.dtype == pl.String:
        filled = filled.filter(~filled.str.strip_chars().str.to_lowercase().is_in(list(_NOTHING)))
    if not len(filled):
        return 0.0
    return 1.0 - cast(filled, kind).null_count() / len(filled)


def _as_text(column: pl.Series) -> pl.Series:
    text = column if column.dtype == pl.String else column.cast(pl.String)
    text = text.str.strip_chars()
    empty = text.str.to_lowercase().is_in(list(_NOTHING))
    return text.set(empty.fill_null(value=False), None)


def _as_number(column: pl.Series) -> pl.Series:
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return column.cast(pl.Float64)
    if column.dtype != pl.String:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)
    plain = column.str.replace_all(r"[\s\u00a0\u202f'€$£%]|EUR|USD|GBP|CHF", "")
    if _has_decimal_comma(plain):
        plain = plain.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    else:
        plain = plain.str.replace_all(",", "", literal=True)
    return plain.cast(pl.Float64, strict=False).rename(column.name)


def _has_decimal_comma(plain: pl.Series) -> bool:
    """Whether commas separate decimals: `1.234,5` and `12,50` say so, `1,234.5` and `1,234,567` the contrary."""
    german = plain.str.contains(r"^[-+]?\d{1,3}(?:\.\d{3})*,\d+$|^[-+]?\d+,\d{1,2}$").sum() or 0
    english = plain.str.contains(r",\d{3}(?:\.|,|$)|^[-+]?\d+\.\d{1,2}$").sum() or 0
    thousands = plain.str.contains(r"^[-+]?\d{1,3}(?:\.\d{3})+$").sum() or 0
    return bool(german > english or (not english and not german and thousands > 0))


def _as_boolean(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Boolean:
        return column
    if column.dtype.is_numeric():
        whole = column.cast(pl.Float64)
        fits = whole.is_in([0.0, 1.0]).fill_null(value=False)
        return (whole == 1.0).set(~fits, None)
    text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.replace_strict(
        [*_TRUE, *_FALSE], [True] * len(_TRUE) + [False] * len(_FALSE), default=None, return_dtype=pl.Boolean
    )


def _as_moment(column: pl.Series) -> pl.Series:
    kind = pl.Datetime("us")
    if column.dtype == pl.Date:
        return column.cast(kind)
    if column.dtype == pl.Datetime:
        return column.dt.replace_time_zone(None).cast(kind)
    empty = pl.Series(column.name, [None] * len(column), dtype=kind)
    if column.dtype != pl.String:
        return empty
    text = column.str.strip_chars().str.replace("T", " ", literal=True).str.replace(r"(Z|[+-]\d{2}:?\d{2})$", "")
    best, read = empty, 0
    for form in _forms():
        parsed = text.str.to_datetime(form, strict=False, exact=True, time_unit="us")
        count = len(parsed) - parsed.null_count()
        if count > read:
            best, read = parsed, count
        if read == len(text) - text.null_count():
            break
    return best.rename(column.name)


def _forms() -> list[str]:
    return [*_DATE_FORMS, *(f"{date} {time}" for date in _DATE_FORMS for time in _TIMES)]
