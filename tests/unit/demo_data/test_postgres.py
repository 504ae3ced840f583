"""Loading into a real PostgreSQL server on a Unix socket, started for these tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

import demo_data
from demo_data.databases import drop_postgres, load_postgres
from tests.own_postgres import own_postgres

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with own_postgres("sting-pg-") as own:
        own.run("initdb", "-U", "demo", "-A", "trust", "-N", "-E", "UTF8")
        with own.serving(f"-c listen_addresses= -c unix_socket_directories={own.folder} -c fsync=off"):
            yield f"postgresql://demo@/postgres?host={own.folder}"


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
