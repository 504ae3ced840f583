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
from connectors.jar_filling import Filled, IncomingTable, Progress, fill
from connectors.jar_members import Member, add_member, members, remove_member
from connectors.jar_tables import JarRow
from connectors.jars import JarProblem, Jars
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
    found = await upload(jars, upload_id)
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


async def import_member(jars: Jars, row: JarRow, member: Member, reach: Reach) -> Filled:
    """Read a source anew and put its tables in place of those before. Raises as `add_upload` and `add_tables`."""
    if member.kind == "demo":
        tables = await demo_tables(str(member.spec["set"]))
        return await fill(jars, row, member.id, tables, reach.gateway, person=reach.person, progress=reach.progress)
    source, fingerprint = await _opened(jars, member, reach.boundaries)
    try:
        wanted = member.spec.get("tables") or None
        tables = await _incoming(source, wanted, fingerprint)
        filled = await fill(jars, row, member.id, tables, reach.gateway, person=reach.person, progress=reach.progress)
    finally:
        await source.close()
    if member.kind == "upload":
        await shred(jars, str(member.spec["upload"]))
    return filled


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


async def _incoming(source: Connector, wanted: Sequence[str] | None, fingerprint: str) -> list[IncomingTable]:
    tables = list(await source.describe())
    if wanted is not None:
        known = {table.name for table in tables}
        missing = [name for name in wanted if name not in known]
        if missing:
            raise ConnectorProblem(
                f"The source has no table {missing[0]!r}.", "See `sting connectors tables`.", code="not_found"
            )
        tables = [table for table in tables if table.name in wanted]
    if not tables:
        raise ConnectorProblem("The source has no tables.", "Look at it with `sting connectors tables`.")
    names = jar_names([table.name for table in tables])
    return [
        IncomingTable(name, fingerprint, _batches(source, table)) for name, table in zip(names, tables, strict=True)
    ]


def _batches(source: Connector, table: SourceTable) -> Callable[[], AsyncGenerator[Batch, None]]:
    return lambda: source.read(Reading(table.name))


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
