"""One report on a jar of ten million generated rows: it ends; time and memory are told."""

from __future__ import annotations

import asyncio
import datetime as dt
import resource
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from connectors.jar_model import HoneyJar, JarColumn, JarTable
from policies.service_keys import GatewayAccess
from proxy.upstream.demo.sections import section_reply
from reports.gate import facts_of
from reports.working import ReportWorker
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.report_fixture import FrameReader, bench

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long, pytest.mark.matrix]
ROWS, CUSTOMERS = 10_000_000, 200_000
COLUMNS = ("customer_id", "ordered_at", "amount", "channel")
START = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - frames hold naive times


class GeneratedReader(FrameReader):
    """Rows that are made when they are read: a jar of this size lies in no test's memory."""

    async def batches(
        self, jar: HoneyJar, table: str, columns: Sequence[str] | None = None, *, rows: int = 50_000
    ) -> AsyncIterator[pl.DataFrame]:
        assert (jar.name, table) == ("big", "orders")
        for first in range(0, ROWS, rows):
            yield _rows(first, min(rows, ROWS - first)).select(columns or COLUMNS)
            await asyncio.sleep(0)


def _rows(first: int, count: int) -> pl.DataFrame:
    chance = np.random.default_rng(first)
    customers = pl.Series(chance.zipf(1.3, count) % CUSTOMERS)
    return pl.DataFrame(
        {
            "customer_id": pl.select(pl.format("C{}", customers)).to_series(),
            "ordered_at": pl.select(pl.lit(START) + pl.duration(minutes=pl.Series(chance.integers(0, 900_000, count)))),
            "amount": np.round(chance.lognormal(3, 1, count), 2),
            "channel": chance.choice(np.array(["web", "store", "phone"]), count),
        }
    )


@pytest.mark.timeout(1800)
async def test_a_jar_of_ten_million_rows(
    gateway: Running, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    gateway.provider.behaviour = Behaviour(mutate=lambda prompt: section_reply(prompt) or "Nothing to say.")
    roles = dict.fromkeys(COLUMNS, "value") | {"customer_id": "identifier"}
    columns = tuple(JarColumn(name, "text", roles[name]) for name in COLUMNS)  # type: ignore[arg-type]
    jar = HoneyJar(id="jar_big", name="big", tenant="default", policy=None, tables=(JarTable("orders", ROWS, columns),))
    access = GatewayAccess(gateway.url, "sk-test-service")
    reader = GeneratedReader({"big": jar}, {})
    async with bench(tmp_path / "db", gateway.settings, gateway.gateway.valkey_url, access, reader) as reports:
        before = resource.getrusage(resource.RUSAGE_SELF)
        async with ReportWorker(reports.parts).running(concurrency=1):
            order = {
                "template": "customer-insights",
                "jar": "big",
                "models": {"write": "fake/writer", "revise": "none"},
            }
            row = await reports.ended(await reports.order(**order), 1700)
        assert row.state == "done", row.failure
        after = resource.getrusage(resource.RUSAGE_SELF)
        facts = {fact.id: fact.value for fact in facts_of(await reports.document(row))}
    assert facts["behaviour.orders"] == ROWS
    assert row.finished_at is not None
    assert row.started_at is not None
    record_property(
        "figure",
        f"customer insights on {ROWS:,} rows: {(row.finished_at - row.started_at) / 1000:.0f} s, "
        f"{after.ru_utime - before.ru_utime:.0f} s of processor time, {after.ru_maxrss / 1e6:.1f} GB at most",
    )
