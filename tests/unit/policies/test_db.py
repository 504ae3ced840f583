import asyncio
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from policies import db
from policies.db import Database, DatabaseUnavailable, database_url, newest_revisions, open_database
from policies.settings import Settings, load_settings


async def test_the_embedded_database_makes_and_migrates_itself(settings: Settings) -> None:
    database = await open_database(settings)
    assert await database.revisions() == newest_revisions() != frozenset()
    await database.close()
    again = await open_database(settings)
    assert await again.revisions() == newest_revisions()
    await again.close()


async def test_the_embedded_file_is_for_us_alone_and_journalled(database: Database, settings: Settings) -> None:
    assert (settings.data_dir / "sting.db").stat().st_mode & 0o777 == 0o600
    async with database.engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"


async def test_an_external_database_without_tables_is_refused_with_the_command(tmp_path: Path) -> None:
    overrides = {"database.url": f"sqlite+aiosqlite:///{tmp_path}/x.db", "master_key": "ab" * 32}
    with pytest.raises(DatabaseUnavailable, match="sting db upgrade"):
        await open_database(load_settings(None, environ={}, overrides=overrides))


async def test_a_database_that_cannot_be_reached_is_told_without_its_address(tmp_path: Path) -> None:
    database = Database(f"postgresql+asyncpg://u:hunter2@/d?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable) as caught:
        await database.revisions()
    assert "hunter2" not in str(caught.value)
    await database.close()


def test_the_embedded_address_is_absolute(settings: Settings) -> None:
    assert database_url(settings) == f"sqlite+aiosqlite:///{settings.data_dir.absolute()}/sting.db"


async def test_it_is_quiet_when_no_session_is_open_however_one_ends(database: Database) -> None:
    await database.quiet()
    quiet = None

    async def failing() -> None:
        nonlocal quiet
        async with database.session() as session:
            quiet = asyncio.create_task(database.quiet())
            await session.execute(text("SELECT 1"))
            assert not quiet.done()
            await session.execute(text("SELECT nothing"))

    with pytest.raises(DatabaseUnavailable):
        await failing()
    assert quiet is not None
    async with asyncio.timeout(30):
        await quiet


_LOOKS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM sqlite_master").fetchone()
database.close()
"""


async def test_opening_it_again_lets_no_other_process_throw_the_journal_away(
    database: Database, settings: Settings
) -> None:
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
    again = await open_database(settings)
    await again.close()
    file = settings.data_dir / "sting.db"
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", _LOOKS, str(file)], check=True)
    assert file.with_name("sting.db-wal").exists()


async def test_writers_of_a_process_take_turns_in_order_and_readers_go_by(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_BUSY_MS", 1)  # SQLite itself lets nobody wait
    database = await open_database(settings)
    free, begun, done = asyncio.Event(), asyncio.Event(), []

    async def first() -> None:
        async with database.session(write=True):
            begun.set()
            await free.wait()

    async def another(number: int) -> None:
        async with database.session(write=True) as session:
            await session.execute(text(f"CREATE TABLE t{number} (a)"))
            done.append(number)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(first())
        await begun.wait()
        for number in range(40):  # more than there are connections
            tasks.create_task(another(number))
        for _ in range(20):
            async with database.session() as session:
                assert (await session.execute(text("SELECT 1"))).scalar() == 1
        assert not done
        free.set()
    assert done == list(range(40))
    await database.close()


async def test_a_turn_that_does_not_come_is_told_as_a_database_that_fails(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(settings)
    monkeypatch.setattr(db, "_TURN_SECONDS", 0.01)
    async with database.session(write=True):
        with pytest.raises(DatabaseUnavailable, match="TimeoutError"):
            async with database.session(write=True):
                pass
    async with database.session(write=True) as session:
        assert (await session.execute(text("SELECT 1"))).scalar() == 1
    await database.close()


async def test_writers_that_are_cancelled_anywhere_leave_no_lock_behind(database: Database, settings: Settings) -> None:
    async with database.session(write=True) as session:
        await session.execute(text("CREATE TABLE cancelled (a INTEGER)"))

    async def written() -> None:
        async with database.session(write=True) as session:
            await session.execute(text("INSERT INTO cancelled VALUES (1)"))
            await session.execute(text("SELECT count(*) FROM cancelled"))

    chance = random.Random(7)
    other = sqlite3.connect(settings.data_dir / "sting.db", timeout=5.0, isolation_level=None, check_same_thread=False)
    for _ in range(60):
        tasks = [asyncio.create_task(written()) for _ in range(4)]
        for _ in range(chance.randrange(1, 4)):
            await asyncio.sleep(0.012 * chance.random())
            for task in tasks:
                if chance.random() < 0.5:
                    task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(_lock_once, other)  # raises where the lock is never free
    other.close()


def _lock_once(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
