"""A worker and its runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from policies.db import open_database
from policies.sealing import Sealer
from policies.settings import load_settings
from reports.gateway import AWAY
from reports.order import Order
from reports.store import Lease, Person, RunStore
from reports.tables import ReportRunRow
from reports.working import ReportWorker, WorkerParts

ORDER = Order(template="customer-insights", jar="techcorp")


async def test_a_run_that_the_broker_gives_out_twice_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path})
    database = await open_database(settings)
    store = RunStore(database, Sealer([b"\x01" * 32]))
    begun, go_on, made = asyncio.Event(), asyncio.Event(), []

    async def make(_worker: ReportWorker, lease: Lease) -> None:
        made.append(lease)
        begun.set()
        await go_on.wait()

    monkeypatch.setattr(ReportWorker, "_make", make)
    worker = ReportWorker(cast("WorkerParts", SimpleNamespace(settings=settings, store=store, now=lambda: 1)))
    row = await store.create(ORDER, "t", Person("usr_1", "Ann Example"), now=1)
    first = asyncio.create_task(worker._work(row.id, asyncio.Event()))
    await begun.wait()
    assert await worker._work(row.id, asyncio.Event()) == 0.5
    go_on.set()
    assert await first is None
    assert len(made) == 1
    await database.close()


@pytest.mark.parametrize(("attempts", "code", "seconds"), [(2, AWAY, 4.0), (20, AWAY, 4.0), (5, "sting_busy", 32.0)])
async def test_a_gateway_that_is_away_is_looked_for_every_few_seconds(attempts: int, code: str, seconds: float) -> None:
    released = []

    async def release(lease: Lease) -> None:
        released.append(lease)

    parts: Any = SimpleNamespace(settings=load_settings(None, environ={}), store=SimpleNamespace(release=release))
    row = ReportRunRow(id="rpt_1", attempts=attempts)
    assert await ReportWorker(parts)._again(Lease("rpt_1", "w"), row, code, "away", retryable=True) == seconds
    assert len(released) == 1
