"""The cache of answers: given again to the same session only, restored anew, sealed, gone with the session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import yaml

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running, StubDetector, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
MAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example
POLICIES: dict[str, dict[str, object]] = {
    "keeps": {"cache": {"ttl": 600}},
    "keeps-all": {"cache": {"ttl": 600, "calls": "all"}},
    "keeps-screened": {"cache": {"ttl": 600}, "output": "redact"},
    "keeps-guarded": {"cache": {"ttl": 600}, "hooks": {"after": ["phrases"]}},
}
CASES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "gpt-4o", "temperature": 0, "messages": [{"role": "user", "content": NAME}]},
    "/v1/responses": {"model": "gpt-4o", "temperature": 0, "store": False, "input": NAME},
    "/v1/completions": {"model": "gpt-4o", "temperature": 0.0, "prompt": NAME},
    "/v1/messages": {
        "model": "claude/claude-x",
        "temperature": 0,
        "max_tokens": 9,
        "messages": [{"role": "user", "content": NAME}],
    },
    "/api/chat": {
        "model": "llama/small",
        "options": {"temperature": 0},
        "messages": [{"role": "user", "content": NAME}],
    },
    "/api/generate": {"model": "llama/small", "options": {"temperature": 0}, "prompt": NAME},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("cache")
    (folder / "policies").mkdir()
    for name, more in POLICIES.items():
        (folder / "policies" / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, "extends": "balanced", **more}))
    hooks = {"phrases": {"entry_point": "phrases", "options": {"block": ["forbidden"]}}}
    roles = ["use", "restore", "audit"]
    keys = [
        {"name": "dev", "secret": "sk-test-dev", "policies": ["*"], "roles": roles, "vault": "shared"},
        {"name": "mate", "secret": "sk-test-mate", "policies": ["*"], "vault": "shared"},
        {"name": "other", "secret": "sk-test-other", "policies": ["*"]},
        {"name": "foreign", "secret": "sk-test-foreign", "policies": ["*"], "tenant": "foreign"},
    ]
    async with running(folder, StubDetector(), {"hooks": hooks, "keys": keys}) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(shared: Running) -> AsyncIterator[Running]:
    shared.begin()
    async with shared.store() as store:
        for name in await store.keys("sting:*:a"):
            await store.delete(name)
    yield shared


async def ask(
    gateway: Running,
    body: dict[str, Any],
    path: str = "/v1/chat/completions",
    *,
    policy: str = "keeps",
    key: str = "dev",
    headers: dict[str, str] | None = None,
) -> tuple[str, bytes]:
    """What the header says of the cache, and the answer."""
    sent = {"X-Sting-Policy": policy} | (headers or {})
    status, told, answer = await gateway.call(path, body, key=key, headers=sent)
    assert status == 200
    await gateway.settled()
    return told.get("x-sting-cache", ""), answer


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", CASES)
async def test_the_second_answer_is_the_first_one_and_nothing_leaves(
    gateway: Running, path: str, *, stream: bool
) -> None:
    gateway.provider.behaviour = Behaviour(mutate=lambda text: f"{text} and {text}", piece=5)
    body = CASES[path] | {"stream": stream}
    first, one = await ask(gateway, body, path)
    gateway.provider.behaviour = Behaviour(text="another answer")
    second, two = await ask(gateway, body, path)
    assert (first, second) == ("miss", "hit")
    assert two == one
    if not stream:
        assert NAME.encode() in two
    assert len(gateway.provider.requests) == 1


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/moderations"])
async def test_embeddings_and_moderations_do_not_vary(gateway: Running, path: str) -> None:
    body = {"model": "gpt-4o", "input": [f"Write to {MAIL}"]}
    assert [(await ask(gateway, body, path))[0] for _ in range(2)] == ["miss", "hit"]


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        ("balanced", {}),
        ("keeps", {"temperature": 0.7}),
        ("keeps", {"temperature": None}),
        ("keeps-all", {"temperature": 1}),
    ],
)
async def test_the_policy_says_which_calls(gateway: Running, policy: str, more: dict[str, Any]) -> None:
    body = CASES["/v1/chat/completions"] | more
    said = [(await ask(gateway, body, policy=policy))[0] for _ in range(2)]
    assert said == (["miss", "hit"] if policy == "keeps-all" else ["", ""])


async def test_what_the_provider_keeps_is_no_case_for_the_cache(gateway: Running) -> None:
    kept = CASES["/v1/responses"] | {"store": True}
    assert [(await ask(gateway, kept, "/v1/responses", policy="keeps-all"))[0] for _ in range(2)] == ["", ""]
    _, answer = await ask(gateway, kept, "/v1/responses", policy="keeps-all")
    goes_on = CASES["/v1/responses"] | {"previous_response_id": json.loads(answer)["id"]}
    assert (await ask(gateway, goes_on, "/v1/responses", policy="keeps-all"))[0] == ""


async def test_another_session_another_vault_another_tenant_gets_nothing_of_it(gateway: Running) -> None:
    body = CASES["/v1/chat/completions"]
    one = {"X-Sting-Session": "cache-one"}
    assert (await ask(gateway, body, headers=one))[0] == "miss"
    assert (await ask(gateway, body, headers=one))[0] == "hit"
    assert (await ask(gateway, body, headers=one, key="mate"))[0] == "hit"  # the same vault by the keys' configuration
    assert (await ask(gateway, body, headers=one, key="other"))[0] == "miss"
    assert (await ask(gateway, body, headers=one, key="foreign"))[0] == "miss"
    assert (await ask(gateway, body, headers={"X-Sting-Session": "cache-two"}))[0] == "miss"


async def test_another_value_another_model_another_policy_is_another_request(gateway: Running) -> None:
    body = CASES["/v1/chat/completions"]
    session = {"X-Sting-Session": "cache-values"}
    gateway.detector.words["Bert Beispiel"] = "PERSON"  # type: ignore[union-attr]
    assert (await ask(gateway, body, headers=session))[0] == "miss"
    other = body | {"messages": [{"role": "user", "content": "Bert Beispiel"}]}
    said, answer = await ask(gateway, other, headers=session)
    assert said == "miss"
    assert b"Bert Beispiel" in answer
    assert (await ask(gateway, body | {"model": "backup/gpt-4o"}, headers=session))[0] == "miss"
    assert (await ask(gateway, body, headers=session, policy="keeps-all"))[0] == "miss"
    beta = {"openai-beta": "x=1"}
    assert (await ask(gateway, body, headers=session | beta))[0] == "miss"


async def test_nothing_readable_lies_in_the_store_and_no_original_at_all(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(mutate=lambda text: f"{text} likes needles")
    await ask(gateway, CASES["/v1/chat/completions"])
    async with gateway.store() as store:
        (name,) = await store.keys("sting:*:a")
        entry = await store.get(name)
        seconds = await store.ttl(name)
    assert NAME.encode() not in entry
    assert b"PERSON_" not in entry
    assert b"needles" not in entry
    assert 0 < seconds <= 600


async def test_a_forgotten_session_takes_its_answers_along(gateway: Running) -> None:
    session = {"X-Sting-Session": "cache-forgotten"}
    body = CASES["/v1/chat/completions"]
    await ask(gateway, body, headers=session)
    status, _, _ = await gateway.call("/sting/v1/sessions/cache-forgotten", method="DELETE")
    assert status == 200
    async with gateway.store() as store:
        assert await store.keys("sting:*:a")
    assert (await ask(gateway, body, headers=session))[0] == "miss"


async def test_an_altered_entry_is_no_answer(gateway: Running) -> None:
    body = CASES["/v1/chat/completions"]
    await ask(gateway, body)
    async with gateway.store() as store:
        (name,) = await store.keys("sting:*:a")
        entry = await store.get(name)
        await store.set(name, entry[:-1] + bytes([entry[-1] ^ 1]))
    assert (await ask(gateway, body))[0] == "miss"


async def test_a_client_may_ask_anew(gateway: Running) -> None:
    body = CASES["/v1/chat/completions"]
    await ask(gateway, body)
    assert (await ask(gateway, body, headers={"Cache-Control": "no-cache"}))[0] == "miss"
    assert (await ask(gateway, body, headers={"Cache-Control": "no-store"}))[0] == ""
    assert (await ask(gateway, body))[0] == "hit"


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(status=500),
        Behaviour(text="word " * 40, cut_after=900),
        Behaviour(text="word", done=False),
        Behaviour(raw=b'{"x":"' + b"w" * (1024 * 1024) + b'"}'),
    ],
)
async def test_what_is_broken_or_too_long_is_not_kept(gateway: Running, behaviour: Behaviour) -> None:
    gateway.provider.behaviour = behaviour
    body = CASES["/v1/chat/completions"] | {"stream": behaviour.raw is None}
    headers = {"Authorization": "Bearer sk-test-dev", "X-Sting-Policy": "keeps"}
    async with gateway.http.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers) as answer:
        await asyncio.gather(answer.read(), return_exceptions=True)
    await gateway.settled()
    async with gateway.store() as store:
        assert not await store.keys("sting:*:a")


async def test_an_answer_given_again_is_looked_into_again(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(text=f"Ask {MAIL}.")
    for _ in range(2):
        _, answer = await ask(gateway, CASES["/v1/chat/completions"], policy="keeps-screened")
        assert b"REDACTED_EMAIL_ADDRESS" in answer
    gateway.provider.behaviour = Behaviour(text="It is forbidden.")
    sent = {"X-Sting-Policy": "keeps-guarded"}
    for _ in range(2):
        status, _, _ = await gateway.call("/v1/chat/completions", CASES["/v1/chat/completions"], headers=sent)
        assert status == 403
    assert len(gateway.provider.requests) == 3


async def test_the_audit_says_that_nothing_left_and_nothing_is_charged(gateway: Running) -> None:
    body = CASES["/v1/chat/completions"]
    headers = {"X-Sting-Policy": "keeps"}
    exchanges = []
    for _ in range(2):
        _, told, _ = await gateway.call("/v1/chat/completions", body, headers=headers)
        await gateway.settled()
        exchanges.append(await gateway.audit(told["x-sting-exchange"]))
    assert [event["provider"] for event in exchanges] == ["fake", "cache"]
    assert [event["tokens_in"] for event in exchanges] == [11, 0]
    assert [event["restored"] for event in exchanges] == [1, 1]
    assert "left" not in exchanges[1] or not exchanges[1]["left"]
    assert await gateway.metric("sting_answer_cache_total", result="hit") >= 1
