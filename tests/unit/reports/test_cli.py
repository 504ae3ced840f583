"""`sting report`: what its words mean, and what it tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import reports.commands
from policies.settings import Settings
from reports.cli import report
from reports.order import ColumnRef, Order
from reports.views import Estimate, RoleView

ESTIMATE = Estimate(
    rows=40_236,
    tokens_in=7_000,
    tokens_out=2_250,
    cost=None,
    seconds=8.0,
    models=[],
    steps=[],
    explanation="Only statistics leave.",
    roles=[
        RoleView(
            role="order.amount",
            title="For how much",
            required=True,
            column=ColumnRef(table="sales", column="total"),
            confidence=0.9,
        ),
        RoleView(role="order.time", title="When", required=True, column=None, confidence=0.0),
    ],
    silent=["Churn"],
    possible=True,
)


def run(*words: str, folder: Path) -> str:
    """What the command prints; it must end well."""
    done = CliRunner().invoke(report, [*words, "--data-dir", str(folder)], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    return done.output


def test_an_estimate_tells_what_it_takes_and_which_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Order, str]] = []

    async def estimated(_settings: Settings, order: Order, tenant: str) -> Estimate:
        asked.append((order, tenant))
        return ESTIMATE

    monkeypatch.setattr(reports.commands, "estimated", estimated)
    words = ("estimate", "--template", "customer-insights", "--jar", "mine", "--column", "order.amount=sales.total")
    told = run(*words, folder=tmp_path)
    order, tenant = asked[0]
    assert (order.template, order.jar, order.review, tenant) == ("customer-insights", "mine", False, "default")
    assert order.roles["order.amount"] == ColumnRef(table="sales", column="total")
    assert "40,236 rows; about 7,000 tokens to the models and 2,250 back" in told
    assert "no price is configured" in told
    assert "none, sentences are made by rules" in told
    assert [line for line in told.splitlines() if "order.amount" in line and "sales.total" in line]
    assert [line for line in told.splitlines() if "order.time" in line and " - " in line]
    assert "Sections that could only say what is missing: Churn" in told
    assert '"tokens_in": 7000' in run(*words, "--json", folder=tmp_path)


def test_an_impossible_order_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def estimated(*_: Any) -> Estimate:
        return ESTIMATE.model_copy(update={"possible": False, "problem": "No column of this jar fits the template."})

    monkeypatch.setattr(reports.commands, "estimated", estimated)
    told = run("estimate", "--template", "customer-insights", "--jar", "mine", folder=tmp_path)
    assert told.startswith("This order is not possible: No column of this jar fits the template.")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("running", "its worker is told to stop"),
        ("cancelled", "cancelled"),
        ("done", "nothing to stop: the report is done"),
    ],
)
def test_cancelling_says_what_became_of_it(
    state: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(_settings: Settings, tenant: str, identity: str) -> str:
        assert (tenant, identity) == ("default", "rpt_1")
        return state

    monkeypatch.setattr(reports.commands, "cancelled", cancelled)
    assert run("cancel", "rpt_1", folder=tmp_path) == f"{told}\n"


def test_a_retry_says_where_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def retried(_settings: Settings, tenant: str, identity: str) -> None:
        assert (tenant, identity) == ("default", "rpt_1")

    monkeypatch.setattr(reports.commands, "retried", retried)
    assert run("retry", "rpt_1", folder=tmp_path) == "queued; sting report show rpt_1 tells how far it is\n"
