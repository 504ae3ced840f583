"""From a source of a jar to its rows: opens uploads, files and connectors, and imports what they hold."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.base import Batch, Connector, ConnectorProblem, Reading, SourceTable
from connectors.boundaries import Boundaries
from connectors.demo_frames import demo_tables
from connectors.files import GivenFiles
from connectors.gateway_client import GatewayClient
from connectors.jar_events import note_event
from connectors.jar_filling import Filled, IncomingTable, Progress, fill
from connectors.jar_members import Member, add_member, members, remove_member
from connectors.jar_tables import JarRow
from connectors.jars import JarProblem, Jars
from connectors.refresh import Changes, ChangesMissed, with_changes
from connectors.registry import FILE_KINDS, open_connector, open_files
from connectors.saved import saved
from connectors.uploads import opened, shred, upload

_PACKED = {".gz", ".zip", ".bz2", ".zst"}
_SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "excel", ".xlsm": "excel", ".parquet": "parquet",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
}  # fmt: skip
_NOT_NAME = re.compile(r"[^0-9A-Za-z_]+")


@dataclass(frozen=True, slots=True)
class Reach:
    """What an import may use: limits of connectors, the gateway when it is there, who asked, whom to tell."""

    boundaries: Boundaries
    gateway: GatewayClient | None
    person: str
    progress: Progress = lambda _table, _rows: None


def file_kind_of(name: str) -> str:
    """The kind of connector that reads a file of this name. Raises JarProblem."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes if suffix.lower() not in _PACKED]
    kind = _SUFFIXES.get(suffixes[-1], "") if suffixes else ""
    if not kind and Path(name).suffix.lower() in _PACKED:
        kind = "csv"
    if kind not in FILE_KINDS:
        raise JarProblem(f"Files of this kind are not read: give one of {', '.join(sorted(_SUFFIXES))}.")
    return kind


async def add_upload(
    jars: Jars, row: JarRow, upload_id: str, reach: Reach, *, config: Mapping[str, Any] | None = None
) -> Filled:
    """Import an uploaded file and shred the upload. Raises LookupError, JarProblem, ConnectorProblem."""
    found = await upload(jars, upload_id, owner=reach.person)
    spec = {"upload": found.id, "name": found.name, "digest": found.digest, "config": dict(config or {})}
    spec["kind"] = file_kind_of(found.name)
    return await _added(jars, row, "upload", spec, reach)


async def add_file(
    jars: Jars, row: JarRow, path: Path, reach: Reach, *, config: Mapping[str, Any] | None = None
) -> Filled:
    """Import a file of this machine. Raises JarProblem, ConnectorProblem."""
    spec = {
        "path": str(await asyncio.to_thread(path.resolve)),
        "kind": file_kind_of(path.name),
        "config": dict(config or {}),
    }
    return await _added(jars, row, "file", spec, reach)


async def add_tables(jars: Jars, row: JarRow, connector: str, tables: Sequence[str], reach: Reach) -> Filled:
    """Import tables (none: all) of a saved connector. Raises LookupError, JarProblem, ConnectorProblem."""
    found = await saved(jars, connector)
    return await _added(jars, row, "connector", {"tables": list(tables)}, reach, connector=found.id)


async def _added(
    jars: Jars, row: JarRow, kind: str, spec: Mapping[str, Any], reach: Reach, connector: str | None = None
) -> Filled:
    made = await add_member(jars, row, kind, spec, person=reach.person, connector=connector)
    member = next(one for one in await members(jars, row) if one.id == made)
    try:
        return await import_member(jars, row, member, reach)
    except ConnectorProblem:
        if kind == "connector" and member.refreshed_at is None:  # nothing of it can go on later
            await remove_member(jars, row, made)
        raise


async def import_member(jars: Jars, row: JarRow, member: Member, reach: Reach, *, whole: bool = False) -> Filled:
    """Read a source anew and put its tables in place of those before. Raises as `add_upload` and `add_tables`.

    Of tables with a watermark only what changed is read, unless `whole`.
    """
    if member.kind == "demo":
        made_up = await demo_tables(str(member.spec["set"]))
        return await fill(jars, row, member.id, made_up, reach.gateway, person=reach.person, progress=reach.progress)
    source, fingerprint = await _opened(jars, member, reach.boundaries)
    try:
        tables = await _tables(source, member.spec.get("tables") or None)
        filled = await _filled(Import(jars, row, member, reach, source), tables, fingerprint, whole=whole)
    finally:
        await source.close()
    if member.kind == "upload":
        await shred(jars, str(member.spec["upload"]))
    return filled


@dataclass(frozen=True, slots=True)
class Import:
    """Into which jar, from which of its sources, opened, and with what."""

    jars: Jars
    row: JarRow
    member: Member
    reach: Reach
    source: Connector


async def _filled(work: Import, tables: Sequence[tuple[str, SourceTable]], fingerprint: str, *, whole: bool) -> Filled:
    """Fill the jar; a refresh that cannot tell all changes by the watermark is done again with all rows."""
    jars, row, reach = work.jars, work.row, work.reach
    found: dict[str, Changes] = {}
    incoming = [
        IncomingTable(name, fingerprint, await _batches(work, name, table, found, whole=whole), table.watermark)
        for name, table in tables
    ]
    try:
        filled = await fill(
            jars, row, work.member.id, incoming, reach.gateway, person=reach.person, progress=reach.progress
        )
    except ChangesMissed:
        return await _filled(work, tables, secrets.token_hex(16), whole=True)
    if found:
        detail = {name: f"{changes.read} read, {changes.gone} gone" for name, changes in found.items()}
        await note_event(jars, row.id, reach.person, "refreshed", detail)
    return filled


async def _batches(
    work: Import, name: str, table: SourceTable, found: dict[str, Changes], *, whole: bool
) -> Callable[[], AsyncGenerator[Batch, None]]:
    """How the table is read: only what changed where that is known, else all of it."""
    since = None if whole or not table.watermark else await _since(work, name, table)
    if since is None:
        return lambda: work.source.read(Reading(table.name))
    changes = found[name] = Changes()
    return lambda: with_changes(work.source, table, since, lambda: work.jars.stored(work.row, name), changes)


async def _since(work: Import, name: str, table: SourceTable) -> str | None:
    """Up to where the jar's rows were read, if they still have the table's columns and its watermark."""
    mark = await work.jars.imports(work.row).watermark(work.member.id, name)
    if mark is None or mark[0] != table.watermark:
        return None
    async for frame in work.jars.stored(work.row, name, rows=1):
        same = [(column.name, column.dtype) for column in table.columns]
        kept = [(column, str(dtype)) for column, dtype in frame.schema.items()]
        return mark[1] if kept == same else None
    return None


async def _opened(jars: Jars, member: Member, boundaries: Boundaries) -> tuple[Connector, str]:
    """The source, and what tells that it is the same when an import was killed."""
    spec = member.spec
    if member.kind == "upload":
        try:
            file = await opened(jars, str(spec["upload"]))
        except LookupError:
            raise JarProblem("An uploaded file is read once: upload it again to refresh it.") from None
        return open_files(spec["kind"], spec["config"], boundaries, GivenFiles([file])), str(spec["digest"])
    if member.kind == "file":
        path = Path(spec["path"])
        found = path.stat() if path.exists() else None  # noqa: ASYNC240 - one look at a local file
        state = f"{found.st_size}/{found.st_mtime_ns}" if found else ""
        return open_connector(spec["kind"], {**spec["config"], "path": str(path)}, boundaries), state
    if member.connector is None:
        raise JarProblem("This source has no connector any more: remove it and add it anew.")
    return (await saved(jars, member.connector)).open(boundaries), secrets.token_hex(16)


async def _tables(source: Connector, wanted: Sequence[str] | None) -> list[tuple[str, SourceTable]]:
    """The wanted tables (None: all) of a source, and what they are called in the jar. Raises ConnectorProblem."""
    tables = list(await source.describe())
    if wanted is not None:
        known = {table.name for table in tables}
        missing = [name for name in wanted if name not in known]
        if missing:
            raise ConnectorProblem(
                "The source has not every table that was named.", "See `sting connectors tables`.", code="not_found"
            )
        tables = [table for table in tables if table.name in wanted]
    if not tables:
        raise ConnectorProblem("The source has no tables.", "Look at it with `sting connectors tables`.")
    return list(zip(jar_names([table.name for table in tables]), tables, strict=True))


def jar_names(names: Sequence[str]) -> list[str]:
    """Names of tables in a jar for those of a source: without folder, schema and suffix where they stay distinct."""
    short = [_short(name) for name in names]
    if len(set(short)) == len(short):
        return short
    long = [_NOT_NAME.sub("_", name).strip("_")[:120] or "table" for name in names]
    return [name if long.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(long)]


def _short(name: str) -> str:
    file, joint, inner = name.partition("#")
    if joint:
        return _NOT_NAME.sub("_", inner).strip("_")[:120] or "table"
    path = Path(file)
    while path.suffix.lower() in _PACKED or path.suffix.lower() in _SUFFIXES:
        path = path.with_suffix("")
    last = path.name.rpartition(".")[2] or path.name
    return _NOT_NAME.sub("_", last).strip("_")[:120] or "table"
