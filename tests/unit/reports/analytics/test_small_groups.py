"""A group that is left out cannot be told from the whole and the others, and a sum of one payment is that payment."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analytics import ANALYSES
from reports.analytics.draft import Draft, columns
from reports.analytics.small_groups import people_behind, too_small
from reports.results import AnalysisContext, AnalysisResult

START = dt.datetime.fromisoformat("2025-03-03T09:00")


def context(*roles: str, k: int = 5) -> AnalysisContext:
    return AnalysisContext(parameters={}, columns={role: role for role in roles}, k=k)


@given(counts=st.lists(st.integers(1, 40), max_size=12), k=st.integers(2, 20))
def test_nobody_or_at_least_k_hide_in_what_is_left_out(counts: list[int], k: int) -> None:
    gone = too_small(counts, k)
    hidden = sum(counts[place] for place in gone)
    assert {place for place, count in enumerate(counts) if count < k} <= set(gone)
    assert hidden == 0 or hidden >= k or len(gone) == len(counts)


def orders() -> pl.DataFrame:
    """Forty customers buy online, twelve in shops, one by telephone: she alone."""
    channels = [("online", 40), ("shop", 12), ("telephone", 1)]
    rows = [(f"{name}{n}", name) for name, many in channels for n in range(many)]
    return pl.DataFrame(
        {
            "customer": [customer for customer, _ in rows],
            "channel": [channel for _, channel in rows],
            "time": [START + dt.timedelta(hours=n) for n in range(len(rows))],
            "amount": [100.0 + n for n in range(len(rows))],
        }
    )


def test_the_revenue_of_the_only_customer_of_a_channel_is_not_the_rest() -> None:
    roles = ("order.customer", "order.channel", "order.time", "order.amount")
    result = ANALYSES["behaviour"]({"order": orders()}, context(*roles))
    told = {row[0]: row for table in result.tables if table.title == "Sales channels" for row in table.rows}
    assert set(told) == {"online"}
    shares = [fact for fact in result.facts if fact.label == "Share of revenue by channel"]
    assert [fact.group for fact in shares] == ["online"]
    missing = people_behind(orders().filter(~pl.col("channel").is_in(list(told))))
    assert missing >= 5, "the whole without what is told is one person's"


def test_medians_of_groups_add_up_to_nothing_and_stay() -> None:
    draft = Draft(context(), "x")
    table = draft.table("t", "T", columns("Group", ("Median", "h", 1)), [("a", 1.5), ("b", 2.5)], counts=[1, 9])
    assert table.rows == (("b", 2.5),)


def test_facts_about_a_group_that_gives_way_go_and_their_findings_with_them() -> None:
    draft = Draft(context("a.b"), "x")
    for group, n in (("one", 1), ("few", 6), ("many", 30)):
        draft.fact(f"{group}.size", "Customers", n, group=group, n=n, roles=("a.b",))
        draft.fact(f"{group}.typical", "Median", 2.5, "h", group=group, n=n, roles=("a.b",))
        draft.callout("info", group, f"{{x.{group}.typical}}")
    result = draft.result()
    assert {fact.group for fact in result.facts} == {"many"}
    assert [callout.title for callout in result.callouts] == ["many"]
    assert result.suppressed == 4


def payments(accounts: int) -> AnalysisResult:
    night = dt.datetime.fromisoformat("2025-03-03T02:00")
    rows = [("transfer", night, 9_431.27 + n, f"a{n}") for n in range(accounts)]
    rows += [("purchase", START + dt.timedelta(days=n), 25.0, f"b{n}") for n in range(30)]
    frame = pl.DataFrame(rows, schema=["kind", "time", "amount", "account"], orient="row")
    return ANALYSES["payment_fraud"]({"payment": frame}, context("payment.amount"))


@pytest.mark.parametrize(("accounts", "told"), [(1, False), (4, False), (5, True)])
def test_the_sum_of_one_persons_transfers_is_theirs(accounts: int, *, told: bool) -> None:
    result = payments(accounts)
    whole = sum(9_431.27 + n for n in range(accounts))
    cells = [cell for table in result.tables for row in table.rows for cell in row]
    values = [fact.value for fact in result.facts] + cells
    assert any(isinstance(value, float) and abs(value - whole) < 1 for value in values) is told
    assert any(callout.title == "Large transfers at night" for callout in result.callouts)


def test_five_tickets_of_one_customer_are_one_customer() -> None:
    texts = [f"The invoice of month {n} is wrong and I want my money back" for n in range(6)]
    texts += [f"How do I change the address of delivery {n}, please?" for n in range(20)]
    frame = pl.DataFrame(
        {
            "text": texts,
            "topic": ["complaint"] * 6 + ["delivery"] * 20,
            "customer": ["she"] * 6 + [f"c{n}" for n in range(20)],
        }
    )
    result = ANALYSES["ticket_voices"]({"ticket": frame}, context("ticket.text", "ticket.topic", "ticket.customer"))
    assert not any("complaint" in str(cell) for table in result.tables for row in table.rows for cell in row)
    assert not any(fact.group == "complaint" for fact in result.facts)
    assert not any("invoice" in sample.text for sample in result.samples)
