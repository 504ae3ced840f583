"""Floors of names and patterns together on public labelled text that was not trained on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proxy.detectors.base import Profile
from proxy.detectors.evaluation.datasets import read_dataset
from proxy.detectors.evaluation.evaluate import chain_of, evaluate, lower_cased

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "pii"
ENGINES = ("patterns", "names")
BALANCED, STRICT = 0.3, 0.0
"""Lowest scores that the policies take."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled text of ../shared/data is not there")


@cache
def measured(name: str, least: float, *, lower: bool = False) -> dict[str, Any]:
    messages = read_dataset(DATA / name)[::3]  # a third is enough for a floor, and quick
    if lower:
        messages = lower_cased(messages)
    return evaluate(messages, chain_of(ENGINES), Profile(engines=ENGINES), min_score=least).summary()


@pytest.mark.parametrize(
    ("name", "least", "leak", "over"),
    [
        ("presidio_synth_v2.json", BALANCED, 0.03, 0.08),
        ("presidio_synth_v2.json", STRICT, 0.015, 0.30),
        ("pupa_new.csv", BALANCED, 0.30, 0.13),
        ("pupa_new.csv", STRICT, 0.22, 0.40),
    ],
)
def test_leak_and_over_scrub_stay_under_their_floors(name: str, least: float, leak: float, over: float) -> None:
    figures = measured(name, least)
    assert figures["leak"] <= leak
    assert figures["over_scrub"] <= over


def test_lower_case_loses_at_most_five_points() -> None:
    name = "presidio_synth_v2.json"
    assert measured(name, BALANCED, lower=True)["leak"] <= measured(name, BALANCED)["leak"] + 0.05
