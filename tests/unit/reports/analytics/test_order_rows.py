"""From rows of exports to orders, and what a report says of the odd ones: against sums made by hand."""
# ruff: noqa: DTZ001 - frames hold naive times

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from reports.analytics.behaviour import behaviour
from reports.analytics.customers import per_customer
from reports.analytics.order_rows import whole_orders
from reports.analytics.outcomes import churn
from reports.analytics.overview import overview
from reports.analytics.trends import trends
from reports.results import AnalysisContext, AnalysisResult
from tests.unit.reports.analytics.demo_frames import values

CONTEXT = AnalysisContext(
    parameters={},
    columns={f"order.{name}": f"export.{name}" for name in ("customer", "time", "amount", "id")},
    k=5,
    seed=0,
)
BEGIN = dt.datetime(2024, 1, 1, 12)


def rows(count: int, customers: int, amount: float = 10.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer": [f"c{place % customers}" for place in range(count)],
            "time": [BEGIN + dt.timedelta(days=place % 300) for place in range(count)],
            "amount": [amount] * count,
        }
    )


def said(result: AnalysisResult) -> str:
    return " ".join((*result.notes, *(one.text for one in result.callouts)))


def test_rows_of_one_order_are_one_order_and_their_amounts_add_up() -> None:
    lines = rows(60, 20).with_columns(id=pl.Series([f"o{place // 2}" for place in range(60)]), quantity=pl.lit(2.0))
    lines = lines.with_columns(
        customer=pl.Series([f"c{place // 2 % 20}" for place in range(60)]),
        amount=pl.Series([float(place % 2 + 1) for place in range(60)]),
    )
    orders = whole_orders(lines)
    assert (len(orders.frame), orders.rows, orders.joined) == (30, 60, "sum")
    assert orders.frame["amount"].to_list() == [3.0] * 30
    assert orders.frame["quantity"].to_list() == [4.0] * 30
    told = values(behaviour({"order": lines}, CONTEXT))
    assert (told["behaviour.orders"], told["behaviour.revenue"], told["behaviour.order_value"]) == (30, 90.0, 3.0)
    people = per_customer(lines, BEGIN + dt.timedelta(days=400))
    assert people["frequency"].sum() == 30
    assert "with the same id are one order" in said(behaviour({"order": lines}, CONTEXT))


def test_an_orders_total_that_stands_in_each_of_its_rows_counts_once() -> None:
    lines = rows(60, 20).with_columns(
        id=pl.Series([f"o{place // 2}" for place in range(60)]),
        customer=pl.Series([f"c{place // 2 % 20}" for place in range(60)]),
        amount=pl.Series([float(10 + place // 2) for place in range(60)]),
    )
    orders = whole_orders(lines)
    assert orders.joined == "first"
    assert orders.frame["amount"].sum() == sum(range(10, 40))


@pytest.mark.parametrize("number", ["o1", None])
def test_a_column_that_numbers_something_else_joins_nothing(number: str | None) -> None:
    lines = rows(60, 20).with_columns(id=pl.lit(number, dtype=pl.String))
    assert (len(whole_orders(lines).frame), whole_orders(lines).joined) == (60, "")
    of_others = rows(60, 20).with_columns(id=pl.Series([f"o{place // 2}" for place in range(60)]))
    assert len(whole_orders(of_others).frame) == 60


def test_returns_are_told_and_so_is_what_the_other_orders_are_worth() -> None:
    frame = pl.concat([rows(90, 30), rows(10, 10, amount=-4.0)])
    result = behaviour({"order": frame}, CONTEXT)
    told = values(result)
    assert told["behaviour.revenue"] == 860.0
    assert (told["behaviour.returns"], told["behaviour.returns.sum"]) == (10, -40.0)
    assert told["behaviour.returns.order_value"] == 10.0
    assert any(one.title == "Returns and credits are in these figures" for one in result.callouts)
    of_few = behaviour({"order": pl.concat([rows(90, 30), rows(4, 4, amount=-4.0)])}, CONTEXT)
    assert "behaviour.returns" not in values(of_few)


def test_rows_that_lack_something_are_counted_nowhere_and_that_is_said() -> None:
    frame = pl.concat([rows(600, 30), rows(7, 7).with_columns(amount=pl.lit(None, dtype=pl.Float64))])
    result = behaviour({"order": frame}, CONTEXT)
    assert values(result)["behaviour.left_out"] == 7
    assert "left out: {behaviour.left_out}" in said(result)
    months = trends({"order": frame}, CONTEXT)
    assert sum(chart.data.rows[place][1] for chart in months.charts for place in range(len(chart.data.rows))) <= 600


def test_the_best_tenth_says_how_many_customers_it_is() -> None:
    frame = pl.concat([rows(94, 94), rows(1, 1).with_columns(customer=pl.lit("best"), amount=pl.lit(1000.0))])
    result = behaviour({"order": frame}, CONTEXT)
    told = values(result)
    assert told["behaviour.top_tenth.customers"] == 10
    assert told["behaviour.top_tenth.share"] == pytest.approx(100 * (1000 + 9 * 10) / 1940)
    assert "The best tenth are the {behaviour.top_tenth.customers} customers" in said(result)


def test_a_month_that_is_cut_off_does_not_count_and_that_is_said() -> None:
    times = [dt.datetime(2024, 1, 16) + dt.timedelta(hours=12 * step) for step in range(600)]
    frame = pl.DataFrame({"customer": ["a", "b"] * 300, "time": times, "amount": [1.0] * 600})
    result = trends({"order": frame}, CONTEXT)
    per_month = [row[1] for row in result.charts[0].data.rows]
    assert values(result)["trend.orders.monthly"] == pytest.approx(sum(per_month) / len(per_month))
    assert sum(per_month) < 600
    assert "cut off and does not count" in said(result)


def test_chance_and_one_year_alone_are_no_season() -> None:
    def trended(years: int, loud: int) -> AnalysisResult:
        times = [
            dt.datetime(2022 + year, month, day % 28 + 1)
            for year in range(years)
            for month in range(1, 13)
            for day in range(loud if month == 5 else 28)
        ]
        times += [dt.datetime(2022, 1, 1), dt.datetime(2021 + years, 12, 31)]
        return trends({"order": pl.DataFrame({"time": times})}, CONTEXT)

    assert "trend.orders.peak" not in values(trended(2, 33))
    assert values(trended(2, 70))["trend.orders.peak"] == "May"
    assert any(one.tone == "recommendation" for one in trended(2, 70).callouts)
    assert values(trended(1, 90))["trend.orders.peak"] == "May"
    assert not any(one.tone == "recommendation" for one in trended(1, 90).callouts)


def test_the_month_with_the_most_of_a_few_orders_does_not_stand_out() -> None:
    def trended(scale: int) -> dict[str, object]:
        counts = (5, 4, 10, 5, 6, 5, 6, 4, 6, 5, 4, 5, 6, 5, 4, 5)
        times = [
            dt.datetime(2022 + place // 12, place % 12 + 1, number % 28 + 1)
            for place, count in enumerate(counts)
            for number in range(count * scale)
        ]
        times += [dt.datetime(2022, 1, 1), dt.datetime(2023, 4, 30)]
        return values(trends({"order": pl.DataFrame({"time": times})}, CONTEXT))

    assert "trend.orders.most" not in trended(1)
    assert trended(10)["trend.orders.most"] == "March 2022"


def test_cancelled_orders_are_no_customers_that_left() -> None:
    n = 400
    frame = pl.DataFrame(
        {"id": [f"c{place % 40}" for place in range(n)], "churned": [place % 9 == 0 for place in range(n)]}
    )
    result = churn({"customer": frame}, CONTEXT)
    assert not result.facts
    assert "several rows each" in result.missing[0].why
    each = frame.with_columns(id=pl.Series([f"c{place}" for place in range(n)]))
    assert "churn.rate" in values(churn({"customer": each}, CONTEXT))


def test_a_list_of_orders_is_no_list_of_customers() -> None:
    frame = rows(60, 20)
    places = {"order.customer": "export.who", "customer.id": "export.who"}
    context = AnalysisContext(parameters={}, columns=places, k=5, seed=0)
    told = values(overview({"customer": frame.select(id="customer"), "order": frame}, context))
    assert told["overview.order.rows"] == told["overview.rows"] == 60
    assert "overview.customer.rows" not in told
