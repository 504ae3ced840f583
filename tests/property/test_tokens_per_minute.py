"""Tokens per minute: whatever requests come, end, are cut or lost, no 60 seconds see more than the limit."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.principals import Principal
from policies.sections import KeyLimits
from policies.settings import load_settings
from proxy.core.jsontext import parse
from proxy.errors import RateLimited
from proxy.limits import Limiter
from proxy.metrics import Metrics
from proxy.tokens_asked import Asked, tokens_asked
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.scripts import Script

SETTINGS = load_settings(None, environ={})
METRICS = Metrics()
_keys = itertools.count()
LEFT = Script("""
local total = 0
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
  if not string.find(value, ' ') then total = total + value end
end
return total
""")


def principal(limit: int) -> Principal:
    limits = KeyLimits(tokens_per_minute=limit)
    return Principal(f"key_property{next(_keys)}", "k", "default", "o", None, None, ("*",), frozenset({"use"}), limits)


def limiter(client: Any) -> Limiter:
    return Limiter(client, METRICS, SETTINGS)


async def used(client: Any, who: Principal) -> int:
    return int(await client.execute_command("EVAL", LEFT.text, 1, f"{{sting:limits:{who.key_id}}}:used"))


@given(
    limit=st.integers(1, 2_000),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("ask"), st.integers(0, 900), st.floats(0, 1)),
            st.tuples(st.just("end"), st.integers(0, 20), st.just(0.0)),
            st.tuples(st.just("cut"), st.integers(0, 20), st.just(0.0)),
        ),
        max_size=25,
    ),
)
@settings(max_examples=25)
def test_what_is_used_never_exceeds_the_limit(
    valkey_server: EmbeddedValkey, limit: int, steps: list[tuple[str, int, float]]
) -> None:
    from redis.asyncio import Redis

    async def walk() -> None:
        async with Redis.from_url(valkey_server.url, protocol=2) as client:
            counts, who = limiter(client), principal(limit)
            running: list[tuple[Any, int]] = []
            for number, (what, size, share) in enumerate(steps):
                if what == "ask":
                    try:
                        admission = await counts.admit(who, f"ex_{number}")
                        assert admission is not None
                        await counts.keep_room(admission, Asked(size, size, size // 2))
                    except RateLimited:
                        continue
                    running.append((admission, int(share * min(size, limit))))
                elif running:
                    admission, real = running.pop(size % len(running))
                    await counts.settle(admission, None, "m", real if what == "end" else 0, 0)
                assert await used(client, who) + sum(real for _, real in running) <= limit
            for admission, real in running:
                await counts.settle(admission, None, "m", real, 0)
            assert await used(client, who) <= limit

    asyncio.run(walk())


async def test_two_hundred_at_once_use_no_more_than_the_limit(valkey_client: Any) -> None:
    counts, who = limiter(valkey_client), principal(10_000)
    waits: set[int] = set()

    async def one(number: int) -> int:
        real = 37 + number
        try:
            admission = await counts.admit(who, f"ex_{number}")
            assert admission is not None
            await counts.keep_room(admission, Asked(most := real + number % 5, most, real // 2))
        except RateLimited as refused:
            waits.add(int(refused.headers["retry-after"]))
            return 0
        await asyncio.sleep(0)
        await counts.settle(admission, None, "m", real, 0)
        return real

    total = sum(await asyncio.gather(*(one(number) for number in range(200))))
    assert waits <= set(range(1, 62))
    assert waits
    assert 9_000 < total <= 10_000
    assert await used(valkey_client, who) == total


async def test_a_refused_exchange_gives_back_what_it_held_and_old_use_is_forgotten(valkey_client: Any) -> None:
    counts, who = limiter(valkey_client), principal(100)
    name = f"{{sting:limits:{who.key_id}}}:used"
    second = int((await valkey_client.time())[0])
    gone = {str(second - 61): 90, "xex_lost": f"90 {second - 1}"}
    await valkey_client.hset(name, mapping=gone)
    first = await counts.admit(who, "ex_1")
    assert first is not None
    await counts.keep_room(first, Asked(100, 100, 50))
    assert not set(await valkey_client.hgetall(name)) & {field.encode() for field in gone}
    with pytest.raises(RateLimited) as full:
        await counts.admit(who, "ex_2")
    assert full.value.headers["retry-after"] == "1"  # it waits for what runs, not for a minute to end
    await counts.settle(first, None, "m", 0, 0)
    assert await counts.admit(who, "ex_3") is not None
    with pytest.raises(RateLimited, match="alone may use 101") as never:
        await counts.keep_room(first, Asked(400, 400, 101))
    assert never.value.headers == {"x-should-retry": "false"}


@pytest.mark.parametrize(
    ("body", "route", "most", "likely"),
    [
        ('{"max_tokens": 7}', "/v1/chat/completions", 17 + 7, 5 + 7),
        ('{"max_tokens": 7, "max_completion_tokens": 9, "n": 3}', "/v1/chat/completions", 53 + 27, 14 + 27),
        ('{"max_output_tokens": 1e2}', "/v1/responses", 26 + 100, 7 + 100),
        ('{"options": {"num_predict": 5}}', "/api/chat", 31 + 5, 8 + 5),
        ('{"options": {"num_predict": -1}}', "/api/chat", 32 + 1000, 8),
        ('{"prompt": ["a", "b"], "max_tokens": 4, "best_of": 2}', "/v1/completions", 53 + 16, 14 + 16),
        ('{"max_tokens": 7, "tools": []}', "/v1/messages", 30 + 600 + 7, 8 + 7),
        ('{"input": "abc"}', "/v1/embeddings", 16, 4),
        ('{"max_tokens": "7"}', "/v1/messages", 19 + 1000, 5),
        ('{"a": "é"}', "/v1/chat/completions", 11 + 1000, 3),
    ],
)
def test_what_a_request_may_use(body: str, route: str, most: int, likely: int) -> None:
    asked = tokens_asked(parse(body), body, route, expected=1000)
    assert (asked.most, asked.likely) == (most, likely)
    assert asked.least == (likely if most > 1000 else most)


async def test_who_names_no_longest_answer_needs_little_room_and_keeps_all_there_is(valkey_client: Any) -> None:
    counts, who = limiter(valkey_client), principal(100)
    for number, used_up in enumerate((60, 30)):
        admission = await counts.admit(who, f"ex_{number}")
        assert admission is not None
        await counts.keep_room(admission, Asked(1_100, 10, 10))
        with pytest.raises(RateLimited):  # while it runs nobody else may
            await counts.admit(who, "ex_other")
        await counts.settle(admission, None, "m", used_up, 0)
    last = await counts.admit(who, "ex_last")
    assert last is not None
    with pytest.raises(RateLimited):
        await counts.keep_room(last, Asked(1_100, 11, 11))
