"""What people change reaches a running gateway: at once by a message, and without messages by a look."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from policies.announcing import Announcer
from policies.db import Database, database_url
from policies.entity_types import ENTITY_TYPES
from policies.key_rows import KeyRequest, assign_key, create_key, revoke_key
from policies.master_key import open_sealer
from policies.records import Editor, put_record
from policies.values import Chunk, ValueLists
from proxy.detectors.known_values import KnownValues
from tests.gateway_fixture import NewGateway, Running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHAT = "/v1/chat/completions"
POLICY = "name: {}\nextends: balanced\nentities: {{EMAIL_ADDRESS: redact}}\n"
_NEVER = 1e6


@asynccontextmanager
async def other_process(gateway: Running) -> AsyncIterator[Database]:
    """The gateway's database as a command or the console has it open."""
    database = Database(database_url(gateway.settings))
    database.announce = Announcer(gateway.settings, gateway.gateway.valkey_url).tell
    yield database
    await database.close()


async def left(gateway: Running, key: str) -> tuple[int, str]:
    """The status of a request with an address and a name in it, and what left."""
    content = f"Write to {ENTITY_TYPES['EMAIL_ADDRESS'].example} about Zyxo Quendl"
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}
    before = len(gateway.provider.requests)
    status, _, _ = await gateway.call(CHAT, body, key=None, headers={"X-Sting-Key": key})
    sent = gateway.provider.requests[before:]
    return status, sent[-1].body.decode() if sent else ""


async def edited(database: Database, name: str) -> None:
    await put_record(database, "policy", name, POLICY.format(name), Editor("cli", "command line", 1))


async def test_messages_bring_changes_long_before_a_look(
    new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.changes.LOOK_SECONDS", _NEVER)
    monkeypatch.setattr("policies.keys.CACHE_SECONDS", _NEVER)
    patient = partial(KnownValues, poll=_NEVER, patience=_NEVER)
    monkeypatch.setattr("proxy.assembly.KnownValues", patient)
    async with new_gateway() as gateway, other_process(gateway) as other:
        services = gateway.gateway.services
        key = await create_key(other, KeyRequest("told", policies=("*",)), now=1)
        assert "Quendl" in (await left(gateway, key.secret))[1]
        await edited(other, "told")
        await until(lambda: "told" in services.policies, 30)
        await assign_key(other, "told", "told")
        await until_true(lambda: says(gateway, key.secret, "REDACTED_EMAIL_ADDRESS"))
        lists = ValueLists(other, open_sealer(gateway.settings))
        draft = await lists.begin("default", "people")
        await lists.write(draft, [draft.seal(Chunk("PERSON", ["Zyxo Quendl"]))])
        await lists.commit(draft, replace=True)
        await until(lambda: services.known.version("default") > 0, 30)
        assert "Quendl" not in (await left(gateway, key.secret))[1]
        await revoke_key(other, "told", now=time.time_ns() // 1_000_000)
        await until_true(lambda: refused(gateway, key.secret))


@pytest.mark.long
async def test_without_messages_a_look_brings_them(new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deaf(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("proxy.assembly.hear", deaf)
    async with new_gateway() as gateway, other_process(gateway) as other:
        key = await create_key(other, KeyRequest("looked"), now=1)
        assert (await left(gateway, key.secret))[0] == 200
        await edited(other, "looked")
        await until(lambda: "looked" in gateway.gateway.services.policies, 30)
        await revoke_key(other, "looked", now=time.time_ns() // 1_000_000)
        await until_true(lambda: refused(gateway, key.secret))


async def until_true(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition that is asked of the gateway."""
    async with asyncio.timeout(30):
        while not await true():  # noqa: ASYNC110 - the gateway tells nobody
            await asyncio.sleep(0.02)


async def says(gateway: Running, key: str, word: str) -> bool:
    return word in (await left(gateway, key))[1]


async def refused(gateway: Running, key: str) -> bool:
    return (await left(gateway, key))[0] == 401
