"""Columns out of records: what is looked at by column says the same as what is looked at one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as some

from connectors.shape import BLOCK, Shape, flat

CELLS = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-(1 << 64), 1 << 64),
    some.floats(allow_nan=False),
    some.sampled_from(["", "x", "a\0b", "half \ud800", "ü\n"]),
    some.dates(),
    some.datetimes(),
    some.datetimes(timezones=some.just(dt.UTC)),
)
RECORDS = some.lists(some.dictionaries(some.sampled_from("abc"), CELLS, max_size=3), max_size=12)


@settings(max_examples=150, deadline=None)
@given(learnt=RECORDS, records=RECORDS)
def test_a_block_says_what_its_records_say_one_by_one(
    learnt: list[dict[str, Any]], records: list[dict[str, Any]]
) -> None:
    found = Shape.learnt(learnt)
    frame, broken = found.frame(list(enumerate(records, 1)), None, "t")
    ones = [found.frame([(place, record)], None, "t") for place, record in enumerate(records, 1)]
    assert [(row.line, row.reason) for row in broken] == [(row.line, row.reason) for _, aside in ones for row in aside]
    assert frame.rows() == [row for one, _ in ones for row in one.rows()]
    unreadable = [
        place for place, record in enumerate(learnt, 1) if {"a\0b", "half \ud800"} & {*map(str, record.values())}
    ]
    assert [row.line for row in found.frame(list(enumerate(learnt, 1)), None, "t")[1]] == unreadable


def test_a_misfit_costs_its_record_and_no_other() -> None:
    records: list[dict[str, Any]] = [{"n": number, "t": str(number)} for number in range(2 * BLOCK + 5)]
    found = Shape.learnt(records)
    assert found.dtypes == {"n": pl.Int64(), "t": pl.String()}
    for place, cell in ((3, "x"), (BLOCK, 1 << 63), (BLOCK + 1, 1.5)):
        records[place] = {"n": cell, "t": "?"}
    records[5] = {"n": 5, "more": 1}
    records[7] = {"n": 7, "t": "\0"}
    frame, broken = found.frame(list(enumerate(records, 1)), ["t", "n"], "t")
    assert [row.line for row in broken] == [4, 6, 8, BLOCK + 1, BLOCK + 2]
    assert frame["n"].to_list() == [n for n in range(2 * BLOCK + 5) if n not in {3, 5, 7, BLOCK, BLOCK + 1}]
    assert frame["t"].to_list() == [str(number) for number in frame["n"].to_list()]


def test_columns_come_in_the_order_in_which_they_are_first_seen() -> None:
    assert [*Shape.learnt([{"b": 1}, {"a": 1, "b": 2}, {"c": None, "a": 2}], ("z",)).dtypes] == ["z", "b", "a", "c"]


def test_nested_objects_get_dots_and_lists_become_text() -> None:
    assert flat({"a": 1, "b": {"c": {"d": "x"}, "e": [1, {"f": None}]}, "g": {}}) == {
        "a": 1,
        "b.c.d": "x",
        "b.e": '[1, {"f": null}]',
        "g": "{}",
    }
