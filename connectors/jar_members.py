"""The sources of a jar: what was added, from where, and when it was read last."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select

from connectors.jar_tables import ImportRow, JarColumnRow, JarRow, JarTableRow, MemberRow
from connectors.jars import Jars


@dataclass(frozen=True, slots=True)
class Member:
    """One source of a jar. `spec` (tables, file names, a SELECT) lies sealed under the jar's key."""

    id: str
    kind: str
    connector: str | None
    added_by: str
    created_at: int
    refreshed_at: int | None
    spec: Mapping[str, Any] = field(repr=False)


async def members(jars: Jars, row: JarRow) -> list[Member]:
    """The sources in the order in which they were added. Raises SealBroken."""
    query = select(MemberRow).where(MemberRow.jar == row.id).order_by(MemberRow.created_at, MemberRow.id)
    async with jars.database.session() as session:
        rows: Sequence[MemberRow] = (await session.scalars(query)).all()
    objects = jars.objects(row)
    return [
        Member(
            member.id, member.kind, member.connector, member.added_by, member.created_at, member.refreshed_at,
            json.loads(objects.open(member.sealed_spec, f"member/{member.id}")),
        )
        for member in rows
    ]  # fmt: skip


async def add_member(
    jars: Jars, row: JarRow, kind: str, spec: Mapping[str, Any], *, person: str, connector: str | None = None
) -> str:
    """Add a source; returns its id. The same source again is the one that is there."""
    for member in await members(jars, row):
        if (member.kind, member.connector, member.spec) == (kind, connector, dict(spec)):
            return member.id
    made = f"src_{secrets.token_hex(8)}"
    sealed = jars.objects(row).seal(json.dumps(spec).encode(), f"member/{made}")
    async with jars.database.session(write=True) as session:
        session.add(
            MemberRow(
                id=made, jar=row.id, kind=kind, connector=connector, sealed_spec=sealed, added_by=person,
                created_at=jars.now(),
            )
        )  # fmt: skip
    return made


async def remove_member(jars: Jars, row: JarRow, member: str) -> None:
    """Take a source and its tables out of the jar."""
    async with jars.database.session(write=True) as session:
        tables = select(JarTableRow.name).where(JarTableRow.jar == row.id, JarTableRow.member == member)
        names = (await session.scalars(tables)).all()
        for model, column in ((JarTableRow, JarTableRow.name), (JarColumnRow, JarColumnRow.table_name)):
            await session.execute(delete(model).where(model.jar == row.id, column.in_(names)))
        await session.execute(delete(ImportRow).where(ImportRow.jar == row.id, ImportRow.member == member))
        await session.execute(delete(MemberRow).where(MemberRow.jar == row.id, MemberRow.id == member))
    await jars.imports(row).sweep(jars.now())
