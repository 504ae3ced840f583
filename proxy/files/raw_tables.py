"""CSV and TSV of which nothing but the values changes: quotes, spaces and ends of lines stay as they were written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from proxy.files.base import FileKind, FormLost, decoded, encoded
from proxy.files.plain import blocks

_SNIFFED = 20_000


class RawTable:
    """Rows as text, as they stand there."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return blocks(decoded(data)[0])

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        before, encoding = decoded(data)
        after = "".join(texts)
        separator = _separator(before)
        if _widths(before, separator) != _widths(after, separator):
            raise FormLost
        return encoded(after, encoding)

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind."""
        return RawCells()


class RawCells:
    """Every cell a text of its own."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        text = decoded(data)[0]
        return [_plain(found.group()) for found in _cell(_separator(text)).finditer(text)]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        before, encoding = decoded(data)
        separator, new = _separator(before), iter(texts)

        def written(found: re.Match[str]) -> str:
            cell, was = next(new), found.group()
            if cell == _plain(was):
                return was
            needs = was.startswith('"') or any(letter in cell and letter not in was for letter in f'{separator}"\r\n')
            doubled = cell.replace('"', '""')
            return f'"{doubled}"' if needs else cell

        return encoded(_cell(separator).sub(written, before), encoding)

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: cells are the smallest."""
        return None


def _separator(text: str) -> str:
    try:
        return csv.Sniffer().sniff(text[:_SNIFFED], ",;\t|").delimiter
    except csv.Error:
        return ","


def _cell(separator: str) -> re.Pattern[str]:
    one = re.escape(separator)
    return re.compile(rf'"(?:[^"]|"")*"|[^"{one}\r\n][^{one}\r\n]*')


def _plain(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _widths(text: str, separator: str) -> list[int] | None:
    """Cells by row; None for what is no table."""
    try:
        return [len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error:
        return None
