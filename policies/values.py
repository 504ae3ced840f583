"""Lists of known values per tenant, kept sealed in the database.

An upload is a series of chunks under a data key of its own, which is sealed under the master key: dropping the upload's
row shreds its values. An upload counts from its commit on; what is not committed is invisible. Every commit and every
deletion gives the tenant a new version, which running gateways look at.
"""

from __future__ import annotations

import json
import re
import secrets
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Delete, ForeignKey, LargeBinary, String, Text, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from policies.db import Database
from policies.sealing import KEY_BYTES, Sealer
from policies.tables import Table

_LIST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_READ_AT_ONCE = 16
_ABANDONED_MS = 6 * 3_600_000
"""Uploads that were begun so long ago and never committed are dropped."""


class KnownVersionRow(Table):
    """How often the known values of a tenant have changed."""

    __tablename__ = "known_value_versions"
    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


class KnownUploadRow(Table):
    """One upload into a list. `version` is 0 until it is committed; `counts` is JSON, values per entity type."""

    __tablename__ = "known_value_uploads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    list_name: Mapped[str] = mapped_column(String(64))
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    counts: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class KnownChunkRow(Table):
    """Some thousand values of one entity type, compressed and sealed under the upload's key."""

    __tablename__ = "known_value_chunks"
    upload: Mapped[str] = mapped_column(
        String(32), ForeignKey("known_value_uploads.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


def is_list_name(name: str) -> bool:
    """Whether a list may be called so: 1 to 64 letters, digits, `_`, `.` and `-`, a letter or digit first."""
    return bool(_LIST_NAME.fullmatch(name))


@dataclass(frozen=True, slots=True)
class ListState:
    """What may be told about a list: values per entity type, and the version of the tenant at its last change."""

    name: str
    version: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that counts. `key` opens its chunks."""

    id: str
    list_name: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Chunk:
    """Values of one entity type; none holds a line break."""

    entity_type: str
    values: Sequence[str]


class Draft:
    """An upload that is being written. `seal` may run in any thread; the rest belongs to the event loop."""

    def __init__(self, upload: Upload, tenant: str) -> None:
        self.upload = upload
        self.tenant = tenant
        self.counts: Counter[str] = Counter()
        self._sealer = Sealer([upload.key])
        self._positions = 0

    def seal(self, chunk: Chunk) -> tuple[int, bytes]:
        """The chunk's position and what may be stored of it."""
        position, self._positions = self._positions, self._positions + 1
        self.counts[chunk.entity_type] += len(chunk.values)
        plain = zlib.compress("\n".join((chunk.entity_type, *chunk.values)).encode("utf-8", "replace"), 1)
        return position, self._sealer.seal(plain, _chunk_context(self.upload.id, position))


def open_chunk(upload: Upload, position: int, sealed: bytes) -> Chunk:
    """A chunk as it was given. Raises SealBroken."""
    plain = Sealer([upload.key]).open(sealed, _chunk_context(upload.id, position))
    entity_type, *values = zlib.decompress(plain).decode().split("\n")
    return Chunk(entity_type, values)


class ValueLists:
    """The lists of all tenants. Several processes may use them on one database; all methods raise DatabaseUnavailable.

    `now` is UTC milliseconds.
    """

    def __init__(
        self, database: Database, sealer: Sealer, *, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._now = now

    async def versions(self) -> dict[str, int]:
        """Version per tenant that ever had a list."""
        async with self._database.session() as session:
            rows = await session.execute(select(KnownVersionRow.tenant, KnownVersionRow.version))
            return {tenant: version for tenant, version in rows}  # noqa: C416 - rows are no tuples to the type checker

    async def uploads(self, tenant: str) -> tuple[int, list[Upload]]:
        """The tenant's version and the uploads that make it up, ordered by list and age. Raises SealBroken."""
        query = (
            select(KnownUploadRow)
            .where(KnownUploadRow.tenant == tenant, KnownUploadRow.version > 0)
            .order_by(KnownUploadRow.list_name, KnownUploadRow.version)
        )
        async with self._database.session() as session:
            version = await session.scalar(select(KnownVersionRow.version).where(KnownVersionRow.tenant == tenant))
            rows = (await session.scalars(query)).all()
        return version or 0, [
            Upload(row.id, row.list_name, self._sealer.open(row.sealed_key, upload_context(tenant, row.id)))
            for row in rows
        ]

    async def sealed_chunks(self, upload: Upload) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Positions and sealed contents of the upload's chunks, some at a time."""
        after = -1
        while True:
            query = (
                select(KnownChunkRow.position, KnownChunkRow.sealed)
                .where(KnownChunkRow.upload == upload.id, KnownChunkRow.position > after)
                .order_by(KnownChunkRow.position)
                .limit(_READ_AT_ONCE)
            )
            async with self._database.session() as session:
                rows = [(position, sealed) for position, sealed in await session.execute(query)]
            if not rows:
                return
            yield rows
            after = rows[-1][0]

    async def begin(self, tenant: str, list_name: str) -> Draft:
        """A new upload; nobody sees it before `commit`."""
        await self._drop_abandoned()
        upload = Upload(secrets.token_hex(8), list_name, secrets.token_bytes(KEY_BYTES))
        async with self._database.session(write=True) as session:
            session.add(
                KnownUploadRow(
                    id=upload.id,
                    tenant=tenant,
                    list_name=list_name,
                    sealed_key=self._sealer.seal(upload.key, upload_context(tenant, upload.id)),
                    counts="{}",
                    version=0,
                    created_at=self._now(),
                )
            )
        return Draft(upload, tenant)

    async def write(self, draft: Draft, sealed: Sequence[tuple[int, bytes]]) -> None:
        """Store chunks that `draft` sealed."""
        async with self._database.session(write=True) as session:
            session.add_all(
                KnownChunkRow(upload=draft.upload.id, position=position, sealed=content) for position, content in sealed
            )

    async def commit(self, draft: Draft, *, replace: bool) -> ListState:
        """Make the upload count, instead of what the list held (`replace`) or beside it; the list's new state."""
        name = draft.upload.list_name
        async with self._database.session(write=True) as session:
            version = await self._next_version(session, draft.tenant)
            if replace:
                await session.execute(_of_list(draft.tenant, name))
            await session.execute(
                update(KnownUploadRow)
                .where(KnownUploadRow.id == draft.upload.id)
                .values(version=version, counts=json.dumps(draft.counts))
            )
        return await self.state(draft.tenant, name) or ListState(name, version, {})

    async def abandon(self, draft: Draft) -> None:
        """Forget the upload and its chunks."""
        async with self._database.session(write=True) as session:
            await session.execute(delete(KnownUploadRow).where(KnownUploadRow.id == draft.upload.id))

    async def state(self, tenant: str, list_name: str) -> ListState | None:
        """What the list holds; None when there is no such list."""
        query = select(KnownUploadRow.version, KnownUploadRow.counts).where(
            KnownUploadRow.tenant == tenant, KnownUploadRow.list_name == list_name, KnownUploadRow.version > 0
        )
        async with self._database.session() as session:
            rows = [(version, counts) for version, counts in await session.execute(query)]
        if not rows:
            return None
        total: Counter[str] = Counter()
        for _, counts in rows:
            total.update(json.loads(counts))
        return ListState(list_name, max(version for version, _ in rows), dict(sorted(total.items())))

    async def total(self, tenant: str, *, without: str | None = None) -> int:
        """How many values the tenant's lists hold, but for those of the list `without`."""
        query = select(KnownUploadRow.list_name, KnownUploadRow.counts).where(
            KnownUploadRow.tenant == tenant, KnownUploadRow.version > 0
        )
        async with self._database.session() as session:
            rows = [(name, counts) for name, counts in await session.execute(query)]
        return sum(sum(json.loads(counts).values()) for name, counts in rows if name != without)

    async def delete(self, tenant: str, list_name: str) -> bool:
        """Shred a list; whether there was one."""
        async with self._database.session(write=True) as session:
            dropped = (await session.scalars(_of_list(tenant, list_name).returning(KnownUploadRow.id))).all()
            if dropped:
                await self._next_version(session, tenant)
        return bool(dropped)

    async def _next_version(self, session: AsyncSession, tenant: str) -> int:
        await session.execute(self._database.insert_new(KnownVersionRow).values(tenant=tenant, version=0))
        raised = update(KnownVersionRow).where(KnownVersionRow.tenant == tenant)
        query = raised.values(version=KnownVersionRow.version + 1).returning(KnownVersionRow.version)
        return (await session.execute(query)).scalar_one()

    async def _drop_abandoned(self) -> None:
        old = KnownUploadRow.created_at < self._now() - _ABANDONED_MS
        async with self._database.session(write=True) as session:
            await session.execute(delete(KnownUploadRow).where(KnownUploadRow.version == 0, old))


def _of_list(tenant: str, list_name: str) -> Delete:
    """Deletes the uploads of a list that count."""
    return delete(KnownUploadRow).where(
        KnownUploadRow.tenant == tenant, KnownUploadRow.list_name == list_name, KnownUploadRow.version > 0
    )


def upload_context(tenant: str, upload: str) -> str:
    """What an upload's key is sealed for."""
    return f"tenant/{tenant}/values/{upload}"


def _chunk_context(upload: str, position: int) -> str:
    return f"values/{upload}/{position}"
