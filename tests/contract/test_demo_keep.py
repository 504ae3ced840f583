"""The reset of a demo on a real PostgreSQL and a real Valkey: while no part runs, of a demo's own stores only."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from demo_data import keeping
from demo_data.keeping import REDIS_MARK, Stores, is_due, opened, reset
from policies import demo_claim
from policies.db import Database, DatabaseUnavailable, database_url
from policies.demo_claim import part_of_demo
from policies.demo_kept import demo_stats, keep_feedback
from policies.demo_reset import NoDemoFolder, next_reset
from policies.settings import Settings, load_settings
from tests.gateway_fixture import until
from tests.postgres_source import SUPER, PostgresSource

pytestmark = [
    pytest.mark.system,
    pytest.mark.xdist_group("postgres-source"),
    pytest.mark.timeout(560),
    pytest.mark.long,
]
DAY = 24 * 3600.0


@pytest.fixture
async def settings(tmp_path: Path, postgres_source: PostgresSource, valkey_url: str) -> AsyncIterator[Settings]:
    """A demo's, with stores of its own in which nothing is yet but the tables."""
    name = f"demo_{secrets.token_hex(4)}"
    postgres_source.sql(f"CREATE DATABASE {name}")
    url = f"postgresql+asyncpg://sting:{SUPER}@127.0.0.1:{postgres_source.port}/{name}?sslmode=require"
    config = tmp_path / "config.yaml"
    config.write_text(f"database: {{url: '{url}'}}\nredis: {{url: '{valkey_url}'}}\nmaster_key: '{'A' * 43}='\n")
    read = load_settings(config, environ={}, overrides={"demo_mode": True, "data_dir": tmp_path / "data"})
    database = Database(database_url(read))
    await database.migrate()
    await database.close()
    (tmp_path / "data").mkdir()
    yield read
    postgres_source.sql(f"DROP DATABASE {name} WITH (FORCE)")


async def visited(stores: Stores) -> None:
    """What a visitor leaves in each store."""
    row = "INSERT INTO tenants (name, sealed_secret, created_at) VALUES ('zorblax', 'x', 1)"
    await stores.connection.execute(text(row))
    await stores.redis.set("session:zorblax", "x")
    (stores.folder / "jars").mkdir(exist_ok=True)
    (stores.folder / "jars" / "zorblax").write_text("x")
    keep_feedback(stores.folder, 1, "reports", liked=True)


async def left(stores: Stores) -> dict[str, Any]:
    """Which traces of the visitor are there, and what the demo keeps."""
    return {
        "rows": await demo_claim.holding_rows(stores.connection),
        "keys": sorted(await stores.redis.keys("*")),
        "files": [path.name for path in stores.folder.rglob("zorblax")],
        "liked": dict(demo_stats(stores.folder).liked),
    }


CLEAN = {"rows": None, "keys": [REDIS_MARK.encode()], "files": [], "liked": {"reports": 1}}
FULL = {"rows": "tenants", "keys": [b"session:zorblax", REDIS_MARK.encode()], "files": ["zorblax"]}


def full(found: dict[str, Any]) -> bool:
    """Whether all that the visitor has left is there."""
    return {kind: found[kind] for kind in FULL} == FULL


async def test_all_stores_are_emptied_and_what_visitors_asked_to_keep_stays(settings: Settings) -> None:
    async with opened(settings) as stores:
        assert await is_due(stores, 0.0), "no demo has begun here"
        await reset(stores, 0.0)
        await visited(stores)
        assert not await is_due(stores, DAY - 1)
        assert await is_due(stores, DAY)
        assert full(await left(stores))
        await reset(stores, DAY)
        assert await left(stores) == CLEAN
        assert next_reset(stores.folder) == 2 * DAY


async def test_it_waits_for_the_parts_and_none_starts_meanwhile(settings: Settings) -> None:
    asked, over, admitted = threading.Event(), threading.Event(), threading.Event()

    def part(may_end: threading.Event) -> None:
        with part_of_demo(settings, asked.set):
            admitted.set()
            assert may_end.wait(60)

    async with opened(settings) as stores:
        early = asyncio.create_task(asyncio.to_thread(part, over))
        await reset(stores, 0.0)
        assert await asyncio.to_thread(admitted.wait, 60), "it has waited until the demo had begun"
        await visited(stores)
        resetting = asyncio.create_task(reset(stores, DAY))
        assert await asyncio.to_thread(asked.wait, 60), "the part is told to end"
        assert not resetting.done()
        admitted.clear()
        late = asyncio.create_task(asyncio.to_thread(part, over))
        async with opened(settings) as seen:
            assert full(await left(seen)), "as long as a part runs nothing is touched"
            assert not admitted.is_set()
        over.set()
        await asyncio.gather(resetting, early, late)
        assert admitted.is_set()
        assert await left(stores) == CLEAN


async def test_an_interrupted_reset_lets_no_part_start_and_is_finished(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admitted, over = threading.Event(), threading.Event()
    over.set()

    def part() -> None:
        with part_of_demo(settings, over.set):
            admitted.set()

    async with opened(settings) as stores:
        await reset(stores, 0.0)
        await visited(stores)
        with monkeypatch.context() as patched:
            patched.setattr(keeping.demo_reset, "empty", lambda _folder: (_ for _ in ()).throw(OSError("full")))
            with pytest.raises(OSError, match="full"):
                await reset(stores, DAY)
        assert await is_due(stores, 0.0), "whatever the clock says"
    starting = asyncio.create_task(asyncio.to_thread(part))
    async with opened(settings) as stores:
        await until(lambda: "waits until `sting demo keep`" in caplog.text, 60)
        assert not admitted.is_set()
        await reset(stores, DAY)
        await starting
        assert admitted.is_set()
        assert await left(stores) == CLEAN


async def test_stores_of_others_are_refused_untouched(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(opened(settings))
        await stores.redis.set("somebody", "else")
        with pytest.raises(NoDemoFolder, match="Redis holds keys"):
            await reset(stores, 0.0)
        await stores.redis.set(REDIS_MARK, "another")
        with pytest.raises(NoDemoFolder, match="another demo's"):
            await reset(stores, 0.0)
        assert await stores.redis.dbsize() == 2
        await stores.redis.flushdb()
        row = "INSERT INTO tenants (name, sealed_secret, created_at) VALUES ('somebody', 'x', 1)"
        await stores.connection.execute(text(row))
        with pytest.raises(NoDemoFolder, match="table tenants"):
            await reset(stores, 0.0)
        assert await demo_claim.holding_rows(stores.connection) == "tenants"
        assert next_reset(stores.folder) is None


async def test_stores_that_are_no_demos_any_more_are_nobodys_to_empty(settings: Settings) -> None:
    async with opened(settings) as stores:
        await reset(stores, 0.0)
        await visited(stores)
        real = settings.model_copy(update={"demo_mode": False})
        await asyncio.to_thread(lambda: part_of_demo(real).__enter__())
        with pytest.raises(NoDemoFolder, match="no demo has made"):
            await reset(stores, DAY)
        assert full(await left(stores))


async def test_a_part_whose_claim_is_lost_ends(settings: Settings, postgres_source: PostgresSource) -> None:
    asked, admitted = threading.Event(), threading.Event()

    def part() -> None:
        with part_of_demo(settings, asked.set):
            admitted.set()
            assert asked.wait(60)

    async with opened(settings) as stores:
        await reset(stores, time.time())
    running = asyncio.create_task(asyncio.to_thread(part))
    assert await asyncio.to_thread(admitted.wait, 60)
    name = database_url(settings).rpartition("/")[2].partition("?")[0]
    ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - ours
    postgres_source.sql(ending)
    await running
    assert asked.is_set()


async def test_without_a_database_a_part_says_so(settings: Settings) -> None:
    away = settings.model_copy(
        update={"database": settings.database.model_copy(update={"url": "postgresql+asyncpg://sting@127.0.0.1:1/x"})}
    )
    with pytest.raises(DatabaseUnavailable):
        await asyncio.to_thread(lambda: part_of_demo(away).__enter__())
