"""The starter gallery: ready-made jars, with classes, policy and invented rows, to begin with.

row, filled = await add_starter(jars, "helpdesk", reach)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from connectors.classifying import QUASI_TYPES
from connectors.demo_frames import frames_of, incoming
from connectors.jar_filling import Filled, fill
from connectors.jar_members import add_member
from connectors.jar_model import ColumnRole
from connectors.jar_sources import Reach
from connectors.jar_tables import JarColumnRow, JarRow
from connectors.jar_values import known_values
from connectors.jars import Jars, JarSpec

if TYPE_CHECKING:
    from demo_data import Column, DataSet
    from demo_data.starters import Starter


def shown_starters() -> list[dict[str, Any]]:
    """What the gallery offers: per starter its policy, tables and columns with their classes."""
    return [_shown(starter, starter.dataset()) for starter in _starters()]


async def add_starter(jars: Jars, starter_name: str, reach: Reach, *, name: str | None = None) -> tuple[JarRow, Filled]:
    """Make a private jar of a starter, under another name if wanted. Raises LookupError, JarProblem."""
    starter = next((one for one in _starters() if one.name == starter_name), None)
    if starter is None:
        raise LookupError("there is no such starter: see the gallery")
    made = await asyncio.to_thread(starter.dataset)
    spec = JarSpec(
        name or starter.name, "private", f"{starter.about} (invented)", ("starter",), starter.policy,
        starter.review_required,
    )  # fmt: skip
    row = await jars.create(spec, reach.person)
    try:
        member = await add_member(jars, row, "starter", {"starter": starter.name}, person=reach.person)
        tables = incoming(f"starter/{starter.name}", frames_of(made))
        filled = await fill(jars, row, member, tables, reach.gateway, person=reach.person, progress=reach.progress)
        if await _take_classes(jars, row, made):
            filled = replace(filled, known=await known_values(jars, row, reach.gateway))
    except BaseException:
        await jars.delete(row)
        raise
    return row, filled


def _starters() -> Sequence[Starter]:
    from demo_data.starters import starters  # noqa: PLC0415 - only who opens the gallery needs it

    return starters()


def _shown(starter: Starter, made: DataSet) -> dict[str, Any]:
    tables = [
        {
            "name": table.name,
            "rows": len(table.rows),
            "columns": [
                {"name": column.name, "entity_type": column.personal, "role": role_of(column)}
                for column in table.columns
            ],
        }
        for table in made.tables.values()
    ]
    return {
        "name": starter.name,
        "title": starter.title,
        "about": starter.about,
        "policy": starter.policy,
        "review_required": starter.review_required,
        "tables": tables,
    }


def role_of(column: Column) -> ColumnRole:
    """The role of a column as the starter states it."""
    if column.free_text:
        return "text"
    if column.quasi or column.personal in QUASI_TYPES:
        return "quasi_identifier"
    return "identifier" if column.personal else "value"


async def _take_classes(jars: Jars, row: JarRow, made: DataSet) -> bool:
    """The stated classes in place of other ones that were worked out; whether there were any."""
    changed = False
    async with jars.database.session(write=True) as session:
        for table in made.tables.values():
            for column in table.columns:
                found = await session.get_one(JarColumnRow, (row.id, table.name, column.name))
                stated = (column.personal, role_of(column))
                changed |= stated != (found.entity_type, found.role)
                found.entity_type, found.role = stated
        if changed:
            await session.execute(update(JarRow).where(JarRow.id == row.id).values(values_at=None))
    return changed
