"""Who is asked first, who rests, and when the breaker opens."""

from __future__ import annotations

import pytest

from proxy.upstream.base import ProviderFailed, Target
from proxy.upstream.health import Health

A, B = Target("a", "m"), Target("b", "m")
LAST = Target("c", "m", group=1)


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_least_busy_for_its_weight_is_first() -> None:
    health = Health()
    heavy = Target("b", "m", weight=3)
    for _ in range(2):
        health.began(heavy)
    health.began(A)
    assert health.ordered("", [A, heavy, LAST]) == [heavy, A, LAST]
    health.began(heavy)
    health.began(heavy)
    assert health.ordered("", [A, heavy, LAST])[0] == A
    health.ended(A)
    health.ended(A)
    assert health.ordered("", [A, heavy])[0] == A


def test_a_conversation_stays_unless_its_target_rests() -> None:
    clock = Clock()
    health = Health(clock=clock, rest=10)
    health.answered("talk", B)
    health.began(B)
    assert health.ordered("talk", [A, B])[0] == B
    assert health.ordered("other", [A, B])[0] == A
    health.failed(B)
    assert health.ordered("talk", [A, B])[0] == A
    clock.now += 11
    assert health.ordered("talk", [A, B])[0] == B
    clock.now += 601
    assert health.ordered("talk", [A, B])[0] == A


def test_a_conversation_that_went_elsewhere_comes_back_after_a_while() -> None:
    clock = Clock()
    health = Health(clock=clock)
    for _ in range(3):
        health.answered("talk", LAST)
        assert health.ordered("talk", [A, LAST])[0] == LAST
        clock.now += 250
    assert health.ordered("talk", [A, LAST])[0] == A


def test_the_breaker_opens_and_lets_one_try() -> None:
    clock = Clock()
    seen: list[tuple[str, int]] = []
    health = Health(failures=2, rest=10, clock=clock, changed=lambda name, up: seen.append((name, up)))
    health.failed(A)
    health.admit(A)
    assert health.told()["a"]["state"] == "resting"
    health.failed(A, rest=4)
    assert health.told()["a"]["state"] == "open"
    with pytest.raises(ProviderFailed) as caught:
        health.admit(A)
    assert (caught.value.status, caught.value.headers) == (503, {"retry-after": "4"})
    clock.now += 5
    health.admit(A)
    with pytest.raises(ProviderFailed):
        health.admit(A)
    health.answered("", A)
    health.admit(A)
    assert health.told()["a"] == {"state": "up", "failures": 0, "in_flight": 0}
    assert seen == [("a", 0), ("a", 0), ("a", 1)]


def test_rate_limits_open_nothing_and_zero_switches_the_breaker_off() -> None:
    health = Health(failures=1)
    for _ in range(5):
        health.failed(A, rest=9, counts=False)
    health.admit(A)
    never = Health(failures=0)
    for _ in range(50):
        never.failed(A)
    never.admit(A)
