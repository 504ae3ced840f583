"""A tenant's end: every key under which something of theirs lies is deleted, so that no copy of other stores is read.

Sessions in Redis, jars, uploads, known values, orders and texts of reports, bodies that left: what is sealed under a
key of the tenant is dead with it. The audit keeps its rows (ids and counts), or its chain would break, until their time
is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policies.db import Database
from policies.people_tables import UserRow
from policies.resealing import SealedColumn
from policies.tables import SecretRow, Table, TenantRow, VirtualKeyRow
from policies.values import KnownVersionRow

PERMANENT = "default"
"""The installation's own tenant; its people are those who administrate, and stay."""
_NAMED = ("service-key", "provider-key", "correction")
"""Beginnings of the names of secrets that go on with the tenant's."""


async def shred_tenant(database: Database, tenant: str, columns: Sequence[SealedColumn], now: int) -> Mapping[str, int]:
    """Delete what the tenant has; how many rows by table. `columns`: those of all packages; `now` in UTC milliseconds.

    Gateways use what they have cached for two seconds more. Raises DatabaseUnavailable; then nothing was deleted.
    """
    tables = {column.table for column in columns if hasattr(column.table, "tenant")}
    gone: dict[str, int] = {}
    async with database.session(write=True) as session:
        for table in sorted(tables, key=lambda one: one.__tablename__):
            gone[table.__tablename__] = await _deleted(session, table, table.__table__.c.tenant == tenant)
        gone["tenants"] = await _deleted(session, TenantRow, TenantRow.name == tenant)
        theirs = UserRow.tenant == tenant
        people = [] if tenant == PERMANENT else list(await session.scalars(select(UserRow.id).where(theirs)))
        gone["users"] = await _deleted(session, UserRow, UserRow.id.in_(people))
        named: list[ColumnElement[bool]] = [SecretRow.name.in_([f"totp/{person}" for person in people])]
        for name in (f"{kind}/{tenant}" for kind in _NAMED):
            named += [SecretRow.name == name, SecretRow.name.startswith(f"{name}/", autoescape=True)]
        gone["secrets"] = await _deleted(session, SecretRow, or_(*named))
        keys = update(VirtualKeyRow).where(VirtualKeyRow.tenant == tenant, VirtualKeyRow.revoked_at.is_(None))
        ended = await session.execute(keys.values(revoked_at=now, previous_digest=None, previous_until=None))
        gone["virtual_keys"] = int(getattr(ended, "rowcount", 0))
        newer = update(KnownVersionRow).where(KnownVersionRow.tenant == tenant)
        await session.execute(newer.values(version=KnownVersionRow.version + 1))
    return {name: count for name, count in gone.items() if count}


async def _deleted(session: AsyncSession, table: type[Table], where: ColumnElement[bool]) -> int:
    done = await session.execute(delete(table).where(where))
    return int(getattr(done, "rowcount", 0))
