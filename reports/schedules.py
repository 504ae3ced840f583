"""Reports that are made again and again: five-field cron in UTC. The database keeps when each is due next."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select, update

from policies.leavers import leavers
from reports.order import Order
from reports.store import Person, RunStore
from reports.tables import ReportScheduleRow

_SHORTEST_MS: Final = 15 * 60_000


class BadSchedule(ValueError):
    """The cron expression cannot be used; the message says why."""


def next_time(cron: str, after: int) -> int:
    """The first moment after `after` (UTC milliseconds) that `cron` means. Raises BadSchedule."""
    from croniter import croniter  # type: ignore[import-untyped] # noqa: PLC0415 - comes with BullMQ

    if len(cron.split()) != 5 or not croniter.is_valid(cron):  # noqa: PLR2004 - fields of cron
        raise BadSchedule("a schedule has five fields, as in `0 6 * * 1` (Mondays at 6:00 UTC)")
    moments = croniter(cron, datetime.fromtimestamp(after / 1000, UTC))
    first: datetime = moments.get_next(datetime)
    second: datetime = moments.get_next(datetime)
    if (second - first).total_seconds() * 1000 < _SHORTEST_MS:
        raise BadSchedule("a report is made every 15 minutes at most")
    return round(first.timestamp() * 1000)


async def add_schedule(
    store: RunStore, order: Order, cron: str, tenant: str, person: Person, *, now: int, jar_id: str | None = None
) -> ReportScheduleRow:
    """Make a report whenever `cron` says. Raises BadSchedule."""
    identity = f"sch_{secrets.token_hex(10)}"
    row = ReportScheduleRow(
        id=identity,
        tenant=tenant,
        owner=person.id,
        owner_name=person.name,
        sealed_request=store.seal_order(order, identity),
        cron=cron,
        next_at=next_time(cron, now),
        created_at=now,
        jar_id=jar_id,
    )
    async with store.database.session(write=True) as session:
        session.add(row)
    return row


async def list_schedules(store: RunStore, tenant: str) -> Sequence[ReportScheduleRow]:
    """The schedules of a tenant by what is due next."""
    statement = select(ReportScheduleRow).where(ReportScheduleRow.tenant == tenant).order_by(ReportScheduleRow.next_at)
    async with store.database.session() as session:
        return (await session.scalars(statement)).all()


async def delete_schedule(store: RunStore, identity: str, tenant: str) -> bool:
    """Stop a schedule; False when there is none of this id."""
    statement = delete(ReportScheduleRow).where(ReportScheduleRow.id == identity, ReportScheduleRow.tenant == tenant)
    async with store.database.session(write=True) as session:
        done = await session.execute(statement)
    return bool(done.rowcount)  # type: ignore[attr-defined] # a DELETE has one


async def start_due(store: RunStore, *, now: int) -> int:
    """Order what is due; of several workers one does. Returns how many runs now wait to be queued.

    What was missed while nothing ran is made once, not once per missed time. A schedule ends with who made it.
    """
    async with store.database.session() as session:
        due = (await session.scalars(select(ReportScheduleRow).where(ReportScheduleRow.next_at <= now))).all()
    gone = await leavers(store.database, {row.owner for row in due}, now=now)
    started = 0
    for row in due:
        if row.owner in gone:
            await delete_schedule(store, row.id, row.tenant)
            continue
        moved = update(ReportScheduleRow).where(
            ReportScheduleRow.id == row.id, ReportScheduleRow.next_at == row.next_at
        )
        order = store.open_order(row.sealed_request, row.id)
        run = store.new_run(order, row.tenant, Person(row.owner, row.owner_name), now=now, jar_id=row.jar_id)
        async with store.database.session(write=True) as session:  # both or nothing: a worker may be killed here
            done = await session.execute(moved.values(next_at=next_time(row.cron, now)))
            if done.rowcount:  # type: ignore[attr-defined] # an UPDATE has one; 0: another worker was first
                session.add(run)
                started += 1
    return started
