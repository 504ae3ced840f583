"""What the starters share: people to fill tables with, texts with labels, tables into sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo_data.grammar import Grammar, Slot, join
from demo_data.model import Column, DataSet, Label, Row, Table
from demo_data.people import COUNTRIES, PeopleMaker, Person
from demo_data.seeding import DEFAULT_SEED, Stream

TODAY = dt.date(2026, 6, 30)
_GRAMMAR = Grammar.from_file(Path(__file__).with_name("texts.txt"))


def stream_of(name: str) -> Stream:
    """The stream of choices of one starter."""
    return Stream(DEFAULT_SEED, f"starter/{name}")


def people(stream: Stream, count: int, domain: str | None = None) -> list[Person]:
    """So many grown-ups; with `domain` they all have their mail there."""
    maker = PeopleMaker(stream)
    return [maker.make((19, 78), TODAY, COUNTRIES, domain) for _ in range(count)]


def day(stream: Stream, most: int = 500) -> dt.date:
    """A day of the last `most`."""
    return TODAY - dt.timedelta(days=stream.between(0, most))


def text(rule: str, slots: Mapping[str, Slot], stream: Stream) -> tuple[str, list[Label]]:
    """A text of a rule, and its personal values."""
    return join(_GRAMMAR.write(rule, slots, stream))


def dataset(
    name: str,
    tables: Sequence[tuple[str, Sequence[Column], list[Row]]],
    labels: dict[tuple[str, str], list[list[Label]]],
) -> DataSet:
    """The tables as a set."""
    made = {table: Table(table, tuple(columns), rows) for table, columns, rows in tables}
    return DataSet(name, DEFAULT_SEED, made, labels, {}, {})
