"""Columns whose values come from a key column elsewhere: they are of its class. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from connectors.classifying import ColumnClass, of_type, sampled_values

_LEAST_VALUES = 20
_SHARE = 0.9
_LEAST_LENGTH = 4
"""Shorter values (1, 2, web) stand in many columns by chance."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyColumn:
    """A column with a value of its own in each row, and its class."""

    table: str
    kind: ColumnClass
    values: frozenset[str]


def key_columns(table: str, frame: pl.DataFrame, classes: Sequence[ColumnClass]) -> list[KeyColumn]:
    """The columns of a whole table that identify its rows: text, no two the same."""
    return [
        KeyColumn(table, kind, frozenset(column.to_list()))
        for kind in classes
        if kind.role != "text"
        and (column := frame.get_column(kind.name)).dtype == pl.String
        and column.null_count() == 0
        and len(column) >= _LEAST_VALUES
        and column.n_unique() == len(column)
    ]


def by_reference(
    table: str, sample: pl.DataFrame, classes: Sequence[ColumnClass], keys: Sequence[KeyColumn]
) -> list[ColumnClass]:
    """The classes, where a column that nothing is known of takes the class of the key that its values come from."""
    return [_follow(table, sample, kind, keys) for kind in classes]


def _follow(table: str, sample: pl.DataFrame, kind: ColumnClass, keys: Sequence[KeyColumn]) -> ColumnClass:
    if kind.sure or kind.role == "text" or sample.schema[kind.name] != pl.String:
        return kind
    values = [value for value in sampled_values(sample.get_column(kind.name)) if len(value) >= _LEAST_LENGTH]
    if len(values) < _LEAST_VALUES:
        return kind
    best = max(keys, key=lambda key: _overlap(values, key, table, kind.name), default=None)
    if best is None or _overlap(values, best, table, kind.name) < _SHARE:
        return kind
    if best.kind.entity_type is None:
        return ColumnClass(kind.name, kind.dtype, best.kind.role, None, 0.9, kind.share)
    return of_type(kind, best.kind.entity_type, min(0.95, best.kind.confidence))


def _overlap(values: Sequence[str], key: KeyColumn, table: str, column: str) -> float:
    if key.table == table and key.kind.name == column:
        return 0.0
    return sum(value in key.values for value in values) / len(values)


def personal(classes: Mapping[str, Sequence[ColumnClass]]) -> int:
    """How many columns of some tables are personal."""
    return sum(kind.entity_type is not None for columns in classes.values() for kind in columns)
