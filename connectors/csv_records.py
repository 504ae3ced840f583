"""Records of a CSV text with their line numbers; what cannot be read is set aside and reading goes on at the next line.

Memory is bounded by the longest record allowed. A quote that is never closed costs its line, not the rest of the file:
the lines that it swallowed are read again.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Generator, Iterator
from typing import BinaryIO, TextIO

from connectors.base import BrokenRow, ConnectorProblem
from connectors.csv_dialect import CsvDialect, is_utf8_inside, one_byte_each
from connectors.shape import UNREADABLE

MAX_RAW = 2_000
"""Characters of a broken row that are kept."""
MAX_LINES = 10_000
"""Lines that one record may span."""
Record = tuple[int, list[str]]


class _TooLong(Exception):
    """A record is longer than allowed."""


class RecordReader:
    """Iterates over (line, cells) of a text stream; broken rows gather in `broken` until they are taken.

    `read` counts characters; `width` None takes records of any width; later records must have it, or are set aside.
    """

    def __init__(self, stream: TextIO, dialect: CsvDialect, *, max_record: int) -> None:
        self.broken: list[BrokenRow] = []
        self.width: int | None = None
        self.read = 0
        self._stream, self._dialect, self._max = stream, dialect, max_record
        self._may_mix = dialect.guessed and one_byte_each(dialect.encoding)
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._line = 0
        self._size = 0

    def records(self) -> Generator[Record, None, None]:
        """All records from here on. Blocking. Raises ConnectorProblem."""
        reader = self._reader()
        while True:
            start = self._line + 1
            self._record, self._size = [], 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_TooLong, csv.Error) as error:
                self._resume(start, _reason(error))
                reader = self._reader()
                continue
            cells = self._whole_text(cells)
            if cells and self._fits(start, cells):
                yield start, cells

    def _whole_text(self, cells: list[str]) -> list[str]:
        """The cells, those beyond the dialect's text width put together again as the last one."""
        most = self._dialect.text_width
        if not most or len(cells) <= most:
            return cells
        return [*cells[: most - 1], self._dialect.delimiter.join(cells[most - 1 :])]

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._dialect.delimiter, quotechar=self._dialect.quote, strict=True)

    def _lines(self) -> Generator[str, None, None]:
        while True:
            line = self._again.popleft() if self._again else next_line(self._stream, self._max + 1)
            if not line:
                return
            self._line += 1
            if len(line) > self._max:
                self._cut(line)
                continue
            self._size += len(line)
            self.read += len(line)
            self._record.append(line)
            if self._size > self._max or len(self._record) > MAX_LINES:
                raise _TooLong
            yield line

    def _cut(self, line: str) -> None:
        """A line that does not fit into memory: its beginning is set aside, the rest passed over."""
        self._set_aside(self._line, f"the line is longer than {self._max:,} characters", line)
        while line and not line.endswith(("\n", "\r")):
            line = next_line(self._stream, self._max + 1)

    def _resume(self, start: int, reason: str) -> None:
        """Set the record's first line aside and read the lines after it again."""
        first, *rest = self._record
        self._again.extendleft(reversed(rest))
        self._line = start
        self._set_aside(start, reason, first)

    def _fits(self, line: int, cells: list[str]) -> bool:
        reason = self._misfit(cells)
        if reason:
            self._set_aside(line, reason, "".join(self._record))
        return not reason

    def _misfit(self, cells: list[str]) -> str:
        if self.width is not None and len(cells) != self.width:
            return f"it has {len(cells):,} columns, not {self.width:,}"
        for line in self._record:
            bad = UNREADABLE.search(line)
            if bad is not None:
                return "it holds a NUL byte" if bad[0] == "\0" else f"it is not valid {self._dialect.encoding}"
        if self._may_mix and is_utf8_inside("".join(self._record), self._dialect.encoding):
            return mixed(self._dialect.encoding)
        return ""

    def _set_aside(self, line: int, reason: str, raw: str) -> None:
        text = raw[:MAX_RAW].encode("utf-8", "backslashreplace").decode("utf-8")
        self.broken.append(BrokenRow(line, reason, text))


def next_line(stream: TextIO, most: int) -> str:
    """The next line, at most `most` characters of it. Raises ConnectorProblem where no character can be made out."""
    try:
        return stream.readline(most)
    except (UnicodeError, OSError) as error:
        raise unreadable(error) from None


def unreadable(error: Exception) -> ConnectorProblem:
    """The text cannot be read on: its encoding changes, as far as can be told, or the disk fails."""
    return ConnectorProblem(
        f"The file cannot be read any further ({type(error).__name__}).",
        "Check its encoding, or copy it again.",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, _TooLong):
        return "it is longer than allowed, or a quote in it is never closed"
    return "a quote in it is never closed" if "end of data" in str(error) else "a quote stands where none may"


def mixed(encoding: str) -> str:
    """Why a record of another encoding than its file's is set aside."""
    return f"it is UTF-8 and the rest of the file is {encoding}; a file of one encoding would keep it"


def text_of(binary: BinaryIO, encoding: str) -> TextIO:
    """The text of a stream; bytes that are not of the encoding come as lone surrogates, which the reader sets aside."""
    return io.TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline="")
