"""The connector of all file kinds: where files come from (`FilePlace`) and how one is read (`FileFormat`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import replace
from typing import Annotated, Protocol

from pydantic import Field

from connectors.base import Batch, ConnectorConfig, ConnectorProblem, Reached, Reading, SourceTable
from connectors.boundaries import Boundaries
from connectors.files import FilePlace, LocalFiles, SourceFile
from connectors.threads import stepped
from connectors.unpacking import unpacked

JOINT = "#"
"""Between a file's name and a sheet's in the name of a table."""


class FileConfig(ConnectorConfig):
    """What all file kinds share."""

    path: Annotated[
        str,
        Field(
            title="File",
            description="Absolute path on the server, below a folder that the operator allows. `*` takes several "
            "files, each a table of its own. Empty for an uploaded file.",
            examples=["/data/imports/tickets.csv", "/data/imports/*.csv.gz"],
        ),
    ] = ""


class FileFormat(Protocol):
    """How one kind of file is read. All blocking; called in a thread."""

    packed: bool
    """True when a gzip or zip around the file is taken off first."""

    def tables(self, file: SourceFile) -> Sequence[SourceTable]:
        """The tables of the file; the name is empty when it holds just one. Raises ConnectorProblem."""
        ...

    def batches(self, file: SourceFile, inner: str, reading: Reading) -> Generator[Batch, None, None]:
        """The rows of one of its tables. Raises ConnectorProblem."""
        ...


class FileConnector:
    """Reads the tables of files; a table is named like its file, with `#` and the inner name where it holds several."""

    def __init__(self, place: FilePlace, how: FileFormat, boundaries: Boundaries) -> None:
        self._place, self._how, self._boundaries = place, how, boundaries

    async def ping(self) -> Reached:
        """Find the files and open the first."""
        files = await asyncio.to_thread(self._files)
        await asyncio.to_thread(_touch, files[0])
        size = sum(file.size for file in files)
        return Reached(f"{len(files):,} file{'s' if len(files) > 1 else ''} found, {size:,} bytes.")

    async def describe(self) -> Sequence[SourceTable]:
        """The tables of all files."""
        return await asyncio.to_thread(self._tables)

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The rows of the file that the table is named after."""
        if reading.since is not None:
            raise ConnectorProblem(
                "A file has no watermark: it can only be read as a whole.", "Leave the watermark out.", code="config"
            )
        async for batch in stepped(lambda: self._batches(reading)):
            yield batch

    async def close(self) -> None:
        """Nothing stays open between calls."""

    def _files(self) -> Sequence[SourceFile]:
        found = self._place.files()
        files = [file for one in found for file in unpacked(one, self._boundaries)] if self._how.packed else found
        if not files:
            raise ConnectorProblem(
                "There is no file to read.", "Give a file, or an archive with files.", code="not_found"
            )
        return files

    def _tables(self) -> Sequence[SourceTable]:
        files = self._files()
        return [
            replace(table, name=_table_name(file, table.name)) for file in files for table in self._how.tables(file)
        ]

    def _batches(self, reading: Reading) -> Generator[Batch, None, None]:
        for file in self._files():
            if reading.table == file.name or reading.table.startswith(file.name + JOINT):
                yield from self._how.batches(file, reading.table[len(file.name) + 1 :], reading)
                return
        raise ConnectorProblem(
            f"There is no table {reading.table!r}.", "Look at the source again: the file may be gone.", code="not_found"
        )


def place_of(config: FileConfig, boundaries: Boundaries, place: FilePlace | None) -> FilePlace:
    """The files that were handed over, else those of the path."""
    return place if place is not None else LocalFiles(config.path, boundaries)


def _table_name(file: SourceFile, inner: str) -> str:
    return f"{file.name}{JOINT}{inner}" if inner else file.name


def _touch(file: SourceFile) -> None:
    try:
        with file.open() as stream:
            stream.read(1)
    except OSError as error:
        raise ConnectorProblem(
            f"The file cannot be opened: {error.strerror}.", "Check that the program may read it.", code="unreachable"
        ) from None
