"""Runs of reports for tests: a worker over the gateway of `tests/gateway_fixture.py`, jars in memory from demo sets."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from connectors.jar_model import HoneyJar, JarColumn, JarTable
from demo_data.model import Column
from policies.db import Database, open_database
from policies.sealing import Sealer
from policies.service_keys import GatewayAccess
from policies.settings import Settings
from reports.desk import Desk
from reports.document import ReportDocument
from reports.evidence import EvidenceFor
from reports.gateway import ReportGateway
from reports.metrics import ReportMetrics
from reports.opening import now_ms
from reports.order import Order
from reports.queue import BullQueue
from reports.store import ENDED, Person, RunStore
from reports.tables import ReportRunRow
from reports.working import ReportWorker, WorkerParts
from tests.demo_sets import demo_set

WHO = Person("usr_test", "Ann Example")


@functools.cache
@functools.cache
def demo_frames(name: str) -> dict[str, pl.DataFrame]:
    """The tables of a demo set as frames."""
    types = {"text": pl.String, "integer": pl.Int64, "real": pl.Float64, "boolean": pl.Boolean, "date": pl.Date}
    types["datetime"] = pl.Datetime("us")  # type: ignore[assignment]
    return {
        table.name: pl.DataFrame(
            {column.name: table.values(column.name) for column in table.columns},
            schema={column.name: types[column.type] for column in table.columns},
        )
        for table in demo_set(name).tables.values()
    }


def demo_jar(name: str, policy: str | None = None) -> HoneyJar:
    """A demo set as a jar whose columns were classified without a fault."""
    tables = demo_set(name).tables.values()
    return HoneyJar(
        id=f"jar_{name}",
        name=name,
        tenant="default",
        policy=policy,
        tables=tuple(
            JarTable(table.name, len(table.rows), tuple(_column(column) for column in table.columns))
            for table in tables
        ),
    )


def _column(column: Column) -> JarColumn:
    if column.free_text:
        return JarColumn(column.name, column.type, "text")
    role = "identifier" if column.personal else "quasi_identifier" if column.quasi else "value"
    return JarColumn(column.name, column.type, role, column.personal)  # type: ignore[arg-type]


@functools.cache
def personal_values(name: str) -> frozenset[str]:
    """Every labelled personal value of a demo set, also those in free text."""
    return frozenset(span.label[3] for span in demo_set(name).spans())


@dataclass
class FrameReader:
    """Jars in memory."""

    jars: dict[str, HoneyJar]
    frames: dict[str, Mapping[str, pl.DataFrame]]

    async def jar(self, name: str) -> HoneyJar:
        if name not in self.jars:
            raise LookupError(f"there is no jar {name!r}")
        return self.jars[name]

    async def batches(
        self, jar: HoneyJar, table: str, columns: Sequence[str] | None = None, *, rows: int = 50_000
    ) -> AsyncIterator[pl.DataFrame]:
        frame = self.frames[jar.name][table]
        for part in (frame.select(columns) if columns is not None else frame).iter_slices(rows):
            yield part


@dataclass
class Bench:
    """A worker's parts, and how to have a report made."""

    parts: WorkerParts
    reader: FrameReader
    sealer: Sealer

    @property
    def store(self) -> RunStore:
        return self.parts.store

    def desk(self) -> Desk:
        """The desk over the same parts."""
        parts = self.parts
        return Desk(
            settings=parts.settings,
            database=parts.database,
            sealer=self.sealer,
            store=parts.store,
            queue=parts.queue,
            reader_for=parts.reader_for,
            gateway_for=parts.gateway_for,
        )

    async def order(self, **wanted: object) -> ReportRunRow:
        order = Order.model_validate(wanted)
        row = await self.store.create(order, "default", WHO, now=now_ms())
        await self.parts.queue.add(row.id, priority=order.priority)
        return row

    async def ended(self, row: ReportRunRow, seconds: float = 100) -> ReportRunRow:
        async with asyncio.timeout(seconds):
            while True:
                found = await self.store.run(row.id)
                assert found is not None
                if found.state in {*ENDED, "waiting"}:
                    return found
                await asyncio.sleep(0.05)

    async def made(self, concurrency: int = 2, **wanted: object) -> tuple[ReportRunRow, ReportDocument]:
        """A report made from order to document."""
        async with ReportWorker(self.parts).running(concurrency=concurrency):
            row = await self.ended(await self.order(**wanted))
        assert row.state == "done", row.failure
        return row, await self.document(row)

    async def document(self, row: ReportRunRow) -> ReportDocument:
        found = await self.store.document(row.id)
        assert found is not None
        return ReportDocument.model_validate_json(found[1])


@asynccontextmanager
async def bench(
    folder: Path,
    settings: Settings,
    redis: str,
    access: GatewayAccess,
    reader: FrameReader,
    evidence_for: EvidenceFor | None = None,
) -> AsyncIterator[Bench]:
    """A bench over a database of its own."""
    async with AsyncExitStack() as stack:
        database: Database = await open_database(settings.model_copy(update={"data_dir": folder}))
        stack.push_async_callback(database.close)
        sealer = Sealer([b"\x07" * 32])
        queue = BullQueue(redis)
        stack.push_async_callback(queue.close)

        def gateway(
            _tenant: str, session: str, policy: str | None, ttl: int
        ) -> AbstractAsyncContextManager[ReportGateway]:
            return ReportGateway(access, session, policy=policy, ttl=ttl)

        parts = WorkerParts(
            settings=settings,
            database=database,
            store=RunStore(database, sealer),
            queue=queue,
            reader_for=lambda _tenant: reader,
            gateway_for=gateway,
            metrics=ReportMetrics(),
            now=now_ms,
            evidence_for=evidence_for,
        )
        yield Bench(parts, reader, sealer)


def small_reader(rows: int = 400) -> FrameReader:
    """The techcorp jar with few rows: for tests about runs, not about figures."""
    frames = {name: frame.head(rows) for name, frame in demo_frames("techcorp").items()}
    return FrameReader({"techcorp": demo_jar("techcorp")}, {"techcorp": frames})
