"""Uploaded files: sealed part by part as they come, read back as plain streams, shredded once they are imported."""

from __future__ import annotations

import asyncio
import hashlib
import io
import secrets
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, cast

from sqlalchemy import delete, func, select

from connectors.jar_objects import JarObjects
from connectors.jar_tables import UploadRow
from connectors.jars import JarProblem, Jars
from policies.sealing import KEY_BYTES

PART_BYTES = 4 * 1024 * 1024
MOST_BYTES = 2 * 1024 * 1024 * 1024
ABANDONED_MS = 24 * 3_600_000
"""Uploads so old are shredded, imported or not."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded whole. `size` in bytes, `digest` its SHA-256; the name may be personal."""

    id: str
    owner: str
    name: str
    size: int
    digest: str


async def count_uploads(jars: Jars) -> int:
    """How many uploads of the tenant there are, unfinished ones too."""
    async with jars.database.session() as session:
        query = select(func.count()).select_from(UploadRow).where(UploadRow.tenant == jars.tenant)
        return (await session.execute(query)).scalar_one()


async def receive(jars: Jars, name: str, data: AsyncIterable[bytes], *, owner: str, most: int | None = None) -> Upload:
    """Seal a file as it comes; nothing of it is on disk in clear. Raises JarProblem when it has over `most` bytes."""
    file_name = PurePath(name.replace("\\", "/")).name[:200] or "upload"
    made, key = f"upl_{secrets.token_hex(10)}", secrets.token_bytes(KEY_BYTES)
    objects = JarObjects(jars.store, made, key)
    row = UploadRow(
        id=made, tenant=jars.tenant, owner=owner, sealed_key=jars.sealer.seal(key, f"upload/{jars.tenant}/{made}"),
        sealed_name=objects.seal(file_name.encode(), "name"), size=0, parts=0, digest="", created_at=jars.now(),
    )  # fmt: skip
    async with jars.database.session(write=True) as session:
        session.add(row)
    try:
        size, parts, digest = await _seal(objects, data, MOST_BYTES if most is None else most)
    except BaseException:
        await asyncio.shield(shred(jars, made))
        raise
    async with jars.database.session(write=True) as session:
        stored = await session.get_one(UploadRow, made)
        stored.size, stored.parts, stored.digest, stored.finished_at = size, parts, digest, jars.now()
    return Upload(made, owner, file_name, size, digest)


async def _seal(objects: JarObjects, data: AsyncIterable[bytes], most: int) -> tuple[int, int, str]:
    waiting = bytearray()
    size = parts = 0
    digest = hashlib.sha256()
    async for piece in data:
        size += len(piece)
        if size > most:
            raise JarProblem(f"An upload has at most {most // 1024**2:,} MiB: use a connector for larger files.")
        digest.update(piece)
        waiting += piece
        while len(waiting) >= PART_BYTES:
            await asyncio.to_thread(objects.put, _part(objects, parts), bytes(waiting[:PART_BYTES]))
            del waiting[:PART_BYTES]
            parts += 1
    if waiting:
        await asyncio.to_thread(objects.put, _part(objects, parts), bytes(waiting))
        parts += 1
    return size, parts, digest.hexdigest()


async def upload(jars: Jars, upload_id: str, *, owner: str) -> Upload:
    """A whole upload of this person or key: others' are not there for them. Raises LookupError."""
    row = await _row(jars, upload_id)
    if row.owner != owner:
        raise _no_upload()
    name = _objects(jars, row).open(row.sealed_name, "name").decode()
    return Upload(row.id, row.owner, name, row.size, row.digest)


async def opened(jars: Jars, upload_id: str) -> UploadedFile:
    """The upload as a file that connectors read. Raises LookupError, SealBroken."""
    row = await _row(jars, upload_id)
    objects = _objects(jars, row)
    return UploadedFile(objects, objects.open(row.sealed_name, "name").decode(), row.size, row.parts)


async def shred(jars: Jars, upload_id: str) -> None:
    """Delete an upload, key first; fine when there is none."""
    async with jars.database.session(write=True) as session:
        await session.execute(delete(UploadRow).where(UploadRow.id == upload_id, UploadRow.tenant == jars.tenant))
    objects = JarObjects(jars.store, upload_id, bytes(KEY_BYTES))
    await asyncio.to_thread(objects.sweep, objects.name(""), set())


async def shred_old(jars: Jars) -> int:
    """Shred what was uploaded and forgotten; returns how many."""
    query = select(UploadRow.id).where(
        UploadRow.tenant == jars.tenant, UploadRow.created_at < jars.now() - ABANDONED_MS
    )
    async with jars.database.session() as session:
        old = (await session.scalars(query)).all()
    for upload_id in old:
        await shred(jars, upload_id)
    return len(old)


async def _row(jars: Jars, upload_id: str) -> UploadRow:
    query = select(UploadRow).where(
        UploadRow.id == upload_id, UploadRow.tenant == jars.tenant, UploadRow.finished_at.is_not(None)
    )
    async with jars.database.session() as session:
        row = await session.scalar(query)
    if row is None:
        raise _no_upload()
    return row


def _no_upload() -> LookupError:
    return LookupError("There is no such upload of yours; it may have been imported already.")


def _objects(jars: Jars, row: UploadRow) -> JarObjects:
    return JarObjects(jars.store, row.id, jars.sealer.open(row.sealed_key, f"upload/{row.tenant}/{row.id}"))


def _part(objects: JarObjects, number: int) -> str:
    return objects.name(f"part-{number:05d}")


class UploadedFile:
    """A sealed upload as a `SourceFile`: it can be opened again and again; reading blocks."""

    def __init__(self, objects: JarObjects, name: str, size: int, parts: int) -> None:
        self.name = name
        self.size = size
        self._objects = objects
        self._parts = parts

    def __repr__(self) -> str:
        return f"UploadedFile({self.size} bytes)"

    def open(self) -> BinaryIO:
        """The file from its beginning."""
        return cast("BinaryIO", io.BufferedReader(_Parts(self._objects, self.size), PART_BYTES))


class _Parts(io.RawIOBase):
    """Reads sealed parts one after the other; at most one is open in memory."""

    def __init__(self, objects: JarObjects, size: int) -> None:
        super().__init__()
        self._objects = objects
        self._size = size
        self._position = 0
        self._open: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer
        if self._position >= self._size:
            return 0
        number, start = divmod(self._position, PART_BYTES)
        if self._open[0] != number:
            self._open = (number, self._objects.get(_part(self._objects, number)))
        piece = self._open[1][start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
