"""Rows of a jar as they would leave, and beside them, for those who may see them, the originals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import polars as pl

from connectors.gateway_client import Found, GatewayClient
from connectors.jar_events import Detail, note_event
from connectors.jar_tables import JarColumnRow, JarRow
from connectors.jars import Jars, may_leave

MOST_ROWS = 200
MOST_CHARS = 20_000
"""Of one cell."""
_COVERED = 0.8


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: how it leaves; its findings, with offsets in the original; the original where it was asked for."""

    scrambled: str | None
    findings: tuple[Found, ...] = ()
    original: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """Some rows. `columns` in the order of the cells; `total` rows of the table."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of which table."""

    table: str
    offset: int = 0
    limit: int = 20


async def preview(
    jars: Jars, row: JarRow, window: Window, gateway: GatewayClient, *, person: str, originals: bool, unreviewed: bool
) -> Preview:
    """Rows, scrambled under the jar's policy; `originals` beside them after the look is recorded.

    `unreviewed`: show columns that wait for review where review is required. Raises LookupError, GatewayFailed,
    DatabaseUnavailable (then nothing is shown).
    """
    table = next((one for one in await jars.tables(row) if one.name == window.table), None)
    if table is None:
        raise LookupError("The jar has no such table.")
    columns = [
        column
        for column in await jars.columns(row)
        if column.table_name == window.table and (unreviewed or may_leave(row, column))
    ]
    limit = max(0, min(window.limit, MOST_ROWS))
    if originals:
        detail: Detail = {"table": window.table, "offset": window.offset, "rows": limit}
        await note_event(jars, row.id, person, "saw originals", detail)
    frame = await _rows(jars, row, window, [column.name for column in columns], limit)
    texts = [_texts(frame, column) for column in columns]
    cells = await _cells(gateway, row, columns, texts, originals=originals)
    rows = tuple(zip(*cells, strict=True)) if cells else ()
    return Preview(window.table, tuple(column.name for column in columns), rows, table.rows)


async def _rows(jars: Jars, row: JarRow, window: Window, names: Sequence[str], limit: int) -> pl.DataFrame:
    frames: list[pl.DataFrame] = []
    missing = limit
    async for frame in jars.stored(row, window.table, names, skip=max(0, window.offset)):
        frames.append(frame.head(missing))
        missing -= frames[-1].height
        if missing <= 0:
            break
    return pl.concat(frames, how="vertical_relaxed") if frames else pl.DataFrame({name: [] for name in names})


def _texts(frame: pl.DataFrame, column: JarColumnRow) -> list[str | None]:
    return [None if value is None else str(value)[:MOST_CHARS] for value in frame.get_column(column.name).to_list()]


async def _cells(
    gateway: GatewayClient,
    row: JarRow,
    columns: Sequence[JarColumnRow],
    texts: Sequence[Sequence[str | None]],
    *,
    originals: bool,
) -> list[list[Cell]]:
    """Cells by column. Numbers, dates and truth values of columns that are not personal are as they are."""
    asked = [
        [text for text in values if text] if is_looked_at(column) else []
        for column, values in zip(columns, texts, strict=True)
    ]
    flat = [text for some in asked for text in some]
    answer = await gateway.scramble(flat, f"jar/{row.id}", row.policy) if flat else None
    answers = iter(zip(answer.texts, answer.findings, strict=True)) if answer else iter(())
    cells: list[list[Cell]] = []
    for column, values, some in zip(columns, texts, asked, strict=True):
        own = islice(answers, len(some))
        made = []
        for value in values:
            shown, findings = next(own) if value and some else (value, [])
            safe = shown if value is None or shown is None else guarded(column, value, shown, findings)
            made.append(Cell(safe, tuple(findings), value if originals else None))
        cells.append(made)
    return cells


def is_looked_at(column: JarColumnRow) -> bool:
    """Whether the cells of a column go through the gateway."""
    return column.entity_type is not None or column.role == "text" or column.dtype == "String"


def guarded(column: JarColumnRow, original: str, scrambled: str, findings: Sequence[Found]) -> str:
    """The scrambled cell; of a personal column whose value was not found (whole), only its type."""
    if column.entity_type is None or not original.strip():
        return scrambled
    signs = sum(sign.isalnum() for sign in original)
    covered = sum(sum(sign.isalnum() for sign in original[one.start : one.end]) for one in findings)
    return scrambled if scrambled != original and covered >= _COVERED * signs else f"[{column.entity_type}]"
