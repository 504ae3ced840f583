"""What the analyses find in the demo data, against what was planted there (demo_data/truth.json).

`pytest tests/unit/reports/analytics/test_truth.py -s` prints the figures of docs/analytics.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from reports.analytics import ANALYSES
from reports.analytics.oddities import card_testing, far_out, night_transfers
from reports.analytics.segments import assigned
from reports.analytics.violations import violations
from reports.analytics.wording import sentiment
from tests.unit.reports.analytics.demo_frames import Demo, values

SETS = ("techcorp", "healthcare", "financial")
Get = Callable[[str], Demo]


def say(what: str, found: object, planted: object) -> None:
    print(f"{what}: found {found}, planted {planted}")  # noqa: T201 - figures for docs/analytics.md


def test_segments_come_back(demo: Get) -> None:
    from sklearn.metrics import adjusted_rand_score

    shop = demo("techcorp")
    people, tried = assigned(shop.inputs["order"], shop.context())
    planted = shop.frames["customers"].select("customer_id").with_columns(
        planted=pl.Series(shop.planted["customers.segment"])
    )  # fmt: skip
    joined = planted.join(people, left_on="customer_id", right_on="customer")
    agreement = adjusted_rand_score(joined["planted"], joined["segment"])
    say("segments", people["segment"].n_unique(), len(shop.truth["segments"]))
    say("segments, adjusted Rand index", round(agreement, 3), 1)
    assert people["segment"].n_unique() == len(shop.truth["segments"]) == 6
    assert agreement > 0.93
    assert [choice.count for choice in tried] == list(range(2, 9))
    pairs = {
        "Champions": "champions", "Loyal": "loyal", "Bargain hunters": "bargain_hunters", "Newcomers": "newcomers",
        "Dormant": "dormant", "One-off buyers": "one_off",
    }  # fmt: skip
    for name, key in pairs.items():
        group = joined.filter(pl.col("segment") == name)
        assert group["planted"].mode()[0] == key
        assert abs(len(group) / shop.truth["segments"][key]["customers"] - 1) < 0.2


@pytest.mark.parametrize(
    ("name", "analysis", "prefix", "planted"),
    [("techcorp", "churn", "churn", "churn"), ("healthcare", "no_shows", "no_show", "no_show"),
     ("financial", "loan_defaults", "default", "default")],
)  # fmt: skip
def test_outcomes_are_foreseen_nearly_as_well_as_possible(
    demo: Get, name: str, analysis: str, prefix: str, planted: str
) -> None:
    data = demo(name)
    truth = data.truth[planted]
    result = ANALYSES[analysis](data.inputs, data.context(use_age=True))
    found = values(result)
    say(f"{prefix}, AUC", round(found[f"{prefix}.auc"], 3), truth["attainable_auc"])
    assert found[f"{prefix}.rows"] == truth["rows"]
    assert found[f"{prefix}.events"] == truth["events"]
    assert truth["attainable_auc"] - 0.04 < found[f"{prefix}.auc"] < truth["attainable_auc"] + 0.02
    assert found[f"{prefix}.auc.low"] < found[f"{prefix}.auc"] < found[f"{prefix}.auc.high"]
    assert found[f"{prefix}.calibration"] < 5


DRIVERS = {
    "churn": {"logins_30d": -1, "ticket_count": 1, "late_deliveries": 1, "contract_monthly": 1, "tenure_months": -1},
    "no_show": {"lead_days": 1, "reminder_sent": -1, "age_under_thirty": 1, "new_patient": 1},
    "default": {"debt_ratio": 1, "credit_score": -1, "years_employed": -1, "loan_to_income": 1},
}


@pytest.mark.parametrize(
    ("name", "analysis", "prefix"),
    [("techcorp", "churn", "churn"), ("healthcare", "no_shows", "no_show"), ("financial", "loan_defaults", "default")],
)
def test_the_planted_drivers_are_named_with_their_direction(demo: Get, name: str, analysis: str, prefix: str) -> None:
    data = demo(name)
    result = ANALYSES[analysis](data.inputs, data.context(use_age=True))
    table = next(table for table in result.tables if table.id == f"{prefix}.drivers")
    effects = {str(row[0]).removesuffix(" (%)").replace(" ", "_"): float(row[4] or 0) for row in table.rows}
    strongest = list(effects)[: len(DRIVERS[prefix])]
    say(f"{prefix}, strongest attributes", strongest, list(DRIVERS[prefix]))
    found = set(strongest) & set(DRIVERS[prefix])
    assert len(found) >= len(DRIVERS[prefix])
    assert all(effects[driver] * DRIVERS[prefix][driver] > 0 for driver in found)


def test_age_is_no_finding_and_comes_with_a_warning_when_it_is_asked_for(demo: Get) -> None:
    data = demo("healthcare")
    asked, plain = (ANALYSES["no_shows"](data.inputs, data.context(**more)) for more in ({"use_age": True}, {}))
    titles = [callout.title for callout in asked.callouts]
    assert "A protected attribute is among the drivers" in titles
    assert not any("age" in title.split() for title in map(str.lower, titles))
    assert "thirty" in str(asked.tables)
    assert "thirty" not in str(plain)


@pytest.mark.parametrize("name", SETS)
def test_the_bottleneck_and_the_work_that_suffers_are_named(demo: Get, name: str) -> None:
    data = demo(name)
    truth = data.truth["bottleneck"]
    found = values(ANALYSES["stage_times"](data.inputs, data.context()))
    say(f"{name}, bottleneck", found["stages.bottleneck"], truth["bottleneck"])
    say(f"{name}, kind that suffers", found["stages.slow_kind"], truth["slow_kind"])
    assert found["stages.bottleneck"] == truth["bottleneck"].replace("_", " ")
    assert found["stages.slow_kind"] == truth["slow_kind"]
    assert found["stages.slow_kind.median"] == pytest.approx(truth["median_hours_of_slow_kind"], rel=0.01)
    for stage, hours in truth["median_hours"].items():
        assert found[f"stages.{stage}.median"] == pytest.approx(hours, rel=0.01)


@pytest.mark.parametrize("name", SETS)
def test_utilisation_and_saving_are_right_to_the_cent(demo: Get, name: str) -> None:
    data = demo(name)
    truth = data.truth["workload"]
    found = values(ANALYSES["resources"](data.inputs, data.context()))
    say(f"{name}, saving", round(found["resources.saving"], 2), truth["saving"])
    assert found["resources.over"].split(", ") == truth["over_used"]
    assert found["resources.under"].split(", ") == truth["under_used"]
    assert found["resources.saving"] == pytest.approx(truth["saving"], abs=0.02)


@pytest.mark.parametrize("name", SETS)
def test_the_month_in_which_costs_stepped_up_is_found(demo: Get, name: str) -> None:
    data = demo(name)
    truth = data.truth["cost_change"]
    found = values(ANALYSES["costs"](data.inputs, data.context()))
    say(f"{name}, cost change", found[f"costs.{truth['department']}.change"], truth["change_point"])
    assert found[f"costs.{truth['department']}.change"] == f"{dt.date.fromisoformat(truth['change_point']):%B %Y}"
    assert found[f"costs.{truth['department']}.change.factor"] == pytest.approx(truth["factor"], rel=0.05)
    assert [key for key in found if key.endswith(".change")] == [f"costs.{truth['department']}.change"]


@pytest.mark.parametrize(
    ("name", "key", "peak"),
    [
        ("techcorp", "orders", "November"),
        ("healthcare", "appointments", "January"),
        ("financial", "payments", "December"),
    ],
)
def test_the_peak_month_is_found(demo: Get, name: str, key: str, peak: str) -> None:
    data = demo(name)
    found = values(ANALYSES["trends"](data.inputs, data.context()))
    assert found[f"trend.{key}.peak"] == peak


@pytest.mark.parametrize("name", SETS)
def test_every_violation_is_found_and_none_else(demo: Get, name: str) -> None:
    data = demo(name)
    found = violations(data.inputs["access"], data.inputs["employee"], data.context())
    truth: dict[str, list[int]] = data.truth["violations"]
    for kind, entries in truth.items():
        assert sorted(int(entry) for entry in found[kind]["id"]) == entries, kind
    say(f"{name}, violations", sum(map(len, found.values())), sum(map(len, truth.values())))


def test_odd_values_are_found_and_none_else(demo: Get) -> None:
    shop, bank, clinic = demo("techcorp"), demo("financial"), demo("healthcare")
    orders = far_out(shop.frames["transactions"], "quantity", None, 5)
    assert sorted(orders["transaction_id"]) == sorted(shop.truth["outliers"]["transaction_ids"])
    ids: dict[str, Any] = bank.truth["fraud"]["transaction_ids"]
    assert sorted(night_transfers(bank.inputs["payment"], 9_000)["id"]) == sorted(ids["night_transfer"])
    assert sorted(card_testing(bank.inputs["payment"], 2, 6)["id"]) == sorted(ids["card_testing"])
    found = values(ANALYSES["odd_results"](clinic.inputs, clinic.context()))
    assert found["lab.impossible"] == len(clinic.truth["outliers"]["result_ids"])


def test_the_best_campaign_is_named(demo: Get) -> None:
    shop = demo("techcorp")
    found = values(ANALYSES["campaigns"](shop.inputs, shop.context()))
    assert found["campaigns.best"] == shop.truth["campaigns"]["best"]
    assert found["campaigns.black_week.orders"] == shop.truth["campaigns"]["conversions"]["Black week"]


def test_moods_are_told_apart(demo: Get) -> None:
    from sklearn.metrics import roc_auc_score

    shop = demo("techcorp")
    moods = shop.planted["support_tickets.mood"]
    scores = [sentiment(text) for text in shop.frames["support_tickets"]["body"]]
    angry = roc_auc_score([mood == "angry" for mood in moods], [-score for score in scores])
    say("angry messages against all others, AUC of the word lists", round(angry, 3), "1 at best")
    assert angry > 0.7
