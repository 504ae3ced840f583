"""Every formula against a small case computed by hand."""
# ruff: noqa: DTZ001 - frames hold naive times

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from reports.analytics.access import level, likelihood_of
from reports.analytics.customers import per_customer
from reports.analytics.features import matrix
from reports.analytics.figures import auc_interval, mean, median, percent, quantile, wilson
from reports.analytics.models import calibration, logistic
from reports.analytics.oddities import far_out, payment_fraud
from reports.analytics.personal_offers import standing_out
from reports.analytics.resources import resources, uses
from reports.analytics.rfm import scores
from reports.analytics.segments import choose, named
from reports.analytics.series import changes, month_shares, slope
from reports.analytics.stages import in_progress, stage_hours
from reports.analytics.trends import trends
from reports.analytics.violations import violations
from reports.analytics.wording import sentiment, speaks_of_earlier, urgent
from reports.results import AnalysisContext

CONTEXT = AnalysisContext(parameters={}, columns={})
NOON = dt.datetime(2025, 6, 2, 12)


def test_plain_figures() -> None:
    numbers = pl.Series([4.0, 1.0, None, 3.0, 2.0])
    assert median(numbers) == 2.5
    assert quantile(numbers, 0.9) == pytest.approx(3.7)  # 1 + 0.9 * 3
    assert mean(pl.Series([True, False, False, True])) == 0.5
    assert percent(1, 4) == 25
    assert percent(1, 0) == 0
    assert median(pl.Series([], dtype=pl.Float64)) == 0


def test_wilsons_interval_of_one_in_ten() -> None:
    # z = 1.96, p = 0.1, n = 10: (0.1 + 0.19207 -+ 1.96 sqrt(0.009 + 0.0096)) / 1.38415
    low, high = wilson(1, 10)
    assert low == pytest.approx(0.01788, abs=1e-4)
    assert high == pytest.approx(0.40415, abs=1e-4)


def test_hanley_and_mcneils_interval() -> None:
    # A = 0.8, 50 and 50: Q1 = 0.6667, Q2 = 0.7111, variance 0.16 + 49 * 0.02667 + 49 * 0.07111 = 4.951 by 2500
    low, high = auc_interval(0.8, 50, 50)
    assert high - 0.8 == pytest.approx(1.96 * math.sqrt(4.9511 / 2500), abs=1e-3)
    assert 0.8 - low == pytest.approx(high - 0.8)


def test_recency_frequency_money() -> None:
    orders = pl.DataFrame(
        {
            "customer": ["a", "a", "b", None],
            "time": [NOON, NOON - dt.timedelta(days=30), NOON - dt.timedelta(days=10), NOON],
            "amount": [10.0, 5.0, 7.0, 1.0],
            "discount": [0.2, 0.0, None, 0.0],
        }
    )
    found = per_customer(orders, NOON).to_dicts()
    assert found == [
        {"customer": "a", "recency": 0, "frequency": 2, "monetary": 15.0, "tenure": 30, "discount": 0.1},
        {"customer": "b", "recency": 10, "frequency": 1, "monetary": 7.0, "tenure": 10, "discount": 0.0},
    ]


def test_fifths_and_their_names() -> None:
    people = pl.DataFrame(
        {
            "recency": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            "frequency": list(range(10, 0, -1)),
            "monetary": [float(value) for value in range(10, 0, -1)],
        }
    )
    found = scores(people)
    assert found["r"].to_list() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert found["f"].to_list() == found["m"].to_list() == found["r"].to_list()
    assert found["group"].to_list() == ["Champions"] * 4 + ["Loyal"] * 2 + ["Hibernating"] * 4


def test_hours_in_a_stage_and_littles_law() -> None:
    stages = pl.DataFrame(
        {
            "case": ["1", "2", "3"],
            "name": ["x", "x", "x"],
            "start": [NOON, NOON + dt.timedelta(hours=2), NOON],
            "end": [NOON + dt.timedelta(hours=4), NOON + dt.timedelta(hours=8), NOON - dt.timedelta(hours=1)],
        }
    )
    visits = stage_hours(stages)
    assert visits["hours"].to_list() == [4.0, 6.0]  # the third ends before it begins
    assert in_progress(visits) == pytest.approx(10 / 8)


def test_utilisation_and_saving() -> None:
    shifts = pl.DataFrame({"group": ["a", "a"], "paid": [480.0, 480.0], "busy": [192.0, 288.0], "rate": [30.0, 30.0]})
    (use,) = uses(shifts, 0.8)
    assert use.share == 0.5
    assert use.saving == pytest.approx((16 - 8 / 0.8) * 30)


def test_relief_that_costs_is_told_as_a_cost_and_no_advice() -> None:
    shifts = pl.DataFrame(
        {"group": ["a"] * 6 + ["b"] * 6, "paid": [480.0] * 12, "busy": [510.0] * 6 + [400.0] * 6, "rate": [30.0] * 12}
    )
    found = resources({"shift": shifts}, CONTEXT)
    told = {fact.id: fact.value for fact in found.facts}
    # six shifts of 8 h paid and 8.5 h busy at a target of 80 %: (51 / 0.8 - 48) hours of 30 each
    assert told["resources.relief"] == pytest.approx((51 / 0.8 - 48) * 30)
    assert told["resources.a.relief"] == told["resources.relief"]
    assert "resources.saving" not in told
    assert not [one for one in found.callouts if one.tone == "recommendation"]


def test_a_step_is_found_and_noise_is_not() -> None:
    noise = np.random.default_rng(1).normal(0, 2, 24)
    (step,) = changes([100 + noise[month] + (40 if month >= 15 else 0) for month in range(24)])
    assert step.at == 15
    assert step.factor == pytest.approx(1.4, abs=0.03)
    assert changes([100 + value for value in noise]) == ()
    assert changes([5.0] * 24) == ()
    assert changes([1.0, 9.0]) == ()


def test_slope_and_month_shares() -> None:
    rise, low, high = slope([1.0, 3.0, 5.0, 7.0])
    assert (rise, low, high) == pytest.approx((2, 2, 2))
    assert slope([1.0]) == (0, 0, 0)
    assert month_shares([1, 1, 2], [1.0, 2.0, 1.0])[1] == 0.75


def test_the_logistic_regression_is_that_of_statsmodels() -> None:
    from statsmodels.discrete.discrete_model import Logit

    chance = np.random.default_rng(3)
    values = np.column_stack([np.ones(400), chance.normal(size=(400, 3))])
    outcome = chance.random(400) < 1 / (1 + np.exp(-(values @ [-0.5, 1.0, -0.7, 0.0])))
    weights, errors = logistic(values, outcome)
    theirs = Logit(outcome.astype(float), values).fit(disp=0)
    assert weights == pytest.approx(theirs.params, abs=1e-6)
    assert errors == pytest.approx(theirs.bse, abs=1e-5)


def test_perfect_separation_and_repeats_are_no_drivers() -> None:
    line = np.linspace(-1, 1, 60)
    with pytest.raises((ArithmeticError, np.linalg.LinAlgError)):
        logistic(np.column_stack([np.ones(60), line]), line > 0)
    both = np.column_stack([np.ones(60), line, 2 * line])
    with pytest.raises(np.linalg.LinAlgError):
        logistic(both, np.arange(60) % 3 == 0)


def test_calibration_by_parts() -> None:
    parts = calibration(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, True, True, True]), 2)
    assert [(part.n, part.predicted, part.observed) for part in parts] == [
        (2, pytest.approx(0.15), 0.5),
        (2, pytest.approx(0.85), 1.0),
    ]


def test_far_out_by_robust_deviations() -> None:
    values = [1.0, 2.0] * 20 + [600.0]
    found = far_out(pl.DataFrame({"value": values}), "value", None, 5)
    assert found["value"].to_list() == [600.0]
    assert far_out(pl.DataFrame({"value": [1.0, 99.0]}), "value", None, 5).is_empty()  # too few to tell


def test_lift() -> None:
    everybody = pl.DataFrame(
        {"customer": [str(n) for n in range(8)], "category": ["x", "x", "x", "y", "y", "y", "y", "y"]}
    )
    mine = everybody.filter(pl.col("customer").is_in(["0", "1", "2", "3"]))
    assert standing_out(mine, everybody, "category", 2) == ("x", pytest.approx((3 / 4) / (3 / 8)))
    assert standing_out(mine, everybody, "category", 4) == (None, 0.0)


def test_risk_levels() -> None:
    assert [likelihood_of(rate) for rate in (0, 0.5, 1, 5, 10)] == [1, 2, 3, 4, 5]
    assert [level(score) for score in (7, 8, 15)] == ["low", "medium", "high"]


def test_moods_hurry_and_earlier_contacts() -> None:
    assert sentiment("Thank you, that was great service") > 0.5
    assert sentiment("This is not great, it is ridiculous and broken") < -0.5
    assert sentiment("Danke, alles super!") > 0.5
    assert sentiment("") == 0
    assert urgent("Answer within 24 hours or I call my lawyer")
    assert not urgent("Whenever you get to it")
    assert speaks_of_earlier("I already wrote twice")
    assert speaks_of_earlier("Ich warte immer noch")
    assert not speaks_of_earlier("My first question")
    assert not speaks_of_earlier("I was charged twice, please refund the second payment of last week")


def test_three_clear_groups_are_three_segments() -> None:
    chance = np.random.default_rng(0)
    matrix = np.concatenate([chance.normal(middle, 0.1, (100, 2)) for middle in (0, 3, 6)])
    assert choose(matrix, seed=0, least=5)[0] == 3
    assert choose(matrix, seed=1, least=5)[0] == 3
    assert choose(chance.uniform(size=(300, 4)), seed=0, least=200)[0] == 0  # no group is large enough


def test_equal_profiles_get_different_names() -> None:
    people = pl.DataFrame(
        {"cluster": [0, 1, 2], "recency": [9] * 3, "frequency": [1] * 3, "monetary": [9.0, 5.0, 1.0], "tenure": [9] * 3}
    )
    assert len(set(named(people).values())) == 3


LOG = {
    "time": [NOON.replace(hour=2), NOON, NOON, NOON],
    "user": ["a", "a", "b", "b"],
    "action": ["export", "export", "read", "read"],
    "rows": [500.0, 900.0, 1.0, 1.0],
    "record": [None, None, "r1", "r2"],
    "reason": [None, None, " ", "T-1"],
    "address": ["10.1.1.1"] * 4,
    "succeeded": [True] * 4,
}


def test_rules_at_their_borders() -> None:
    left = pl.DataFrame({"id": ["b", "a"], "left_on": [dt.date(2025, 6, 1), dt.date(2025, 6, 2)]})
    found = violations(pl.DataFrame(LOG), left, CONTEXT)
    assert found["night_export"]["rows"].to_list() == [500.0]
    assert found["no_reason"]["record"].to_list() == ["r1"]
    assert found["after_leaving"]["user"].to_list() == ["b", "b"]  # a's last day is the day itself
    assert found["failed_login_burst"].is_empty()
    assert "after_leaving" not in violations(pl.DataFrame(LOG), pl.DataFrame(), CONTEXT)


@pytest.mark.parametrize(("attempts", "seconds", "hits"), [(8, 60, 8), (7, 60, 0), (8, 90, 0), (20, 60, 20)])
def test_bursts_of_failed_log_ins(attempts: int, seconds: int, hits: int) -> None:
    log = pl.DataFrame(
        {
            "time": [NOON + dt.timedelta(seconds=seconds * turn) for turn in range(attempts)],
            "user": ["a"] * attempts,
            "action": ["login"] * attempts,
            "succeeded": [False] * attempts,
        }
    )
    assert len(violations(log, pl.DataFrame(), CONTEXT)["failed_login_burst"]) == hits


def test_one_odd_month_is_no_season_and_a_peak_of_every_year_is() -> None:
    def peak(*loud: tuple[int, int]) -> object:
        times = [
            dt.datetime(year, month, day, 12)
            for year in (2024, 2025)
            for month in range(1, 13)
            for day in range(1, 29)
            for _ in range(3 if (year, month) in loud else 1)
        ]
        times += [dt.datetime(2024, 1, 1), dt.datetime(2025, 12, 31)]
        found = trends({"order": pl.DataFrame({"time": times})}, CONTEXT)
        return {fact.id: fact.value for fact in found.facts}.get("trend.orders.peak")

    assert peak((2024, 11), (2025, 11)) == "November"
    assert peak((2025, 11)) is None


def test_shares_of_one_are_learnt_from_in_per_cent() -> None:
    frame = pl.DataFrame({"debt_ratio": [0.1, 0.25, 1.0], "count": [0, 1, 1], "score": [1.5, 0.5, 0.2]})
    features, values = matrix(frame, frame.columns, least=1)
    assert [feature.name for feature in features] == ["debt ratio (%)", "count", "score"]
    assert values[:, 0].tolist() == [10.0, 25.0, 100.0]


def test_dates_without_a_time_of_day_show_no_fraud_at_night_and_no_bursts() -> None:
    def told(hour: int) -> set[str]:
        times = [dt.datetime(2025, 1, 1 + place // 8, hour) for place in range(80)]
        frame = pl.DataFrame(
            {"account": ["a"] * 80, "time": times, "kind": ["Card purchase"] * 80, "amount": [1.0] * 80}
        )
        return {fact.id for fact in payment_fraud({"payment": frame}, CONTEXT).facts}

    assert told(0) == set()
    assert "fraud.testing" in told(9)
