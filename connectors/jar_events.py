"""What happened to jars: who changed them, who saw originals. Names and counts, never values."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.jar_tables import JarEventRow
from connectors.jars import Jars

Detail = Mapping[str, str | int | float | bool | Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class JarEvent:
    """One event. `at` is UTC milliseconds; `person` a user's id."""

    at: int
    person: str
    action: str
    detail: Mapping[str, Any]


def add_event(session: AsyncSession, jars: Jars, jar: str, person: str, action: str, detail: Detail) -> None:
    """Add an event in the caller's transaction, so that what it tells of and the event are stored together."""
    session.add(
        JarEventRow(
            id=f"ev_{jars.now():013d}{secrets.token_hex(5)}"[:32],
            tenant=jars.tenant,
            jar=jar,
            at=jars.now(),
            person=person,
            action=action,
            detail=json.dumps(detail),
        )
    )


async def note_event(jars: Jars, jar: str, person: str, action: str, detail: Detail) -> None:
    """Store an event; what it tells of must not happen when this raises DatabaseUnavailable."""
    async with jars.database.session(write=True) as session:
        add_event(session, jars, jar, person, action, detail)


async def events(jars: Jars, jar: str, most: int = 200) -> list[JarEvent]:
    """The newest events of a jar, the newest first."""
    query = (
        select(JarEventRow)
        .where(JarEventRow.tenant == jars.tenant, JarEventRow.jar == jar)
        .order_by(JarEventRow.id.desc())
        .limit(most)
    )
    async with jars.database.session() as session:
        rows = (await session.scalars(query)).all()
    return [JarEvent(row.at, row.person, row.action, json.loads(row.detail)) for row in rows]
