"""Links that open one report without an account, until they expire: tokens stay tokens behind them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import delete, select

from policies.db import Database
from policies.leavers import leavers
from reports.tables import ReportRunRow, ReportShareRow

_DAY_MS = 86_400_000


async def make_share(
    database: Database, run: ReportRunRow, made_by: str, *, days: int, now: int
) -> tuple[ReportShareRow, str]:
    """A link's row and its secret, which is told once. It never outlives the report."""
    secret = secrets.token_urlsafe(32)
    row = ReportShareRow(
        digest=_digest(secret),
        id=f"shr_{secrets.token_hex(10)}",
        run=run.id,
        tenant=run.tenant,
        made_by=made_by,
        created_at=now,
        expires_at=min(now + days * _DAY_MS, run.expires_at),
    )
    async with database.session(write=True) as session:
        session.add(row)
    return row, secret


async def find_share(database: Database, secret: str, *, now: int) -> ReportShareRow | None:
    """The link of this secret, when it still opens: until it expires, and while who (or which key) made it is here."""
    async with database.session() as session:
        row = await session.get(ReportShareRow, _digest(secret))
    if row is None or row.expires_at <= now or await leavers(database, [row.made_by], now=now):
        return None
    return row


async def list_shares(database: Database, run: str, *, now: int) -> Sequence[ReportShareRow]:
    """The links of a run that still open."""
    statement = select(ReportShareRow).where(ReportShareRow.run == run, ReportShareRow.expires_at > now)
    async with database.session() as session:
        rows = (await session.scalars(statement.order_by(ReportShareRow.created_at))).all()
    gone = await leavers(database, {row.made_by for row in rows}, now=now)
    return [row for row in rows if row.made_by not in gone]


async def drop_share(database: Database, run: str, identity: str) -> bool:
    """Close a link; False when there is none of this id."""
    statement = delete(ReportShareRow).where(ReportShareRow.run == run, ReportShareRow.id == identity)
    async with database.session(write=True) as session:
        done = await session.execute(statement)
    return bool(done.rowcount)  # type: ignore[attr-defined] # a DELETE has one


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
