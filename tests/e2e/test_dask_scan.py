"""A jar scanned by two workers of a Dask cluster: the same counts as in one process, also when a worker dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import aiohttp
import pytest

from connectors import jar_filling
from connectors.demo_frames import demo_tables, frames_of
from connectors.elsewhere import Task, on_dask
from connectors.gateway_client import GatewayClient
from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jars import JarProblem, Jars, JarSpec
from connectors.objects import open_store
from connectors.whole_scan import Looked, here, parts_of, take
from policies.master_key import open_sealer
from policies.service_keys import GatewayAccess, service_key
from tests.demo_sets import demo_set
from tests.gateway_fixture import Running

distributed = pytest.importorskip("distributed", reason="pip install 'sting-ce[dask]'")
pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]
TICKETS, CHUNK = 240, 20


def sums(found: list[Looked]) -> dict[tuple[str, str, str], tuple[int, int, dict[str, int]]]:
    return {
        (one.part.table, one.part.chunk, name): (tally.values, tally.hit, dict(sorted(tally.inside.items())))
        for one in found
        for name, tally in one.columns.items()
    }


async def test_two_workers_find_what_one_process_finds(
    real_gateway: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_gateway.begin()
    monkeypatch.setattr(jar_filling, "CHUNK_ROWS", CHUNK)
    settings = real_gateway.settings
    sealer = open_sealer(settings)
    jars = Jars(real_gateway.gateway.database, sealer, open_store(settings))
    key = await service_key(jars.database, sealer, jars.tenant)
    frames = {"support_tickets": frames_of(demo_set("techcorp"))["support_tickets"].head(TICKETS)}
    config = tmp_path / "sting.yaml"
    config.write_text(f"gateway:\n  url: {real_gateway.url}\n")
    task = Task(config, settings.data_dir)
    async with aiohttp.ClientSession() as session:
        gateway = GatewayClient(session, GatewayAccess(real_gateway.url, key))
        row = await jars.create(JarSpec("dask", policy="balanced"), "usr_dask")
        member = await add_member(jars, row, "demo", {"set": "techcorp"}, person="usr_dask")
        await fill(jars, row, member, await demo_tables("techcorp", frames), gateway, person="usr_dask")
        parts = await parts_of(jars, row)
        assert len(parts) == TICKETS // CHUNK
        alone = [looked async for looked in here(jars, row, gateway, parts)]
        async with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", asynchronous=True
        ) as cluster:
            spread: list[Looked] = []
            async for looked in on_dask(cluster.scheduler_address, task, parts):
                if not spread:  # the part that it works on is given to the other one
                    os.kill(cluster.workers[0].process.pid, signal.SIGKILL)
                spread.append(looked)
        assert sums(spread) == sums(alone)
        report = await take(jars, row, gateway, spread, person="usr_dask")
        assert report.rows == TICKETS
        body = next(column for column in await jars.columns(row) if column.name == "body")
        assert body.share > 0.9
        await gateway.delete_values(f"jar-{row.id}")
        await jars.delete(row)


async def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.elsewhere.CONNECT_S", 0.2)
    with pytest.raises(JarProblem, match="scheduler"):
        [one async for one in on_dask("tcp://127.0.0.1:9", Task(None, Path("x")), [])]
