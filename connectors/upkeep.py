"""What jars need without being asked: sources read anew on schedule, rows dropped when their time is over."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from sqlalchemy import delete, select

from connectors.base import ConnectorProblem
from connectors.boundaries import Boundaries
from connectors.gateway_client import GatewayClient, GatewayFailed
from connectors.jar_events import add_event, events, note_event
from connectors.jar_filling import Filled
from connectors.jar_imports import TakenOver
from connectors.jar_members import Member, members
from connectors.jar_sources import Reach, import_member
from connectors.jar_tables import ImportRow, JarColumnRow, JarRow, JarTableRow
from connectors.jar_values import known_values
from connectors.jars import JarProblem, Jars
from connectors.objects import StorageFailed
from connectors.uploads import shred_old
from policies.db import DatabaseUnavailable
from policies.sealing import SealBroken

SCHEDULE = "schedule"
"""Who does what nobody asked for, in a jar's events."""
EVERY_SECONDS = 60.0
_MINUTE, _DAY = 60_000, 86_400_000
_FAILED = "refresh failed"
_MOST_FAILURES = 7
_READ_ONCE = frozenset({"upload", "document", "bundle", "demo", "starter"})
_log = logging.getLogger("sting.jars")
OpenGateway = Callable[[Jars], AbstractAsyncContextManager[GatewayClient]]


@dataclass(slots=True)
class Kept:
    """What an upkeep did: jars refreshed, jars of which rows were dropped, jars whose refresh failed."""

    refreshed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


async def refresh(jars: Jars, row: JarRow, reach: Reach, *, whole: bool = False) -> list[Filled]:
    """Read all sources that can be read again; `whole`: watermarks or not. Raises as `import_member`."""
    sources = [member for member in await members(jars, row) if can_refresh(member)]
    return [await import_member(jars, row, member, reach, whole=whole) for member in sources]


def can_refresh(member: Member) -> bool:
    """False for what was handed over once: uploads, documents, bundles, starters."""
    return member.kind not in _READ_ONCE


async def keep_up(jars: Jars, gateway: OpenGateway, boundaries: Boundaries) -> Kept:
    """Do what is due for the jars of one tenant. Raises DatabaseUnavailable."""
    kept = Kept()
    await shred_old(jars)
    for row in await jars.rows():
        if row.retention_days is not None and await drop_old(jars, row):
            kept.dropped.append(row.name)
        if row.refresh_minutes is not None and await _is_due(jars, row) and not await _rests(jars, row):
            await _refreshed(jars, row, gateway, boundaries, kept)
        elif row.values_at is None and await jars.tables(row):
            await _told(jars, row, gateway)
    return kept


async def drop_old(jars: Jars, row: JarRow) -> int:
    """Drop tables whose rows were imported longer ago than the jar keeps them; returns how many."""
    before = jars.now() - (row.retention_days or 0) * _DAY
    async with jars.database.session(write=True) as session:
        old = select(JarTableRow.name, JarTableRow.import_id).join(ImportRow, ImportRow.id == JarTableRow.import_id)
        found = (await session.execute(old.where(JarTableRow.jar == row.id, ImportRow.finished_at < before))).all()
        for name, import_id in found:
            await session.execute(delete(JarTableRow).where(JarTableRow.jar == row.id, JarTableRow.name == name))
            await session.execute(
                delete(JarColumnRow).where(JarColumnRow.jar == row.id, JarColumnRow.table_name == name)
            )
            await session.execute(delete(ImportRow).where(ImportRow.id == import_id))
        if found:
            stored = await session.get_one(JarRow, row.id)
            stored.values_at = None  # the gateway forgets what the jar no longer holds
            names = [name for name, _ in found]
            add_event(session, jars, row.id, SCHEDULE, "rows dropped", {"tables": names})
    if found:
        await jars.imports(row).sweep(jars.now())
    return len(found)


async def _is_due(jars: Jars, row: JarRow) -> bool:
    before = jars.now() - (row.refresh_minutes or 0) * _MINUTE
    sources = [member for member in await members(jars, row) if can_refresh(member)]
    return any(member.refreshed_at is None or member.refreshed_at < before for member in sources)


async def _rests(jars: Jars, row: JarRow) -> bool:
    """Whether the jar waits after failures: 1 minute after one, 2 after two in a row, up to 64."""
    failures = list(itertools.takewhile(lambda one: one.action == _FAILED, await events(jars, row.id, _MOST_FAILURES)))
    return bool(failures) and jars.now() < failures[0].at + 2 ** (len(failures) - 1) * _MINUTE


async def _refreshed(jars: Jars, row: JarRow, gateway: OpenGateway, boundaries: Boundaries, kept: Kept) -> None:
    try:
        async with gateway(jars) as client:
            await refresh(jars, row, Reach(boundaries, client, SCHEDULE))
        kept.refreshed.append(row.name)
    except TakenOver:
        return  # another process does it
    except (ConnectorProblem, JarProblem, GatewayFailed, StorageFailed, SealBroken, LookupError) as error:
        kept.failed.append(row.name)
        await note_event(jars, row.id, SCHEDULE, _FAILED, {"what": type(error).__name__})


async def _told(jars: Jars, row: JarRow, gateway: OpenGateway) -> None:
    async with gateway(jars) as client:
        await known_values(jars, row, client)


async def keep_up_always(jars: Callable[[str], Jars], gateway: OpenGateway, boundaries: Boundaries) -> None:
    """Keep up the jars of all tenants every minute, until cancelled; what fails is tried again."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            async with jars("").database.session() as session:
                tenants = (await session.scalars(select(JarRow.tenant).distinct())).all()
            for tenant in tenants:
                await keep_up(jars(tenant), gateway, boundaries)
        except (DatabaseUnavailable, StorageFailed, SealBroken) as error:
            _log.warning("jars could not be kept up", extra={"what": type(error).__name__})
