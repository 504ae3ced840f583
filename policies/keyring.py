"""The keys of a tenant: the secret that names tokens, and the day keys that wrap the vault's session keys.

Both live sealed in the database, outside Redis: once a day key is dropped, an old Redis dump cannot be read.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import ColumnElement, delete, select, update

from policies.db import Database
from policies.puncturing import Tree
from policies.refreshed import Refreshed
from policies.sealing import KEY_BYTES, SealBroken, Sealer, derive
from policies.tables import DayKeyRow, TenantRow

DAY_MS = 86_400_000
CACHE_SECONDS = 2.0
"""How long a day key counts without asking the database: a dropped key is dead everywhere after this time."""
_CACHE_ENTRIES = 4_096


@dataclass(frozen=True, slots=True)
class DayKey:
    """A tenant's key of one UTC day. `drop_at` (UTC milliseconds) is when it stops to exist.

    `tree` has the keys that wrap sessions' keys, each of them its own; None: of before there were any. `sealed`: as it
    stands in the database.
    """

    id: str
    tenant: str
    key: bytes = field(repr=False)
    drop_at: int
    tree: Tree | None = field(repr=False)
    sealed: bytes = field(repr=False)


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
        self._naming: dict[str, bytes] = {}
        self._named: dict[tuple[str, str], bytes] = {}
        self._current: Refreshed[tuple[str, int], DayKey] = Refreshed(CACHE_SECONDS, _CACHE_ENTRIES, clock)
        self._by_id: Refreshed[str, DayKey | None] = Refreshed(CACHE_SECONDS, _CACHE_ENTRIES, clock)

    async def naming_key(self, tenant: str, owner: str) -> bytes:
        """32 bytes from which the tokens of this vault are named (docs/architecture.md, rule 2).

        Derived from the tenant's secret alone, so it stays through sessions, TTLs and master-key rotation.
        Raises DatabaseUnavailable, SealBroken.
        """
        named = self._named.get((tenant, owner))
        if named is None:
            if tenant not in self._naming:
                self._naming[tenant] = await self._tenant_secret(tenant)
            if len(self._named) >= _CACHE_ENTRIES:
                self._named.clear()
            named = self._named[tenant, owner] = derive(self._naming[tenant], f"sting/naming/{owner}")
        return named

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        """Id and key of today's key of the tenant, made when there is none; all processes get the same one.

        Raises DatabaseUnavailable, SealBroken.
        """
        key = await self._today(tenant)
        return key.id, key.key

    async def current_tree(self, tenant: str) -> tuple[str, Tree]:
        """The same key's id and its keys for sessions. Raises DatabaseUnavailable, SealBroken."""
        key = await self._today(tenant)
        if key.tree is None:
            raise SealBroken("a day key has no tree")
        return key.id, key.tree

    async def _today(self, tenant: str) -> DayKey:
        day = self._now() // DAY_MS
        return await self._current.get((tenant, day), partial(self._loaded_or_made, tenant, day))

    async def _loaded_or_made(self, tenant: str, day: int, known: DayKey | None) -> DayKey:
        return await self._load_day(tenant, day, known) or await self._make_day(tenant, day)

    async def day_key(self, key_id: str) -> bytes | None:
        """The key `key_id`; None when it is dropped, expired or never was.

        Raises DatabaseUnavailable, SealBroken.
        """
        key = await self._key(key_id)
        return None if key is None else key.key

    async def tree(self, key_id: str) -> Tree | None:
        """What `key_id` has for sessions; None as for `day_key`. Raises DatabaseUnavailable, SealBroken."""
        key = await self._key(key_id)
        return None if key is None else key.tree

    async def _key(self, key_id: str) -> DayKey | None:
        key = await self._by_id.get(key_id, partial(self._load, key_id))
        return key if key is not None and key.drop_at > self._now() else None

    async def _load(self, key_id: str, known: DayKey | None) -> DayKey | None:
        async with self._database.session() as session:
            row = await session.get(DayKeyRow, key_id)
        return self._opened(row, known) if row else None

    async def puncture(self, tenant: str, index: bytes) -> None:
        """Take a session's key out of every day key of the tenant: whatever it has wrapped can never be opened again.

        Other processes may use what they have cached for CACHE_SECONDS more. Raises DatabaseUnavailable, SealBroken.
        """
        query = select(DayKeyRow).where(DayKeyRow.tenant == tenant).order_by(DayKeyRow.id)
        async with self._database.session(write=True) as session:
            for row in await session.scalars(query.with_for_update()):
                key = self._opened(row)
                if key.tree is not None and key.tree.holds(index):
                    plain = key.key + key.tree.without(index).encoded()
                    row.sealed_key = self._sealer.seal(plain, day_context(tenant, row.id))
        self.forget_cache()

    def forget_cache(self) -> None:
        """Ask the database again for every day key, at once."""
        self._current.clear()
        self._by_id.clear()

    async def close(self) -> None:
        """Wait for what is on its way from the database."""
        await self._current.close()
        await self._by_id.close()

    async def drop_expired(self) -> int:
        """Delete the day keys whose time is over; the number of them. Call it at start and once an hour."""
        return await self._delete(DayKeyRow.drop_at <= self._now())

    async def _tenant_secret(self, tenant: str) -> bytes:
        context = tenant_context(tenant)
        query = select(TenantRow.sealed_secret).where(TenantRow.name == tenant)
        async with self._database.session() as session:
            sealed = await session.scalar(query)
        if sealed is None:
            fresh = self._sealer.seal(secrets.token_bytes(KEY_BYTES), context)
            insert = self._database.insert_new(TenantRow)
            async with self._database.session(write=True) as session:
                await session.execute(insert.values(name=tenant, sealed_secret=fresh, created_at=self._now()))
            # read back in a new transaction: another process may have been first, and its secret counts
            async with self._database.session() as session:
                sealed = (await session.execute(query)).scalar_one()
        return self._sealer.open(sealed, context)

    async def _load_day(self, tenant: str, day: int, known: DayKey | None = None) -> DayKey | None:
        query = select(DayKeyRow).where(DayKeyRow.tenant == tenant, DayKeyRow.day == day)
        async with self._database.session() as session:
            row = await session.scalar(query)
        if row is None:
            return None
        key = self._opened(row, known)
        return key if key.tree is not None else await self._planted(key, day)

    async def _planted(self, key: DayKey, day: int) -> DayKey | None:
        """A day key of an earlier version with a tree; of several processes one plants it."""
        sealed = self._sealer.seal(key.key + _seed(), day_context(key.tenant, key.id))
        change = update(DayKeyRow).where(DayKeyRow.id == key.id, DayKeyRow.sealed_key == key.sealed)
        async with self._database.session(write=True) as session:
            await session.execute(change.values(sealed_key=sealed))
        return await self._load_day(key.tenant, day)

    async def _make_day(self, tenant: str, day: int) -> DayKey:
        key_id = secrets.token_hex(8)
        sealed = self._sealer.seal(secrets.token_bytes(KEY_BYTES) + _seed(), day_context(tenant, key_id))
        insert = self._database.insert_new(DayKeyRow).values(
            id=key_id, tenant=tenant, day=day, sealed_key=sealed, drop_at=day * DAY_MS + self._life
        )
        async with self._database.session(write=True) as session:
            await session.execute(insert)
        made = await self._load_day(tenant, day)
        return made or await self._make_day(tenant, day)  # shredded between the two: make another

    def _opened(self, row: DayKeyRow, known: DayKey | None = None) -> DayKey:
        """The row's key; `known` where that is what the row still holds."""
        if known is not None and (known.id, known.sealed) == (row.id, row.sealed_key):
            return known
        plain = self._sealer.open(row.sealed_key, day_context(row.tenant, row.id))
        tree = Tree.decoded(plain[KEY_BYTES:]) if len(plain) > KEY_BYTES else None
        return DayKey(row.id, row.tenant, plain[:KEY_BYTES], row.drop_at, tree, row.sealed_key)

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        async with self._database.session(write=True) as session:
            dropped = (await session.scalars(delete(DayKeyRow).where(condition).returning(DayKeyRow.id))).all()
        self.forget_cache()
        return len(dropped)


def _seed() -> bytes:
    return Tree.grown(secrets.token_bytes(KEY_BYTES)).encoded()


def tenant_context(tenant: str) -> str:
    """What a tenant's secret is sealed for."""
    return f"tenant/{tenant}/secret"


def day_context(tenant: str, key_id: str) -> str:
    """What a day key is sealed for."""
    return f"tenant/{tenant}/day-key/{key_id}"
