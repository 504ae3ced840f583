"""Who has left: what people and keys began in the console ends with them (links to reports, schedules)."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.db import Database
from policies.people_tables import UserRow
from policies.tables import VirtualKeyRow

_PERSON = re.compile(r"usr_[0-9a-f]{16}")
_KEY = re.compile(r"key_[0-9a-f]{16}")


async def leavers(database: Database, ids: Collection[str], *, now: int) -> frozenset[str]:
    """Those of the ids that are people who were disabled or removed, and keys that were revoked or have expired.

    A key of a person who leaves is revoked, so what it began ends, too. Commands of the machine never leave. `now` is
    UTC milliseconds. Raises DatabaseUnavailable.
    """
    people = {one for one in ids if _PERSON.fullmatch(one)}
    keys = {one for one in ids if _KEY.fullmatch(one)}
    if not people and not keys:
        return frozenset()
    async with database.session() as session:
        here = await _people(session, people) | await _keys(session, keys, now)
    return frozenset((people | keys) - here)


async def _people(session: AsyncSession, ids: Collection[str]) -> set[str]:
    return set(await session.scalars(select(UserRow.id).where(UserRow.id.in_(ids), UserRow.disabled == 0)))


async def _keys(session: AsyncSession, ids: Collection[str], now: int) -> set[str]:
    lasting = or_(VirtualKeyRow.expires_at.is_(None), VirtualKeyRow.expires_at > now)
    valid = VirtualKeyRow.id.in_(ids), VirtualKeyRow.revoked_at.is_(None), lasting
    return set(await session.scalars(select(VirtualKeyRow.id).where(*valid)))
