"""Columns out of records: documents, JSON objects, rows of a sheet. Pure.

The shape is learnt from the first records and then fixed, so that every batch has the same columns. A later record that
does not fit it is set aside, never bent.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl

from connectors.base import BrokenRow, SourceColumn, chosen

LEARNT = 5_000
"""Records from which a shape is learnt where not all can be looked at."""
MAX_DEPTH = 6
UNREADABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, lone surrogates of JSON escapes, and what `surrogateescape` makes of bytes that are not of the encoding."""
MAX_RAW = 2_000
MAX_INT = 1 << 63
BLOCK = 1_000
"""Records that are looked at column by column, which is fast; only a block with a misfit is looked at one by one."""
Numbered = tuple[int, Mapping[str, Any]]
"""A record with its line or place in the source, from 1."""

_DTYPES: dict[frozenset[str], pl.DataType] = {
    frozenset({"bool"}): pl.Boolean(),
    frozenset({"int"}): pl.Int64(),
    frozenset({"float"}): pl.Float64(),
    frozenset({"int", "float"}): pl.Float64(),
    frozenset({"date"}): pl.Date(),
    frozenset({"time"}): pl.Datetime("us", "UTC"),
    frozenset({"date", "time"}): pl.Datetime("us", "UTC"),
}
_ALLOWED = {
    dtype: frozenset[str]().union(*(kinds for kinds, known in _DTYPES.items() if known == dtype))
    for dtype in _DTYPES.values()
}
_NAMED = {str: "text", bool: "bool", float: "float"}
_NONE = type(None)
_PLAIN = frozenset({str, int, float, bool, _NONE, dt.date, dt.datetime})


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Nested objects as dotted columns; lists, and what is too deep, as JSON text."""
    if not prefix and isinstance(record, dict) and _PLAIN.issuperset(map(type, record.values())):
        return record
    out: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping) and value and depth < MAX_DEPTH:
            out |= flat(value, f"{prefix}{name}.", depth + 1)
        else:
            out[f"{prefix}{name}"] = _scalar(value)
    return out


def _scalar(value: object) -> object:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, bool | int | float | str | dt.date):
        return value
    return as_text(value)


def as_text(value: object) -> str:
    """A value as the text of a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -MAX_INT <= value < MAX_INT else "text"
    if isinstance(value, float):
        return "float"
    if isinstance(value, dt.datetime):
        return "time" if value.tzinfo or value.time() != dt.time() else "date"
    return "date" if isinstance(value, dt.date) else "text"


@dataclass(frozen=True, slots=True)
class Shape:
    """Names and types of columns, in the order in which they were first seen."""

    dtypes: Mapping[str, pl.DataType]

    @classmethod
    def learnt(cls, records: Iterable[Mapping[str, Any]], names: Sequence[str] = ()) -> Shape:
        """The shape of these flat records; `names` come first, whether seen or not."""
        kinds: dict[str, set[str]] = {name: set() for name in names}
        rest = iter(records)
        while block := list(islice(rest, BLOCK)):
            for name in _names(block):
                kinds.setdefault(name, set()).update(_kinds([record.get(name) for record in block]))
        return cls({name: _DTYPES.get(frozenset(seen), pl.String()) for name, seen in kinds.items()})

    @property
    def columns(self) -> tuple[SourceColumn, ...]:
        """As shown to people."""
        return tuple(SourceColumn(name, str(dtype)) for name, dtype in self.dtypes.items())

    def frame(
        self, records: Sequence[Numbered], wanted: Sequence[str] | None, table: str
    ) -> tuple[pl.DataFrame, tuple[BrokenRow, ...]]:
        """Flat records as a frame of the wanted columns, and those that do not fit. Raises ConnectorProblem."""
        names = chosen(list(self.dtypes), wanted, table)
        fitting: list[Mapping[str, Any]] = []
        broken: list[BrokenRow] = []
        for start in range(0, len(records), BLOCK):
            block = records[start : start + BLOCK]
            if self._all_fit([record for _, record in block]):
                fitting += [record for _, record in block]
            else:
                self._sort_out(block, fitting, broken)
        series = [self._series(name, [record.get(name) for record in fitting]) for name in names]
        return pl.DataFrame(series), tuple(broken)

    def _all_fit(self, block: Sequence[Mapping[str, Any]]) -> bool:
        """True when no record of the block is a misfit: the same rule as `_misfit`, by column."""
        names = _names(block)
        return all(name in self.dtypes for name in names) and all(
            self._column_fits(self.dtypes[name], [record.get(name) for record in block]) for name in names
        )

    @staticmethod
    def _column_fits(dtype: pl.DataType, values: Sequence[Any]) -> bool:
        if dtype != pl.String:
            return _kinds(values) <= _ALLOWED[dtype]
        texts = [value for value in values if isinstance(value, str)]
        return UNREADABLE.search("\n".join(texts)) is None

    def _sort_out(self, block: Sequence[Numbered], fitting: list[Mapping[str, Any]], broken: list[BrokenRow]) -> None:
        for line, record in block:
            reason = self._misfit(record)
            if reason:
                raw = json.dumps(record, ensure_ascii=False, default=as_text)[:MAX_RAW]
                broken.append(BrokenRow(line, reason, raw.encode("utf-8", "backslashreplace").decode()))
            else:
                fitting.append(record)

    def _misfit(self, record: Mapping[str, Any]) -> str:
        for name, value in record.items():
            dtype = self.dtypes.get(name)
            if dtype is None:
                return "it has a field that the records before it have not"
            if isinstance(value, str) and UNREADABLE.search(value):
                return f"the value of {name!r} holds a NUL byte or half a character"
            if value is not None and dtype != pl.String and not _fits(value, dtype):
                return f"the value of {name!r} is no {dtype}"
        return ""

    def _series(self, name: str, values: Sequence[Any]) -> pl.Series:
        dtype = self.dtypes[name]
        if dtype == pl.String:
            if not set(map(type, values)) <= {str, _NONE}:
                values = [v if v is None or isinstance(v, str) else as_text(v) for v in values]
        elif dtype == pl.Float64:
            values = [None if v is None else float(v) for v in values]
        elif dtype == pl.Date:
            values = [v.date() if isinstance(v, dt.datetime) else v for v in values]
        elif isinstance(dtype, pl.Datetime):
            values = [None if v is None else _moment(v) for v in values]
        return pl.Series(name, values, dtype=dtype)


def _fits(value: object, dtype: pl.DataType) -> bool:
    return _kind(value) in _ALLOWED[dtype]


def _names(block: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of all records in the order in which they are first seen."""
    return list(dict.fromkeys(name for names in dict.fromkeys(map(tuple, block)) for name in names))


def _kinds(values: Sequence[Any]) -> set[str]:
    """What `_kind` says of the values that are there; types are looked at all at once."""
    kinds: set[str] = set()
    for type_ in set(map(type, values)) - {_NONE}:
        if type_ in _NAMED:
            kinds.add(_NAMED[type_])
        elif type_ is int:
            numbers = [value for value in values if type(value) is int]
            outside = max(numbers) >= MAX_INT or min(numbers) < -MAX_INT
            kinds |= set(map(_kind, numbers)) if outside else {"int"}
        else:
            kinds |= {_kind(value) for value in values if type(value) is type_}
    return kinds


def _moment(value: dt.date) -> dt.datetime:
    moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
