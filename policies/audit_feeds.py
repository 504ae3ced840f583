"""How far each receiver of the audit has been sent: a position per feed, moved by one sender at a time.

A position moves after its rows were taken, so a sender that dies sends them again: at least once, in order, no gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from policies.db import Database
from policies.tables import AuditRow, Table

LEASE_MS: Final = 60_000


class AuditFeedRow(Table):
    """One feed: number of the last row that was taken, and who sends now until when (UTC milliseconds)."""

    __tablename__ = "audit_feeds"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    sender: Mapped[str] = mapped_column(String(40))
    until: Mapped[int] = mapped_column(BigInteger)


async def take_feed(database: Database, name: str, sender: str, now: int) -> int | None:
    """Become or stay the feed's sender: its position, or None while somebody else sends. Raises DatabaseUnavailable."""
    async with database.session(write=True) as session:
        await session.execute(database.insert_new(AuditFeedRow).values(name=name, seq=0, sender="", until=0))
        free = or_(AuditFeedRow.sender == sender, AuditFeedRow.until <= now)
        taken = await session.execute(
            update(AuditFeedRow)
            .where(AuditFeedRow.name == name, free)
            .values(sender=sender, until=now + LEASE_MS)
            .returning(AuditFeedRow.seq)
        )
        row = taken.first()
    return None if row is None else int(row[0])


async def move_feed(database: Database, name: str, sender: str, seq: int) -> bool:
    """Rows up to `seq` were taken; false when somebody else has become the sender. Raises DatabaseUnavailable."""
    async with database.session(write=True) as session:
        moved = await session.execute(
            update(AuditFeedRow).where(AuditFeedRow.name == name, AuditFeedRow.sender == sender).values(seq=seq)
        )
        return bool(moved.rowcount)  # type: ignore[attr-defined] # an UPDATE has one


async def leave_feed(database: Database, name: str, sender: str) -> None:
    """Let another sender go on at once. Raises DatabaseUnavailable."""
    async with database.session(write=True) as session:
        await session.execute(
            update(AuditFeedRow).where(AuditFeedRow.name == name, AuditFeedRow.sender == sender).values(until=0)
        )


async def rows_after(database: Database, seq: int, most: int) -> Sequence[Mapping[str, Any]]:
    """Rows of the audit behind `seq`, with their digests, in order. Raises DatabaseUnavailable."""
    query = select(AuditRow.__table__).where(AuditRow.seq > seq).order_by(AuditRow.seq).limit(most)
    async with database.session() as session:
        return [dict(row) for row in (await session.execute(query)).mappings()]


async def feed_positions(database: Database) -> dict[str, int]:
    """Position of every feed that was ever sent. Raises DatabaseUnavailable."""
    async with database.session() as session:
        return {row.name: row.seq for row in await session.scalars(select(AuditFeedRow))}
