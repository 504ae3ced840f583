"""Where files come from: a local path within the allowed folders, an upload, an object store. Reading is by threads."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from connectors.base import ConnectorProblem
from connectors.boundaries import Boundaries


class SourceFile(Protocol):
    """One file that can be opened again and again. `size` in bytes, packed; `name` as shown and as table name."""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        ...

    @property
    def size(self) -> int:
        """Bytes as stored."""
        ...

    def open(self) -> BinaryIO:
        """The file from its beginning; the caller closes it. Raises ConnectorProblem or OSError."""
        ...


class FilePlace(Protocol):
    """Finds the files of a source."""

    def files(self) -> Sequence[SourceFile]:
        """The files in the order of their names. Blocking. Raises ConnectorProblem."""
        ...


class LocalFile:
    """A file on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name
        self.size = path.stat().st_size

    def open(self) -> BinaryIO:
        """The file from its beginning."""
        return cast("BinaryIO", self._path.open("rb"))


class LocalFiles:
    """The files that a path or a pattern with `*` names, within the allowed folders only."""

    def __init__(self, pattern: str, boundaries: Boundaries) -> None:
        self._pattern, self._boundaries = pattern, boundaries

    def files(self) -> Sequence[LocalFile]:
        """The files, sorted; one outside the allowed folders is refused, whether it is there or not."""
        if not self._boundaries.allows_path(Path(self._pattern.partition("*")[0])):
            raise _outside()
        paths = [Path(self._pattern)] if "*" not in self._pattern else [Path(p) for p in glob.glob(self._pattern)]  # noqa: PTH207 - the pattern is absolute
        if any(not self._boundaries.allows_path(path) for path in paths):
            raise _outside()
        found = [LocalFile(path) for path in sorted(paths) if path.is_file()]
        if not found:
            raise ConnectorProblem(
                "No file is there under this path.",
                "Check the path, and that the program may read it.",
                code="not_found",
            )
        return found


class GivenFiles:
    """Files that the caller has at hand, such as sealed uploads that open as plain streams."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._files = files

    def files(self) -> Sequence[SourceFile]:
        """The files as given."""
        return self._files


def _outside() -> ConnectorProblem:
    return ConnectorProblem(
        "The path is outside the folders that connectors may read.",
        "Put the file into an allowed folder, upload it, or let the operator add the folder to `connectors.folders`.",
        code="forbidden",
    )
