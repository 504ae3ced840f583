"""Fallbacks: who is asked next, and what the client gets when all fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from proxy.upstream.base import Answer, Provider, ProviderFailed, ProviderKind, Target, UpstreamRequest
from proxy.upstream.health import Health
from proxy.upstream.sending import Providers, Retries, send_with_fallbacks
from tests.fake_provider import Behaviour, FakeProvider

A, B, C = Target("a", "m1"), Target("b", "m2"), Target("c", "m3")


class Given:
    """An answer with a status and nothing else."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.secured = ""
        self.closed = False

    @property
    def headers(self) -> Mapping[str, str]:
        return {"retry-after": "3"}

    async def body(self, limit: int) -> bytes:
        return b""[:limit]

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b""

    def close(self) -> None:
        self.closed = True


class Scripted:
    """An upstream that gives each target a status or a failure."""

    def __init__(self, outcomes: Mapping[Target, int | str]) -> None:
        self.outcomes = outcomes
        self.asked: list[tuple[Target, bytes]] = []
        self.given: list[Given] = []

    async def send(self, target: Target, request: UpstreamRequest) -> Answer:
        self.asked.append((target, request.body))
        outcome = self.outcomes[target]
        if isinstance(outcome, int):
            self.given.append(Given(outcome))
            return self.given[-1]
        raise ProviderFailed("connect" if outcome == "connect" else "timeout", target.provider, "made up")

    async def close(self) -> None:
        return None


def body_for(target: Target) -> UpstreamRequest:
    return UpstreamRequest("POST", "/v1/x", body=target.model.encode())


@pytest.mark.parametrize(
    ("outcomes", "chosen", "status"),
    [
        ({A: 200, B: 200}, A, 200),
        ({A: 400, B: 200}, A, 400),  # the request is at fault: nobody else will like it better
        ({A: 401, B: 200}, A, 401),
        ({A: 429, B: 200}, B, 200),
        ({A: 500, B: 200}, B, 200),
        ({A: 503, B: 429, C: 200}, C, 200),
        ({A: "connect", B: 200}, B, 200),
        ({A: "timeout", B: 500}, B, 500),
        ({A: 429, B: "connect"}, A, 429),  # the last answer, not the last failure
        ({A: 500, B: 529, C: "timeout"}, B, 529),
        ({A: 429}, A, 429),
    ],
)
async def test_the_next_target_is_asked_when_it_may_do_better(
    outcomes: dict[Target, int | str], chosen: Target, status: int
) -> None:
    upstream = Scripted(outcomes)
    target, answer = await send_with_fallbacks(upstream, list(outcomes), body_for)
    assert (target, answer.status) == (chosen, status)
    assert all(body == asked.model.encode() for asked, body in upstream.asked)
    assert sum(given.closed for given in upstream.given) == len(upstream.given) - 1
    answer.close()
    assert all(given.closed for given in upstream.given)


async def test_without_any_answer_the_last_failure_is_raised() -> None:
    noted: list[tuple[Target, str]] = []
    with pytest.raises(ProviderFailed) as caught:
        await send_with_fallbacks(
            Scripted({A: "connect", B: "timeout"}),
            [A, B],
            body_for,
            note=lambda target, why: noted.append((target, why)),
        )
    assert (caught.value.provider, caught.value.kind) == ("b", "timeout")
    assert noted == [(A, "connect"), (B, "timeout")]


async def test_a_target_is_asked_once() -> None:
    upstream = Scripted({A: 503})
    await send_with_fallbacks(upstream, [A], body_for)
    assert len(upstream.asked) == 1


async def test_an_error_on_the_way_closes_the_answer_in_hand() -> None:
    upstream = Scripted({A: 500})

    def broken(target: Target) -> UpstreamRequest:
        if target == B:
            raise RuntimeError("made up")
        return body_for(target)

    with pytest.raises(RuntimeError):
        await send_with_fallbacks(upstream, [A, B], broken)
    assert upstream.given[0].closed


async def test_an_error_answer_over_http_is_passed_on_whole() -> None:
    async with FakeProvider(Behaviour(status=503, headers={"retry-after": "9"}, quote_prompt=True)) as fake:
        providers = Providers({"a": Provider("a", "openai", fake.url), "demo": Provider("demo", "demo")}, connections=4)
        try:
            _, answer = await send_with_fallbacks(
                providers, [A], lambda _: UpstreamRequest("POST", "/v1/chat/completions", body=b"{}")
            )
            assert (answer.status, answer.headers["retry-after"], answer.headers["x-request-id"]) == (
                503,
                "9",
                "req-fake-1",
            )
            assert b"made-up error" in await answer.body(10_000)
            offline = await providers.send(Target("demo", "x"), UpstreamRequest("GET", "/v1/models"))
            assert b"sting-demo" in await offline.body(10_000)
        finally:
            await providers.close()
    assert len(fake.requests) == 1


class _Waits:
    """Notes waits, and answers at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def test_the_same_target_is_asked_again_as_often_as_it_is_told() -> None:
    upstream, waits = Scripted({A: 503, B: 200}), _Waits()
    target, answer = await send_with_fallbacks(
        upstream, [A, B], body_for, retries=Retries(2, jitter=lambda: 1.0, sleep=waits)
    )
    assert (target, answer.status) == (B, 200)
    assert [asked for asked, _ in upstream.asked] == [A, A, A, B]
    assert waits.seconds == [3.5, 4.0], "what the provider asks for, and the jitter doubling"
    assert [given.closed for given in upstream.given] == [True, True, True, False]


async def test_a_provider_that_asks_for_too_long_is_not_waited_for() -> None:
    waits = _Waits()
    retries = Retries(3, jitter=lambda: 0.5, sleep=waits)
    assert retries.wait(0, 30.0) is None
    assert retries.wait(0, None) == 0.25
    assert retries.wait(3, None) is None


async def test_what_is_in_flight_is_counted_until_the_answer_ends() -> None:
    health = Health(failures=1)
    upstream = Scripted({A: 200, B: "connect"})
    _, answer = await send_with_fallbacks(upstream, [B, A], body_for, health=health)
    assert [health.told()[name]["in_flight"] for name in "ab"] == [1, 0]
    answer.close()
    answer.close()
    assert health.told()["a"]["in_flight"] == 0
    with pytest.raises(ProviderFailed):
        await send_with_fallbacks(upstream, [B], body_for, health=health)
    assert len(upstream.asked) == 2, "the breaker is open"


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_who_wants_a_key_is_not_asked_without_one(kind: ProviderKind) -> None:
    base_url = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}[kind]
    providers = Providers({"a": Provider("a", kind, base_url)}, connections=1)
    try:
        with pytest.raises(ProviderFailed, match="it has no key here, so nothing was sent"):
            await providers.send(A, UpstreamRequest("POST", "/v1/x"))
    finally:
        await providers.close()
