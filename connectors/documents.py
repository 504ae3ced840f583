"""Documents as members of a jar: a table with the columns `document`, `page`, `text`."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

import polars as pl

from connectors.base import Batch
from connectors.classifying import DOCUMENT_COLUMNS
from connectors.document_texts import MOST_BYTES, is_document, pages_of
from connectors.jar_filling import Filled, IncomingTable, fill
from connectors.jar_members import add_member
from connectors.jar_sources import Reach, jar_names
from connectors.jar_tables import JarRow
from connectors.jars import JarProblem, Jars
from connectors.uploads import opened, shred

__all__ = ["add_document", "add_uploaded_document", "is_document"]


async def add_document(jars: Jars, row: JarRow, path: Path, reach: Reach) -> Filled:
    """Put a document of this machine into a jar. Raises JarProblem."""

    def read() -> bytes:
        if path.stat().st_size > MOST_BYTES:
            raise JarProblem(f"A document has at most {MOST_BYTES // 1024**2} MiB.")
        return path.read_bytes()

    return await _added(jars, row, path.name, await asyncio.to_thread(read), reach)


async def add_uploaded_document(jars: Jars, row: JarRow, upload_id: str, reach: Reach) -> Filled:
    """Put an uploaded document into a jar and shred the upload. Raises LookupError, JarProblem."""
    file = await opened(jars, upload_id)

    def read() -> bytes:
        if file.size > MOST_BYTES:
            raise JarProblem(f"A document has at most {MOST_BYTES // 1024**2} MiB.")
        with file.open() as stream:
            return stream.read()

    filled = await _added(jars, row, file.name, await asyncio.to_thread(read), reach)
    await shred(jars, upload_id)
    return filled


async def _added(jars: Jars, row: JarRow, name: str, data: bytes, reach: Reach) -> Filled:
    pages = await asyncio.to_thread(pages_of, name, data)
    digest = hashlib.sha256(data).hexdigest()
    numbers = list(range(1, len(pages) + 1))
    names = pl.Series([name] * len(pages), dtype=pl.String)
    frame = pl.DataFrame(dict(zip(DOCUMENT_COLUMNS, (names, numbers, pages), strict=True)))

    async def batches() -> AsyncGenerator[Batch, None]:
        yield Batch(frame)

    stem = Path(name).stem
    member = await add_member(jars, row, "document", {"name": name, "digest": digest}, person=reach.person)
    table = IncomingTable(jar_names([stem])[0], digest, batches)
    return await fill(jars, row, member, [table], reach.gateway, person=reach.person, progress=reach.progress)
