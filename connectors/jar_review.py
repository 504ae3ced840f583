"""What people say of a jar's columns and values: classes confirmed or corrected. Their word stands over ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.classifying import QUASI_TYPES
from connectors.gateway_client import GatewayClient
from connectors.jar_events import add_event
from connectors.jar_filling import classified, show_columns
from connectors.jar_model import ColumnRole
from connectors.jar_summary import column_version
from connectors.jar_tables import JarColumnRow, JarRow, JarTableRow, ValueReviewRow
from connectors.jar_values import known_values
from connectors.jars import JarProblem, Jars
from policies.entity_types import ENTITY_TYPES


@dataclass(frozen=True, slots=True)
class ColumnWord:
    """A person's word on a column. `confirm`: as classified; else `entity_type` (None: not personal) and `role`."""

    table: str
    column: str
    confirm: bool = False
    entity_type: str | None = None
    role: ColumnRole | None = None
    version: str | None = None
    """Of what the person saw (`jar_summary.column_version`), None when it does not matter."""


@dataclass(frozen=True, slots=True)
class ValueWord:
    """A person's word on one value of a column: its entity type, or None when it is not personal."""

    table: str
    column: str
    entity_type: str | None
    value: str = field(repr=False)


class ReviewConflict(Exception):
    """Somebody else has said something of a column meanwhile, or it was classified anew."""


async def waiting(jars: Jars, row: JarRow) -> list[JarColumnRow]:
    """The columns that nobody has looked at, the least certain first."""
    columns = [column for column in await jars.columns(row) if column.decided_at is None]
    return sorted(columns, key=lambda column: (column.confidence, column.table_name, column.position))


async def decide(
    jars: Jars, row: JarRow, columns: Sequence[ColumnWord], values: Sequence[ValueWord], *, person: str
) -> None:
    """Store what a person says, all of it or nothing; the gateway has to be told the values anew then.

    Raises LookupError for a column that is not there, JarProblem for an unknown entity type, ReviewConflict.
    """
    types = {word.entity_type for word in columns} | {word.entity_type for word in values}
    for entity_type in types - {None}:
        if entity_type not in ENTITY_TYPES:
            raise JarProblem(f"There is no such entity type. There are: {', '.join(sorted(ENTITY_TYPES))}.")
    objects = jars.objects(row)
    async with jars.database.session(write=True) as session:
        for word in columns:
            found = await session.get(JarColumnRow, (row.id, word.table, word.column))
            if found is None:
                raise LookupError("the jar has no such column")
            if word.version not in (None, column_version(found)):
                raise ReviewConflict
            if not word.confirm:
                found.entity_type, found.role = word.entity_type, word.role or _role(word.entity_type)
                found.confidence = 1.0
            found.decided_by, found.decided_at = person, jars.now()
        for said in values:
            if await session.get(JarColumnRow, (row.id, said.table, said.column)) is None:
                raise LookupError("the jar has no such column")
            key = (row.id, said.table, said.column, objects.digest(said.value))
            await session.execute(
                delete(ValueReviewRow).where(
                    ValueReviewRow.jar == row.id, ValueReviewRow.table_name == said.table,
                    ValueReviewRow.column_name == said.column, ValueReviewRow.digest == key[3],
                )
            )  # fmt: skip
            session.add(
                ValueReviewRow(
                    jar=key[0], table_name=key[1], column_name=key[2], digest=key[3], entity_type=said.entity_type,
                    decided_by=person, decided_at=jars.now(),
                )
            )  # fmt: skip
        await session.execute(update(JarRow).where(JarRow.id == row.id).values(changed_at=jars.now(), values_at=None))
        add_event(
            session, jars, row.id, person, "reviewed",
            {"columns": [f"{word.table}.{word.column}" for word in columns], "values": len(values)},
        )  # fmt: skip


def _role(entity_type: str | None) -> ColumnRole:
    if entity_type is None:
        return "value"
    return "quasi_identifier" if entity_type in QUASI_TYPES else "identifier"


@dataclass(frozen=True, slots=True)
class Rescanned:
    """What a rescan said: columns whose class changed, and how many values the gateway knows now (None: not there)."""

    changed: tuple[str, ...]
    known: int | None


async def rescan(jars: Jars, row: JarRow, gateway: GatewayClient | None, *, person: str) -> Rescanned:
    """Classify all columns anew, keep people's words, and tell the gateway the values."""
    imports = {table.name: table.import_id for table in await jars.tables(row)}
    before = _classes(await jars.columns(row))
    classes = await classified(jars, row, imports, gateway)
    async with jars.database.session(write=True) as session:
        await check_unchanged(session, row, imports)
        for table, kinds in classes.items():
            await show_columns(session, row, table, kinds)
        add_event(session, jars, row.id, person, "rescanned", {"tables": len(classes)})
    after = _classes(await jars.columns(row))
    changed = tuple(sorted(".".join(name) for name in after if after[name] != before.get(name)))
    return Rescanned(changed, await known_values(jars, row, gateway))


async def check_unchanged(session: AsyncSession, row: JarRow, imports: Mapping[str, str]) -> None:
    """Raise JarProblem unless these tables (name -> import) still are what the jar holds."""
    query = select(JarTableRow.name, JarTableRow.import_id).where(JarTableRow.jar == row.id)
    held = {name: import_id for name, import_id in await session.execute(query)}  # noqa: C416 - rows are no tuples
    if any(held.get(name) != import_id for name, import_id in imports.items()):
        raise JarProblem("The jar was filled meanwhile: scan it again.")


def _classes(columns: Sequence[JarColumnRow]) -> Mapping[tuple[str, str], tuple[str | None, str]]:
    return {(column.table_name, column.name): (column.entity_type, column.role) for column in columns}
