"""Providers that tenants have of their own: nobody else's address or key is used, and the shared ones where allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.console_fixture import RunningConsole, running_console
from tests.fake_provider import Recorded
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.timeout(120)
ACME_KEY = "sk-acme-4f1d9a77c2e0"
KEYS = [
    {"name": "dev", "secret": "sk-test-dev", "roles": ["use", "restore", "audit"]},
    {"name": "acme", "secret": "sk-test-acme", "tenant": "acme", "roles": ["use", "audit"]},
    {"name": "beta", "secret": "sk-test-beta", "tenant": "beta", "limits": {"providers": ["own"]}},
]


@asynccontextmanager
async def both(new_gateway: NewGateway) -> AsyncIterator[tuple[Running, RunningConsole]]:
    async with new_gateway({"keys": KEYS}) as gateway:
        section = gateway.settings.gateway.model_copy(update={"url": gateway.url})
        async with running_console(gateway.settings.model_copy(update={"gateway": section}), []) as console:
            yield gateway, console


async def asked(gateway: Running, key: str, model: str) -> tuple[int, list[Recorded], list[Recorded], dict[str, str]]:
    """Status of a chat, and what the two providers saw of it."""
    gateway.provider.requests.clear()
    gateway.backup.requests.clear()
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    status, headers, _ = await gateway.call("/v1/chat/completions", body, key=key)
    return status, list(gateway.provider.requests), list(gateway.backup.requests), headers


async def provider_in_audit(gateway: Running, exchange: str) -> str:
    """Whom the audit event of acme's exchange names, once it is written."""
    async with asyncio.timeout(30):
        while True:
            status, _, told = await gateway.call(f"/sting/v1/exchanges/{exchange}", method="GET", key="acme")
            if status == 200:
                return str(json.loads(told)["provider"])
            await asyncio.sleep(0.05)


async def test_tenants_use_what_is_theirs_and_no_more(new_gateway: NewGateway) -> None:
    async with both(new_gateway) as (gateway, console):
        admin, acme = await console.person("admin"), await console.person("admin", tenant="acme")
        house = {"kind": "openai", "local": True, "region": "eu"}
        theirs = {**house, "base_url": f"{gateway.backup.url}/v1"}
        assert (await acme.call("PUT", "/tenant-providers/acme/fake", theirs)).status == 403, (
            "an address is no tenant's"
        )
        for name, body in (
            ("/tenant-providers/acme/fake", theirs),
            ("/tenant-providers/beta/own", {**house, "base_url": f"{gateway.provider.url}/v1"}),
            ("/tenants/beta", {"shared_providers": ["nothing*"]}),
        ):
            assert (await admin.call("PUT", name, body)).status == 200
        kept = await acme.call("POST", "/provider-keys", {"provider": "fake", "key": ACME_KEY})
        assert (kept.status, kept.data["tenant"]) == (201, "acme")
        assert any(ACME_KEY in (one.header("authorization") or "") for one in gateway.backup.requests), "it was tried"
        async with asyncio.timeout(30):
            own: list[Recorded] = []
            while [one.header("authorization") for one in own] != [f"Bearer {ACME_KEY}"]:  # a key comes by its own way
                own = (await asked(gateway, "acme", "alias"))[2]
                await asyncio.sleep(0.05)

        status, shared, own, headers = await asked(gateway, "acme", "alias")
        assert (status, shared, [one.header("authorization") for one in own]) == (200, [], [f"Bearer {ACME_KEY}"])
        assert await provider_in_audit(gateway, headers["x-sting-exchange"]) == "fake@acme"
        status, shared, own, _ = await asked(gateway, "dev", "alias")
        assert (status, [one.header("authorization") for one in shared], own) == (
            200,
            ["Bearer sk-provider-secret"],
            [],
        )
        assert (await asked(gateway, "beta", "alias"))[:3] == (404, [], []), "shared, and not shared with beta"
        status, shared, own, _ = await asked(gateway, "beta", "own/x")
        assert (status, [one.header("authorization") for one in shared], own) == (200, [None], []), "no key is lent"
        status, _, own, _ = await asked(gateway, "acme", "own/x")
        assert [one.json["model"] for one in own] == ["own/x"], "another tenant's name is a model's name like any other"
        status, _, own, _ = await asked(gateway, "acme", "backup/two")
        assert (status, [one.header("authorization") for one in own]) == (200, [None]), (
            "a shared one, and not acme's key"
        )


async def test_people_see_and_change_what_is_their_tenants(console: RunningConsole) -> None:
    admin, acme = await console.person("admin"), await console.person("admin", tenant="acme")
    entry: dict[str, Any] = {"kind": "openai", "base_url": "http://127.0.0.1:9/v1", "local": True}
    for name in ("acme/house", "beta/house"):
        assert (await admin.call("PUT", f"/tenant-providers/{name}", entry)).data["name"] == name
        sent = {"provider": "house", "tenant": name.partition("/")[0], "key": ACME_KEY, "test": False}
        assert (await admin.call("POST", "/provider-keys", sent)).status == 201
    assert [one["name"] for one in (await acme.call("GET", "/tenant-providers")).data["items"]] == ["acme/house"]
    assert [one["tenant"] for one in (await acme.call("GET", "/provider-keys")).data["items"]] == ["acme"]
    assert (await acme.call("GET", "/tenant-providers/beta/house")).status == 404
    assert (await acme.call("DELETE", "/provider-keys/beta/house")).status == 404
    for body in ({"provider": "house", "tenant": "beta"}, {"provider": "demo"}):
        refused = await acme.call("POST", "/provider-keys", {**body, "key": ACME_KEY, "test": False})
        assert (refused.status, refused.data["code"]) == (404, "no_such_provider")
    await admin.call("PUT", "/tenants/acme", {"shared_providers": []})
    assert (await acme.call("GET", "/providers")).data["items"] == []
    assert (await admin.call("GET", "/tenants")).data["items"][0]["shared_providers"] == []
    long = "n" * 40
    assert (await admin.call("PUT", f"/tenant-providers/{long}/{long}", entry)).data["code"] == "does_not_fit"
    assert (await admin.call("DELETE", "/tenant-providers/acme/house")).status == 204
    assert [one["tenant"] for one in (await admin.call("GET", "/provider-keys")).data["items"]] == ["beta"]
    everything = [await who.call("GET", f"/{what}") for who in (admin, acme) for what in ("provider-keys", "tenants")]
    assert ACME_KEY not in str([answer.data for answer in everything])
