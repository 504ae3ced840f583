"""Honey jars of one tenant: made, found, changed, deleted, and read. What `JarReader` promises, from the store.

jars = Jars(database, sealer, open_store(settings), tenant="default")
jar = await jars.jar("techcorp")
async for frame in jars.batches(jar, "customers", ["country", "churned"]): ...
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import delete, select, text, update

from connectors.jar_access import JarKind
from connectors.jar_imports import Imports
from connectors.jar_model import ColumnRole, HoneyJar, JarColumn, JarTable
from connectors.jar_objects import JarObjects
from connectors.jar_tables import JarColumnRow, JarRow, JarTableRow
from connectors.objects import ObjectStore
from policies.db import Database
from policies.sealing import KEY_BYTES, Sealer

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_ID = re.compile(r"jar_[0-9a-f]{20}")
DEFAULT_TENANT = "default"


class JarProblem(Exception):
    """A jar cannot be made or changed like this; the message says what to do. It holds no value.

    `status` and `code` are what the console answers.
    """

    status, code = 409, "jar_problem"


class UnfitName(JarProblem):
    """What a jar or connector was to be called can be no name."""

    status, code = 422, "bad_name"


class NameTaken(JarProblem):
    """Another jar or connector of the tenant has this name."""

    code = "name_taken"


class ValuesUnknown(JarProblem):
    """Free text was asked for, and the gateway was not told the jar's personal values: it would miss some."""


class NotReviewed(JarProblem):
    """A column that nobody has reviewed was asked for, and the jar wants review first."""


@dataclass(frozen=True, slots=True)
class JarSpec:
    """What a person says of a jar. `retention_days`: rows are dropped so long after their import; None keeps them."""

    name: str
    kind: JarKind = "private"
    description: str = ""
    tags: tuple[str, ...] = ()
    policy: str | None = None
    review_required: bool = False
    retention_days: int | None = None
    refresh_minutes: int | None = None


def now_ms() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Jars:
    """The jars of one tenant. All methods raise DatabaseUnavailable; those on rows StorageFailed and SealBroken too.

    It does not ask who asks: routes check `jar_access` before. `now` gives UTC milliseconds.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        store: ObjectStore,
        tenant: str = DEFAULT_TENANT,
        *,
        now: Callable[[], int] = now_ms,
        most_rows: int | None = None,
    ) -> None:
        """`most_rows`: of all jars of the tenant together (`policies.quotas`); None sets no limit."""
        self.database = database
        self.tenant = tenant
        self.store = store
        self.now = now
        self.sealer = sealer
        self.most_rows = most_rows

    async def create(self, spec: JarSpec, owner: str) -> JarRow:
        """A new jar with a key of its own. Raises JarProblem."""
        if not _NAME.fullmatch(spec.name) or _ID.fullmatch(spec.name):
            raise UnfitName("A jar's name has 1 to 63 small letters, digits, `-` and `_`, and is no jar's id.")
        made, now = f"jar_{secrets.token_hex(10)}", self.now()
        row = JarRow(
            id=made, tenant=self.tenant, name=spec.name, owner=owner, kind=spec.kind, description=spec.description,
            tags=json.dumps(spec.tags), policy=spec.policy, review_required=spec.review_required,
            retention_days=spec.retention_days, refresh_minutes=spec.refresh_minutes,
            sealed_key=self.sealer.seal(secrets.token_bytes(KEY_BYTES), f"jar/{self.tenant}/{made}"),
            created_at=now, changed_at=now,
        )  # fmt: skip
        async with self.database.session(write=True) as session:
            taken = select(JarRow.id).where(JarRow.tenant == self.tenant, JarRow.name == spec.name)
            if await session.scalar(taken) is not None:
                raise NameTaken(f"There is a jar {spec.name!r} already: choose another name, or delete that one.")
            session.add(row)
        return row

    async def row(self, name: str) -> JarRow:
        """The jar of this id, else of this name, as it is stored. Raises LookupError."""
        query = select(JarRow).where(JarRow.tenant == self.tenant)
        async with self.database.session() as session:
            found = await session.scalar(query.where(JarRow.id == name))
            if found is None:  # an id first: somebody may have called theirs like another's id
                found = await session.scalar(query.where(JarRow.name == name))
        if found is None:
            raise LookupError("There is no jar of this name or id. `sting jars list` shows yours.")
        return found

    async def rows(self) -> Sequence[JarRow]:
        """All jars by name."""
        query = select(JarRow).where(JarRow.tenant == self.tenant).order_by(JarRow.name)
        async with self.database.session() as session:
            return (await session.scalars(query)).all()

    async def delete(self, row: JarRow) -> None:
        """Shred a jar: its key first, then what the key opened."""
        objects = self.objects(row)
        async with self.database.session(write=True) as session:
            if self.database.engine.dialect.name == "sqlite":
                await session.execute(text("PRAGMA secure_delete=ON"))  # a free page would keep the sealed key
            await session.execute(delete(JarRow).where(JarRow.id == row.id, JarRow.tenant == self.tenant))
        await asyncio.to_thread(objects.sweep, objects.name(""), set())

    async def note_values(self, row: JarRow, at: int | None) -> None:
        """Keep when the gateway was told the jar's personal values; None: it has to be told again."""
        async with self.database.session(write=True) as session:
            await session.execute(update(JarRow).where(JarRow.id == row.id).values(values_at=at))

    def objects(self, row: JarRow) -> JarObjects:
        """The jar's sealed objects. Raises SealBroken."""
        return JarObjects(self.store, row.id, self.sealer.open(row.sealed_key, f"jar/{self.tenant}/{row.id}"))

    def imports(self, row: JarRow) -> Imports:
        """The jar's imports."""
        return Imports(self.database, self.objects(row), row.id)

    async def columns(self, row: JarRow) -> Sequence[JarColumnRow]:
        """All columns of a jar by table and place."""
        query = (
            select(JarColumnRow)
            .where(JarColumnRow.jar == row.id)
            .order_by(JarColumnRow.table_name, JarColumnRow.position)
        )
        async with self.database.session() as session:
            return (await session.scalars(query)).all()

    async def tables(self, row: JarRow) -> Sequence[JarTableRow]:
        """All tables of a jar by name."""
        query = select(JarTableRow).where(JarTableRow.jar == row.id).order_by(JarTableRow.name)
        async with self.database.session() as session:
            return (await session.scalars(query)).all()

    async def jar(self, name: str) -> HoneyJar:
        """The jar as those see it who read it: where review is required, without unreviewed columns. LookupError."""
        row = await self.row(name)
        tables, columns = await self.tables(row), await self.columns(row)
        return HoneyJar(
            row.id,
            row.name,
            row.tenant,
            row.policy,
            tuple(
                JarTable(
                    table.name,
                    table.rows,
                    tuple(
                        as_column(column)
                        for column in columns
                        if column.table_name == table.name and may_leave(row, column)
                    ),
                )
                for table in tables
            ),
        )

    async def batches(
        self, jar: HoneyJar, table: str, columns: Sequence[str] | None = None, *, rows: int = 50_000
    ) -> AsyncIterator[pl.DataFrame]:
        """The rows in order, at most `rows` at once. Raises LookupError, NotReviewed, ValuesUnknown."""
        row = await self.row(jar.id)
        known = [column for column in await self.columns(row) if column.table_name == table]
        allowed = [column.name for column in known if may_leave(row, column)]
        wanted = allowed if columns is None else list(columns)
        for name in wanted:
            if name not in {column.name for column in known}:
                raise LookupError("The table has no such column.")
            if name not in allowed:
                raise NotReviewed(f"The column {table}.{name} waits for review: confirm it with `sting jars review`.")
        if row.values_at is None and any(column.role == "text" and column.name in wanted for column in known):
            raise ValuesUnknown(f"The gateway does not know the values of this jar yet: sting jars rescan {row.name}")
        async for frame in self.stored(row, table, wanted, rows=rows):
            yield frame

    async def stored(
        self, row: JarRow, table: str, columns: Sequence[str] | None = None, *, rows: int = 50_000, skip: int = 0
    ) -> AsyncIterator[pl.DataFrame]:
        """The rows as they are stored, reviewed or not: for the jar's own work. Raises LookupError."""
        query = select(JarTableRow.import_id).where(JarTableRow.jar == row.id, JarTableRow.name == table)
        async with self.database.session() as session:
            import_id = await session.scalar(query)
        if import_id is None:
            raise LookupError("The jar has no such table.")
        objects = self.objects(row)
        for chunk in await self.imports(row).chunks(import_id):
            if skip >= chunk.rows:
                skip -= chunk.rows
                continue
            frame = await asyncio.to_thread(objects.get_frame, chunk.object, columns)
            for part in frame.slice(skip).iter_slices(rows):
                yield part
            skip = 0


def may_leave(row: JarRow, column: JarColumnRow) -> bool:
    """Whether anything of the column may leave the jar."""
    return not row.review_required or column.decided_at is not None


def as_column(column: JarColumnRow) -> JarColumn:
    """A stored column as the model has it."""
    roles: dict[str, ColumnRole] = {
        "identifier": "identifier",
        "quasi_identifier": "quasi_identifier",
        "text": "text",
    }
    return JarColumn(
        column.name, column.dtype, roles.get(column.role, "value"), column.entity_type, column.confidence, column.share,
        column.decided_at is not None,
    )  # fmt: skip
