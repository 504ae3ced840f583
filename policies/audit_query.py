"""Reading the audit trail: by time, model, entity type, outcome; newest first, page by page. Never text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.acts import DIALECT
from policies.audit import AuditEvent, parse_entities
from policies.audit_bulk import without_row
from policies.db import Database
from policies.tables import AuditEntityRow, AuditRow

MAX_PAGE = 1_000
OUTCOMES = (
    "ok",
    "originals",
    "blocked",
    "refused",
    "failed",
    "upstream_error",
    "client_gone",
    "unscanned",
    "cut",
    "unknown",
)
"""What can have become of an exchange or an act."""

_LATE_MS = 86_400_000
"""Rows are written at most so much out of the order of their times."""
_COUNTS = ("entities", "output")
"""Columns that hold counts per entity type."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; None means any. `since` (included) and `until` (excluded) are UTC milliseconds.

    `kind`: exchanges alone, or administrative acts alone.
    """

    since: int | None = None
    until: int | None = None
    tenant: str | None = None
    key: str | None = None
    model: str | None = None
    entity_type: str | None = None
    outcome: str | None = None
    kind: Literal["exchange", "act"] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first. `next_before` goes into the next call; None after the last page."""

    events: Sequence[AuditEvent]
    next_before: int | None


async def written(database: Database, exchanges: Collection[str]) -> set[str]:
    """Those of some (thousand at most) exchanges that have their row. Raises DatabaseUnavailable."""
    async with database.session() as session:
        return set(exchanges) - await without_row(session, exchanges)


async def query(database: Database, wanted: AuditFilter, *, before: int | None = None, size: int = 100) -> Page:
    """One page of events. `before` is a row number, so a page stays the same while new events come in.

    Raises DatabaseUnavailable, and ValueError for a size out of 1 to 1,000.
    """
    if not 1 <= size <= MAX_PAGE:
        raise ValueError(f"a page has 1 to {MAX_PAGE} events")
    # the same number stands in both tables; named in the one that is searched, its index gives the order
    number = AuditRow.seq if wanted.entity_type is None else AuditEntityRow.seq
    statement = _filtered(wanted).order_by(number.desc()).limit(size + 1)
    if before is not None:
        statement = statement.where(number < before)
    async with database.session() as session:
        low, high = await row_numbers(session, wanted.since, wanted.until)
        if low is not None:
            statement = statement.where(number >= low)
        if high is not None:
            statement = statement.where(number <= high)
        rows = (await session.scalars(statement)).all()
    shown = rows[:size]
    return Page([_event(row) for row in shown], shown[-1].seq if len(rows) > size else None)


async def row_numbers(session: AsyncSession, since: int | None, until: int | None) -> tuple[int | None, int | None]:
    """The first and last row number that rows of a time can have; None where nothing bounds them.

    Rows are numbered when they are written, which is at most hours after they began: the numbers of a day beside each
    end of the time bound all others, and spare the search for rows of a month ago all rows since. `+ 0` keeps databases
    from walking along the numbers until a time fits.
    """
    low = high = None
    if since is not None:
        begin = AuditRow.at >= since, AuditRow.at < since + _LATE_MS
        low = await session.scalar(select(func.min(AuditRow.seq + 0)).where(*begin))
    if until is not None:
        end = AuditRow.at >= until - _LATE_MS, AuditRow.at < until
        high = await session.scalar(select(func.max(AuditRow.seq + 0)).where(*end))
    return low, high


async def find_exchange(database: Database, exchange: str, *, tenant: str | None = None) -> AuditEvent | None:
    """The event of one exchange, None when there is none (or not in this tenant). Raises DatabaseUnavailable."""
    statement = _filtered(AuditFilter(tenant=tenant)).where(AuditRow.exchange == exchange)
    async with database.session() as session:
        row = await session.scalar(statement)
    return _event(row) if row else None


async def export(database: Database, wanted: AuditFilter) -> AsyncIterator[dict[str, Any]]:
    """All matching rows, oldest first, with number and digests so that the chain can be checked elsewhere."""
    last = 0
    while True:
        statement = _filtered(wanted).where(AuditRow.seq > last).order_by(AuditRow.seq).limit(MAX_PAGE)
        async with database.session() as session:
            rows = (await session.scalars(statement)).all()
        for row in rows:
            yield {column.name: getattr(row, column.name) for column in AuditRow.__table__.columns}
        if len(rows) < MAX_PAGE:
            return
        last = rows[-1].seq


def _filtered(wanted: AuditFilter) -> Select[AuditRow]:
    statement = select(AuditRow)
    if wanted.since is not None:
        statement = statement.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditRow.at < wanted.until)
    for name in ("tenant", "key", "model", "outcome"):
        value, column = getattr(wanted, name), getattr(AuditRow, name)
        if value is not None:
            # with an entity type, its own index shall be walked newest first: an expression hides the other ones,
            # through which SQLite would collect and sort all rows
            column = column if wanted.entity_type is None else column.op("||")("")
            statement = statement.where(column == value)
    if wanted.kind is not None:
        column = AuditRow.dialect if wanted.entity_type is None else AuditRow.dialect.op("||")("")
        statement = statement.where(column == DIALECT if wanted.kind == "act" else column != DIALECT)
    if wanted.entity_type is not None:
        statement = statement.join(AuditEntityRow, AuditEntityRow.seq == AuditRow.seq).where(
            AuditEntityRow.entity_type == wanted.entity_type
        )
    return statement


def _event(row: AuditRow) -> AuditEvent:
    values = {name: getattr(row, name) for name in AuditEvent.__dataclass_fields__ if name not in _COUNTS}
    return AuditEvent(**values, entities=parse_entities(row.entities), output=parse_entities(row.output))
