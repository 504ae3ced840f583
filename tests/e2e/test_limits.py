"""What a virtual key may use: rates, exchanges at once, budgets, providers, networks; counted in a real Valkey."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from contextlib import suppress

import pytest
from aiohttp import ClientPayloadError

from policies.key_rows import KeyRequest, create_key, limit_key
from policies.sections import Budget, KeyLimits
from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How are you?"}]}
_numbers = itertools.count()


async def key_with(gateway: Running, **limits: object) -> dict[str, str]:
    """The headers of a new key with these limits."""
    request = KeyRequest(name=f"limited-{next(_numbers)}", limits=KeyLimits.model_validate(limits))
    made = await create_key(gateway.gateway.database, request, now=time.time_ns() // 1_000_000)
    return {"X-Sting-Key": made.secret}


async def ask(
    gateway: Running, key: dict[str, str], body: object = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    status, got, answer = await gateway.call(CHAT, body or BODY, key=None, headers={**key, **headers})
    return status, got, answer.decode()


async def spend(gateway: Running, key: dict[str, str], body: object = None) -> int:
    """One request, and the wait until what it used is counted."""
    status, _, _ = await ask(gateway, key, body)
    await gateway.settled()
    return status


async def test_two_hundred_at_once_never_exceed_the_requests_per_minute(gateway: Running) -> None:
    key = await key_with(gateway, requests_per_minute=37)
    before = len(gateway.provider.requests)
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(200)))
    assert Counter(status for status, _, _ in answers) == {200: 37, 429: 163}
    assert len(gateway.provider.requests) - before == 37
    refused = next(answer for answer in answers if answer[0] == 429)
    assert json.loads(refused[2])["error"]["code"] == "sting_rate_limited"
    assert 1 <= int(refused[1]["retry-after"]) <= 60


async def test_no_more_run_at_once_than_allowed_and_the_next_may_follow(gateway: Running) -> None:
    key = await key_with(gateway, concurrent=3)
    gateway.provider.behaviour = Behaviour(delay=0.3)
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(40)))
    assert Counter(status for status, _, _ in answers) == {200: 3, 429: 37}
    gateway.provider.behaviour = Behaviour()
    assert await spend(gateway, key) == 200


async def test_a_stream_counts_as_running_until_its_end(gateway: Running) -> None:
    key = await key_with(gateway, concurrent=1)
    for _ in range(3):
        status, _, text = await ask(gateway, key, BODY | {"stream": True})
        assert (status, "[DONE]" in text) == (200, True)
        await gateway.settled()


async def test_a_refusal_is_in_the_shape_of_the_caller(gateway: Running) -> None:
    key = await key_with(gateway, requests_per_minute=1)
    body = {"model": "claude-sonnet", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    assert await spend(gateway, key) == 200
    status, headers, answer = await gateway.call("/v1/messages", body, key=None, headers=key)
    assert (status, json.loads(answer)["type"]) == (429, "error")
    assert "retry-after" in headers


async def test_a_budget_in_tokens_ends(gateway: Running) -> None:
    key = await key_with(gateway, budget={"amount": 40, "unit": "tokens", "per": "day"})
    statuses = [await spend(gateway, key) for _ in range(5)]
    used = 18  # what the fake provider says that an answer used, see below
    allowed = -(-40 // used)
    assert statuses == [200] * allowed + [429] * (5 - allowed)
    status, headers, answer = await ask(gateway, key)
    assert (status, json.loads(answer)["error"]["code"]) == (429, "sting_budget_exceeded")
    assert headers["x-should-retry"] == "false"
    assert 0 < int(headers["retry-after"]) <= 86_400


@pytest.mark.parametrize("unit", ["tokens", "cost"])
async def test_each_end_user_has_a_budget_of_their_own(gateway: Running, unit: str) -> None:
    amount = 19 if unit == "tokens" else 1
    key = await key_with(gateway, user_budget={"amount": amount, "unit": unit, "per": "day"})
    jane, joe, nobody = BODY | {"user": "jane.roe@corp.test"}, BODY | {"user": "joe"}, BODY
    first = [await spend(gateway, key, body) for body in (jane, jane, nobody)]
    assert first == [200, 200, 200]  # 18 tokens each: the second one passes the line
    before = len(gateway.provider.requests)
    status, headers, text = await ask(gateway, key, jane)
    if unit == "cost":  # the test's providers are local: they cost nothing
        assert status == 200
        return
    assert (status, json.loads(text)["error"]["code"]) == (429, "sting_budget_exceeded")
    assert headers["x-should-retry"] == "false"
    assert "jane" not in text
    assert len(gateway.provider.requests) == before
    assert [await spend(gateway, key, body) for body in (joe, nobody, nobody)] == [200, 200, 429]
    async with gateway.store() as client:
        names = [name async for name in client.scan_iter("*sting:limits*:user:*")]
        assert not any(b"jane" in name or b"joe" in name for name in names)


async def test_two_hundred_of_one_user_at_once_overspend_by_what_is_in_flight_only(gateway: Running) -> None:
    budget = {"amount": 1, "unit": "tokens", "per": "month"}
    key = await key_with(gateway, concurrent=4, user_budget=budget)
    gateway.provider.behaviour = Behaviour(delay=0.2)
    answers = await asyncio.gather(*(ask(gateway, key, BODY | {"user": "u"}) for _ in range(200)))
    assert Counter(status for status, _, _ in answers)[200] == 4
    gateway.provider.behaviour = Behaviour()
    await gateway.settled()
    assert await spend(gateway, key, BODY | {"user": "u"}) == 429
    assert await spend(gateway, key, BODY | {"user": "v"}) == 200


async def test_a_stream_without_usage_is_counted_by_its_length(gateway: Running) -> None:
    key = await key_with(gateway, budget={"amount": 5, "unit": "tokens", "per": "ever"})
    assert await spend(gateway, key, BODY | {"stream": True}) == 200
    assert await spend(gateway, key) == 429


async def test_in_flight_requests_may_overspend_and_no_more(gateway: Running) -> None:
    key = await key_with(gateway, concurrent=4, budget={"amount": 1, "unit": "tokens", "per": "month"})
    gateway.provider.behaviour = Behaviour(delay=0.2)
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(20)))
    assert Counter(status for status, _, _ in answers)[200] == 4
    gateway.provider.behaviour = Behaviour()
    await gateway.settled()
    assert await spend(gateway, key) == 429


async def test_tokens_per_minute_end_with_advice_when_to_come_back(gateway: Running) -> None:
    key = await key_with(gateway, tokens_per_minute=40)
    assert [await spend(gateway, key) for _ in range(3)] == [200, 200, 429]  # 18 tokens each
    status, headers, _ = await ask(gateway, key)
    assert status == 429
    assert 1 <= int(headers["retry-after"]) <= 61


async def test_two_hundred_at_once_use_no_more_tokens_than_they_may_in_a_minute(gateway: Running) -> None:
    key, body = await key_with(gateway, tokens_per_minute=500), {**BODY, "max_completion_tokens": 20}
    most = len(json.dumps(body)) + 20
    answers = await asyncio.gather(*(ask(gateway, key, body) for _ in range(200)))
    counts = Counter(status for status, _, _ in answers)
    assert set(counts) == {200, 429}
    passed = counts[200]
    await gateway.settled()
    while await spend(gateway, key, body) == 200:  # one after the other they use what is left
        passed += 1
    assert 18 * passed <= 500 < 18 * passed + most


async def test_what_cannot_fit_into_a_minute_is_told_so(gateway: Running) -> None:
    key = await key_with(gateway, tokens_per_minute=500)
    before = len(gateway.provider.requests)
    status, headers, text = await ask(gateway, key, {**BODY, "max_tokens": 490})
    assert (status, headers["x-should-retry"]) == (429, "false")
    assert "may use" in text
    assert "max_tokens" in text
    assert len(gateway.provider.requests) == before
    assert await spend(gateway, key, {**BODY, "max_tokens": 10}) == 200  # it held nothing


@pytest.mark.parametrize("behaviour", [Behaviour(status=500), Behaviour(cut_after=30)])
async def test_room_comes_back_when_a_provider_fails_or_cuts(gateway: Running, behaviour: Behaviour) -> None:
    key = await key_with(gateway, tokens_per_minute=1_000)
    body = {**BODY, "stream": True, "max_tokens": 750}  # of two such only one has room
    gateway.provider.behaviour = behaviour
    for _ in range(3):
        with suppress(ClientPayloadError):  # a client sees that its stream was cut
            assert (await ask(gateway, key, body))[0] != 429
        await gateway.settled()


async def test_a_budget_in_money_needs_a_price_unless_the_model_runs_here(gateway: Running) -> None:
    key = await key_with(gateway, budget={"amount": 1, "unit": "cost"})
    assert await spend(gateway, key) == 200  # the test's providers are local: they cost nothing


async def test_limits_can_be_changed_while_the_key_is_used(gateway: Running) -> None:
    request = KeyRequest(name=f"changed-{next(_numbers)}", limits=KeyLimits(requests_per_minute=1))
    made = await create_key(gateway.gateway.database, request, now=time.time_ns() // 1_000_000)
    key = {"X-Sting-Key": made.secret}
    assert [await spend(gateway, key), await spend(gateway, key)] == [200, 429]
    await limit_key(gateway.gateway.database, request.name, KeyLimits(budget=Budget(amount=9e9, unit="tokens")))
    gateway.gateway.services.keys.forget_cache()  # type: ignore[attr-defined] # two seconds otherwise
    assert await spend(gateway, key) == 200


async def test_a_key_may_be_bound_to_providers(gateway: Running) -> None:
    key = await key_with(gateway, providers=["back*"])
    status, _, answer = await ask(gateway, key)
    assert (status, json.loads(answer)["error"]["code"]) == (404, "sting_model_not_allowed")
    assert (await ask(gateway, key, BODY | {"model": "backup/any"}))[0] == 200
    assert not [one for one in gateway.provider.requests if one.path.endswith("chat/completions")]


@pytest.mark.parametrize(("networks", "status"), [(["127.0.0.0/8"], 200), (["192.0.2.0/24", "2001:db8::/32"], 403)])
async def test_a_key_may_be_bound_to_networks(gateway: Running, networks: list[str], status: int) -> None:
    key = await key_with(gateway, networks=networks)
    assert (await ask(gateway, key))[0] == status


async def test_the_gateways_own_routes_take_no_key_from_elsewhere_either(gateway: Running) -> None:
    limits = KeyLimits(networks=("192.0.2.0/24",))
    wanted = KeyRequest(f"elsewhere-{next(_numbers)}", roles=("use", "restore", "audit", "values"), limits=limits)
    made = await create_key(gateway.gateway.database, wanted, now=time.time_ns() // 1_000_000)
    _, _, described = await gateway.call("/sting/v1/openapi.json", None, key=None, method="GET")
    paths = json.loads(described)["paths"]
    own = [(method.upper(), f"/sting/v1{path}") for path in paths for method in paths[path]]
    asked = [*own, ("GET", "/v1/models"), ("GET", "/v1/models/gpt-4o"), ("GET", "/api/tags"), ("POST", "/api/show")]
    assert len(asked) >= 14
    for method, path in asked:
        place = path.replace("{session}", "s").replace("{list}", "l").replace("{exchange}", "ex_1")
        told = await gateway.call(place, {}, key=None, method=method, headers={"X-Sting-Key": made.secret})
        assert (told[0], b"network" in told[2]) == (403, True), (method, path)


async def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(gateway: Running) -> None:
    key = await key_with(gateway, networks=["192.0.2.0/24"])
    assert (await ask(gateway, key, **{"X-Forwarded-For": "192.0.2.7"}))[0] == 403


async def test_counts_hold_no_secret_and_no_text(gateway: Running) -> None:
    from redis.asyncio import Redis

    key = await key_with(gateway, requests_per_minute=5, concurrent=5, tokens_per_minute=500)
    await spend(gateway, key)
    client = Redis.from_url(gateway.gateway.valkey_url)
    try:
        names = [name async for name in client.scan_iter("*sting:limits*")]
    finally:
        await client.aclose()
    assert names
    assert not [name for name in names if key["X-Sting-Key"].encode() in name]


async def test_all_keys_of_a_demo_spend_from_one_purse(new_gateway: NewGateway) -> None:
    overrides = {"demo_mode": True, "demo.spend": 0.000001, "prices": {"gpt-4o": {"input": 2.5, "output": 10}}}
    async with new_gateway(overrides) as gateway:
        one, other = await key_with(gateway), await key_with(gateway, budget=Budget(amount=1))
        assert await spend(gateway, one) == 200
        before = len(gateway.provider.requests)
        for key in (one, other):
            status, headers, text = await ask(gateway, key)
            assert (status, json.loads(text)["error"]["code"]) == (429, "sting_budget_exceeded")
            assert headers["x-should-retry"] == "false"
            assert "until its next reset" in text
        assert len(gateway.provider.requests) == before
