"""Several targets, breakers, retries, where a policy lets requests go, and clients' own credentials."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")


def body(model: str, text: str = "Hi") -> dict[str, Any]:
    """A chat request."""
    return {"model": model, "messages": [{"role": "user", "content": text}]}


async def test_targets_share_the_load_and_a_conversation_stays(gateway: Running) -> None:
    gate = asyncio.Event()
    gateway.provider.behaviour = gateway.backup.behaviour = Behaviour(gate=gate)
    calls = [asyncio.create_task(gateway.call("/v1/chat/completions", body("shared", f"Talk {n}"))) for n in range(8)]
    async with asyncio.timeout(20):
        while len(gateway.provider.requests) + len(gateway.backup.requests) < 8:  # noqa: ASYNC110 - of other servers
            await asyncio.sleep(0.01)
    assert (len(gateway.provider.requests), len(gateway.backup.requests)) == (2, 6)
    gate.set()
    assert {status for status, _, _ in await asyncio.gather(*calls)} == {200}
    first = "backup" if any(b"Talk 3" in request.body for request in gateway.backup.requests) else "provider"
    for _ in range(3):
        await gateway.call("/v1/chat/completions", body("shared", "Talk 3"))
    asked = gateway.backup if first == "backup" else gateway.provider
    assert sum(b"Talk 3" in request.body for request in asked.requests) == 4


async def test_a_target_that_dies_loses_no_request(new_gateway: NewGateway) -> None:
    async with new_gateway() as gateway:
        statuses: list[int] = []

        async def talk(number: int) -> None:
            for turn in range(6):
                status, _, answer = await gateway.call("/v1/chat/completions", body("shared", f"Talk {number}"))
                statuses.append(status)
                assert status == 200, answer
                if number == 0 and turn == 1:
                    await gateway.backup.stop()

        await asyncio.gather(*(talk(number) for number in range(6)))
        assert statuses == [200] * 36
        assert any(b'"one"' in request.body for request in gateway.provider.requests)
        _, _, told = await gateway.call("/readyz?verbose", method="GET")
        assert json.loads(told)["providers"]["backup"]["state"] in ("resting", "open")
        assert await gateway.metric("sting_provider_up", provider="backup") == 0


async def test_the_breaker_answers_at_once_and_says_when(new_gateway: NewGateway) -> None:
    async with new_gateway({"gateway.breaker_failures": 2, "gateway.breaker_rest_s": 60}) as gateway:
        for _ in range(2):
            assert (await gateway.call("/v1/chat/completions", body("refused/x")))[0] == 502
        status, headers, answer = await gateway.call("/v1/chat/completions", body("refused/x"))
        assert status == 503
        assert 0 < int(headers["retry-after"]) <= 60
        assert json.loads(answer)["error"]["code"] == "sting_upstream_failed"
        assert (await gateway.call("/v1/chat/completions", body("fake/x")))[0] == 200


async def test_retries_happen_before_the_first_byte(new_gateway: NewGateway) -> None:
    async with new_gateway({"gateway.retries": 1}) as gateway:
        gateway.provider.once(Behaviour(status=503, headers={"retry-after-ms": "1"}))
        assert (await gateway.call("/v1/chat/completions", body("fake/x")))[0] == 200
        assert len(gateway.provider.requests) == 2


@pytest.mark.parametrize("policy", ["at-home", "in-europe", "no-training", "forgets"])
async def test_a_policy_says_where_requests_may_go(new_gateway: NewGateway, policy: str) -> None:
    async with new_gateway(
        {
            "providers.fake.local": False,
            "providers.claude.local": False,
            "providers.claude.region": "eu",
            "providers.claude.retention_days": 0,
            "providers.claude.trains_on_data": False,
        }
    ) as gateway:
        headers = {"X-Sting-Policy": policy}
        status, _, answer = await gateway.call("/v1/chat/completions", body("fake/x"), headers=headers)
        if policy == "at-home":
            assert status == 200, answer
            assert json.loads(answer)["model"] == "home"
            assert [request.target for request in gateway.provider.requests] == ["/v1/chat/completions"]
            assert gateway.provider.requests[0].json["model"] == "home", "the policy names what answers instead"
        else:
            assert (status, json.loads(answer)["error"]["code"]) == (404, "sting_model_not_allowed")
            assert not gateway.provider.requests
            assert (await gateway.call("/v1/chat/completions", body("claude/x"), headers=headers))[0] == 200
        status, _, _ = await gateway.call("/v1/chat/completions", body("with-fallback"), headers=headers)
        assert status == 200
        assert [request.json["model"] for request in gateway.backup.requests] == ["second"], "the local fallback"


@pytest.mark.parametrize("said", [False, True])
async def test_clients_bring_their_own_credential(new_gateway: NewGateway, *, said: bool) -> None:
    meant = {"providers.fake.pass_through": True, "providers.claude.pass_through": True} if said else {}
    async with new_gateway({"auth.pass_through": True, **meant}) as gateway:
        own = {"X-Sting-Key": "sk-test-dev", "Authorization": "Bearer sk-of-the-client"}

        async def sent(path: str, model: str, headers: dict[str, str]) -> bytes:
            gateway.provider.requests.clear()
            gateway.backup.requests.clear()
            status, _, answer = await gateway.call(path, {**body(model), "max_tokens": 9}, key=None, headers=headers)
            assert status == 200, answer
            seen = gateway.provider.bytes_seen + gateway.backup.bytes_seen
            assert b"sk-test" not in seen
            return seen

        assert b"Bearer sk-of-the-client" in await sent("/v1/chat/completions", "fake/x", own)
        translated = await sent("/v1/chat/completions", "claude/x", own)
        assert b"sk-of-the-client" not in translated, "an OpenAI key is nothing for Anthropic"
        assert b"sk-ant-provider-secret" in translated
        version = {"anthropic-version": "2023-06-01"}
        assert b"sk-of-the-client" in await sent("/v1/messages", "claude/x", own | version)
        assert b"sk-of-the-client" not in await sent("/v1/messages", "llama/x", own | version)
        gateway.provider.once(Behaviour(status=503))
        fallen = await sent("/v1/chat/completions", "with-fallback", own)
        assert fallen.count(b"sk-of-the-client") == 1, "not to the fallback"
        for wrong in ("sk-test-dev", "sk-test-stranger"):
            seen = await sent("/v1/chat/completions", "fake/x", own | {"Authorization": f"Bearer {wrong}"})
            assert b"Bearer sk-provider-secret" in seen


_OWN = {"X-Sting-Key": "sk-test-dev", "Authorization": "Bearer sk-of-the-client"}
_KEYLESS = {"auth.pass_through": True, "providers.fake.pass_through": True, "providers.backup.local": False}


async def test_a_clients_credential_goes_to_one_address_only(new_gateway: NewGateway) -> None:
    """Two entries of one kind share the load of a model: what the client brought is for one of them."""
    async with new_gateway(_KEYLESS) as gateway:
        for number in range(6):
            request = body("shared", f"Talk {number}")
            status, _, answer = await gateway.call("/v1/chat/completions", request, key=None, headers=_OWN)
            assert status == 200, answer
        assert len(gateway.provider.requests) == 6, "the other has no key, so it is not asked"
        assert {one.header("authorization") for one in gateway.provider.requests} == {"Bearer sk-of-the-client"}
        assert not gateway.backup.requests


@pytest.mark.parametrize("both", [False, True])
async def test_who_shares_the_load_is_asked_with_the_gateways_key(new_gateway: NewGateway, *, both: bool) -> None:
    more = {"providers.backup.api_key": "sk-backup-secret", "providers.backup.pass_through": both}
    async with new_gateway(_KEYLESS | more) as gateway:
        for number in range(8):
            request = body("shared", f"Talk {number}")
            status, _, answer = await gateway.call("/v1/chat/completions", request, key=None, headers=_OWN)
            assert status == 200, answer
        gateway.provider.behaviour = Behaviour(status=503)
        assert (await gateway.call("/v1/chat/completions", body("shared"), key=None, headers=_OWN))[0] == 200
        assert b"sk-of-the-client" in gateway.provider.bytes_seen
        assert gateway.backup.requests
        assert {one.header("authorization") for one in gateway.backup.requests} == {"Bearer sk-backup-secret"}
        assert b"sk-of-the-client" not in gateway.backup.bytes_seen


async def test_an_entry_that_is_not_meant_for_it_gets_no_clients_credential(new_gateway: NewGateway) -> None:
    kept = {"providers.backup.pass_through": False, "providers.vllm.pass_through": False}
    async with new_gateway(_KEYLESS | kept) as gateway:
        for path, request in (
            ("/v1/chat/completions", body("backup/x")),
            ("/v1/responses", {"model": "backup/x", "input": "Hi"}),
            ("/v1/embeddings", {"model": "backup/x", "input": "Hi"}),
        ):
            status, _, answer = await gateway.call(path, request, key=None, headers=_OWN)
            assert (status, json.loads(answer)["error"]["code"]) == (403, "sting_forbidden")
            assert "pass_through: true" in json.loads(answer)["error"]["message"]
        assert not gateway.backup.requests
        # In the house none is wanted, so none is sent.
        assert (await gateway.call("/v1/chat/completions", body("vllm/x"), key=None, headers=_OWN))[0] == 200
        assert b"sk-of-the-client" not in gateway.provider.bytes_seen


async def test_a_fallback_at_the_same_address_gets_it_too(new_gateway: NewGateway) -> None:
    more = {"models.with-fallback": {"target": "fake/first", "fallback": ["fake/second", "backup/third"]}}
    async with new_gateway(_KEYLESS | more | {"providers.backup.local": True}) as gateway:
        gateway.provider.behaviour = Behaviour(status=503)
        assert (await gateway.call("/v1/chat/completions", body("with-fallback"), key=None, headers=_OWN))[0] == 200
        assert [one.header("authorization") for one in gateway.provider.requests] == ["Bearer sk-of-the-client"] * 2
        assert b"sk-of-the-client" not in gateway.backup.bytes_seen


async def test_models_of_the_providers_are_listed_when_wanted(new_gateway: NewGateway) -> None:
    async with new_gateway({"gateway.list_models": "all", "models.alias.context": 4096}) as gateway:
        _, _, answer = await gateway.call("/v1/models", method="GET")
        told_by = {entry["id"]: entry for entry in json.loads(answer)["data"]}
        names = list(told_by)
        assert told_by["alias"]["context_window"] == 4096
        assert {"alias", "sting-demo", "fake-1", "backup/fake-1"} <= set(names)
        for name in names:
            status, _, told = await gateway.call(f"/v1/models/{name}", method="GET")
            assert (status, json.loads(told)["id"]) == (200, name)
        _, _, few = await gateway.call("/v1/models", method="GET", key="narrow")
        assert [entry["id"] for entry in json.loads(few)["data"]] == []


_AZURE = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Write to m.okafor@example.com"}]},
    "/v1/completions": {"prompt": "m.okafor@example.com"},
    "/v1/embeddings": {"input": "m.okafor@example.com"},
    "/v1/responses": {"input": "m.okafor@example.com", "store": False},
}


@pytest.mark.parametrize("below", ["", "/openai"])
async def test_azure_by_deployment(new_gateway: NewGateway, below: str) -> None:
    """The addresses and headers of Azure's own reference: deployments for what a deployment answers."""
    async with new_gateway({"providers.fake.kind": "azure_openai", "providers.fake.api_version": "2024-10-21"}) as it:
        upstream = it.gateway.services.upstream._inner  # type: ignore[attr-defined] # the providers behind it
        upstream._providers["fake"] = dataclasses.replace(upstream._providers["fake"], base_url=it.provider.url + below)
        it.provider.behaviour = Behaviour(raw=b'{"choices": [], "id": "x"}')
        for path, more in _AZURE.items():
            status, _, answer = await it.call(path, {"model": "fake/gpt-4o.eu", **more})
            assert status == 200, answer
        targets = [request.target for request in it.provider.requests]
        assert targets == [
            "/openai/deployments/gpt-4o.eu/chat/completions?api-version=2024-10-21",
            "/openai/deployments/gpt-4o.eu/completions?api-version=2024-10-21",
            "/openai/deployments/gpt-4o.eu/embeddings?api-version=2024-10-21",
            "/openai/responses?api-version=2024-10-21",
        ]
        assert {request.header("api-key") for request in it.provider.requests} == {"sk-provider-secret"}
        assert b"okafor" not in it.provider.bytes_seen


async def test_azure(new_gateway: NewGateway) -> None:
    async with new_gateway(
        {"providers.fake.kind": "azure_openai", "providers.fake.api_version": "2026-10-21"}
    ) as gateway:
        status, _, answer = await gateway.call("/v1/chat/completions", body("fake/my-deployment"))
        assert status == 200, answer
        (request,) = gateway.provider.requests
        assert request.target == "/v1/chat/completions?api-version=2026-10-21"
        assert request.header("api-key") == "sk-provider-secret"
        assert request.header("authorization") is None
