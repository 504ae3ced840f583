"""Search by meaning over a jar's texts and documents. The index holds vectors and scrambled snippets, sealed.

Texts are scrambled before anything else is done with them, in one session per jar: the same person has the same token
in all of its texts and in the question. A brute-force product of some ten thousand vectors takes milliseconds.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from connectors.embedders import Embedder, Vectors
from connectors.gateway_client import GatewayClient
from connectors.jar_events import note_event
from connectors.jar_objects import JarObjects
from connectors.jar_tables import JarColumnRow, JarRow, JarTableRow
from connectors.jars import JarProblem, Jars, may_leave

INDEX = "index"
MOST_TEXTS = 20_000
"""Per table; what comes behind is not searched, and the summary says so."""
_PART, _SNIPPET, _AT_ONCE = 1_200, 280, 64


@dataclass(frozen=True, slots=True)
class Hit:
    """One text that answers. `score` is the cosine; `snippet` is scrambled; `original` only where it was asked for."""

    table: str
    column: str
    row: int
    score: float
    snippet: str
    original: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Entry:
    column: str
    row: int
    snippet: str


@dataclass(slots=True)
class _Index:
    model: str
    entries: list[_Entry] = field(repr=False)
    vectors: Vectors = field(repr=False)


def session_of(row: JarRow) -> str:
    """The gateway session in which a jar's texts are named for its index."""
    return f"jar-search/{row.id}"


async def build(jars: Jars, row: JarRow, gateway: GatewayClient, embedder: Embedder) -> dict[str, int]:
    """Index all texts of the jar that may leave; returns texts per table. Raises GatewayFailed, JarProblem."""
    if row.values_at is None:
        raise JarProblem(f"The gateway does not know the values of this jar yet: sting jars rescan {row.name}")
    objects, tables = jars.objects(row), await jars.tables(row)
    columns = [column for column in await jars.columns(row) if column.role == "text" and may_leave(row, column)]
    counts, kept = {}, set()
    for table in tables:
        names = [column.name for column in columns if column.table_name == table.name]
        if names:
            index = await _made(jars, row, table, names, gateway, embedder)
            name = _object(objects, table)
            kept.add(name)
            await asyncio.to_thread(objects.put, name, _packed(index))
            counts[table.name] = len({(entry.column, entry.row) for entry in index.entries})
    await asyncio.to_thread(objects.sweep, objects.name(INDEX), kept)
    return counts


async def search(
    jars: Jars,
    row: JarRow,
    question: str,
    gateway: GatewayClient,
    embedder: Embedder,
    *,
    most: int = 10,
    table: str | None = None,
    person: str | None = None,
) -> list[Hit]:
    """The best texts, best first; with `person`, who may see originals, with these (the look is recorded).

    Raises JarProblem when there is no index of this embedder, GatewayFailed.
    """
    objects = jars.objects(row)
    asked = await gateway.scramble([question], session_of(row), row.policy)
    vector = (await embedder.embed(asked.texts, query=True))[0]
    columns = await jars.columns(row)
    found: list[Hit] = []
    for one in await jars.tables(row):
        if table in {None, one.name}:
            index = await _read(jars, objects, one)
            if index is not None:
                found += _best(index, one.name, vector, embedder.name, _allowed(row, columns, one.name))
    if not found:
        raise JarProblem(
            f"There is no index to search in yet. Build it here, or by `sting jars search {row.name} --build`."
        )
    unique = {(hit.table, hit.column, hit.row): hit for hit in sorted(found, key=lambda hit: hit.score)}
    hits = sorted(unique.values(), key=lambda hit: -hit.score)[:most]
    return hits if person is None else await _with_originals(jars, row, hits, person)


def _allowed(row: JarRow, columns: Sequence[JarColumnRow], table: str) -> set[str]:
    return {one.name for one in columns if one.table_name == table and one.role == "text" and may_leave(row, one)}


def _best(index: _Index, table: str, vector: Vectors, model: str, allowed: set[str]) -> list[Hit]:
    if index.model != model:
        raise JarProblem(
            "The index was made by another embedder. Build it again here, or by `sting jars search --build`."
        )
    scores = index.vectors @ vector
    return [
        Hit(table, entry.column, entry.row, round(float(score), 4), entry.snippet)
        for entry, score in zip(index.entries, scores, strict=True)
        if entry.column in allowed
    ]


async def _with_originals(jars: Jars, row: JarRow, hits: Sequence[Hit], person: str) -> list[Hit]:
    rows = [f"{hit.table}.{hit.column} row {hit.row}" for hit in hits]
    await note_event(jars, row.id, person, "saw originals", {"search": rows})
    shown = []
    for hit in hits:
        frame = await anext(jars.stored(row, hit.table, [hit.column], rows=1, skip=hit.row))
        shown.append(Hit(hit.table, hit.column, hit.row, hit.score, hit.snippet, str(frame.item(0, 0))))
    return shown


async def _made(
    jars: Jars, row: JarRow, table: JarTableRow, names: Sequence[str], gateway: GatewayClient, embedder: Embedder
) -> _Index:
    entries: list[_Entry] = []
    vectors: list[Vectors] = []
    async for portion in _portions(jars, row, table, names):
        scrambled = await gateway.scramble([text for _, _, text in portion], session_of(row), row.policy)
        vectors.append(await embedder.embed(scrambled.texts, query=False))
        entries += [
            _Entry(column, number, text[:_SNIPPET])
            for (column, number, _), text in zip(portion, scrambled.texts, strict=True)
        ]
    return _Index(embedder.name, entries, np.concatenate(vectors) if vectors else np.empty((0, 1), np.float32))


async def _portions(
    jars: Jars, row: JarRow, table: JarTableRow, names: Sequence[str]
) -> AsyncIterator[list[tuple[str, int, str]]]:
    waiting: list[tuple[str, int, str]] = []
    number = 0
    async for frame in jars.stored(row, table.name, names):
        for cells in frame.iter_rows(named=True):
            for name in names:
                waiting += [(name, number, part) for part in _parts(cells[name])]
            number += 1
            while len(waiting) >= _AT_ONCE:
                yield waiting[:_AT_ONCE]
                waiting = waiting[_AT_ONCE:]
            if number >= MOST_TEXTS:
                break
        if number >= MOST_TEXTS:
            break
    if waiting:
        yield waiting


def _parts(text: object) -> Iterator[str]:
    """A text in parts that one vector can stand for; words stay whole."""
    rest = "" if text is None else str(text).strip()
    while rest:
        end = len(rest) if len(rest) <= _PART else rest.rfind(" ", 1, _PART)
        end = end if end > 0 else _PART
        yield rest[:end]
        rest = rest[end:].strip()


def _object(objects: JarObjects, table: JarTableRow) -> str:
    return objects.name(INDEX, table.import_id)


def _packed(index: _Index) -> bytes:
    buffer = io.BytesIO()
    told = [[entry.column, entry.row, entry.snippet] for entry in index.entries]
    np.savez(buffer, vectors=index.vectors, told=np.frombuffer(json.dumps([index.model, told]).encode(), np.uint8))
    return buffer.getvalue()


async def _read(jars: Jars, objects: JarObjects, table: JarTableRow) -> _Index | None:
    name = _object(objects, table)
    if name not in await asyncio.to_thread(jars.store.names, objects.name(INDEX)):
        return None
    packed = np.load(io.BytesIO(await asyncio.to_thread(objects.get, name)), allow_pickle=False)
    model, told = json.loads(packed["told"].tobytes())
    return _Index(model, [_Entry(*entry) for entry in told], packed["vectors"])
