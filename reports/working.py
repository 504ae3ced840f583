"""A worker: takes runs from the queue, works on them under a lease, hears of cancels, picks up what others dropped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import select

from connectors.jar_model import JarReader
from policies.db import Database, DatabaseUnavailable
from policies.documents import DocumentError
from policies.quotas import quota_of
from policies.sealing import SealBroken
from policies.settings import Settings
from policies.tables import CheckpointRow
from reports.delivering import tell_ready, untold
from reports.document import ReportDocument
from reports.evidence import EvidenceFor
from reports.gate import NotReleased
from reports.gateway import AWAY, GatewayFailed, ReportGateway
from reports.jars import DataMissing
from reports.lives import buried, ended, living
from reports.metrics import ReportMetrics
from reports.models import NoLocalModel
from reports.opening import templates_dir
from reports.previewing import REVIEWED
from reports.privacy import NoiseMissing
from reports.queue import Outcome, RunQueue
from reports.run import WaitForReview, make_report
from reports.schedules import start_due
from reports.steps import RunTools
from reports.store import Lease, LeaseLost, RunStore
from reports.tables import ReportRunRow
from reports.templates import UnknownTemplate, load_template

_RENEW_SECONDS: Final = 2.0
_SWEEP_SECONDS: Final = 5.0
_MOST_ATTEMPTS: Final = 25
_MOST_RETRIES: Final = 6
_MOST_FAULTS: Final = 2
_LONGEST_PAUSE: Final = 32.0
_AWAY_PAUSE: Final = 4.0
"""Seconds until a run that found no gateway tries again: one that starts is there within a minute."""
_LATER: Final = 0.5
DEMO_LIMIT: Final = 5
_log = logging.getLogger("sting.reports")
GatewayFor = Callable[[str, str, str | None, int], AbstractAsyncContextManager[ReportGateway]]
"""(tenant, session, policy, seconds to keep it) to the gateway within that session."""
ReaderFor = Callable[[str], JarReader]


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker works with."""

    settings: Settings
    database: Database
    store: RunStore
    queue: RunQueue
    reader_for: ReaderFor
    gateway_for: GatewayFor
    metrics: ReportMetrics
    now: Callable[[], int]
    evidence_for: EvidenceFor | None = None


def tenant_limit(settings: Settings) -> int | None:
    """How many runs of one tenant may be under way at once; None: any number."""
    return DEMO_LIMIT if settings.demo_mode else quota_of(settings.quotas).concurrent_reports


class ReportWorker:
    """One process's worker; its name is new at every start, so that a lease of a former life is none of its own."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._name = f"w_{secrets.token_hex(8)}"
        self._limit = tenant_limit(parts.settings)
        self._taken: set[str] = set()
        self._held: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def running(self, *, concurrency: int) -> AsyncIterator[None]:
        """Works during the block."""
        with living(self._parts.settings.data_dir, self._name):
            beside = [asyncio.create_task(self._sweep()), asyncio.create_task(self._keep())]
            try:
                async with self._parts.queue.working(self._work, concurrency=concurrency):
                    yield
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    async def _work(self, run: str, cancelled: asyncio.Event) -> Outcome:
        """One turn at a run; any failure ends up in the database, not in the queue."""
        parts = self._parts
        if run in self._taken:  # the broker has given it out twice, and this worker would be given its own lease again
            return _LATER
        self._taken.add(run)
        try:
            lease = await parts.store.claim(run, self._name, limit=self._limit, now=parts.now())
            if lease == "nothing":
                return None
            if lease == "later":
                return _LATER
            return await self._under_lease(lease, cancelled)
        except DatabaseUnavailable:
            return 2 * _LATER
        except LeaseLost:
            return None
        finally:
            self._taken.discard(run)

    async def _under_lease(self, lease: Lease, cancelled: asyncio.Event) -> Outcome:
        self._held[lease.run] = cancelled
        task = asyncio.create_task(self._make(lease))
        watch = asyncio.create_task(cancelled.wait())
        try:
            done, _ = await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
            if task not in done:  # cancelled, or the lease is lost
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return await self._stopped(lease)
            return task.result()
        finally:
            del self._held[lease.run]
            watch.cancel()

    async def _keep(self) -> None:
        """Keep the leases; stop the runs that a person cancelled and those that another worker has by now."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            held = dict(self._held)  # those that are claimed from here on may be missing in the answer
            if not held:
                continue
            try:
                mine = await self._parts.store.renew(self._name, now=self._parts.now())
            except DatabaseUnavailable:
                continue  # the leases run out by themselves when this lasts
            for run, cancelled in held.items():
                if mine.get(run, True):
                    cancelled.set()

    async def _stopped(self, lease: Lease) -> Outcome:
        """A run that was stopped: cancelled by a person, or given back since this worker ends. Raises LeaseLost."""
        row = await self._parts.store.run(lease.run)
        if row is not None and row.cancel_wanted:
            await self._end(lease, row, "cancelled")
        else:
            await self._parts.store.release(lease)
        return None

    async def _make(self, lease: Lease) -> Outcome:
        parts = self._parts
        row = await parts.store.run(lease.run)
        if row is None:
            return None
        if row.cancel_wanted:
            await self._end(lease, row, "cancelled")
            return None
        if row.attempts == 1:
            parts.metrics.wait.observe(max(0, parts.now() - row.created_at) / 1000)
        try:
            document = await self._report(lease, row)
        except WaitForReview:
            await parts.store.finish(lease, "waiting", now=parts.now())
        except _REFUSALS as error:
            await self._fail(lease, row, _CODES.get(type(error), "not_possible"), str(error))
        except GatewayFailed as error:
            return await self._again(lease, row, error.code, str(error), retryable=error.retryable)
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - one run's fault must not end the worker; its text may hold values
            _log.exception("a run failed", extra={"run": lease.run})
            reason = f"an unexpected {type(error).__name__}"
            return await self._again(lease, row, "unexpected", reason, retryable=row.attempts < _MOST_FAULTS)
        else:
            await self._done(lease, row, document)
        return None

    async def _report(self, lease: Lease, row: ReportRunRow) -> ReportDocument:
        parts = self._parts
        order = parts.store.order(row)
        reader = parts.reader_for(row.tenant)
        jar = await reader.jar(row.same_jar)
        session = f"report-{row.id}"
        async with parts.gateway_for(row.tenant, session, jar.policy, order.retention_days * 86_400) as gateway:
            gateway.speak(order.language)
            tools = RunTools(
                run=row.id,
                order=order,
                template=load_template(
                    row.template, order.parameters, directory=templates_dir(parts.settings)
                ).in_language(order.language),
                jar=jar,
                reader=reader,
                gateway=gateway,
                settings=parts.settings.seen_by(row.tenant),
                store=parts.store,
                lease=lease,
                now=parts.now,
                marks=await parts.store.marks(row.id),
                evidence=partial(parts.evidence_for, row.tenant, row.same_jar) if parts.evidence_for else None,
                finished=lambda name, seconds: parts.metrics.steps.labels(step=name).observe(seconds),
            )
            noted = await parts.store.newest_step(row.id, REVIEWED)
            reviewed = noted.decode().partition(" ")[0] if noted else None
            return await make_report(tools, reviewed=reviewed, checkpoint=await self._checkpoint())

    async def _checkpoint(self) -> str | None:
        """The newest signed checkpoint of the audit chain, as `row digest`."""
        statement = select(CheckpointRow).order_by(CheckpointRow.seq.desc()).limit(1)
        async with self._parts.database.session() as session:
            row = await session.scalar(statement)
        return f"row {row.seq}, {row.digest}" if row else None

    async def _done(self, lease: Lease, row: ReportRunRow, document: ReportDocument) -> None:
        parts, seen = self._parts, document.seen
        tokens_in = sum(prompt.input_tokens for prompt in seen.prompts)
        tokens_out = sum(prompt.output_tokens for prompt in seen.prompts)
        degraded = sum(1 for section in document.sections if section.degraded)
        await parts.store.spend(
            lease, tokens_in=tokens_in, tokens_out=tokens_out, cost=seen.cost, degraded=degraded > 0
        )
        parts.metrics.tokens.labels(direction="in").inc(tokens_in)
        parts.metrics.tokens.labels(direction="out").inc(tokens_out)
        parts.metrics.cost.inc(seen.cost or 0.0)
        parts.metrics.degraded.inc(degraded)
        await self._end(lease, row, "done")
        await self._tell(row)

    async def _tell(self, row: ReportRunRow) -> None:
        """People may have asked to be told."""
        parts = self._parts
        days = parts.store.order(row).link_days
        with contextlib.suppress(DatabaseUnavailable):  # the sweep sees to it
            await tell_ready(parts.database, parts.settings, row, link_days=days, now=parts.now())

    async def _end(self, lease: Lease, row: ReportRunRow, state: str) -> None:
        parts = self._parts
        await parts.store.finish(lease, "done" if state == "done" else "cancelled", now=parts.now())
        parts.metrics.runs.labels(template=row.template, state=state).inc()

    async def _fail(self, lease: Lease, row: ReportRunRow, code: str, reason: str) -> None:
        parts = self._parts
        await parts.store.finish(lease, "failed", now=parts.now(), code=code, failure=reason)
        parts.metrics.runs.labels(template=row.template, state="failed").inc()
        parts.metrics.failures.labels(code=code).inc()

    async def _again(self, lease: Lease, row: ReportRunRow, code: str, reason: str, *, retryable: bool) -> Outcome:
        """Put the run back for a moment that grows, or give up."""
        # runs that lost their worker count as attempts too, but do not use up the retries of one that fails by itself
        most, longest = (_MOST_ATTEMPTS, _AWAY_PAUSE) if code == AWAY else (_MOST_RETRIES, _LONGEST_PAUSE)
        if not retryable or row.attempts >= _MOST_ATTEMPTS or row.attempts > most:
            await self._fail(lease, row, code, f"{reason}. Try again later with `retry`; finished steps are kept.")
            return None
        await self._parts.store.release(lease)
        return min(2.0**row.attempts, longest)

    async def _sweep(self) -> None:
        """Now and then: queue what nobody works on, start what is due, drop what has expired, count what waits."""
        while True:
            try:
                await self._swept()
            except DatabaseUnavailable:
                _log.warning("the database does not answer")
            except Exception:  # noqa: BLE001 - a sweep that fails is tried again; the queue may be away
                _log.exception("a sweep failed")
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _take_over(self) -> None:
        """What a worker of this machine held that has been killed goes on at once: its lease needs not run out."""
        parts, folder = self._parts, self._parts.settings.data_dir
        for worker in ended(folder):
            for run in await parts.store.let_go(worker):
                await parts.queue.revive(run, abandoned=True)
            buried(folder, worker)

    async def _swept(self) -> None:
        parts, now = self._parts, self._parts.now()
        await self._take_over()
        await start_due(parts.store, now=now)
        for run, dropped in await parts.store.unowned(now=now):
            await (parts.queue.revive(run) if dropped else parts.queue.add(run))
        for row in await parts.store.expired(now=now):
            async with parts.gateway_for(row.tenant, f"report-{row.id}", None, 60) as gateway:
                await gateway.forget()
            await parts.store.forget(row.id)
        for row in await untold(parts.database, parts.settings, now):
            await self._tell(row)
        depth = await parts.queue.depth()
        parts.metrics.waiting.set(depth["waiting"])
        parts.metrics.active.set(depth["active"])


_REFUSALS: Final = (DataMissing, DocumentError, NoLocalModel, NoiseMissing, NotReleased, LookupError, SealBroken)
"""What a person has to mend; the message says how."""
_CODES: Final[dict[type[Exception], str]] = {
    DataMissing: "data_missing",
    DocumentError: "bad_template",
    UnknownTemplate: "no_such_template",
    NoLocalModel: "no_local_model",
    NoiseMissing: "no_opendp",
    NotReleased: "not_released",
    LookupError: "no_such_jar",
    SealBroken: "seal_broken",
}
