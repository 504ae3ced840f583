"""Columns of files that nobody prepared."""
# ruff: noqa: DTZ001 - frames hold naive times

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.analytics.tidying import as_kind, tidy


def numbers(*cells: str | None) -> list[float | None]:
    return as_kind(pl.Series(cells, dtype=pl.String), "number").to_list()


def moments(*cells: str | None) -> list[dt.datetime | None]:
    return as_kind(pl.Series(cells, dtype=pl.String), "datetime").to_list()


def test_decimal_commas_and_points() -> None:
    assert numbers("1.234,56", "7,5", "1.000") == [1234.56, 7.5, 1000]
    assert numbers("1,234.56", "7.5", "1,000") == [1234.56, 7.5, 1000]
    assert numbers("1 234,50 €", "EUR 12,00", "(3,25)", "4,75-", "−2,5", "12 %") == [1234.5, 12, -3.25, -4.75, -2.5, 12]
    assert numbers("$1,234.50", "1'000.25", "+3.5") == [1234.5, 1000.25, 3.5]
    assert numbers("53,20 zł", "1.250,00 zł", "7,5 PLN", "12,00 Kč") == [53.2, 1250, 7.5, 12]
    assert numbers("1,234円", "980 円", "¥12,345,678") == [1234, 980, 12345678]
    assert numbers("viele", "", "k.A.", "-", None, "1.2.3") == [None] * 6


def test_one_style_per_column_decides_what_is_ambiguous() -> None:
    assert numbers("1.500", "2,75") == [1500, 2.75]
    assert numbers("1.500", "2.75") == [1.5, 2.75]


@settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_numbers_survive_both_ways_of_writing(value: object) -> None:
    english = f"{value:,.2f}"
    german = english.replace(",", "_").replace(".", ",").replace("_", ".")
    assert numbers(english, "0.25")[0] == numbers(german, "0,25")[0] == float(str(value))


def test_dates_as_people_write_them() -> None:
    day = dt.datetime(2025, 4, 3)
    assert moments("03.04.2025", "3.4.25", "2025-04-03", "3. April 2025", "Apr 3, 2025", "2025/04/03") == [day] * 6
    assert moments("13/04/2025", "03/04/2025") == [dt.datetime(2025, 4, 13), day]
    assert moments("04/13/2025", "04/03/2025") == [dt.datetime(2025, 4, 13), day]
    assert moments("31.02.2025", "hello", "32.1.2025") == [None] * 3
    assert moments("1.3.69", "1.3.68") == [dt.datetime(1969, 3, 1), dt.datetime(2068, 3, 1)]
    assert moments("3. März 2025", "12 Dez 2024") == [dt.datetime(2025, 3, 3), dt.datetime(2024, 12, 12)]


def test_times_of_day_and_offsets() -> None:
    assert moments("03.04.2025 14:05", "2025-04-03T14:05:06.789") == [
        dt.datetime(2025, 4, 3, 14, 5),
        dt.datetime(2025, 4, 3, 14, 5, 6),
    ]
    assert moments("2025-04-03T14:00:00+02:00", "2025-04-03T14:00:00Z") == [
        dt.datetime(2025, 4, 3, 12),
        dt.datetime(2025, 4, 3, 14),
    ]
    assert moments("4/3/2025 2:05 PM", "4/3/2025 12:05 AM") == [
        dt.datetime(2025, 4, 3, 14, 5),
        dt.datetime(2025, 4, 3, 0, 5),
    ]


def test_times_of_one_place_keep_its_clock_and_those_of_several_are_in_utc() -> None:
    def hours(*cells: str) -> list[int]:
        return tidy(pl.DataFrame({"at": list(cells)}))[0]["at"].dt.hour().to_list()

    assert hours("2025-01-06T09:15:00+01:00", "2025-07-07T09:15:00+02:00") == [9, 9]
    assert hours("2025-01-06T09:15:00+01:00", "2025-01-06T09:15:00-05:00") == [8, 14]
    assert hours("2025-01-06T09:15:00+01:00", "2025-01-06T09:15:00Z") == [8, 9]
    frame = pl.DataFrame({"opened": ["2025-01-06T09:00:00+01:00"] * 2, "closed": ["2025-01-06T09:00:00Z"] * 2})
    read = tidy(frame)[0]
    assert (read["closed"] - read["opened"]).dt.total_minutes().to_list() == [60, 60]


def test_logs_say_ok_and_denied_for_yes_and_no_where_a_role_wants_that() -> None:
    result = pl.Series("result", ["OK", "DENIED", "success", "failed", "odd"])
    assert as_kind(result, "boolean").to_list() == [True, False, True, False, None]
    assert tidy(pl.DataFrame({"state": ["ok", "error", "ok"]}))[0]["state"].to_list() == ["ok", "error", "ok"]


def test_booleans_in_words() -> None:
    cells = pl.Series(["ja", "Nein", "TRUE", "0", "vielleicht", None])
    assert as_kind(cells, "boolean").to_list() == [True, False, True, False, None, None]


def test_a_whole_table() -> None:
    frame, unread = tidy(
        pl.DataFrame(
            {
                "PLZ": ["04103", "04105", "80331"],
                "Bestellt am": ["03.04.2025", "k.A.", "31.12.2024"],
                "Betrag": ["1.234,56", "7,50", "0,99"],
                "Newsletter": ["ja", "nein", "JA"],
                "Text": ["x" * 60, "y" * 60, None],
            }
        )
    )
    assert dict(frame.schema) == {
        "PLZ": pl.String,  # a number that begins with a nought keeps it
        "Bestellt am": pl.Date,
        "Betrag": pl.Float64,
        "Newsletter": pl.Boolean,
        "Text": pl.String,
    }
    assert unread == ()
    assert frame["Betrag"].to_list() == [1234.56, 7.5, 0.99]


def test_a_wanted_kind_counts_and_ambiguous_cells_follow_the_table() -> None:
    table = pl.DataFrame({"Menge": ["1.500", "2.000"], "Preis": ["1.234,50", "7,50"], "Nr": ["17", "18"]})
    frame, _ = tidy(table, {"Menge": "number", "Nr": "id"})
    assert frame["Menge"].to_list() == [1500, 2000]
    assert frame["Nr"].to_list() == ["17", "18"]


def test_cells_that_do_not_fit_are_counted_and_become_nothing() -> None:
    frame, unread = tidy(pl.DataFrame({"n": ["1,5"] * 19 + ["viele"]}))
    assert frame["n"].null_count() == 1
    assert [(one.column, one.kind, one.cells) for one in unread] == [("n", "number", 1)]


@pytest.mark.parametrize("kind", ["id", "category", "number", "boolean", "date", "datetime", "text"])
@settings(deadline=None)
@given(cells=st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=8))
def test_no_text_whatever_breaks_the_reading(kind: str, cells: list[str | None]) -> None:
    made = as_kind(pl.Series(cells, dtype=pl.String), kind)  # type: ignore[arg-type]
    assert len(made) == len(cells)


def test_categories_that_differ_in_capitals_and_blanks_are_one() -> None:
    cells = pl.Series("channel", ["web", "Web ", "web", None, "WEB", "Store", "in  store", "in store", "In store"])
    assert as_kind(cells, "category").to_list() == [
        "web", "web", "web", None, "web", "Store", "In store", "In store", "In store",
    ]  # fmt: skip
    assert as_kind(cells, "id").to_list()[1] == "Web"
