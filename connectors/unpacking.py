"""gzip and zip with a guard against bombs: what comes out is limited in bytes and in ratio to what is stored."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO, Protocol, cast

from connectors.base import ConnectorProblem
from connectors.boundaries import MIB, Boundaries
from connectors.files import SourceFile

RATIO_FREE = 16 * MIB
"""Bytes that may come out at any ratio: small files of zeros are harmless."""
MAX_MEMBERS = 1_000


class Closes(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Close it."""
        ...


class Unpacked(io.RawIOBase):
    """A stream that stops with ConnectorProblem when more comes out than the boundaries allow."""

    def __init__(self, inner: BinaryIO, packed: int, boundaries: Boundaries, around: Sequence[Closes]) -> None:
        super().__init__()
        self._inner, self._out, self._around = inner, 0, around
        self._limit = min(boundaries.max_unpacked, max(RATIO_FREE, packed * boundaries.max_ratio))

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed allows any buffer
        """The next bytes, counted."""
        try:
            chunk = self._inner.read(min(len(buffer), MIB))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise ConnectorProblem(
                f"The compressed file is damaged or ends too early ({type(error).__name__}).",
                "Copy the file again from its source and compare the sizes.",
            ) from None
        self._out += len(chunk)
        if self._out > self._limit:
            raise ConnectorProblem(
                f"More than {self._limit // MIB:,} MiB come out of this file, far more than its size lets expect.",
                "If the file is honest, unpack it first and give the plain file.",
                code="too_large",
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the files below, too."""
        if not self.closed:
            for file in (self._inner, *self._around):
                file.close()
        super().close()


class _Gzip:
    def __init__(self, file: SourceFile, boundaries: Boundaries) -> None:
        self._file, self._boundaries = file, boundaries
        self.name, self.size = file.name.removesuffix(".gz"), file.size

    def open(self) -> BinaryIO:
        stored = self._file.open()
        inner = cast("BinaryIO", gzip.GzipFile(fileobj=stored))
        return cast("BinaryIO", io.BufferedReader(Unpacked(inner, self.size, self._boundaries, [stored]), MIB))


class _ZipMember:
    def __init__(self, file: SourceFile, member: zipfile.ZipInfo, boundaries: Boundaries) -> None:
        self._file, self._member, self._boundaries = file, member, boundaries
        self.name, self.size = member.filename.rsplit("/", 1)[-1], member.compress_size

    def open(self) -> BinaryIO:
        stored = self._file.open()
        archive = zipfile.ZipFile(stored)
        inner = cast("BinaryIO", archive.open(self._member))
        return cast("BinaryIO", io.BufferedReader(Unpacked(inner, self.size, self._boundaries, [archive, stored]), MIB))


def unpacked(file: SourceFile, boundaries: Boundaries) -> Sequence[SourceFile]:
    """The file itself, what is in its gzip, or the members of its zip. Blocking. Raises ConnectorProblem."""
    with file.open() as head:
        magic = head.read(4)
    if magic[:2] == b"\x1f\x8b":
        return [_Gzip(file, boundaries)]
    if magic != b"PK\x03\x04":
        return [file]
    try:
        with file.open() as stored, zipfile.ZipFile(stored) as archive:
            members = [item for item in archive.infolist() if not item.is_dir() and not _is_junk(item.filename)]
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise ConnectorProblem("The zip file cannot be read.", "Pack it again, without splitting it.") from None
    if len(members) > MAX_MEMBERS:
        raise ConnectorProblem(
            f"The zip file holds more than {MAX_MEMBERS:,} files.", "Split it, or unpack it first.", code="too_large"
        )
    if any(item.flag_bits & 1 for item in members):
        raise ConnectorProblem("The zip file is protected by a password.", "Unpack it first and give the plain files.")
    return [_ZipMember(file, item, boundaries) for item in members]


def _is_junk(name: str) -> bool:
    """Files that a system adds on its own."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")
