"""After a change of the master key: everything in the database that it seals, opened and sealed again.

Each package names its sealed columns in an entry point of the group `sting.sealed`. What lies under keys of its own
(rows of jars, sessions in Redis, values of known-value lists) stays as it is: the keys are what is sealed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from sqlalchemy import ColumnElement, inspect, select, tuple_, update

from policies.db import Database
from policies.sealing import SealBroken, Sealer
from policies.tables import Table

GROUP = "sting.sealed"
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of values under the master key, and what the value in a row is sealed for.

    `only`: the rows that hold such a value, all by default. `as_hex`: the column holds it as text.
    """

    table: type[Table]
    column: str
    context: Callable[[Any], str]
    only: ColumnElement[bool] | None = None
    as_hex: bool = False


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many values were sealed anew, and how many could not be opened with any configured key."""

    renewed: int
    lost: int


def sealed_columns() -> list[SealedColumn]:
    """Those of all packages."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return [column for point in points for column in point.load()]


async def reseal(database: Database, sealer: Sealer, columns: Sequence[SealedColumn]) -> Resealed:
    """Seal under the current master key what an older one has sealed. It may run while everything runs, and again.

    A value that somebody changes meanwhile is left to them: they seal with the current key. Raises DatabaseUnavailable.
    """
    renewed = lost = 0
    for column in columns:
        done = await _column(database, sealer, column)
        renewed, lost = renewed + done.renewed, lost + done.lost
    return Resealed(renewed, lost)


async def _column(database: Database, sealer: Sealer, sealed: SealedColumn) -> Resealed:
    renewed = lost = 0
    last: Table | None = None
    while rows := await _next(database, sealed, last):
        for row in rows:
            outcome = await _row(database, sealer, sealed, row)
            renewed, lost = renewed + (outcome is True), lost + (outcome is None)
        last = rows[-1]
    return Resealed(renewed, lost)


async def _next(database: Database, sealed: SealedColumn, last: Table | None) -> Sequence[Table]:
    """Some rows behind `last`, in the order of their keys."""
    keys = inspect(sealed.table).primary_key
    query = select(sealed.table).order_by(*keys).limit(_AT_ONCE)
    if sealed.only is not None:
        query = query.where(sealed.only)
    if last is not None:
        query = query.where(tuple_(*keys) > tuple_(*(getattr(last, str(key.key)) for key in keys)))
    async with database.session() as session:
        return (await session.scalars(query)).all()


async def _row(database: Database, sealer: Sealer, sealed: SealedColumn, row: Table) -> bool | None:
    """True: renewed; False: nothing to do; None: no configured key opens it."""
    stored = getattr(row, sealed.column)
    if not stored:
        return False
    try:
        before = bytes.fromhex(stored) if sealed.as_hex else stored
        if sealer.is_current(before):
            return False
        context = sealed.context(row)
        after = sealer.seal(sealer.open(before, context), context)
    except (SealBroken, ValueError):
        return None
    column = getattr(sealed.table, sealed.column)
    same = [key == getattr(row, str(key.key)) for key in inspect(sealed.table).primary_key]
    change = update(sealed.table).where(*same, column == stored)
    async with database.session(write=True) as session:
        changed = await session.execute(change.values({sealed.column: after.hex() if sealed.as_hex else after}))
    return bool(changed.rowcount)  # type: ignore[attr-defined] # SQLAlchemy types an UPDATE's result as any result
