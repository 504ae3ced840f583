"""Loading into a real PostgreSQL server on a Unix socket, started for these tests."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import demo_data
from demo_data.databases import drop_postgres, load_postgres

pytestmark = pytest.mark.system


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


def owner() -> list[str]:
    """PostgreSQL refuses to run as root: the words that run a command as user postgres instead."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server on this machine")
    prefix = owner()
    place = Path(tempfile.mkdtemp(prefix="sting-pg-"))
    try:
        if prefix:
            try:
                user = pwd.getpwnam("postgres")
            except KeyError:
                pytest.skip("running as root and there is no user postgres")
            os.chown(place, user.pw_uid, user.pw_gid)
        data = str(place / "data")

        def run(*words: str) -> None:
            subprocess.run([*prefix, *words], check=True, capture_output=True, cwd=place, timeout=60)

        run(str(folder / "initdb"), "-D", data, "-U", "demo", "-A", "trust", "-N", "-E", "UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off"
        run(str(folder / "pg_ctl"), "-D", data, "-w", "-l", str(place / "log"), "-o", options, "start")
        try:
            yield f"postgresql://demo@/postgres?host={place}"
        finally:
            run(str(folder / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def ask(url: str, query: str) -> Any:
    async def fetch() -> Any:
        import asyncpg  # type: ignore[import-untyped] # it has no types

        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_all_sets_load_in_under_30_seconds_and_can_be_replaced_and_dropped(
    url: str, all_sets: tuple[demo_data.DataSet, ...]
) -> None:
    started = time.monotonic()
    for one in all_sets:
        assert load_postgres(one, url) == sum(len(table.rows) for table in one.tables.values())
    assert time.monotonic() - started < 30
    assert ask(url, "SELECT count(*) FROM financial.transactions") == 50_000
    assert ask(url, "SELECT body FROM techcorp.support_tickets ORDER BY opened_at LIMIT 1")
    load_postgres(all_sets[0], url.replace("postgresql://", "postgresql+asyncpg://"))
    assert ask(url, "SELECT count(*) FROM techcorp.customers") == 5000
    drop_postgres("techcorp", url)
    assert ask(url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'techcorp'") == 0
