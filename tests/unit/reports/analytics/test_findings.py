"""What the analyses put first, and what they call a season, a priority and a success."""
# ruff: noqa: DTZ001 - frames hold naive times

from __future__ import annotations

import datetime as dt

import polars as pl

from reports.analytics.access import security_violations
from reports.analytics.campaigns import campaigns
from reports.analytics.compliance import gateway_exchanges
from reports.analytics.service_levels import service_levels
from reports.analytics.trends import costs, trends
from reports.analytics.voices import ticket_voices
from reports.results import AnalysisContext, AnalysisResult

CONTEXT = AnalysisContext(parameters={}, columns={})
NOON = dt.datetime(2025, 6, 2, 12)


def per_month(numbers: list[int], first: tuple[int, int]) -> AnalysisResult:
    """Tickets in a row of months, as many as `numbers` says, and what the trends say of them."""
    times = []
    for place, number in enumerate(numbers):
        year, month = first[0] + (first[1] - 1 + place) // 12, (first[1] - 1 + place) % 12 + 1
        times += [dt.datetime(year, month, 1 + count % 28, 12) for count in range(max(number, 28))]
    times.append(dt.datetime(year + month // 12, month % 12 + 1, 1) - dt.timedelta(hours=1))  # the last month is whole
    return trends({"ticket": pl.DataFrame({"opened": times})}, CONTEXT)


def said(result: AnalysisResult) -> dict[str, object]:
    return {fact.id: fact.value for fact in result.facts}


def test_a_month_that_was_loud_once_and_led_by_its_neighbour_before_is_no_season() -> None:
    # eighteen months: December led the first winter, November the second
    numbers = [30] * 4 + [60, 80] + [30] * 10 + [200, 40]
    result = per_month(numbers, (2024, 7))
    assert "trend.tickets.peak" not in said(result)
    assert said(result)["trend.tickets.most"] == "November 2025"
    assert said(result)["trend.tickets.most.count"] == 200
    assert [callout.title for callout in result.callouts] == ["Tickets stand out in November 2025"]
    assert result.charts[0].title == "Tickets stand out in November 2025"


def test_a_season_that_came_round_twice_in_eighteen_months_is_planned_for() -> None:
    twice = per_month([30] * 5 + [80] + [30] * 11 + [80], (2024, 7))
    assert said(twice)["trend.tickets.peak"] == "December"
    assert [callout.tone for callout in twice.callouts] == ["recommendation"]
    assert per_month([30] * 10 + [80, 30], (2025, 1)).callouts == ()


def test_a_season_and_an_odd_month_are_minor_findings() -> None:
    for numbers in ([30] * 5 + [80] + [30] * 11 + [80], [30] * 4 + [60, 80] + [30] * 10 + [200, 40]):
        assert [callout.rank for callout in per_month(numbers, (2024, 7)).callouts] == ["detail"]


def test_priorities_stand_in_their_order() -> None:
    rows = [(name, NOON + dt.timedelta(hours=hours)) for name in ("low", "High", "normal") for hours in range(1, 9)]
    frame = pl.DataFrame(rows, schema=["priority", "first_response"], orient="row").with_columns(opened=pl.lit(NOON))
    result = service_levels({"ticket": frame}, CONTEXT)
    assert [row[0] for row in result.tables[0].rows] == ["High", "normal", "low"]
    assert result.charts[0].options["sort"] == "none"
    unknown = frame.with_columns(priority=pl.col("priority").replace({"low": "P7"}))
    assert [row[0] for row in service_levels({"ticket": unknown}, CONTEXT).tables[0].rows] == ["High", "P7", "normal"]


def test_the_violation_with_the_highest_score_comes_first_and_is_to_be_acted_on() -> None:
    failed = [(NOON + dt.timedelta(seconds=place), "a", "login", False, 0.0) for place in range(12)]
    night = [(NOON.replace(hour=2), "b", "export", True, 900.0)]
    usual = [(NOON, "c", "read", True, 1.0)] * 987
    log = pl.DataFrame(failed + night + usual, schema=["time", "user", "action", "succeeded", "rows"], orient="row")
    result = security_violations({"access": log}, CONTEXT)
    assert [(callout.title, callout.tone) for callout in result.callouts] == [
        ("Bursts of failed log-ins", "critical"),  # 12 in 1,000 is 5, by a harm of 4: 20
        ("Large exports at night", "critical"),  # 1 in 1,000 is 3, by a harm of 5: 15
    ]
    assert "counted however few there are" in " ".join(result.notes)  # one person each, under k


def test_the_campaign_with_most_orders_and_the_one_that_pays_best_are_told_apart() -> None:
    answers = [("loud", place, place < 40, 100.0 if place < 40 else 0.0) for place in range(100)]
    answers += [("thrifty", place, place < 10, 100.0 if place < 10 else 0.0) for place in range(100)]
    answers += [("We miss you", place, place < 6, 10.0 if place < 6 else 0.0) for place in range(100)]
    responses = pl.DataFrame(answers, schema=["campaign", "customer", "converted", "revenue"], orient="row")
    named = pl.DataFrame({"id": ["loud", "thrifty", "We miss you"], "cost": [3000.0, 100.0, 900.0]})
    titles = [callout.title for callout in campaigns({"response": responses, "campaign": named}, CONTEXT).callouts]
    assert titles == ["'loud' brings the most orders", "'thrifty' pays best", "'We miss you' did not pay"]


def test_a_table_of_one_row_of_all_exchanges_is_left_out() -> None:
    frame = pl.DataFrame({"outcome": ["ok"] * 9, "model": ["a"] * 3 + ["b"] * 6})
    assert [table.title for table in gateway_exchanges({"exchange": frame}, CONTEXT).tables] == []  # a is under k
    frame = pl.DataFrame({"outcome": ["ok"] * 12, "model": ["a"] * 6 + ["b"] * 6})
    assert [table.title for table in gateway_exchanges({"exchange": frame}, CONTEXT).tables] == ["Exchanges by model"]


def test_costs_of_less_than_two_years_have_no_empty_column_for_the_year_before() -> None:
    def heads(months: int) -> list[str]:
        days = [dt.date(2024 + place // 12, place % 12 + 1, 1) for place in range(months)]
        frame = pl.DataFrame({"month": days, "amount": [100.0] * months, "department": ["it"] * months})
        return [column.name for column in costs({"cost": frame}, CONTEXT).tables[0].columns]

    assert heads(18) == ["Department", "Costs", "Share"]
    assert heads(24) == ["Department", "Costs", "Share", "Last year against the year before"]


def test_tickets_without_topics_of_a_desk_tell_which_theme_is_in_the_worst_mood() -> None:
    kinds = (
        "the invoice has a wrong total and a wrong tax, this is terrible and i am very angry",
        "a parcel has moved to another address, great service",
        "my password was reset and the screen is locked, great service",
    )
    texts = [f"We say {place}: {kind}." for kind in kinds for place in range(40)]
    result = ticket_voices({"ticket": pl.DataFrame({"text": texts})}, CONTEXT)
    worst = next(callout for callout in result.callouts if callout.title.startswith("The mood is worst about"))
    assert set(worst.title.split()) & {"invoice", "wrong", "tax", "total"}
    told = {fact.id: fact for fact in result.facts}
    assert told[worst.facts[0]].value == 100
