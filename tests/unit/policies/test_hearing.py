"""What one process changes in the database, another one hears of: over a real Valkey, through its outages."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from policies.announcing import CHANNEL, WORDS, Announcer
from policies.db import Database
from policies.hearing import hear
from policies.key_rows import KeyRequest, create_key, list_keys, revoke_key
from policies.keyring import Keyring
from policies.records import Editor, current_records, put_record
from policies.redis_client import make_client
from policies.sealing import Sealer
from policies.session_writes import WroteUnannounced
from policies.settings import Settings
from policies.tables import TenantRow
from policies.values import ValueLists
from proxy.vault.embedded import EmbeddedValkey
from tests.gateway_fixture import until

EDITOR = Editor("cli", "command line", 1)


@asynccontextmanager
async def heard(url: str, **options: float) -> AsyncIterator[Counter[str]]:
    """How often each word was heard since it is listened to."""
    counts: Counter[str] = Counter()

    def counting(word: str) -> Callable[[], None]:
        return lambda: counts.update([word])

    task = asyncio.create_task(hear(url, {word: counting(word) for word in WORDS.values()}, **options))
    try:
        await until(lambda: len(counts) == len(WORDS), 30)  # once each at the start
        counts.clear()
        yield counts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_each_change_is_heard_by_its_word_and_looking_is_not(
    database: Database, settings: Settings, valkey_url: str
) -> None:
    database.announce = Announcer(settings, valkey_url).tell
    ring = Keyring(database, Sealer([b"\x01" * 32]))
    async with heard(valkey_url) as counts:
        await put_record(database, "price", "gpt-4o", '{"input": 1, "output": 2}', EDITOR)
        await until(lambda: counts == Counter(records=1), 30)
        made = await create_key(database, KeyRequest("told"), now=1)
        await revoke_key(database, made.key.principal.key_id, now=2)
        await until(lambda: counts == Counter(records=1, keys=2), 30)
        await ring.current_day_key("told")
        await until(lambda: counts["day-keys"] == 1, 30)
        lists = ValueLists(database, Sealer([b"\x01" * 32]))
        await lists.commit(await lists.begin("told", "people"), replace=True)
        await until(lambda: counts["values"] == 1, 30)
        await list_keys(database)
        await current_records(database, "price")
        await put_record(database, "price", "gpt-4o", None, EDITOR)
        await until(lambda: counts["records"] == 2, 30)
    assert counts == Counter({"records": 2, "keys": 2, "values": 1, "day-keys": 1})


async def test_a_change_that_is_rolled_back_is_not_told(database: Database) -> None:
    told: list[set[str]] = []

    async def note(tables: Any) -> None:
        told.append(set(tables))

    database.announce = note

    async def fail() -> None:
        async with database.session(write=True) as session:
            session.add(TenantRow(name="t", sealed_secret=b"", created_at=1))
            await session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert not told
    async with database.session(write=True) as session:
        session.add(TenantRow(name="t", sealed_secret=b"", created_at=1))
    assert told == [{"tenants"}]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "redis+cluster://127.0.0.1:1", "nonsense://"])
async def test_without_a_redis_an_edit_is_made_all_the_same(database: Database, settings: Settings, url: str) -> None:
    database.announce = Announcer(settings, url).tell
    await put_record(database, "price", "gpt-4o", '{"input": 1, "output": 2}', EDITOR)
    assert "gpt-4o" in await current_records(database, "price")


async def test_nobody_is_told_where_nothing_runs(settings: Settings) -> None:
    assert Announcer(settings)._url() is None


async def test_who_hears_comes_back_after_an_outage_and_looks_at_everything(tmp_path: Path, settings: Settings) -> None:
    server = EmbeddedValkey(tmp_path)
    await server.start()
    try:
        async with heard(server.url) as counts:
            await asyncio.to_thread(server.close)
            await server.start()
            await until(lambda: len(counts) == len(WORDS), 30)  # something may have been said meanwhile
            counts.clear()
            await Announcer(settings, server.url).tell({"records", "audit_events"})
            await until(lambda: counts == Counter(records=1), 30)
    finally:
        await asyncio.to_thread(server.close)


async def test_a_quiet_connection_is_asked_whether_it_lives_and_stays(valkey_url: str, settings: Settings) -> None:
    client: Any = make_client(valkey_url)
    async with heard(valkey_url, silence=0.05) as counts:
        (listener,) = [one for one in await client.client_list(_type="pubsub") if one["sub"] == "1"]
        while (await client.client_list(_type="pubsub"))[0]["cmd"] != "ping":  # noqa: ASYNC110 - the server's own list
            await asyncio.sleep(0.01)
        assert [one["id"] for one in await client.client_list(_type="pubsub")] == [listener["id"]]
        await Announcer(settings, valkey_url).tell({"virtual_keys"})
        await until(lambda: counts == Counter(keys=1), 30)
        await client.execute_command("PUBLISH", CHANNEL, b"\xff a word of a newer version")
        await Announcer(settings, valkey_url).tell({"virtual_keys"})
        await until(lambda: counts == Counter(keys=2), 30)
    await client.aclose()


async def test_a_session_that_writes_without_saying_so_is_refused(database: Database) -> None:
    async def adds() -> None:
        async with database.session() as session:
            session.add(TenantRow(name="t", sealed_secret=b"", created_at=1))

    async def executes(statement: Any) -> None:
        async with database.session() as session:
            await session.execute(statement)

    for writes in (
        adds(),
        executes(update(TenantRow).values(created_at=2)),
        executes(database.insert_new(TenantRow).values(name="u", sealed_secret=b"", created_at=1)),
        executes(text("  delete from tenants")),
    ):
        with pytest.raises(WroteUnannounced, match="write=True"):
            await writes
    async with database.session() as session:
        assert (await session.scalars(select(TenantRow))).all() == []
