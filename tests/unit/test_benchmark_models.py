"""What benchmarks compute from their figures: slopes with intervals, the capacity model, leaks and what came back."""

from __future__ import annotations

import importlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MIB = 1 << 20


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts import each other by their short names."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


def script(name: str) -> Any:
    return importlib.import_module(name)


@pytest.mark.parametrize(
    ("per_hour", "noise", "verdict"), [(0, 1, "flat"), (0, 60, "not decided"), (30, 1, "grows"), (-30, 1, "flat")]
)
def test_memory_grows_or_is_flat_or_nobody_knows(per_hour: float, noise: float, verdict: str) -> None:
    trend = script("trends").trend

    chance = random.Random(1)
    times = [5.0 * number for number in range(360)]
    found = trend(times, [(300 + per_hour * at / 3600 + chance.gauss(0, noise)) * MIB for at in times])
    assert found.verdict == verdict
    assert found.low < per_hour < found.high


def test_an_interval_is_wider_when_neighbours_hang_together() -> None:
    trend = script("trends").trend

    chance = random.Random(2)
    times = [5.0 * number for number in range(360)]
    walk, wandering = 0.0, []
    for _ in times:
        walk = 0.98 * walk + chance.gauss(0, 1)
        wandering.append((300 + walk) * MIB)
    mixed = random.Random(3).sample(wandering, len(wandering))
    wide, narrow = trend(times, wandering), trend(times, mixed)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_the_fullest_part_bounds_the_rate() -> None:
    reachable = script("capacity_model").reachable

    costs = {"workers": 1.0, "audit": 0.5, "store": 0.1, "client": 0.4}
    assert (reachable(costs, 1, 8).per_s, reachable(costs, 1, 8).part) == (1000, "workers")
    assert (reachable(costs, 4, 8).per_s, reachable(costs, 4, 8).part) == (2000, "audit")
    assert reachable(costs, 4, 2) == reachable(costs, 8, 2)
    assert reachable(costs, 4, 2).part == "all cores"


def test_ten_times_the_rate_needs_ten_times_the_cores_and_no_more_memory() -> None:
    needed = script("capacity_model").needed

    costs = {"workers": 1.2, "audit": 0.6, "store": 0.1}
    small, large = (needed(costs, 3.0, 0.25, rate, 10**7, 1_800) for rate in (1_000, 10_000))
    assert (small.worker_cores, large.worker_cores, large.trails, large.detection_cores) == (2, 20, 10, 13)
    assert small.store_gib == large.store_gib
    assert large.store_primaries * 16 * 0.6 >= large.store_gib


def answer(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}}]}).encode()


def body(text: str) -> str:
    return json.dumps({"messages": [{"role": "user", "content": text}]})


def test_leaks_and_what_comes_back_are_counted_by_value() -> None:
    case = script("leak_set").Case
    judged = script("leaks").judged

    ann = case('Ann "A" Lee, ann@x.test', (("person", 'Ann "A" Lee'), ("email", "ann@x.test")))
    bob = case("Bob Ray, bob@x.test", (("person", "Bob Ray"), ("email", "bob@x.test")))
    sent = [body('Ann "A" Lee, EMAIL_1'), body("Bob PERSON_2, EMAIL_2")]
    got = [answer(ann.text), answer("Bob Ray, EMAIL_2")]
    told: dict[str, Any] = judged([ann, bob], {"exact": (sent, got)})
    assert (told["leaked"], told["by_kind"]) == (25.0, {"person": 50.0, "email": 0.0})
    assert told["parts"] == 100.0  # of the one name that did not go as a whole, a word did
    assert told["restored"] == {"exact": 66.7}
    streamed = (
        b'data: {"choices": [{"delta": {"content": "Bob "}}]}\n\ndata: {"choices": [{"delta": {"content": "Ray"}}]}\n\n'
    )
    assert judged([bob], {"exact": ([body("PERSON_2, EMAIL_2")], [streamed])})["restored"] == {"exact": 50.0}


def test_the_seeded_set_is_the_same_each_time_and_its_numbers_are_valid() -> None:
    leak_set = script("leak_set").leak_set

    cases = leak_set(64)
    assert cases == leak_set(64)
    assert all(value in case.text for case in cases for _, value in case.values)
    cards = [value for case in cases for kind, value in case.values if kind == "card"]
    ibans = [value for case in cases for kind, value in case.values if kind == "iban"]
    assert cards
    assert ibans
    for card in cards:
        digits = [int(digit) for digit in reversed(card.replace(" ", ""))]
        doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)]
        assert sum(doubled) % 10 == 0
    assert all(int(iban[4:] + "1314" + iban[2:4]) % 97 == 1 for iban in ibans)


def test_what_is_held_and_what_is_missed_beside_peers_is_told() -> None:
    names = ("STING-CE `fast`", "STING-CE `balanced`", "LiteLLM + Presidio", "MaskFlow")
    speeds = [
        {"scenario": "short", "place": name, "per_s": per_s, "added_p50_ms": added}
        for name, per_s, added in zip(names, (50.0, 9.0, 1.0, 20.0), (2.0, 9.0, 40.0, 4.0), strict=True)
    ]
    leaks = [
        {"place": name, "leaked": leaked, "restored": {"exact": 100.0, "-lower": back}}
        for name, leaked, back in zip(names, (3.0, 0.0, 14.0, 2.0), (100.0, 100.0, 0.0, 0.0), strict=True)
    ]
    lines = script("peers_page").lines
    held = dict(lines({"speeds": speeds, "leaks": leaks}))
    assert {text for text, fine in held.items() if not fine} == {
        "short, STING-CE `balanced`: 9.0 times the requests per second of LiteLLM + Presidio (aim 10)",
        "short, STING-CE `balanced`: 0.225 of the added p50 of LiteLLM + Presidio (aim 0.2)",
        "short: STING-CE `balanced` 9.0 requests per second, MaskFlow 20.0",
        "STING-CE `fast` leaks 3.0 % of the values, MaskFlow 2.0 %",
    }
    assert "STING-CE `fast` restores 100.0 % over all modes, MaskFlow 50.0 %" in held
    speeds[2]["per_s"] = 0.0
    assert "short, STING-CE `fast`: 50.0 requests per second, LiteLLM + Presidio under 0.1 (aim 10 times)" in dict(
        lines({"speeds": speeds, "leaks": []})
    )


def test_new_text_is_new_in_each_round() -> None:
    numbered_anew = [1, 2, 3, 1, 2, 3]
    for scenario in script("scenarios").scenarios():
        sent = [scenario.request(number) for number in numbered_anew]
        assert len(set(sent)) == (len(sent) if "new" in scenario.name else 1), scenario.name
