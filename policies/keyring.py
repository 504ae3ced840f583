"""The keys of a tenant: the secret that names tokens, and the day keys that wrap the vault's session keys.

Both live sealed in the database, outside Redis: once a day key is dropped, an old Redis dump cannot be read.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from policies.db import Database
from policies.sealing import KEY_BYTES, Sealer, derive
from policies.tables import DayKeyRow, TenantRow

DAY_MS = 86_400_000
CACHE_SECONDS = 2.0
"""How long a day key counts without asking the database: a dropped key is dead everywhere after this time."""
_CACHE_ENTRIES = 4_096


@dataclass(frozen=True, slots=True)
class DayKey:
    """A tenant's key of one UTC day. `drop_at` (UTC milliseconds) is when it stops to exist."""

    id: str
    tenant: str
    key: bytes = field(repr=False)
    drop_at: int


class Keyring:
    """Loads, makes and drops the keys of tenants. Several processes may do so on one database.

    `session_ttl_max` in seconds is the longest life of a session in any policy; a day key lives that long after its
    day has ended, and one day more. `now` is UTC milliseconds, `clock` counts seconds.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        *,
        session_ttl_max: int = 30 * 86_400,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._life = session_ttl_max * 1000 + 2 * DAY_MS
        self._now = now
        self._clock = clock
        self._naming: dict[str, bytes] = {}
        self._named: dict[tuple[str, str], bytes] = {}
        self._loading = asyncio.Lock()
        self._current: dict[tuple[str, int], tuple[float, DayKey]] = {}
        self._by_id: dict[str, tuple[float, DayKey | None]] = {}

    async def naming_key(self, tenant: str, owner: str) -> bytes:
        """32 bytes from which the tokens of this vault are named (docs/architecture.md, rule 2).

        Derived from the tenant's secret alone, so it stays through sessions, TTLs and master-key rotation.
        Raises DatabaseUnavailable, SealBroken.
        """
        named = self._named.get((tenant, owner))
        if named is None:
            if tenant not in self._naming:
                self._naming[tenant] = await self._tenant_secret(tenant)
            self._bounded(self._named)
            named = self._named[tenant, owner] = derive(self._naming[tenant], f"sting/naming/{owner}")
        return named

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        """Id and key of today's key of the tenant, made when there is none; all processes get the same one.

        Raises DatabaseUnavailable, SealBroken.
        """
        day = self._now() // DAY_MS
        cached = self._current.get((tenant, day))
        if cached is None or cached[0] <= self._clock():
            async with self._loading:  # one load for all that wait, not one each
                cached = self._current.get((tenant, day))
                if cached is None or cached[0] <= self._clock():
                    key = await self._load_day(tenant, day) or await self._make_day(tenant, day)
                    cached = (self._clock() + CACHE_SECONDS, key)
                    self._bounded(self._current)
                    self._current[tenant, day] = cached
        return cached[1].id, cached[1].key

    async def day_key(self, key_id: str) -> bytes | None:
        """The key `key_id`; None when it is dropped, expired or never was.

        Raises DatabaseUnavailable, SealBroken.
        """
        found = self._by_id.get(key_id)
        if found is None or found[0] <= self._clock():
            async with self._database.session() as session:
                row = await session.get(DayKeyRow, key_id)
            found = (self._clock() + CACHE_SECONDS, self._opened(row) if row else None)
            self._bounded(self._by_id)
            self._by_id[key_id] = found
        key = found[1]
        return key.key if key is not None and key.drop_at > self._now() else None

    async def drop_expired(self) -> int:
        """Delete the day keys whose time is over; the number of them. Call it at start and once an hour."""
        return await self._delete(DayKeyRow.drop_at <= self._now())

    async def drop_tenant(self, tenant: str) -> int:
        """Shred: delete all day keys of the tenant at once. What its vault holds can never be read again.

        Other processes may use what they have cached for CACHE_SECONDS more.
        """
        return await self._delete(DayKeyRow.tenant == tenant)

    async def _tenant_secret(self, tenant: str) -> bytes:
        context = tenant_context(tenant)
        query = select(TenantRow.sealed_secret).where(TenantRow.name == tenant)
        async with self._database.session() as session:
            sealed = await session.scalar(query)
        if sealed is None:
            fresh = self._sealer.seal(secrets.token_bytes(KEY_BYTES), context)
            insert = self._database.insert_new(TenantRow)
            async with self._database.session() as session:
                await session.execute(insert.values(name=tenant, sealed_secret=fresh, created_at=self._now()))
            # read back in a new transaction: another process may have been first, and its secret counts
            async with self._database.session() as session:
                sealed = (await session.execute(query)).scalar_one()
        return self._sealer.open(sealed, context)

    async def _load_day(self, tenant: str, day: int) -> DayKey | None:
        query = select(DayKeyRow).where(DayKeyRow.tenant == tenant, DayKeyRow.day == day)
        async with self._database.session() as session:
            row = await session.scalar(query)
        return self._opened(row) if row else None

    async def _make_day(self, tenant: str, day: int) -> DayKey:
        key_id = secrets.token_hex(8)
        sealed = self._sealer.seal(secrets.token_bytes(KEY_BYTES), day_context(tenant, key_id))
        insert = self._database.insert_new(DayKeyRow).values(
            id=key_id, tenant=tenant, day=day, sealed_key=sealed, drop_at=day * DAY_MS + self._life
        )
        async with self._database.session() as session:
            await session.execute(insert)
        made = await self._load_day(tenant, day)
        return made or await self._make_day(tenant, day)  # shredded between the two: make another

    def _opened(self, row: DayKeyRow) -> DayKey:
        key = self._sealer.open(row.sealed_key, day_context(row.tenant, row.id))
        return DayKey(row.id, row.tenant, key, row.drop_at)

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        async with self._database.session() as session:
            dropped = (await session.scalars(delete(DayKeyRow).where(condition).returning(DayKeyRow.id))).all()
        self._current.clear()
        self._by_id.clear()
        return len(dropped)

    @staticmethod
    def _bounded(cache: dict[Any, Any]) -> None:
        """Make room by forgetting everything: the entries are good for two seconds only."""
        if len(cache) >= _CACHE_ENTRIES:
            cache.clear()


def tenant_context(tenant: str) -> str:
    """What a tenant's secret is sealed for."""
    return f"tenant/{tenant}/secret"


def day_context(tenant: str, key_id: str) -> str:
    """What a day key is sealed for."""
    return f"tenant/{tenant}/day-key/{key_id}"
