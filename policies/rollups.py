"""Sums of the audit by hour and day, kept up with its rows, so that figures of a month do not read all rows of it.

Rows are added in the order of their numbers, each once, in the transaction that notes up to which; those that retention
deletes are taken out again in the transaction that deletes them. So sums and rows always say the same.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from policies.audit import AuditChain
from policies.db import DatabaseUnavailable
from policies.rollup_rows import MEASURES, each
from policies.rollup_sums import sums_of
from policies.tables import AuditEntityRow, AuditRow, RolledRow, RollUpRow

LEAST = 2_000
"""So many rows are read as quickly as their sums."""
_MOST = 2_000
"""Rows of one transaction: others wait for it as they wait for any writer."""
_PAUSE_SECONDS = 30.0
_BETWEEN_SECONDS = 0.5
_KEY = ("tenant", "hours", "dimension", "at", "value", "model")
_log = logging.getLogger(__name__)


async def keep_rolled_up(chain: AuditChain) -> None:
    """Add what is new until cancelled; after an outage, or of an older version's rows, part by part."""
    while True:
        try:
            added = await roll_up(chain)
        except DatabaseUnavailable:
            added = 0
            _log.warning("figures of the audit could not be summed; its rows are read meanwhile")
        await asyncio.sleep(_BETWEEN_SECONDS if added >= _MOST else _PAUSE_SECONDS)


async def roll_up(chain: AuditChain, *, least: int = LEAST, most: int = _MOST) -> int:
    """Add at most `most` rows, none where fewer than `least` wait. Returns how many. Raises DatabaseUnavailable."""
    async with chain.database.session() as session:
        if await _newest(session) - await _rolled_up_to(session) < least:
            return 0
    async with chain.database.session(write=True) as session:
        await chain.alone(session)
        low = await _rolled_up_to(session)
        high = min(await _newest(session), low + most)
        if high > low:
            await _add(session, low, high, 1)
            await _note(session, high)
        return max(0, high - low)


async def take_out(session: AsyncSession, up_to: int) -> None:
    """Take rows up to a number out of the sums; they are about to be deleted."""
    rolled = await _rolled_up_to(session)
    await _add(session, 0, min(up_to, rolled), -1)
    await session.execute(delete(RollUpRow).where(RollUpRow.requests <= 0))
    await _note(session, max(up_to, rolled))


async def _newest(session: AsyncSession) -> int:
    return await session.scalar(select(func.max(AuditRow.seq))) or 0


async def _rolled_up_to(session: AsyncSession) -> int:
    return await session.scalar(select(RolledRow.seq)) or 0


async def _note(session: AsyncSession, seq: int) -> None:
    noted = await session.execute(update(RolledRow).values(seq=seq))
    if not getattr(noted, "rowcount", 0):
        session.add(RolledRow(id=1, seq=seq))


async def _add(session: AsyncSession, low: int, high: int, sign: int) -> None:
    """Add (or subtract, `sign` -1) the rows after `low` and up to `high`."""
    first = await session.scalar(select(func.min(AuditRow.seq)).where(AuditRow.seq > low))
    for start in range(max(low, (first or high) - 1), high, _MOST):
        await _add_part(session, start, min(high, start + _MOST), sign)


async def _add_part(session: AsyncSession, low: int, high: int, sign: int) -> None:
    numbers = (AuditEntityRow.seq > low, AuditEntityRow.seq <= high)
    found: dict[int, dict[str, int]] = {}
    for seq, name, count in await session.execute(
        select(AuditEntityRow.seq, AuditEntityRow.entity_type, AuditEntityRow.count).where(*numbers)
    ):
        found.setdefault(seq, {})[name] = count
    sums = sums_of(await session.execute(each(low, high)), found)
    if not sums:
        return
    table: Any = RollUpRow.__table__
    insert = (sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert)(table)
    together = {name: table.c[name] + insert.excluded[name] for name in MEASURES}
    upsert = insert.on_conflict_do_update(index_elements=list(_KEY), set_=together)
    rows = [dict(zip((*_KEY, *MEASURES), (*key, *(sign * one for one in sums[key])), strict=True)) for key in sums]
    await (await session.connection()).execute(upsert, rows)
