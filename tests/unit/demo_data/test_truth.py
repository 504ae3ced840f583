"""truth.json agrees with what can be computed from the tables alone."""

from __future__ import annotations

import datetime as dt
import json
import math
import statistics
from collections import Counter, defaultdict
from typing import Any

import pytest

import demo_data
from demo_data.model import Table
from demo_data.truth import read_truth, truth_document

Sets = tuple[demo_data.DataSet, ...]
LEFT = {
    "techcorp": ("agents", "agent_id"),
    "healthcare": ("staff", "staff_id"),
    "financial": ("advisors", "advisor_id"),
}


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    document = read_truth()["sets"]
    assert isinstance(document, dict)
    return document


def dicts(table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def area_under_curve(scores: list[float], events: list[bool]) -> float:
    hits = [score for score, event in zip(scores, events, strict=True) if event]
    misses = sorted(score for score, event in zip(scores, events, strict=True) if not event)
    import bisect

    wins = sum(bisect.bisect_left(misses, hit) + bisect.bisect_right(misses, hit) for hit in hits)
    return wins / 2 / (len(hits) * len(misses))


def score(model: dict[str, Any], row: dict[str, float]) -> float:
    total = model["intercept"] + sum(weight * row[name] for name, weight in model["coefficients"].items())
    return 1 / (1 + math.exp(-total))


def test_the_committed_file_is_what_the_generators_make(all_sets: Sets) -> None:
    made = json.loads(json.dumps(truth_document(list(all_sets))))
    assert made == read_truth(), "run `python -m demo_data.truth` after a change"


def check_model(model: dict[str, Any], rows: list[dict[str, float]], events: list[bool], floor: float) -> None:
    scores = [score(model, row) for row in rows]
    assert (len(events), sum(events)) == (model["rows"], model["events"])
    found = area_under_curve(scores, events)
    assert found == pytest.approx(model["attainable_auc"], abs=0.002)
    assert found > floor
    deviation = math.sqrt(sum(chance * (1 - chance) for chance in scores))
    assert abs(sum(scores) - sum(events)) < 3 * deviation, "the planted probabilities are calibrated"


def test_churn_follows_the_planted_model(techcorp: demo_data.DataSet, truth: dict[str, Any]) -> None:
    customers = dicts(techcorp.tables["customers"])
    rows = [customer | {"monthly_contract": float(customer["contract"] == "monthly")} for customer in customers]
    check_model(truth["techcorp"]["churn"], rows, [c["churned"] for c in customers], 0.78)


def test_churn_drivers_that_other_tables_hold_agree_with_them(techcorp: demo_data.DataSet) -> None:
    late = Counter(row["customer_id"] for row in dicts(techcorp.tables["transactions"]) if row["late"])
    tickets = Counter(row["customer_id"] for row in dicts(techcorp.tables["support_tickets"]))
    for customer in dicts(techcorp.tables["customers"]):
        assert customer["late_deliveries"] == late[customer["customer_id"]]
        assert customer["ticket_count"] == tickets[customer["customer_id"]]


def test_no_shows_follow_the_planted_model(healthcare: demo_data.DataSet, truth: dict[str, Any]) -> None:
    born = {patient["mrn"]: patient["birth_date"] for patient in dicts(healthcare.tables["patients"])}
    rows = [
        visit | {"under_30": float((visit["starts_at"].date() - born[visit["mrn"]]).days / 365.25 < 30)}
        for visit in dicts(healthcare.tables["appointments"])
    ]
    check_model(truth["healthcare"]["no_show"], rows, [row["status"] == "no_show" for row in rows], 0.7)


def test_defaults_follow_the_planted_model(financial: demo_data.DataSet, truth: dict[str, Any]) -> None:
    rows = [row for row in dicts(financial.tables["loan_applications"]) if row["defaulted"] is not None]
    check_model(truth["financial"]["default"], rows, [row["defaulted"] for row in rows], 0.7)


def test_segments_can_be_told_apart_by_recency_frequency_and_money(
    techcorp: demo_data.DataSet, truth: dict[str, Any]
) -> None:
    bought = defaultdict(list)
    for row in dicts(techcorp.tables["transactions"]):
        bought[row["customer_id"]].append(row)
    measured = defaultdict(list)
    centres = {
        name: [math.log1p(figures[key]) for key in ("median_recency_days", "median_frequency", "median_monetary")]
        for name, figures in truth["techcorp"]["segments"].items()
    }
    right = 0
    today = dt.date.fromisoformat(truth["techcorp"]["snapshot"])
    ids = [str(key) for key in techcorp.tables["customers"].values("customer_id")]
    for key, segment in zip(ids, techcorp.planted["customers.segment"], strict=True):
        rows = bought[key]
        recency = (today - max(row["ordered_at"] for row in rows).date()).days
        point = [math.log1p(value) for value in (recency, len(rows), sum(row["amount"] for row in rows))]
        measured[segment].append((recency, len(rows)))
        right += min(centres, key=lambda name: math.dist(point, centres[name])) == segment
    assert right / 5000 > 0.7, "the nearest centre names the segment; chance would be under 0.25"
    for segment, figures in truth["techcorp"]["segments"].items():
        assert len(measured[segment]) == figures["customers"]
        assert statistics.median(r for r, _ in measured[segment]) == figures["median_recency_days"]
        assert statistics.median(f for _, f in measured[segment]) == figures["median_frequency"]


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("techcorp", "transactions", "ordered_at"),
        ("healthcare", "appointments", "starts_at"),
        ("financial", "transactions", "booked_at"),
    ],
)
def test_the_season_peaks_in_the_planted_month(
    all_sets: Sets, truth: dict[str, Any], name: str, table: str, column: str
) -> None:
    one = next(each for each in all_sets if each.name == name)
    stated = truth[name]["seasonality"]
    moments = [value for value in one.tables[table].values(column) if isinstance(value, dt.datetime)]
    months = Counter(m.month for m in moments if m.year == stated.get("year", m.year))
    assert months.most_common(1)[0][0] == stated["peak_month"]
    for month, share in stated["month_shares"].items():
        assert months[int(month)] / months.total() == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "subjects", "key", "kind"),
    [
        ("techcorp", "support_tickets", "ticket_id", "topic"),
        ("healthcare", "appointments", "appointment_id", "department"),
        ("financial", "loan_applications", "application_id", "purpose"),
    ],
)
def test_the_bottleneck_is_the_slowest_stage(
    all_sets: Sets, truth: dict[str, Any], name: str, subjects: str, key: str, kind: str
) -> None:
    one = next(each for each in all_sets if each.name == name)
    stated = truth[name]["bottleneck"]
    kinds = {row[key]: row[kind] for row in dicts(one.tables[subjects])}
    hours, slow = defaultdict(list), defaultdict(list)
    for event in dicts(one.tables[stated["table"]]):
        spent = (event["left_at"] - event["entered_at"]).total_seconds() / 3600
        hours[event["stage"]].append(spent)
        if event["stage"] == stated["bottleneck"]:
            slow[kinds[event[key]]].append(spent)
    medians = {stage: statistics.median(values) for stage, values in hours.items()}
    assert max(medians, key=medians.__getitem__) == stated["bottleneck"]
    assert medians == pytest.approx(stated["median_hours"], abs=1e-3)
    assert max(slow, key=lambda each: statistics.median(slow[each])) == stated["slow_kind"]


def test_over_and_under_use_and_the_saving_can_be_computed(all_sets: Sets, truth: dict[str, Any]) -> None:
    for one in all_sets:
        stated = truth[one.name]["workload"]
        table = one.tables[stated["table"]]
        group = table.columns[2].name
        paid, busy, cost = Counter[str](), Counter[str](), Counter[str]()
        for row in dicts(table):
            paid[row[group]] += row["paid_minutes"]
            busy[row[group]] += row["busy_minutes"]
            cost[row[group]] += row["paid_minutes"] / 60 * row["hourly_cost"]
        use = {name: busy[name] / paid[name] for name in paid}
        assert use == pytest.approx(stated["utilisation"], abs=1e-4)
        assert max(use, key=use.__getitem__) in stated["over_used"]
        assert min(use, key=use.__getitem__) in stated["under_used"]
        saving = sum(
            (1 - use[name] / stated["target"]) * cost[name] for name in stated["over_used"] + stated["under_used"]
        )
        assert saving == pytest.approx(stated["saving"], rel=1e-3)
        assert saving > 0


def test_odd_orders_and_impossible_results_are_found_by_their_rule(
    techcorp: demo_data.DataSet, healthcare: demo_data.DataSet, truth: dict[str, Any]
) -> None:
    odd = [row["transaction_id"] for row in dicts(techcorp.tables["transactions"]) if row["quantity"] >= 25]
    assert odd == truth["techcorp"]["outliers"]["transaction_ids"]
    impossible = [
        row["result_id"] for row in dicts(healthcare.tables["lab_results"]) if row["value"] > 8 * row["reference_high"]
    ]
    assert impossible == truth["healthcare"]["outliers"]["result_ids"]


def test_fraud_is_found_by_its_rules(financial: demo_data.DataSet, truth: dict[str, Any]) -> None:
    stated = truth["financial"]["fraud"]["transaction_ids"]
    rows = dicts(financial.tables["transactions"])
    night = [
        row["transaction_id"]
        for row in rows
        if row["kind"] == "transfer" and row["amount"] >= 9000 and 1 <= row["booked_at"].hour < 5
    ]
    tiny = [row["transaction_id"] for row in rows if row["kind"] == "purchase" and row["amount"] < 2]
    assert night == stated["night_transfer"]
    assert tiny == stated["card_testing"]


def bursts(failures: list[dict[str, Any]]) -> list[int]:
    window = dt.timedelta(minutes=10)
    return [
        one["entry_id"]
        for one in failures
        if sum(
            other["username"] == one["username"] and abs(other["occurred_at"] - one["occurred_at"]) <= window
            for other in failures
        )
        >= 8
    ]


def test_access_violations_are_found_by_their_rules(all_sets: Sets, truth: dict[str, Any]) -> None:
    for one in all_sets:
        table, key = LEFT[one.name]
        left = {row[key]: row["left_on"] for row in dicts(one.tables[table])}
        found = defaultdict(list)
        rows = dicts(one.tables["access_log"])
        for row in rows:
            gone = left[row["employee_id"]]
            if row["action"] == "export" and row["row_count"] >= 500 and row["occurred_at"].hour < 5:
                found["night_export"].append(row["entry_id"])
            if gone is not None and row["occurred_at"].date() > gone:
                found["after_leaving"].append(row["entry_id"])
            if row["action"] == "read" and row["reason"] is None:
                found["no_reason"].append(row["entry_id"])
            if not row["ip_address"].startswith("10.20."):
                found["foreign_address"].append(row["entry_id"])
        found["failed_login_burst"] = bursts([row for row in rows if not row["succeeded"]])
        assert dict(found) == truth[one.name]["violations"]


def test_the_cost_change_point_is_in_the_costs(all_sets: Sets, truth: dict[str, Any]) -> None:
    for one in all_sets:
        stated = truth[one.name]["cost_change"]
        since = dt.date.fromisoformat(stated["change_point"])
        rows = [row for row in dicts(one.tables["costs"]) if row["department"] == stated["department"]]
        before = statistics.mean(row["amount"] for row in rows if row["month"] < since)
        after = statistics.mean(row["amount"] for row in rows if row["month"] >= since)
        assert after / before == pytest.approx(stated["factor"], rel=0.05)
