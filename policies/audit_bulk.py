"""Many rows of the audit at once, at what the database's driver takes for them.

SQLAlchemy handles each value that it binds: of a pass over some hundred exchanges that was half of the time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from policies.db import insert_new
from policies.tables import Table

_WITHOUT_ROW = {
    "sqlite": text(
        "SELECT wanted.value FROM json_each(:wanted) AS wanted "
        "WHERE NOT EXISTS (SELECT 1 FROM audit_events WHERE exchange = wanted.value)"
    ),
    "postgresql": text(
        "SELECT wanted.value FROM json_array_elements_text(CAST(:wanted AS json)) AS wanted (value) "
        "WHERE NOT EXISTS (SELECT 1 FROM audit_events WHERE exchange = wanted.value)"
    ),
}


async def without_row(session: AsyncSession, exchanges: Collection[str]) -> set[str]:
    """Those of some exchanges that have no row in the trail; they travel as one value."""
    dialect = session.get_bind().dialect.name
    return set(await session.scalars(_WITHOUT_ROW[dialect], {"wanted": json.dumps(list(exchanges))}))


async def insert_rows(
    session: AsyncSession, table: type[Table], rows: Sequence[Mapping[str, Any]], *, only_new: bool = False
) -> None:
    """Insert rows that have the same columns, with values that the driver takes as they are.

    `only_new`: a row that is there already stays as it is.
    """
    if not rows:
        return
    connection = await session.connection()
    statement, names = _insert(table, tuple(rows[0]), connection.dialect, only_new)
    await connection.exec_driver_sql(statement, [*map(itemgetter(*names), rows)])


@lru_cache(maxsize=16)
def _insert(
    table: type[Table],
    columns: tuple[str, ...],
    dialect: Dialect,
    only_new: bool,  # noqa: FBT001 - positional for the cache
) -> tuple[str, tuple[str, ...]]:
    """The statement in the driver's own form, and the columns in the order of its places."""
    statement = insert_new(table, dialect.name) if only_new else insert(table)
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    return str(compiled), tuple(compiled.positiontup)
