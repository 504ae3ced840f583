"""Versioned records: policies, providers, models and prices that people keep in the database.

A record is never changed: each edit adds a version, a removal adds one without content. Version numbers are the primary
key, so of two people who edit the same version one is told so. The number of all rows is the state of the whole: what
has seen it changes with every edit, in whatever order transactions commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import BigInteger, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from policies.db import Database
from policies.tables import Table

Kind = Literal[
    "policy",
    "provider",
    "provider_key",
    "model",
    "price",
    "cases",
    "tenant",
    "tenant_provider",
    "permission",
    "correction",
]
LAID: Final[tuple[Kind, ...]] = ("provider", "model", "price", "tenant", "tenant_provider")
"""Kinds that are laid over the configuration; a `tenant_provider` is called `acme/openai`."""


class RecordRow(Table):
    """One version of one record. `data` is YAML or JSON; empty when `removed`. `who` is a person's or key's id."""

    __tablename__ = "records"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    data: Mapped[str] = mapped_column(Text)
    removed: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(String(80))
    who_name: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(500))


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a record; `at` is UTC milliseconds, versions count from 1."""

    kind: str
    name: str
    version: int
    data: str = field(repr=False)
    removed: bool
    at: int
    who: str
    who_name: str
    note: str


@dataclass(frozen=True, slots=True)
class Editor:
    """Who edits, when (UTC milliseconds), and what they say about it."""

    who: str
    who_name: str
    at: int
    note: str = ""


class VersionConflict(Exception):
    """Somebody else was faster: the record is not at the version that the edit was made on."""

    def __init__(self, version: int) -> None:
        super().__init__("somebody else has changed this meanwhile")
        self.version = version


async def put_record(
    database: Database, kind: Kind, name: str, data: str | None, editor: Editor, *, expected: int | None = None
) -> Record:
    """Add a version with this content, or one that removes the record (None).

    `expected` is the version that the edit was made on, 0 for none. Raises VersionConflict, DatabaseUnavailable.
    """
    async with database.session(write=True) as session:
        newest = select(func.max(RecordRow.version)).where(RecordRow.kind == kind, RecordRow.name == name)
        version = await session.scalar(newest) or 0
        if expected is not None and version != expected:
            raise VersionConflict(version)
        values = {
            "kind": kind,
            "name": name,
            "version": version + 1,
            "data": data or "",
            "removed": int(data is None),
            "at": editor.at,
            "who": editor.who[:80],
            "who_name": editor.who_name[:200],
            "note": editor.note[:500],
        }
        # on PostgreSQL two writers may both have read the same version: the key lets one of them through
        done = await session.execute(database.insert_new(RecordRow).values(**values).returning(RecordRow.version))
        if done.first() is None:
            raise VersionConflict(version + 1)
    return _record(RecordRow(**values))


async def current_records(database: Database, kind: Kind) -> Mapping[str, Record]:
    """The newest version of every record of the kind that is not removed, by name. Raises DatabaseUnavailable."""
    newest = (
        select(RecordRow.name, func.max(RecordRow.version).label("version"))
        .where(RecordRow.kind == kind)
        .group_by(RecordRow.name)
        .subquery()
    )
    query = (
        select(RecordRow)
        .join(newest, (RecordRow.name == newest.c.name) & (RecordRow.version == newest.c.version))
        .where(RecordRow.kind == kind, RecordRow.removed == 0)
        .order_by(RecordRow.name)
    )
    async with database.session() as session:
        return {row.name: _record(row) for row in await session.scalars(query)}


async def history(database: Database, kind: Kind, name: str) -> list[Record]:
    """All versions of a record, newest first. Raises DatabaseUnavailable."""
    query = select(RecordRow).where(RecordRow.kind == kind, RecordRow.name == name).order_by(RecordRow.version.desc())
    async with database.session() as session:
        return [_record(row) for row in await session.scalars(query)]


async def newest_record(database: Database, kind: Kind, name: str) -> Record | None:
    """The newest version of a record, a removed one too; None when there never was one. Raises DatabaseUnavailable."""
    query = select(RecordRow).where(RecordRow.kind == kind, RecordRow.name == name)
    async with database.session() as session:
        row = await session.scalar(query.order_by(RecordRow.version.desc()).limit(1))
    return _record(row) if row else None


async def records_state(database: Database) -> int:
    """A number that every edit changes. Raises DatabaseUnavailable."""
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(RecordRow)) or 0


def _record(row: RecordRow) -> Record:
    return Record(
        kind=row.kind,
        name=row.name,
        version=row.version,
        data=row.data,
        removed=bool(row.removed),
        at=row.at,
        who=row.who,
        who_name=row.who_name,
        note=row.note,
    )
