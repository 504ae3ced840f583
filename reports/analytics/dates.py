"""Dates and times as people write them, in a whole column at once."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "mae": 3, "mrz": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7,
    "aug": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip
_TIME = r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2}|[AaPp]\.?[Mm]\.?|Uhr)?)?"
_ISO = rf"^(\d{{4}})[-/.年]\s?(\d{{1,2}})[-/.月]\s?(\d{{1,2}})日?{_TIME}$"
_DOTTED = rf"^(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}|\d{{2}}){_TIME}$"
_SLASHED = rf"^(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}|\d{{2}}){_TIME}$"
_NAMED = rf"^(\d{{1,2}})\.?[ -]?([A-Za-zäÄ]{{3}})[A-Za-z]*\.?[ -,]*(\d{{4}}){_TIME}$"
_NAMED_FIRST = rf"^([A-Za-zäÄ]{{3}})[A-Za-z]*\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){_TIME}$"
_OFFSET = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})$"
_SUMMER = 60
"""Minutes by which the clock of one place changes over the year, at most."""
_LATEST_YEAR_OF_TWO_DIGITS = 69  # as strptime's %y: 69 is 1969, 68 is 2068


def on_one_clock(texts: Sequence[pl.Series]) -> bool:
    """Whether all times with an offset in these columns are of one place: their offsets differ by summer time at most.

    Then their hours are those that people there worked at; in UTC a nine o'clock of Berlin is one at night work's end.
    """
    offsets = pl.concat([series.rename("offset").str.extract(_OFFSET) for series in texts]) if texts else pl.Series()
    found = offsets.drop_nulls().unique()
    if found.is_empty() or found.is_in(["Z"]).any():
        return False
    minutes = [(-1 if text[0] == "-" else 1) * (60 * int(text[1:3]) + int(text[-2:])) for text in found.cast(pl.String)]
    return max(minutes) - min(minutes) <= _SUMMER


def as_datetime(series: pl.Series, *, day_first: bool | None = None, as_written: bool = False) -> pl.Series:
    """A column as naive Datetime in microseconds; unreadable cells are null.

    Times with an offset are turned into UTC, but for `as_written`, which keeps the clock that they are written by.

    In 03/04/2025 the day stands first when some cell of the column has a first number above 12, else when `day_first`,
    else the month does.
    """
    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("us"))
    if isinstance(series.dtype, pl.Datetime):
        moments = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if series.dtype.time_zone else series
        return moments.cast(pl.Datetime("us"))
    if series.dtype != pl.String:
        return pl.Series(series.name, [None] * len(series), dtype=pl.Datetime("us"))
    a, b = ("d", "m") if _day_first(series, day_first=day_first) else ("m", "d")
    ways = {_ISO: "ymd", _DOTTED: "dmy", _SLASHED: f"{a}{b}y", _NAMED: "dmy", _NAMED_FIRST: "mdy"}
    raw = series.rename("raw")
    found = [
        _moments(raw, pattern, order, as_written=as_written)
        for pattern, order in ways.items()
        if raw.str.contains(pattern).any()
    ]
    if not found:
        return pl.Series(series.name, [None] * len(series), dtype=pl.Datetime("us"))
    return pl.select(pl.coalesce(found).alias(series.name)).to_series()


def month_names_to_numbers(part: pl.Expr) -> pl.Expr:
    """Month numbers from numbers or from names in English or German."""
    return pl.coalesce(
        part.cast(pl.Int32, strict=False),
        part.str.to_lowercase().str.slice(0, 3).replace_strict(MONTHS, default=None, return_dtype=pl.Int32),
    )


def _day_first(series: pl.Series, *, day_first: bool | None) -> bool:
    pairs = series.str.extract_groups(_SLASHED).struct.unnest()
    if not pairs.width:
        return bool(day_first)
    first, second = (pairs[pairs.columns[index]].cast(pl.Int32, strict=False).max() for index in (0, 1))
    if isinstance(first, int) and first > 12:
        return True
    if isinstance(second, int) and second > 12:
        return False
    return bool(day_first)


def _moments(raw: pl.Series, pattern: str, order: str, *, as_written: bool) -> pl.Series:
    """Cells of one way of writing as moments: `order` says which group is year, month and day; times follow them."""
    groups = raw.str.extract_groups(pattern).struct.unnest()
    groups.columns = [*order, "hour", "minute", "second", "suffix"]
    year, half = pl.col("y").cast(pl.Int32, strict=False), pl.col("suffix").str.to_lowercase().str.slice(0, 1)
    hour = pl.col("hour").cast(pl.Int32, strict=False).fill_null(0)
    short = pl.when(pl.col("y").str.len_chars() == 2).then(
        pl.when(year < _LATEST_YEAR_OF_TWO_DIGITS).then(year + 2000).otherwise(year + 1900)
    )
    text = pl.format(
        "{}-{}-{} {}:{}:{}", short.otherwise(year), _two(month_names_to_numbers(pl.col("m"))), _two(pl.col("d")),
        _two(pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)),
        _two(pl.col("minute").fill_null("0")), _two(pl.col("second").fill_null("0")),
    )  # fmt: skip
    if as_written:
        half = pl.lit("")
    sign = pl.when(half == "-").then(-1).when(half == "+").then(1).otherwise(0)
    digits = pl.col("suffix").str.replace_all(r"\D", "")
    minutes = digits.str.slice(0, 2).cast(pl.Int32, strict=False).fill_null(0) * 60
    minutes = minutes + digits.str.slice(2, 2).cast(pl.Int32, strict=False).fill_null(0)
    moment = text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    return groups.select((moment - pl.duration(minutes=(minutes * sign).fill_null(0))).alias("moment")).to_series()


def _two(part: pl.Expr) -> pl.Expr:
    return part.cast(pl.String).str.zfill(2)
