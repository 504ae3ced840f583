"""Cells without a value."""

from __future__ import annotations

import polars as pl
import pytest

from connectors.jar_values import _texts
from connectors.no_values import is_answer, is_nothing


@pytest.mark.parametrize("cell", ["n/a", "-", "--", "?", "Unknown", "k.A.", " NULL ", "not available", ""])
def test_cells_that_say_there_is_nothing(cell: str) -> None:
    assert is_nothing(cell)


@pytest.mark.parametrize("cell", ["Ann", "7", "Ka Wong", "Noel Null", "佐藤"])
def test_cells_that_hold_something(cell: str) -> None:
    assert not is_nothing(cell)


def test_yes_and_no_are_answers() -> None:
    assert all(map(is_answer, ["Ja", "nein ", "YES"]))
    assert not is_answer("Nina")


def test_junk_becomes_no_known_value() -> None:
    column = pl.Series(["Ann Lee", "n/a", "-", "unknown unknown", None, "  Ann   Lee ", "k.A."])
    assert sorted(set(_texts(column))) == ["Ann Lee"]
