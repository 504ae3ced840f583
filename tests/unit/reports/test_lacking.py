"""What a report lacks is told with what was found and with headings that are understood."""

from __future__ import annotations

import polars as pl

from connectors.jar_model import HoneyJar, JarColumn, JarTable
from reports.document import MissingData
from reports.lacking import nothing, with_headings
from reports.results import AnalysisResult, ColumnRef
from reports.templates import load_template

ROLES = load_template("customer-insights").roles


def jar(*columns: str, rows: int = 3) -> HoneyJar:
    return HoneyJar(
        "1", "shop", "t", None, (JarTable("list", rows, tuple(JarColumn(c, "", "value") for c in columns)),)
    )


def test_what_is_nearly_there_is_told_and_what_is_missing_with_headings() -> None:
    sample = pl.DataFrame({"ID": ["1", "2"], "Date": ["2025-02-01"] * 2, "Amount": ["1.00"] * 2})
    said = str(nothing(jar(*sample.columns), "customer-insights", ROLES, {}, {"list": sample}, 5))
    assert "order.time in list.Date" in said
    assert "order.amount in list.Amount" in said
    assert "order.customer (who bought), called customer id or client id" in said
    assert "ticket.text" not in said


def test_columns_that_are_understood_but_hold_too_little_are_not_called_missing() -> None:
    mapped = {f"order.{name}": ColumnRef(table="list", column=name) for name in ("customer", "time", "amount")}
    said = str(nothing(jar("customer", "time", "amount"), "customer-insights", ROLES, mapped, {}, 5))
    assert "are understood (order.customer in list.customer" in said
    assert "fewer than 5" in said
    assert "no rows" in str(nothing(jar("a", rows=0), "customer-insights", ROLES, {}, {}, 5))


def test_a_number_of_customers_alone_does_not_hide_the_orders_that_are_nearly_there() -> None:
    sample = pl.DataFrame({"Customer ID": ["1", "2"], "Order Date": ["2025-02-01"] * 2, "Takings": ["1.00"] * 2})
    mapped = {"customer.id": ColumnRef(table="list", column="Customer ID")}
    said = str(nothing(jar(*sample.columns), "customer-insights", ROLES, mapped, {"list": sample}, 5))
    assert "order.time in list.Order Date" in said
    assert "order.amount (for how much" in said


def test_what_is_there_is_not_asked_for_and_the_rest_has_a_title_in_the_reports_language() -> None:
    lacking = MissingData(what="Churn", why="no column says it", needed=("order.customer", "customer.churned"))
    made = {"order": pl.DataFrame({"customer": ["a"]})}
    result = with_headings(AnalysisResult(missing=(lacking,)), made, ROLES, "de")
    assert result.missing[0].needed == (
        "customer.churned (Ob der Kunde gegangen ist: churned, churn, cancelled, left)",
    )
