from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from policies.principals import NO_LIMITS, Principal
from policies.sections import Budget, KeyLimits
from policies.settings import load_settings
from proxy.auth import require_network
from proxy.errors import Forbidden, ModelNotAllowed, RateLimited
from proxy.limits import Limiter, affordable, price_of, until_renewed
from proxy.metrics import Metrics
from proxy.upstream.base import Target

SETTINGS = load_settings(
    None,
    environ={},
    overrides={
        "prices": {
            "gpt-4o": {"input": 2.5, "output": 10},
            "openai/o9": {"input": 1, "output": 1},
            "o*": {"input": 7, "output": 7},
        }
    },
)
MONEY = KeyLimits(budget=Budget(amount=1))


@pytest.mark.parametrize(
    ("per", "now", "seconds"),
    [
        ("day", datetime(2026, 11, 28, 23, 59, 30, tzinfo=UTC), "30"),
        ("month", datetime(2026, 12, 31, 23, 59, 59, 1, tzinfo=UTC), "1"),
        ("month", datetime(2028, 2, 28, tzinfo=UTC), str(2 * 86_400)),
        ("ever", datetime(2026, 11, 28, tzinfo=UTC), None),
    ],
)
def test_a_refusal_for_the_budget_tells_when_it_is_renewed(per: str, now: datetime, seconds: str | None) -> None:
    headers = until_renewed(Budget.model_validate({"amount": 1, "per": per}), now)
    assert headers == {"x-should-retry": "false"} | ({"retry-after": seconds} if seconds else {})


def principal(**limits: object) -> Principal:
    made = KeyLimits.model_validate(limits)
    return Principal("key_1", "k", "default", "key:key_1", None, None, ("*",), frozenset({"use"}), made)


def request(remote: str, forwarded: str | None = None) -> Any:
    return SimpleNamespace(remote=remote, headers={"X-Forwarded-For": forwarded} if forwarded else {})


@pytest.mark.parametrize(
    ("target", "public", "price"),
    [
        (Target("openai", "gpt-4o"), "", 2.5),
        (Target("openai", "o9"), "", 1),
        (Target("openai", "real"), "gpt-4o", 2.5),
        (Target("openai", "o8"), "", 7),
        (Target("ollama", "llama3"), "", 0),
        (Target("demo", "sting-demo"), "", 0),
    ],
)
def test_a_price_is_found_by_target_model_or_public_name(target: Target, public: str, price: float) -> None:
    found = price_of(SETTINGS, target, public)
    assert found is not None
    assert found.input == price


def test_a_budget_in_money_takes_only_models_with_a_price() -> None:
    priced, unpriced = Target("openai", "gpt-4o"), Target("openai", "unheard-of")
    assert affordable(MONEY, [unpriced, priced], "x", SETTINGS) == [priced]
    with pytest.raises(ModelNotAllowed, match="price"):
        affordable(MONEY, [unpriced], "x", SETTINGS)
    assert affordable(NO_LIMITS, [unpriced], "x", SETTINGS) == [unpriced]


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "may"),
    [
        ("192.0.2.9", None, (), True),
        ("::ffff:192.0.2.9", None, (), True),
        ("198.51.100.1", None, (), False),
        ("198.51.100.1", "192.0.2.9", (), False),
        ("198.51.100.1", "192.0.2.9", ("198.51.100.0/24",), True),
        ("198.51.100.1", "192.0.2.9, 203.0.113.5", ("198.51.100.0/24",), False),
        ("198.51.100.1", "nonsense", ("198.51.100.0/24",), False),
        ("", None, (), False),
    ],
)
def test_networks(remote: str, forwarded: str | None, trusted: tuple[str, ...], *, may: bool) -> None:
    bound = principal(networks=["192.0.2.0/24"])
    if may:
        require_network(request(remote, forwarded), bound, trusted)
    else:
        with pytest.raises(Forbidden) as refused:
            require_network(request(remote, forwarded), bound, trusted)
        assert "192.0.2" not in refused.value.message


@pytest.mark.parametrize("networks", [["300.1.1.1"], ["localhost"], ["10.0.0.1/8"]])
def test_what_is_no_network_is_refused(networks: list[str]) -> None:
    with pytest.raises(ValueError, match="networks"):
        KeyLimits.model_validate({"networks": networks})


def test_a_demo_that_may_spend_so_much_takes_models_with_a_price_only() -> None:
    overrides = {"demo_mode": True, "demo.spend": 5, "prices": {"gpt-4o": {"input": 2.5, "output": 10}}}
    demo = load_settings(None, environ={}, overrides=overrides)
    priced, unpriced = Target("openai", "gpt-4o"), Target("openai", "gpt-9")
    assert affordable(NO_LIMITS, [unpriced, priced], "", demo) == [priced]
    with pytest.raises(ModelNotAllowed, match="no price"):
        affordable(NO_LIMITS, [unpriced], "", demo)
    off = load_settings(None, environ={}, overrides={**overrides, "demo_mode": False})
    assert affordable(NO_LIMITS, [unpriced], "", off) == [unpriced]


class _OneAtOnce:
    """Redis with the two scripts of a key that may run one exchange; a settlement waits until `let` is set."""

    def __init__(self) -> None:
        self.running = 0
        self.let = asyncio.Event()

    async def execute_command(self, *words: object) -> object:
        keys = int(str(words[2]))
        if keys == 4:
            if self.running:
                return [2, 1000]
            self.running += 1
            return [0, 0]
        await self.let.wait()
        self.running -= 1
        return 0


async def test_who_has_the_answer_is_not_refused_for_the_request_that_it_answers() -> None:
    redis: Any = _OneAtOnce()
    limiter = Limiter(redis, Metrics(), SETTINGS)
    who = principal(concurrent=1)
    first = await limiter.admit(who, "ex_1")
    assert first is not None
    with pytest.raises(RateLimited):
        await limiter.admit(who, "ex_2")
    settling = asyncio.create_task(limiter.settle(first, None, "", 0, 0))
    await asyncio.sleep(0)
    next_one = asyncio.create_task(limiter.admit(who, "ex_3"))
    await asyncio.sleep(0)
    redis.let.set()
    assert await next_one is not None
    await settling
    with pytest.raises(RateLimited):
        await limiter.admit(who, "ex_4")
