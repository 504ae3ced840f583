"""Every row of a jar looked at, not a sample, part by part: here, or elsewhere (connectors/elsewhere.py).

found = [await looked_at(jars, row, gateway, part) for part in await parts_of(jars, row)]
report = await take(jars, row, gateway, found, person="usr_1")

A part is names only, and what comes back is counts, so both may pass through anybody's hands.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import select, update

from connectors.classifying import ColumnClass
from connectors.gateway_client import GatewayClient
from connectors.jar_events import add_event
from connectors.jar_review import check_unchanged
from connectors.jar_tables import JarColumnRow, JarRow
from connectors.jar_values import known_values
from connectors.jars import Jars, as_column
from connectors.scanning import SCAN_POLICY, Tally

AT_ONCE = 2_000
"""Different values whose findings are in memory at once."""
SIDE_BY_SIDE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """Some stored rows: a chunk of a table's import, and the columns of it to look at."""

    jar: str
    table: str
    import_id: str
    chunk: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in a part, per column."""

    part: Part
    columns: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a whole scan said: rows, columns whose class changed, values the gateway knows now (None: not told anew)."""

    rows: int
    changed: tuple[str, ...]
    known: int | None


async def parts_of(jars: Jars, row: JarRow) -> list[Part]:
    """All parts of a jar in which something can be found: free text, and texts that nothing is known of."""
    columns = await jars.columns(row)
    parts: list[Part] = []
    for table in await jars.tables(row):
        asked = tuple(column.name for column in columns if column.table_name == table.name and _is_open(column))
        if asked:
            parts += [
                Part(row.id, table.name, table.import_id, chunk.object, chunk.rows, asked)
                for chunk in await jars.imports(row).chunks(table.import_id)
            ]
    return parts


def _is_open(column: JarColumnRow) -> bool:
    plain = column.role == "value" and column.entity_type is None and column.dtype == "String"
    return column.role == "text" or (plain and column.decided_at is None)


async def looked_at(jars: Jars, row: JarRow, gateway: GatewayClient, part: Part) -> Looked:
    """Look at every value of a part. Raises GatewayFailed, StorageFailed, SealBroken."""
    frame = await asyncio.to_thread(jars.objects(row).get_frame, part.chunk, part.columns)
    return Looked(part, {name: await _tally(gateway, frame.get_column(name)) for name in part.columns})


async def _tally(gateway: GatewayClient, column: pl.Series) -> Tally:
    counted = column.drop_nulls().value_counts()
    tally = Tally()
    for some in counted.iter_slices(AT_ONCE):
        pairs = [(value.strip(), times) for value, times in some.iter_rows() if value.strip()]
        findings = await gateway.analyze([value for value, _ in pairs], SCAN_POLICY)
        for (value, times), found in zip(pairs, findings, strict=True):
            tally.add(value, found, times)
    return tally


async def here(jars: Jars, row: JarRow, gateway: GatewayClient, parts: Sequence[Part]) -> AsyncIterator[Looked]:
    """Look at the parts in this process, some side by side. Raises as `looked_at`."""
    for start in range(0, len(parts), SIDE_BY_SIDE):
        some = parts[start : start + SIDE_BY_SIDE]
        for looked in await asyncio.gather(*(looked_at(jars, row, gateway, part) for part in some)):
            yield looked


async def take(
    jars: Jars, row: JarRow, gateway: GatewayClient | None, found: Sequence[Looked], *, person: str
) -> Scanned:
    """Let what was found count; people's words on columns stay. Raises JarProblem when the jar was filled meanwhile."""
    tallies: dict[tuple[str, str], Tally] = {}
    for looked in found:
        for name, tally in looked.columns.items():
            tallies.setdefault((looked.part.table, name), Tally()).join(tally)
    rows = sum(looked.part.rows for looked in found)
    changed: list[str] = []
    async with jars.database.session(write=True) as session:
        await check_unchanged(session, row, {looked.part.table: looked.part.import_id for looked in found})
        columns = await session.scalars(select(JarColumnRow).where(JarColumnRow.jar == row.id))
        for column in columns:
            known = tallies.get((column.table_name, column.name))
            if known is not None and _settle(column, known):
                changed.append(f"{column.table_name}.{column.name}")
        if changed:
            await session.execute(update(JarRow).where(JarRow.id == row.id).values(values_at=None))
        add_event(session, jars, row.id, person, "scanned", {"rows": rows, "changed": len(changed)})
    return Scanned(rows, tuple(sorted(changed)), await known_values(jars, row, gateway) if changed else None)


def _settle(column: JarColumnRow, tally: Tally) -> bool:
    """Put what was found into the column; whether its class is another one now."""
    before = as_column(column)
    kind = ColumnClass(
        before.name, before.dtype, before.role, before.entity_type, before.confidence, before.share, sure=False
    )
    now = tally.refined(kind)
    if column.role == "text":
        now = replace(now, share=round(tally.hit / tally.values, 4) if tally.values else 0.0)
    column.found, column.share = json.dumps(dict(now.found)), now.share
    if (now.entity_type, now.role) == (before.entity_type, before.role) or column.decided_at is not None:
        return False
    column.entity_type, column.role, column.confidence = now.entity_type, now.role, now.confidence
    return True
