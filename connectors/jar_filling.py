"""Tables of a source into a jar: rows sealed chunk by chunk, columns classified, and all of it visible at once.

    report = await fill(jars, row, member, tables, gateway, person="usr_1")

Killed at any point: the tables that the jar had before still count, and the next call goes on (connectors/jar_imports).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import polars as pl
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base import Batch
from connectors.card_guard import without_card_secrets
from connectors.classifying import ColumnClass, classify_table
from connectors.gateway_client import GatewayClient, GatewayFailed
from connectors.jar_events import add_event
from connectors.jar_imports import ImportRun
from connectors.jar_tables import JarColumnRow, JarRow, JarTableRow, MemberRow
from connectors.jar_values import known_values
from connectors.jars import JarProblem, Jars
from connectors.kanonymity import GroupCounter, KAnonymity
from connectors.references import KeyColumn, by_reference, key_columns
from connectors.row_quota import OverQuota, check_rows, check_rows_to_commit, drop_imports
from connectors.scanning import refined

CHUNK_ROWS, CHUNK_BYTES = 50_000, 24 * 1024 * 1024
_SAMPLE_CHUNKS, _SAMPLE_ROWS = 8, 2_000
_KEY_ROWS = 200_000
Progress = Callable[[str, int], None]
"""Told a table's name and how many of its rows are stored."""


@dataclass(frozen=True, slots=True)
class IncomingTable:
    """One table to import. `fingerprint` tells the same rows in the same order: an import that was killed goes on.

    `batches()` starts reading anew and gives at least one batch, be it without rows. `watermark`: the column by which
    the next refresh may go on.
    """

    name: str
    fingerprint: str
    batches: Callable[[], AsyncGenerator[Batch, None]]
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What an import brought: rows per table, how many columns are personal, how many values the gateway knows now.

    `set_aside`: rows that could not be read, per table. `known` None: the gateway was not there; `sting jars rescan`
    tells it later.
    """

    tables: dict[str, int]
    set_aside: dict[str, int]
    personal_columns: int
    columns: int
    known: int | None


async def fill(
    jars: Jars,
    row: JarRow,
    member: str,
    tables: Sequence[IncomingTable],
    gateway: GatewayClient | None,
    *,
    person: str,
    progress: Progress = lambda _table, _rows: None,
) -> Filled:
    """Import the tables; those of the same names are replaced.

    Raises JarProblem, TakenOver, DatabaseUnavailable, StorageFailed, and what the source raises.
    """
    names = [table.name for table in tables]
    if len(set(names)) != len(names):
        raise JarProblem("Two tables of this source have the same name.")
    await _check_names(jars, row, member, names)
    try:
        runs: list[ImportRun] = []
        for table in tables:
            room = partial(check_rows, jars, row, names, sum(run.rows for run in runs))
            runs.append(await _store(jars, row, member, table, progress, room))
        return await _counted(jars, row, member, runs, gateway, person)
    except OverQuota:
        await drop_imports(jars, row, member, names)
        raise


async def _counted(
    jars: Jars, row: JarRow, member: str, runs: Sequence[ImportRun], gateway: GatewayClient | None, person: str
) -> Filled:
    """Let what was stored count: classified, and all of it visible at once."""
    classes = await _classified(jars, row, runs, gateway)
    anonymity = {run.table: await _k_anonymity(jars, row, run, classes[run.table]) for run in runs}
    async with jars.database.session(write=True) as session:
        await check_rows_to_commit(session, jars, row, {run.table: run.rows for run in runs})
        for run in runs:
            await jars.imports(row).commit(session, run, jars.now())
            await _show_table(session, row, member, run, anonymity[run.table])
            await show_columns(session, row, run.table, classes[run.table])
        await session.execute(update(MemberRow).where(MemberRow.id == member).values(refreshed_at=jars.now()))
        await session.execute(update(JarRow).where(JarRow.id == row.id).values(changed_at=jars.now(), values_at=None))
        add_event(session, jars, row.id, person, "imported", {run.table: run.rows for run in runs})
    known = await known_values(jars, row, gateway)
    await jars.imports(row).sweep(jars.now())
    every = [kind for columns in classes.values() for kind in columns]
    personal = sum(kind.entity_type is not None for kind in every)
    aside = {run.table: run.set_aside for run in runs if run.set_aside}
    return Filled({run.table: run.rows for run in runs}, aside, personal, len(every), known)


async def _check_names(jars: Jars, row: JarRow, member: str, names: Sequence[str]) -> None:
    for table in await jars.tables(row):
        if table.name in names and table.member != member:
            raise JarProblem(f"The jar has a table {table.name!r} from another source: give this one another name.")


async def _store(
    jars: Jars,
    row: JarRow,
    member: str,
    table: IncomingTable,
    progress: Progress,
    room: Callable[[int], Awaitable[None]],
) -> ImportRun:
    """The rows of one table, in chunks, while there is `room`; what an import before had stored is skipped."""
    imports = jars.imports(row)
    run = await imports.begin(member, table.name, table.fingerprint, jars.now())
    skip, waiting, since = run.rows, _Waiting(), None
    async with aclosing(table.batches()) as batches:
        async for batch in batches:
            since = batch.watermark or since
            if batch.set_aside and batch.set_aside[-1].line > run.aside_line:
                await imports.put_aside(run, [row for row in batch.set_aside if row.line > run.aside_line])
            if skip >= batch.frame.height > 0:
                skip -= batch.frame.height
                continue
            waiting.add(await asyncio.to_thread(without_card_secrets, batch.frame.slice(skip)))
            skip = 0
            for chunk in waiting.full():
                await imports.add(run, chunk)
                await room(run.rows)
                progress(table.name, run.rows)
    rest = waiting.rest()
    if rest is not None and (rest.height or not run.chunks):
        await imports.add(run, rest)
    await room(run.rows)
    if not run.chunks:
        raise JarProblem(f"The table {table.name!r} has no columns.")
    if table.watermark and since is not None:
        imports.note_watermark(run, table.watermark, since)
    progress(table.name, run.rows)
    return run


class _Waiting:
    """Batches of any size in, chunks of one size out; the same rows make the same chunks whatever the batches."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        self._frames.append(frame)
        self._rows += frame.height

    def full(self) -> list[pl.DataFrame]:
        size = sum(frame.estimated_size() for frame in self._frames)
        if self._rows < CHUNK_ROWS and size < CHUNK_BYTES:
            return []
        frame = self._joined()
        if self._rows < CHUNK_ROWS:
            self._frames, self._rows = [], 0
            return [frame]
        whole = frame.height // CHUNK_ROWS * CHUNK_ROWS
        self._frames, self._rows = [frame.slice(whole)], frame.height - whole
        return list(frame.head(whole).iter_slices(CHUNK_ROWS))

    def rest(self) -> pl.DataFrame | None:
        return self._joined() if self._frames else None

    def _joined(self) -> pl.DataFrame:
        return pl.concat(self._frames, how="vertical_relaxed")


async def sample_of(jars: Jars, row: JarRow, import_id: str) -> pl.DataFrame:
    """Some thousand rows of an import, spread over it."""
    objects, chunks = jars.objects(row), await jars.imports(row).chunks(import_id)
    chosen = chunks[:: max(1, len(chunks) // _SAMPLE_CHUNKS)][:_SAMPLE_CHUNKS]
    each = _SAMPLE_ROWS // len(chosen)

    def read(name: str) -> pl.DataFrame:
        frame = objects.get_frame(name)
        return frame.gather_every(max(1, frame.height // each)).head(each)

    frames = [await asyncio.to_thread(read, chunk.object) for chunk in chosen]
    return pl.concat(frames, how="vertical_relaxed")


async def _classified(
    jars: Jars, row: JarRow, runs: Sequence[ImportRun], gateway: GatewayClient | None
) -> dict[str, list[ColumnClass]]:
    imports = {run.table: run.id for run in runs}
    return await classified(jars, row, imports, gateway)


async def classified(
    jars: Jars, row: JarRow, imports: dict[str, str], gateway: GatewayClient | None
) -> dict[str, list[ColumnClass]]:
    """The classes of the columns of some imports (table -> import), other tables of the jar taken into account."""
    samples = {table: await sample_of(jars, row, import_id) for table, import_id in imports.items()}
    classes = {table: classify_table(table, sample) for table, sample in samples.items()}
    others = {table.name: table.import_id for table in await jars.tables(row) if table.name not in imports}
    keys: list[KeyColumn] = []
    for table, import_id in {**others, **imports}.items():
        sample = samples.get(table)
        kinds = classes.get(table) or classify_table(table, sample := await sample_of(jars, row, import_id))
        if sample is not None:
            keys += await _keys(jars, row, import_id, table, kinds, sample)
    related = {table: by_reference(table, samples[table], kinds, keys) for table, kinds in classes.items()}
    if gateway is None:
        return related
    try:
        return await refined(gateway, samples, related)
    except GatewayFailed:
        return related


async def _keys(
    jars: Jars, row: JarRow, import_id: str, table: str, kinds: Sequence[ColumnClass], sample: pl.DataFrame
) -> list[KeyColumn]:
    """Key columns of a table of moderate size: a sample tells which may be one, all rows tell which is."""
    maybe = [kind.name for kind in key_kinds(table, sample, kinds)]
    chunks = await jars.imports(row).chunks(import_id)
    if not maybe or sum(chunk.rows for chunk in chunks) > _KEY_ROWS:
        return []
    objects = jars.objects(row)
    frames = [await asyncio.to_thread(objects.get_frame, chunk.object, maybe) for chunk in chunks]
    whole = pl.concat(frames, how="vertical_relaxed")
    return key_columns(table, whole, [kind for kind in kinds if kind.name in maybe])


def key_kinds(table: str, sample: pl.DataFrame, kinds: Sequence[ColumnClass]) -> list[ColumnClass]:
    """The columns that are keys as far as a sample shows."""
    return [key.kind for key in key_columns(table, sample, kinds)]


async def _k_anonymity(jars: Jars, row: JarRow, run: ImportRun, kinds: Sequence[ColumnClass]) -> KAnonymity:
    counter = GroupCounter([kind.name for kind in kinds if kind.role == "quasi_identifier"])
    objects = jars.objects(row)
    if counter.columns:
        for chunk in await jars.imports(row).chunks(run.id):
            counter.add(await asyncio.to_thread(objects.get_frame, chunk.object, counter.columns))
    return counter.result()


async def _show_table(session: AsyncSession, row: JarRow, member: str, run: ImportRun, k: KAnonymity) -> None:
    await session.execute(delete(JarTableRow).where(JarTableRow.jar == row.id, JarTableRow.name == run.table))
    session.add(
        JarTableRow(
            jar=row.id, name=run.table, member=member, import_id=run.id, rows=run.rows, k=json.dumps(k.as_json())
        )
    )


async def show_columns(session: AsyncSession, row: JarRow, table: str, kinds: Sequence[ColumnClass]) -> None:
    """Replace the columns of a table; what a person has decided of a column of the same name and type stays."""
    known = await session.scalars(
        select(JarColumnRow).where(JarColumnRow.jar == row.id, JarColumnRow.table_name == table)
    )
    before = {column.name: column for column in known}
    for position, kind in enumerate(kinds):
        column = before.pop(kind.name, None)
        if column is not None and column.decided_at is not None and column.dtype == kind.dtype:
            column.position, column.share, column.found = position, kind.share, json.dumps(dict(kind.found))
            continue
        if column is not None:
            await session.delete(column)
            await session.flush()
        session.add(
            JarColumnRow(
                jar=row.id, table_name=table, name=kind.name, position=position, dtype=kind.dtype, role=kind.role,
                entity_type=kind.entity_type, confidence=kind.confidence, share=kind.share,
                found=json.dumps(dict(kind.found)),
            )
        )  # fmt: skip
    for column in before.values():
        await session.delete(column)
