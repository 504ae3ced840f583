"""CSV and TSV: blocks of rows under their heading, which tells what columns are; cell by cell when that went wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from proxy.files.base import FileKind, FormLost, UnreadableFile, decoded, encoded

_ROWS = 1_000
_SNIFFED = 20_000


class Table:
    """Rows as text. The heading stands over each block and is taken off again."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        rows, dialect = _rows(data)
        return [_written([*rows[:1], *block], dialect) for block in _blocks(rows)] or [_written(rows[:1], dialect)]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        rows, dialect = _rows(data)
        made: list[list[str]] = []
        for text in texts:
            found = _read(text, dialect)
            made += found if not made else found[1:]
        if [len(row) for row in made] != [len(row) for row in rows]:
            raise FormLost
        return encoded(_written(made, dialect), decoded(data)[1])

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind."""
        return Cells()


class Cells:
    """Every cell a text of its own."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return [cell for row in _rows(data)[0] for cell in row]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        rows, dialect = _rows(data)
        cells = iter(texts)
        return encoded(_written([[next(cells) for _ in row] for row in rows], dialect), decoded(data)[1])

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: cells are the smallest."""
        return None


def _blocks(rows: list[list[str]]) -> list[list[list[str]]]:
    return [rows[start : start + _ROWS] for start in range(1, len(rows), _ROWS)]


def _rows(data: bytes) -> tuple[list[list[str]], Any]:
    text, _ = decoded(data)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:_SNIFFED], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    ending = "\r\n" if "\r\n" in text[:_SNIFFED] else "\n"
    form = type("Form", (dialect,), {"lineterminator": ending, "doublequote": True, "quoting": csv.QUOTE_MINIMAL})
    return _read(text, form), form


def _read(text: str, dialect: Any) -> list[list[str]]:  # noqa: ANN401 - csv has no type for dialects
    try:
        return list(csv.reader(io.StringIO(text, newline=""), dialect))
    except csv.Error:
        raise UnreadableFile("this is no table: a quoted cell does not end, or a cell is too large") from None


def _written(rows: Sequence[Sequence[str]], dialect: Any) -> str:  # noqa: ANN401 - as above
    file = io.StringIO(newline="")
    csv.writer(file, dialect).writerows(rows)
    return file.getvalue()
