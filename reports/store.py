"""Runs, their finished steps and their documents in the database: claimed under a lease, sealed at rest."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import TypeAdapter
from sqlalchemy import Update, delete, func, or_, select, text, update

from policies.db import Database
from policies.sealing import Sealer
from reports.marks import Mark
from reports.order import Order
from reports.tables import ReportDocumentRow, ReportRunRow, ReportStepRow

State = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
ENDED: Final = ("done", "failed", "cancelled")
LEASE_MS: Final = 10_000
"""How long a worker owns a run without a sign of life; a killed worker's run is free after that."""
_GONE_MS: Final = 3_000
"""After the lease, when the queue should have noticed by itself; a worker that starts a run holds a lock by then."""
_DAY_MS: Final = 86_400_000
_MARKS: Final = TypeAdapter(tuple[Mark, ...])


class LeaseLost(Exception):
    """Another worker owns the run now, or the run was cancelled or deleted: stop at once, store nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who ordered: a stable id and the name that is shown."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to work on one run."""

    run: str
    worker: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person wants changed in a section; `at` is UTC milliseconds."""

    section: str
    text: str = field(repr=False)
    at: int


class RunStore:
    """What the worker, the console and the commands know of runs. All methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database = database
        self._sealer = sealer

    async def create(
        self, order: Order, tenant: str, person: Person, *, now: int, jar_id: str | None = None
    ) -> ReportRunRow:
        """A new run, queued."""
        row = self.new_run(order, tenant, person, now=now, jar_id=jar_id)
        async with self.database.session(write=True) as session:
            session.add(row)
        return row

    def new_run(
        self, order: Order, tenant: str, person: Person, *, now: int, jar_id: str | None = None
    ) -> ReportRunRow:
        """A queued run that is not stored yet."""
        identity = f"rpt_{secrets.token_hex(10)}"
        return ReportRunRow(
            id=identity,
            tenant=tenant,
            owner=person.id,
            owner_name=person.name,
            template=order.template,
            jar=order.jar,
            jar_id=jar_id,
            level=order.level,
            sealed_request=self.seal_order(order, identity),
            state="queued",
            step="",
            progress=0,
            attempts=0,
            lease_until=0,
            cancel_wanted=False,
            created_at=now,
            expires_at=now + order.retention_days * _DAY_MS,
            tokens_in=0,
            tokens_out=0,
            degraded=False,
        )

    async def run(self, identity: str, tenant: str | None = None) -> ReportRunRow | None:
        """The run of this id, None when there is none (or not in this tenant)."""
        async with self.database.session() as session:
            row = await session.get(ReportRunRow, identity)
        return row if row is not None and tenant in {None, row.tenant} else None

    def order(self, row: ReportRunRow) -> Order:
        """What was ordered. Raises SealBroken."""
        return self.open_order(row.sealed_request, row.id)

    def seal_order(self, order: Order, identity: str) -> bytes:
        """An order as it is stored with the run or schedule of this id."""
        return self._sealer.seal(order.model_dump_json().encode(), sealed_for(identity, "order"))

    def open_order(self, sealed: bytes, identity: str) -> Order:
        """The order of the run or schedule of this id. Raises SealBroken."""
        return Order.model_validate_json(self._sealer.open(sealed, sealed_for(identity, "order")))

    async def runs(
        self, tenant: str, *, before: int | None = None, size: int = 50, state: str | None = None
    ) -> Sequence[ReportRunRow]:
        """Runs of a tenant, newest first; `before` is a `created_at`."""
        statement = select(ReportRunRow).where(ReportRunRow.tenant == tenant)
        if before is not None:
            statement = statement.where(ReportRunRow.created_at < before)
        if state is not None:
            statement = statement.where(ReportRunRow.state == state)
        statement = statement.order_by(ReportRunRow.created_at.desc(), ReportRunRow.id).limit(size)
        async with self.database.session() as session:
            return (await session.scalars(statement)).all()

    async def claim(
        self, identity: str, worker: str, *, limit: int | None, now: int
    ) -> Lease | Literal["later", "nothing"]:
        """The right to work on a run.

        `later`: another worker's lease lasts, or the tenant has `limit` runs under way (None: any number); `nothing`:
        the run has ended, waits for a person, or is gone.
        """
        async with self.database.session(write=True) as session:
            if self.database.engine.dialect.name == "postgresql":
                await session.execute(text("SELECT pg_advisory_xact_lock(736449328)"))
            row = await session.get(ReportRunRow, identity)
            if row is None or row.state in {*ENDED, "waiting"}:
                return "nothing"
            if row.lease_until > now and row.worker != worker:
                return "later"
            busy = await session.scalar(
                select(func.count())
                .select_from(ReportRunRow)
                .where(ReportRunRow.tenant == row.tenant, ReportRunRow.id != identity, ReportRunRow.lease_until > now)
            )
            if limit is not None and (busy or 0) >= limit:
                return "later"
            row.state, row.worker, row.lease_until = "running", worker, now + LEASE_MS
            row.attempts += 1
            row.started_at = row.started_at or now
        return Lease(identity, worker)

    async def renew(self, worker: str, *, now: int) -> dict[str, bool]:
        """Keep all leases of a worker; its runs, and of each whether a cancel is wanted.

        All in one statement: with fifty runs at once, one each would keep SQLite busy with nothing else.
        """
        mine = ReportRunRow.worker == worker
        async with self.database.session(write=True) as session:
            await session.execute(update(ReportRunRow).where(mine).values(lease_until=now + LEASE_MS))
            found = await session.execute(select(ReportRunRow.id, ReportRunRow.cancel_wanted).where(mine))
            return {run: bool(wanted) for run, wanted in found}

    async def note(self, lease: Lease, *, step: str, progress: int, now: int) -> None:
        """Say which step runs and how far the run is, 0 to 100. Raises LeaseLost."""
        await self._change(lease, step=step, progress=progress, lease_until=now + LEASE_MS)

    async def finish(
        self, lease: Lease, state: State, *, now: int, code: str | None = None, failure: str | None = None
    ) -> None:
        """End a run, or let it wait for a person. `failure` tells the reader what to do; never a value of the data."""
        ended = {"finished_at": now} if state in ENDED else {}
        progress = {"progress": 100, "step": ""} if state == "done" else {}
        await self._change(
            lease, state=state, failure_code=code, failure=failure, worker=None, lease_until=0, **ended, **progress
        )

    async def release(self, lease: Lease) -> None:
        """Give the run back to the queue, as it stands."""
        await self._change(lease, state="queued", worker=None, lease_until=0)

    async def let_go(self, worker: str) -> Sequence[str]:
        """Give all runs of a worker that has ended back to the queue; which these are."""
        mine = ReportRunRow.worker == worker
        async with self.database.session(write=True) as session:
            found = list(await session.scalars(select(ReportRunRow.id).where(mine)))
            await session.execute(update(ReportRunRow).where(mine).values(state="queued", worker=None, lease_until=0))
        return found

    async def spend(self, lease: Lease, *, tokens_in: int, tokens_out: int, cost: float | None, degraded: bool) -> None:
        """Note what the whole run has used. Raises LeaseLost."""
        await self._change(lease, tokens_in=tokens_in, tokens_out=tokens_out, cost=cost, degraded=degraded)

    async def _change(self, lease: Lease, **values: object) -> None:
        async with self.database.session(write=True) as session:
            done = await session.execute(_owned(lease).values(**values))
        if not done.rowcount:  # type: ignore[attr-defined] # an UPDATE has one
            raise LeaseLost(lease.run)

    async def want_cancel(self, identity: str, *, now: int) -> str:
        """Cancel a run: at once when nobody works on it, else its worker is told. Returns the state afterwards."""
        async with self.database.session(write=True) as session:
            row = await session.get(ReportRunRow, identity)
            if row is None or row.state in ENDED:
                return row.state if row else "gone"
            row.cancel_wanted = True
            if row.lease_until <= now:
                row.state, row.finished_at = "cancelled", now
            return row.state

    async def again(self, identity: str, *, fresh: bool = False, remark: Remark | None = None) -> bool:
        """Queue an ended or waiting run again; finished steps count unless `fresh`. False when it is under way.

        `remark` is part of its section's inputs from now on. It is kept with the queueing: a worker that finds the run
        in between would make it without.
        """
        async with self.database.session(write=True) as session:
            row = await session.get(ReportRunRow, identity)
            if row is None or row.state in {"queued", "running"}:
                return False
            row.state, row.failure, row.failure_code = "queued", None, None
            row.cancel_wanted, row.lease_until, row.finished_at, row.progress = False, 0, None, 0
            if fresh:
                await session.execute(delete(ReportStepRow).where(ReportStepRow.run == identity))
            if remark is not None:
                name, told = f"remark:{remark.section}", f"{remark.at} {remark.text}"
                await session.merge(self._note(identity, name, told, remark.at))
        return True

    async def unowned(self, *, now: int) -> Sequence[tuple[str, bool]]:
        """Runs that should be worked on and are nobody's: ids, and whether their worker is long gone."""
        statement = select(ReportRunRow.id, ReportRunRow.state, ReportRunRow.lease_until).where(
            or_(ReportRunRow.state == "queued", ReportRunRow.state == "running"), ReportRunRow.lease_until <= now
        )
        async with self.database.session() as session:
            rows = (await session.execute(statement)).all()
        return [(identity, state == "running" and until <= now - _GONE_MS) for identity, state, until in rows]

    async def step(self, run: str, name: str, digest: str) -> bytes | None:
        """The result of a finished step whose inputs had this digest. Raises SealBroken."""
        async with self.database.session() as session:
            row = await session.get(ReportStepRow, (run, name))
        if row is None or row.digest != digest:
            return None
        return self._sealer.open(row.sealed, sealed_for(run, f"step/{name}"))

    async def newest_step(self, run: str, name: str) -> bytes | None:
        """The kept result of a step, whatever its inputs were. Raises SealBroken."""
        async with self.database.session() as session:
            row = await session.get(ReportStepRow, (run, name))
        return self._sealer.open(row.sealed, sealed_for(run, f"step/{name}")) if row else None

    async def note_reviewed(self, run: str, prompts: str, by: str, *, now: int) -> None:
        """Keep that a person has let prompts (their digest) go."""
        await self._keep_note(run, "reviewed", f"{prompts} {by}", now)

    async def marks(self, run: str) -> tuple[Mark, ...]:
        """What reviewers have marked in the prompts of a run. Raises SealBroken."""
        sealed = await self.newest_step(run, "marks")
        return _MARKS.validate_json(sealed) if sealed else ()

    async def keep_marks(self, run: str, marks: Sequence[Mark], *, now: int) -> None:
        """Keep these marks instead of those before."""
        await self._keep_note(run, "marks", _MARKS.dump_json(tuple(marks)).decode(), now)

    async def _keep_note(self, run: str, name: str, text: str, now: int) -> None:
        async with self.database.session(write=True) as session:
            await session.merge(self._note(run, name, text, now))

    def _note(self, run: str, name: str, text: str, now: int) -> ReportStepRow:
        """What people say about a run lies among its steps, sealed like them; the digest says what it is."""
        sealed = self._sealer.seal(text.encode(), sealed_for(run, f"step/{name}"))
        return ReportStepRow(run=run, name=name, digest=name.partition(":")[0], sealed=sealed, at=now, ms=0.0)

    async def keep_step(self, lease: Lease, name: str, digest: str, result: bytes, *, now: int, ms: float) -> None:
        """Store the result of a step, as long as the lease holds. Raises LeaseLost."""
        sealed = self._sealer.seal(result, sealed_for(lease.run, f"step/{name}"))
        async with self.database.session(write=True) as session:
            done = await session.execute(_owned(lease).values(lease_until=now + LEASE_MS))
            if not done.rowcount:  # type: ignore[attr-defined] # an UPDATE has one
                raise LeaseLost(lease.run)
            row = await session.get(ReportStepRow, (lease.run, name))
            if row is None:
                session.add(ReportStepRow(run=lease.run, name=name, digest=digest, sealed=sealed, at=now, ms=ms))
            else:
                row.digest, row.sealed, row.at, row.ms = digest, sealed, now, ms

    async def keep_document(self, run: str, document: bytes, by: str, *, now: int, version: int | None = None) -> int:
        """Store a version of the document (None: the next one); version 1 is kept once, whoever comes first.

        What a person has approved is the version before: a new text waits for them again.
        """
        sealed = self._sealer.seal(document, sealed_for(run, "document"))
        async with self.database.session(write=True) as session:
            if version is None:
                newest = await session.scalar(
                    select(func.max(ReportDocumentRow.version)).where(ReportDocumentRow.run == run)
                )
                version = (newest or 0) + 1
            values = {"run": run, "version": version, "sealed": sealed, "at": now, "by": by}
            kept = await session.execute(self.database.insert_new(ReportDocumentRow).values(**values))
            if kept.rowcount:  # type: ignore[attr-defined] # an INSERT has one
                nobody = {"approved_by": None, "approved_at": None}
                await session.execute(update(ReportRunRow).where(ReportRunRow.id == run).values(**nobody))
        return version

    async def document(self, run: str, version: int | None = None) -> tuple[int, bytes] | None:
        """A version of the document (None: the newest), and its number."""
        statement = select(ReportDocumentRow).where(ReportDocumentRow.run == run)
        if version is not None:
            statement = statement.where(ReportDocumentRow.version == version)
        async with self.database.session() as session:
            row = await session.scalar(statement.order_by(ReportDocumentRow.version.desc()).limit(1))
        return (row.version, self._sealer.open(row.sealed, sealed_for(run, "document"))) if row else None

    async def put(self, row: ReportRunRow, document: bytes, protected: bytes, *, now: int) -> None:
        """A finished run with its document, all at once: one that was made elsewhere."""
        kept = ReportDocumentRow(
            run=row.id, version=1, sealed=self._sealer.seal(document, sealed_for(row.id, "document")), at=now, by=row.id
        )
        sealed = self._sealer.seal(protected, sealed_for(row.id, "step/protect"))
        step = ReportStepRow(run=row.id, name="protect", digest="ready", sealed=sealed, at=now, ms=0.0)
        async with self.database.session(write=True) as session:
            session.add(row)
            await session.flush()
            session.add_all((kept, step))

    async def approve(self, run: str, by: str, *, now: int) -> bool:
        """Publish a finished run in the name of a person; False when it is not done."""
        statement = update(ReportRunRow).where(ReportRunRow.id == run, ReportRunRow.state == "done")
        async with self.database.session(write=True) as session:
            done = await session.execute(statement.values(approved_by=by, approved_at=now))
        return bool(done.rowcount)  # type: ignore[attr-defined] # an UPDATE has one

    async def forget(self, run: str) -> None:
        """Delete a run with all that belongs to it."""
        async with self.database.session(write=True) as session:
            await session.execute(delete(ReportRunRow).where(ReportRunRow.id == run))

    async def expired(self, *, now: int) -> Sequence[ReportRunRow]:
        """Runs whose retention has ended."""
        async with self.database.session() as session:
            return (await session.scalars(select(ReportRunRow).where(ReportRunRow.expires_at <= now))).all()


def _owned(lease: Lease) -> Update:
    return update(ReportRunRow).where(ReportRunRow.id == lease.run, ReportRunRow.worker == lease.worker)


def sealed_for(run: str, what: str) -> str:
    """What a sealed value belongs to, so that it opens nowhere else."""
    return f"report/{run}/{what}"
