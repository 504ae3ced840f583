"""Faults of the database and of the disk: PostgreSQL gone, SQLite locked, the disk full; a migration killed."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from policies.db import FILE_NAME, newest_revisions
from tests.chaos.plant import Outcome, configured, plant
from tests.chaos.servers import Postgres, Valkey
from tests.chaos.writes import Writes
from tests.e2e.sting_process import run, sting

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(400)]
Told = Callable[[Outcome], None]


async def test_postgresql_is_killed(tmp_path: Path, told: Told) -> None:
    """With a key of the database: nobody is let in while it cannot be asked. The audit stream waits in Redis."""
    place_of_database = Path(tempfile.mkdtemp(prefix="sting-chaos-"))  # its account has to reach it
    place_of_database.chmod(0o755)
    database, store = Postgres(place_of_database / "postgres"), Valkey(tmp_path / "valkey")
    try:
        await database.create()
        await store.start()

        def audited() -> set[str]:
            return set(database.sql("SELECT exchange FROM audit_events").split())

        changes = {"database": {"url": database.url}}
        async with plant(tmp_path / "gateway", store, changes, audited, prepare=("db", "upgrade")) as place:
            create = ("keys", "create", "chaos", "--json", "--config", str(place.config))
            status, output, errors = await run(tmp_path, *create)
            assert status == 0, errors
            place.key = json.loads(output)["secret"]

            async def strike() -> None:
                database.kill()

            writes = Writes(database.url)
            async with writes.running():
                struck = await place.struck("PostgreSQL killed, back after 4 s", strike, database.start, seconds=4)
            told(replace(struck, note=await writes.told()))
            await place.chain_holds()
    finally:
        database.close()
        store.close()
        shutil.rmtree(place_of_database, ignore_errors=True)


async def test_sqlite_is_locked(tmp_path: Path, told: Told) -> None:
    """Reads go on; the audit trail waits for the writer."""
    async with plant(tmp_path, None) as place:
        database = tmp_path / "data" / FILE_NAME
        with closing(sqlite3.connect(database, 60, isolation_level=None, check_same_thread=False)) as other:

            async def strike() -> None:
                await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")  # a writer of this process may be in it

            async def mend() -> None:
                other.execute("ROLLBACK")

            writes = Writes(f"sqlite+aiosqlite:///{database}")
            async with writes.running():
                struck = await place.struck("SQLite locked by another process for 4 s", strike, mend, seconds=4)
            told(replace(struck, note=await writes.told()))
            await place.chain_holds()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB; skips where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False)
    if not made or made.returncode:
        pytest.skip("a full disk needs root, to mount a small one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_the_disk_is_full(small_disk: Path, told: Told) -> None:
    """Database and journal of the embedded store cannot write; what was acknowledged stays."""
    async with plant(small_disk, None) as place:
        filler = small_disk / "filler"

        async def strike() -> None:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(4096))

        async def mend() -> None:
            filler.unlink()

        writes = Writes(f"sqlite+aiosqlite:///{small_disk}/data/{FILE_NAME}")
        async with writes.running():
            struck = await place.struck("Disk full, for database and embedded Redis", strike, mend, seconds=3)
        told(replace(struck, note=await writes.told()))
        await place.chain_holds()


async def test_a_migration_is_killed(tmp_path: Path) -> None:
    """All or nothing: whenever it dies, the next start finds tables that it can bring to this version."""
    config = configured(tmp_path, "http://127.0.0.1:9", {})
    database = tmp_path / "data" / FILE_NAME
    killed = 0
    for pause in range(12):
        folder = tmp_path / str(pause)
        folder.mkdir()
        async with sting(folder, "db", "upgrade", "--config", str(config)) as command:
            with suppress(TimeoutError):
                async with asyncio.timeout(60):
                    while not database.exists():
                        await asyncio.sleep(0.005)
            await asyncio.sleep(0.05 * pause)
            if command.process.returncode is None:
                command.process.kill()
                killed += 1
            await command.ended()
        with closing(sqlite3.connect(database)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
            stands = (
                {row[0] for row in connection.execute("SELECT version_num FROM alembic_version")} if found else set()
            )
            assert stands in (set(), newest_revisions())
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not stands:
            continue
        for name in (database, *tmp_path.glob(f"data/{FILE_NAME}-*")):
            name.unlink(missing_ok=True)
    assert killed
    assert (await run(tmp_path, "db", "upgrade", "--config", str(config)))[0] == 0
