"""Columns of a file that nobody prepared: missing values, German dates, decimal commas, mixed types.

`tidy` types a whole table and says how many cells it could not read; `as_kind` turns one column into what a role wants.
Such a cell becomes null, never a guess. Pure and vectorised: a column of ten million cells takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from reports.analytics.dates import as_datetime, on_one_clock
from reports.results import ColumnKind

NOTHING = ("", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a", "k.a.", "k. a.", "unbekannt", "unknown", "?")
YES = ("true", "yes", "y", "ja", "j", "wahr", "oui", "si", "sí", "1", "1.0", "x", "on")
NO = ("false", "no", "n", "nein", "falsch", "non", "0", "0.0", "off")
_WENT = "ok success succeeded successful allowed granted permitted passed erfolgreich erlaubt gewährt".split()
_FAILED = (
    "denied failed failure fail error refused rejected blocked forbidden unauthorized unauthorised verweigert "
    "fehlgeschlagen abgelehnt fehler gesperrt"
).split()
"""What logs say for yes and no: only where a role wants yes or no, for other columns keep their words."""
ENOUGH = 0.9
"""Share of a column's cells that must be readable as a type for the column to be of that type."""
_CURRENCY = (
    r"(?i)(?:€|\$|£|¥|₹|₽|₺|zł|kč|円|元|eur|usd|gbp|chf|pln|czk|jpy|cny|inr|sek|nok|dkk|huf|ron|try|aud|cad|nzd|brl|kr\b"
    r"|%|\s|\u00a0|\u202f|'|\u2019)"
)
_GERMAN = r"^-?(\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3}){2,})$"
_ENGLISH = r"^-?(\d{1,3}(,\d{3})+\.\d+|\d+\.(\d{1,2}|\d{4,})|\d{1,3}(,\d{3}){2,})$"
_NUMBER = r"^-?(\d+|\d{1,3}([.,]\d{3})+|\d*[.,]\d+|\d{1,3}(\.\d{3})+,\d+|\d{1,3}(,\d{3})+\.\d+)(e[+-]?\d+)?$"
_SHORT = 12
_MOST_CATEGORIES = 1_000


@dataclass(frozen=True, slots=True)
class Unread:
    """Cells of one column that could not be read as `kind`; they count as missing."""

    column: str
    kind: ColumnKind
    cells: int


def tidy(
    frame: pl.DataFrame, kinds: Mapping[str, ColumnKind] = MappingProxyType({})
) -> tuple[pl.DataFrame, tuple[Unread, ...]]:
    """`frame` with typed columns: those of `kinds` as wanted, other columns of texts as they look.

    Cells that do not fit their column's type become null. What is ambiguous (`1.500`, `03/04/2025`) is read as the
    other columns of the table write numbers.
    """
    if frame.width:
        frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))  # lines of nothing, as spreadsheets leave them
    comma = _decimal_comma([_stripped(frame[name]) for name in frame.columns if frame.schema[name] == pl.String])
    texts_of = [frame[name] for name in frame.columns if frame.schema[name] == pl.String]
    local = on_one_clock(texts_of)
    made, unread = [], []
    for series in frame.iter_columns():
        texts = series.dtype == pl.String
        plain = _stripped(series) if texts else series
        kind = kinds.get(series.name) or (guess(plain, comma=comma) if texts else None)
        typed = plain if kind is None else as_kind(plain, kind, comma=comma, local=local)
        lost = typed.null_count() - plain.null_count()
        if kind and lost:
            unread.append(Unread(series.name, kind, lost))
        made.append(typed)
    return pl.DataFrame(made), tuple(unread)


def guess(series: pl.Series, *, comma: bool | None = None) -> ColumnKind:
    """The kind of a column of texts by what at least nine in ten of its cells can be read as."""
    cells = series.drop_nulls()
    if cells.is_empty():
        return "category"
    sample = cells if len(cells) <= 20_000 else cells.gather_every(len(cells) // 20_000)
    lower = sample.str.to_lowercase()
    if lower.is_in(YES + NO).all() and lower.n_unique() <= 2:
        return "boolean"
    numbered = sample.str.contains(r"^[+-]?0\d+$").any()  # a postcode or a number that keeps its zero
    if not numbered and _readable(sample, "datetime", comma=comma) >= ENOUGH:
        return "datetime" if sample.str.contains(r"\d:\d\d").any() else "date"
    if not numbered and _readable(sample, "number", comma=comma) >= ENOUGH:
        return "number"
    length = sample.str.len_chars().mean()
    if isinstance(length, float) and length > 4 * _SHORT:
        return "text"
    return "id" if sample.n_unique() > 0.9 * len(sample) else "category"


def as_kind(series: pl.Series, kind: ColumnKind, *, comma: bool | None = None, local: bool = False) -> pl.Series:
    """The column in the type that a role wants (see `ColumnKind`). Cells that cannot be read become null.

    `local`: times keep the clock that they are written by, see `on_one_clock`.
    """
    if kind in {"id", "category", "text"}:
        made = _stripped(series if series.dtype == pl.String else series.cast(pl.String, strict=False))
        return _one_spelling(made) if kind == "category" else made
    if kind == "boolean":
        return _boolean(series)
    if kind == "number":
        return _number(series, comma=comma)
    cells = _stripped(series) if series.dtype == pl.String else series
    moments = as_datetime(cells, day_first=comma, as_written=local)
    return moments.cast(pl.Date) if kind == "date" else moments


def _one_spelling(series: pl.Series) -> pl.Series:
    """Values that differ only in capitals and blanks (`web`, `Web `) as the most usual of them."""
    name = series.name
    counts = series.drop_nulls().value_counts().sort(["count", name], descending=[True, False])
    if len(counts) > _MOST_CATEGORIES:
        return series
    alike = counts.with_columns(key=pl.col(name).str.to_lowercase().str.replace_all(r"\s+", " "))
    if alike["key"].n_unique() == len(alike):
        return series
    usual = alike.with_columns(usual=pl.col(name).first().over("key"))
    return series.replace(dict(zip(usual[name], usual["usual"], strict=True)))


def said(series: pl.Series) -> pl.Series:
    """The cells of a column that say something: neither null nor one of the words for nothing."""
    return (_stripped(series) if series.dtype == pl.String else series).drop_nulls()


def _stripped(series: pl.Series) -> pl.Series:
    text = series.str.strip_chars(' \t\r\n\u00a0\u202f\ufeff"')
    return text.set(text.str.to_lowercase().is_in(NOTHING).fill_null(value=False), None)


def _readable(series: pl.Series, kind: ColumnKind, *, comma: bool | None) -> float:
    return 1.0 - as_kind(series, kind, comma=comma).null_count() / len(series)


def _bare(series: pl.Series) -> pl.Series:
    """Numbers without currency and spaces, the minus in front."""
    text = series.str.replace_all(_CURRENCY, "").str.replace_all(r"[\u2212\u2013]", "-").str.replace(r"^\+", "")
    text = text.str.replace(r"^\((.+)\)$", "-$1")
    return text.str.replace(r"^(.+)-$", "-$1").str.to_lowercase()


def _decimal_comma(texts: Sequence[pl.Series]) -> bool | None:
    """Whether this table writes 1.234,56; None when no cell tells."""
    german = english = 0
    for series in texts:
        if series.dtype != pl.String or series.is_empty():
            continue
        bare = _bare(series.head(5_000))
        german += int(bare.str.contains(_GERMAN).sum() or 0)
        english += int(bare.str.contains(_ENGLISH).sum() or 0)
    return None if german == english else german > english


def _number(series: pl.Series, *, comma: bool | None) -> pl.Series:
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        made = series.cast(pl.Float64)
        return made.set(made.is_nan().fill_null(value=False) | made.is_infinite().fill_null(value=False), None)
    if series.dtype != pl.String:
        return series.cast(pl.Float64, strict=False)
    bare = _bare(_stripped(series))
    own = _decimal_comma([bare])
    as_comma = own if own is not None else bool(comma)
    german, english = bare.str.contains(_GERMAN), bare.str.contains(_ENGLISH)
    swap = german | ~english if as_comma else german
    table = pl.DataFrame({"bare": bare, "swap": swap.fill_null(value=False), "good": bare.str.contains(_NUMBER)})
    value = (
        pl.when("swap")
        .then(pl.col("bare").str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .otherwise(pl.col("bare").str.replace_all(",", "", literal=True))
    )
    return table.select(pl.when("good").then(value).cast(pl.Float64, strict=False).alias(series.name)).to_series()


def _boolean(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Boolean:
        return series
    if series.dtype.is_numeric():
        return series.cast(pl.Float64).replace_strict({0.0: False, 1.0: True}, default=None, return_dtype=pl.Boolean)
    text = _stripped(series.cast(pl.String, strict=False)).str.to_lowercase()
    known = {**dict.fromkeys((*YES, *_WENT), True), **dict.fromkeys((*NO, *_FAILED), False)}
    return text.replace_strict(known, default=None, return_dtype=pl.Boolean)
