"""Who has left: what people began in the console ends with them (links to reports, schedules)."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import select

from policies.db import Database
from policies.people_tables import UserRow

_PERSON = re.compile(r"usr_[0-9a-f]{16}")


async def leavers(database: Database, ids: Collection[str]) -> frozenset[str]:
    """Those of the ids that are people who were disabled or removed; programs and commands never leave.

    Raises DatabaseUnavailable.
    """
    people = {one for one in ids if _PERSON.fullmatch(one)}
    if not people:
        return frozenset()
    active = select(UserRow.id).where(UserRow.id.in_(people), UserRow.disabled == 0)
    async with database.session() as session:
        return frozenset(people - set(await session.scalars(active)))
