"""Refresh on schedule, retention, and imports that are killed."""

from __future__ import annotations

import asyncio
import itertools
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.boundaries import Boundaries
from connectors.gateway_client import GatewayFailed
from connectors.jar_events import events
from connectors.jar_sources import Reach, add_file
from connectors.jars import Jars, JarSpec
from connectors.upkeep import keep_up
from policies.settings import Settings
from tests.jar_fixture import FakeGateway

MINUTE, DAY = 60_000, 86_400_000


def write(path: Path, rows: int) -> None:
    lines = [f"C-{n:06},zoe{n}@mail.example,{n}" for n in range(rows)]
    path.write_text("\n".join(["customer_id,email,amount", *lines, ""]))


def opens(gateway: Any) -> Any:
    @asynccontextmanager
    async def opened(_jars: Jars) -> AsyncIterator[Any]:
        yield gateway

    return opened


async def filled(jars: Jars, tmp_path: Path, gateway: Any, **spec: Any) -> Path:
    row = await jars.create(JarSpec("shop", **spec), "usr_1")
    file = tmp_path / "orders.csv"
    write(file, 30)
    await add_file(jars, row, file, Reach(Boundaries(folders=(tmp_path,)), gateway, "usr_1"))
    return file


async def test_sources_are_read_anew_when_it_is_time(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = FakeGateway()
    limits = Boundaries(folders=(tmp_path,))
    file = await filled(jars, tmp_path, gateway, refresh_minutes=30)
    write(file, 40)
    assert (await keep_up(jars, opens(gateway), limits)).refreshed == []
    later = Jars(jars.database, jars.sealer, jars.store, now=lambda: jars.now() + 31 * MINUTE)
    assert (await keep_up(later, opens(gateway), limits)).refreshed == ["shop"]
    assert (await jars.jar("shop")).tables[0].rows == 40
    assert ("zoe39@mail.example", "EMAIL_ADDRESS") in next(iter(gateway.values.values()))
    file.unlink()
    last = Jars(jars.database, jars.sealer, jars.store, now=lambda: jars.now() + 90 * MINUTE)
    assert (await keep_up(last, opens(gateway), limits)).failed == ["shop"]
    assert (await jars.jar("shop")).tables[0].rows == 40
    newest = (await events(jars, (await jars.row("shop")).id))[0]
    assert (newest.action, newest.detail) == ("refresh failed", {"what": "ConnectorProblem"})


async def test_a_source_that_fails_is_left_alone_for_longer_each_time(jars: Jars, tmp_path: Path) -> None:
    file = await filled(jars, tmp_path, FakeGateway(), refresh_minutes=30)
    file.unlink()
    gateway: Any = FakeGateway()
    tried = []
    for minute in range(31, 65):
        then = Jars(jars.database, jars.sealer, jars.store, now=lambda at=minute: jars.now() + at * MINUTE)  # type: ignore[misc]
        if (await keep_up(then, opens(gateway), Boundaries(folders=(tmp_path,)))).failed:
            tried.append(minute)
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert len(gaps) == 5
    assert all(wanted <= gap <= wanted + 1 for gap, wanted in zip(gaps, (1, 2, 4, 8, 16), strict=True))


async def test_rows_are_dropped_when_their_time_is_over(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = FakeGateway()
    await filled(jars, tmp_path, gateway, retention_days=7)
    row = await jars.row("shop")
    later = Jars(jars.database, jars.sealer, jars.store, now=lambda: jars.now() + 8 * DAY)
    assert (await keep_up(jars, opens(gateway), Boundaries())).dropped == []
    assert (await keep_up(later, opens(gateway), Boundaries())).dropped == ["shop"]
    assert (await jars.jar("shop")).tables == ()
    assert jars.store.names(row.id) == []


async def test_a_gateway_that_was_away_is_told_later(jars: Jars, tmp_path: Path) -> None:
    class Away(FakeGateway):
        async def put_values(self, name: str, values: Any) -> int:
            del name, values
            raise GatewayFailed("away")

    away: Any = Away()
    await filled(jars, tmp_path, away)
    assert (await jars.row("shop")).values_at is None
    gateway: Any = FakeGateway()
    await keep_up(jars, opens(gateway), Boundaries())
    assert (await jars.row("shop")).values_at is not None
    assert gateway.values


_IMPORT = """
import asyncio, sys
from pathlib import Path
from connectors import jar_filling
from connectors.boundaries import Boundaries
from connectors.jar_sources import Reach, add_file
from connectors.jars import Jars
from connectors.objects import open_store
from policies.db import open_database
from policies.sealing import Sealer
from policies.settings import load_settings

jar_filling.CHUNK_ROWS = 500

async def main(folder, file):
    settings = load_settings(None, environ={}, overrides={"data_dir": Path(folder)})
    database = await open_database(settings)
    jars = Jars(database, Sealer([b"\\x07" * 32]), open_store(settings))
    tell = lambda table, rows: print(rows, flush=True)
    reach = Reach(Boundaries(folders=(Path(file).parent,)), None, "usr_1", tell)
    await add_file(jars, await jars.row("shop"), Path(file), reach)
    await database.close()
    print("done", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def killed(script: Path, folder: Path, file: Path, after: int) -> list[int]:
    """Run an import and kill it once it has told `after` chunks; the counts that it told."""
    with subprocess.Popen(
        [sys.executable, str(script), str(folder), str(file)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"},
    ) as process:
        assert process.stdout is not None
        told: list[int] = []
        for line in process.stdout:
            if line.strip() == "done":
                break
            told.append(int(line))
            if len(told) == after:
                process.send_signal(signal.SIGKILL)
                break
    return told


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_an_import_killed_again_and_again_ends_whole(jars: Jars, tmp_path: Path, jar_settings: Settings) -> None:
    row = await jars.create(JarSpec("shop"), "usr_1")
    file, script = tmp_path / "orders.csv", tmp_path / "run.py"
    write(file, 6_000)
    script.write_text(_IMPORT)
    seen: list[int] = []
    for after in (1, 2, 1, 3, 1):
        told = await asyncio.to_thread(killed, script, jar_settings.data_dir, file, after)
        assert (await jars.jar("shop")).tables == ()
        assert not seen or told[0] > seen[-1] - 500
        seen += told
    await asyncio.to_thread(killed, script, jar_settings.data_dir, file, 1_000)
    rows = pl.concat([frame async for frame in jars.stored(row, "orders")])
    assert rows.get_column("customer_id").to_list() == [f"C-{n:06}" for n in range(6_000)]
    assert len(jars.store.names(row.id)) == 12
