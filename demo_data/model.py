"""What a demo set is made of: columns, tables, labelled spans. No data is generated here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Cell = str | int | float | bool | dt.date | dt.datetime | None
Row = tuple[Cell, ...]
Label = tuple[int, int, str, str]
"""A personal value in a text: start, end (characters, end exclusive), entity type, the value itself."""
ColumnType = Literal["text", "integer", "real", "boolean", "date", "datetime"]


class UnknownSet(ValueError):
    """There is no demo set of that name."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `personal` is the entity type of its values, or None.

    `free_text`: personal values stand somewhere inside, see the set's labels. `quasi`: not personal alone, but
    narrowing (sex, country). `references` is "table.column" of the key that it points at.
    """

    name: str
    type: ColumnType = "text"
    personal: str | None = None
    free_text: bool = False
    quasi: bool = False
    key: bool = False
    references: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; every row has one cell per column, in the order of `columns`."""

    name: str
    columns: tuple[Column, ...]
    rows: list[Row]

    def index(self, column: str) -> int:
        """The position of `column`; raises KeyError when there is none of that name."""
        for position, candidate in enumerate(self.columns):
            if candidate.name == column:
                return position
        raise KeyError(column)

    def values(self, column: str) -> list[Cell]:
        """All cells of one column, in row order."""
        position = self.index(column)
        return [row[position] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Span:
    """One labelled personal value and where it stands: `row` counts from 0, `column` is of the named table."""

    table: str
    column: str
    row: int
    label: Label


@dataclass(frozen=True, slots=True)
class DataSet:
    """One demo set.

    `labels` holds, per free-text column, one list of labels per row. `truth` is the planted structure with its
    figures (this set's part of truth.json). `planted` holds what no column tells, one entry per row of a table:
    for example the segment that each customer was drawn from.
    """

    name: str
    seed: int
    tables: dict[str, Table]
    labels: dict[tuple[str, str], list[list[Label]]] = field(repr=False)
    truth: Mapping[str, object] = field(repr=False)
    planted: dict[str, list[str]] = field(repr=False)

    def spans(self) -> Iterator[Span]:
        """Every personal value of the set: whole cells of personal columns, and the labels of free text."""
        for table in self.tables.values():
            for position, column in enumerate(table.columns):
                if column.personal is not None:
                    yield from _whole_cells(table, position, column.name, column.personal)
        for (table_name, column_name), rows in self.labels.items():
            for number, labels in enumerate(rows):
                for label in labels:
                    yield Span(table_name, column_name, number, label)


def _whole_cells(table: Table, position: int, column: str, entity_type: str) -> Iterator[Span]:
    for number, row in enumerate(table.rows):
        value = as_text(row[position])
        if value:
            yield Span(table.name, column, number, (0, len(value), entity_type, value))


def as_text(cell: Cell) -> str:
    """A cell as files hold it: ISO dates, `true`/`false`, the empty string for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)
