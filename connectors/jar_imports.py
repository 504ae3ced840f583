"""Imports of tables into a jar: chunk by chunk, and they count all at once or not at all.

An import is a row with chunks. Until it is committed nobody reads it. A process that is killed leaves an import in
state `running`; the next import of the same source in the same state goes on behind its last chunk, any other one
drops it. Only one worker writes: who takes over changes `worker`, and the next write of the one before fails. There
is no lease to wait for.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base import BrokenRow
from connectors.card_guard import without_card_secrets
from connectors.jar_objects import JarObjects
from connectors.jar_tables import ChunkRow, ImportRow
from policies.db import Database

RUNNING, COMMITTED, SUPERSEDED = "running", "committed", "superseded"
_ASIDE = {"line": pl.Int64, "reason": pl.String, "raw": pl.String}
ROWS = "rows"
"""The folder of a jar that imports write to."""
KEPT_MS = 3_600_000
"""How long rows that a newer import replaced stay readable for those who read them at that moment."""


class TakenOver(Exception):
    """Another process imports the same table now; this one has nothing left to do."""


@dataclass(slots=True)
class ImportRun:
    """One import that is being written. `rows` are stored already: a source that goes on skips so many.

    `set_aside` counts rows that could not be read; the last one stored stood in line `aside_line` of the source.
    """

    id: str
    jar: str
    table: str
    worker: str
    rows: int = 0
    chunks: int = 0
    set_aside: int = 0
    aside_line: int = 0
    watermark: bytes | None = field(default=None, repr=False)


class Imports:
    """Begins, writes and ends imports of one jar. All methods raise DatabaseUnavailable and StorageFailed."""

    def __init__(self, database: Database, objects: JarObjects, jar: str) -> None:
        self._database = database
        self._objects = objects
        self._jar = jar

    async def begin(self, member: str, table: str, fingerprint: str, now: int) -> ImportRun:
        """A new import, or the one of the same fingerprint that was never finished."""
        worker = secrets.token_hex(8)
        async with self._database.session(write=True) as session:
            left = (
                await session.scalars(
                    select(ImportRow).where(
                        ImportRow.jar == self._jar, ImportRow.table_name == table, ImportRow.state == RUNNING
                    )
                )
            ).all()
            known = next((row for row in left if row.member == member and row.fingerprint == fingerprint), None)
            for row in left:
                if row is not known:
                    await session.delete(row)
            if known is not None:
                known.worker = worker
                chunks = (await session.scalars(select(ChunkRow).where(ChunkRow.import_id == known.id))).all()
                return self._going_on(known, chunks)
            made = ImportRun(f"imp_{secrets.token_hex(10)}", self._jar, table, worker)
            session.add(_row(made, member, fingerprint, now))
        return made

    def _going_on(self, row: ImportRow, chunks: Sequence[ChunkRow]) -> ImportRun:
        """The import of a row, behind its last chunk. Rows set aside have negative positions, their line as size."""
        stored = [chunk for chunk in chunks if chunk.position >= 0]
        aside = [chunk for chunk in chunks if chunk.position < 0]
        line = max((chunk.size for chunk in aside), default=0)
        rows = sum(chunk.rows for chunk in stored)
        return ImportRun(row.id, self._jar, row.table_name, row.worker, rows, len(stored), row.set_aside, line)

    async def put_aside(self, run: ImportRun, broken: Sequence[BrokenRow]) -> None:
        """Keep rows that could not be read, sealed, with line and reason. Raises TakenOver."""
        raw = [row.raw for row in broken]
        frame = pl.DataFrame(
            {"line": [row.line for row in broken], "reason": [row.reason for row in broken], "raw": raw}
        )
        line = broken[-1].line
        name = self._objects.name(ROWS, run.id, f"aside-{line}-{run.worker}")
        await asyncio.to_thread(self._objects.put_frame, name, without_card_secrets(frame))
        async with self._database.session(write=True) as session:
            await _still_ours(session, run, set_aside=run.set_aside + len(broken))
            session.add(ChunkRow(import_id=run.id, position=-line, object=name, rows=len(broken), size=line))
        run.set_aside += len(broken)
        run.aside_line = line

    def note_watermark(self, run: ImportRun, column: str, since: str) -> None:
        """Keep, sealed, up to where a table with a watermark was read; it is stored with the commit."""
        run.watermark = self._objects.seal(json.dumps([column, since]).encode(), f"watermark/{run.id}")

    async def watermark(self, member: str, table: str) -> tuple[str, str] | None:
        """The watermark column of the rows that count, and up to where they were read; None when they have none."""
        query = select(ImportRow).where(
            ImportRow.jar == self._jar,
            ImportRow.member == member,
            ImportRow.table_name == table,
            ImportRow.state == COMMITTED,
        )
        async with self._database.session() as session:
            row = await session.scalar(query)
        if row is None or row.sealed_watermark is None:
            return None
        column, since = json.loads(self._objects.open(row.sealed_watermark, f"watermark/{row.id}"))
        return str(column), str(since)

    async def set_aside(self, import_id: str) -> pl.DataFrame:
        """The rows of an import that could not be read: `line`, `reason`, `raw` (an original)."""
        query = select(ChunkRow).where(ChunkRow.import_id == import_id, ChunkRow.position < 0)
        async with self._database.session() as session:
            chunks = (await session.scalars(query.order_by(ChunkRow.size))).all()
        frames = [await asyncio.to_thread(self._objects.get_frame, chunk.object) for chunk in chunks]
        return pl.concat(frames) if frames else pl.DataFrame(schema=_ASIDE)

    async def add(self, run: ImportRun, frame: pl.DataFrame) -> None:
        """Store one chunk. Raises TakenOver."""
        name = self._objects.name(ROWS, run.id, f"{run.chunks:06d}-{run.worker}")
        size = await asyncio.to_thread(self._objects.put_frame, name, frame)
        async with self._database.session(write=True) as session:
            await _still_ours(session, run, rows=run.rows + frame.height, set_aside=run.set_aside)
            session.add(ChunkRow(import_id=run.id, position=run.chunks, object=name, rows=frame.height, size=size))
        run.rows += frame.height
        run.chunks += 1

    async def commit(self, session: AsyncSession, run: ImportRun, now: int) -> None:
        """Let the import count, in the caller's transaction; those that it replaces stay readable for an hour."""
        await _still_ours(session, run, state=COMMITTED, finished_at=now, sealed_watermark=run.watermark)
        await session.execute(
            update(ImportRow)
            .where(
                ImportRow.jar == self._jar,
                ImportRow.table_name == run.table,
                ImportRow.state == COMMITTED,
                ImportRow.id != run.id,
            )
            .values(state=SUPERSEDED, finished_at=now)
        )

    async def chunks(self, import_id: str) -> Sequence[ChunkRow]:
        """The chunks of an import in order."""
        query = select(ChunkRow).where(ChunkRow.import_id == import_id, ChunkRow.position >= 0)
        query = query.order_by(ChunkRow.position)
        async with self._database.session() as session:
            return (await session.scalars(query)).all()

    async def sweep(self, now: int) -> None:
        """Drop replaced imports whose time is over, and objects that no import knows."""
        async with self._database.session(write=True) as session:
            await session.execute(
                delete(ImportRow).where(
                    ImportRow.jar == self._jar,
                    ImportRow.state == SUPERSEDED,
                    ImportRow.finished_at < now - KEPT_MS,
                )
            )
            kept = await session.scalars(
                select(ChunkRow.object)
                .join(ImportRow, ChunkRow.import_id == ImportRow.id)
                .where(ImportRow.jar == self._jar)
            )
            names = set(kept)
            running = await session.scalars(
                select(ImportRow.id).where(ImportRow.jar == self._jar, ImportRow.state == RUNNING)
            )
            if running.first() is not None:
                return  # its worker may have put an object whose row is not there yet
        await asyncio.to_thread(self._objects.sweep, self._objects.name(ROWS), names)


def _row(run: ImportRun, member: str, fingerprint: str, now: int) -> ImportRow:
    return ImportRow(
        id=run.id, jar=run.jar, member=member, table_name=run.table, state=RUNNING, worker=run.worker,
        fingerprint=fingerprint, rows=0, set_aside=0, started_at=now,
    )  # fmt: skip


async def _still_ours(session: AsyncSession, run: ImportRun, **values: object) -> None:
    """Write to the import's row if this worker still owns it; a fencing token, checked with the write itself."""
    changed = await session.execute(
        update(ImportRow)
        .where(ImportRow.id == run.id, ImportRow.worker == run.worker, ImportRow.state == RUNNING)
        .values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined] # a CursorResult
        raise TakenOver(f"another process imports the table {run.table!r} now; its rows will count")
