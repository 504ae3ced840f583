"""Partitions of the audit's table on PostgreSQL: made ahead of the rows, dropped with them. SQLite has none."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

ROWS = 5_000_000
"""Rows of one partition."""
_END = text("""
SELECT coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) FROM $$TO \\('?([0-9]+)'?\\)$$)::bigint), 0)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_events'::regclass
""")
_PAST = text("""
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'audit_events'::regclass
AND substring(pg_get_expr(c.relpartbound, c.oid) FROM $$TO \\('?([0-9]+)'?\\)$$)::bigint <= :seq + 1
""")


async def end_of_partitions(session: AsyncSession) -> int:
    """The first row number that no partition takes."""
    return int(await session.scalar(_END) or 0)


async def make_partitions(session: AsyncSession, seq: int, rows: int = ROWS) -> int:
    """Partitions that take rows up to `seq`; the first row number that none takes. Takes the right to make tables."""
    end = await end_of_partitions(session)
    while end <= seq:
        name = f"audit_events_{end}"
        await session.execute(
            text(f"CREATE TABLE {name} PARTITION OF audit_events FOR VALUES FROM ({end}) TO ({end + rows})")
        )
        # unique within it: over all of them only a key that holds the row number could be
        await session.execute(text(f"ALTER TABLE {name} ADD CONSTRAINT uq_{name}_exchange UNIQUE (exchange)"))
        end += rows
    return end


async def drop_partitions(session: AsyncSession, seq: int) -> None:
    """Drop the partitions whose rows all have numbers up to `seq`: these are gone already."""
    for name in (await session.scalars(_PAST, {"seq": seq})).all():
        await session.execute(text(f'DROP TABLE "{name}"'))
