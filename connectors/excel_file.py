"""Excel workbooks (.xlsx): each sheet is a table, read row by row; formulas come as the values they had when saved."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, ClassVar
from xml.etree.ElementTree import ParseError

from connectors.base import Batch, BrokenRow, ConnectorProblem, Reading, SourceTable
from connectors.boundaries import MIB, Boundaries
from connectors.csv_dialect import distinct_names
from connectors.csv_margins import ABOVE, TAIL, UNITS, below, margins, named
from connectors.file_connector import FileConfig, FileConnector, place_of
from connectors.files import FilePlace, SourceFile
from connectors.shape import MAX_RAW, Numbered, Shape

HEAD_ROWS = 240
"""Rows of a sheet by which its heading is found."""
FREE = 64 * MIB
MAX_STRINGS = 512 * MIB
"""The table of a workbook's texts, which is held in memory."""


class ExcelConfig(FileConfig):
    """Excel workbooks; the names of a sheet are found, below titles too."""


class ExcelFile(FileConnector):
    """The connector of Excel workbooks."""

    title: ClassVar[str] = "Excel workbook"
    about: ClassVar[str] = "Sheets of .xlsx files; each sheet is a table; titles above it are passed over."
    Config = ExcelConfig

    def __init__(self, config: ExcelConfig, boundaries: Boundaries, place: FilePlace | None = None) -> None:
        super().__init__(place_of(config, boundaries, place), ExcelFormat(boundaries), boundaries)


class ExcelFormat:
    """How a workbook is read."""

    packed = False

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries

    def tables(self, file: SourceFile) -> Sequence[SourceTable]:
        """The sheets; every row is looked at, because a sheet's own count can be wrong."""
        with self._workbook(file) as book:
            return [self._described(sheet) for sheet in book.worksheets]

    def batches(self, file: SourceFile, inner: str, reading: Reading) -> Generator[Batch, None, None]:
        """The rows of a sheet; at least one batch."""
        with self._workbook(file) as book:
            sheet = next((sheet for sheet in book.worksheets if sheet.title == inner), None)
            if sheet is None:
                raise ConnectorProblem("There is no such sheet.", "Look at the workbook again.", code="not_found")
            shape = self._shape(sheet)[0]
            around = self._around(sheet)
            records = self._records(sheet, around)
            first = True
            while (taken := list(islice(records, reading.batch_rows))) or first or around.aside:
                first = False
                frame, broken = shape.frame(taken, reading.columns, reading.table)
                yield Batch(frame, tuple(sorted((*broken, *around.aside), key=lambda row: row.line)))
                around.aside.clear()

    def _described(self, sheet: Any) -> SourceTable:  # noqa: ANN401 - openpyxl has no types
        shape, rows = self._shape(sheet)
        return SourceTable(sheet.title, shape.columns, rows=rows)

    def _shape(self, sheet: Any) -> tuple[Shape, int]:  # noqa: ANN401 - openpyxl has no types
        count = 0
        around = self._around(sheet)

        def counted() -> Iterator[dict[str, Any]]:
            nonlocal count
            for _, record in self._records(sheet, around):
                count += 1
                yield dict(record)

        return Shape.learnt(counted(), around.names), count

    def _around(self, sheet: Any) -> _Around:  # noqa: ANN401 - openpyxl has no types
        """Where the table of a sheet begins: by its heading, else the first row holds the names."""
        sheet.reset_dimensions()
        head = [_texts(cells) for cells in sheet.iter_rows(max_row=HEAD_ROWS, values_only=True)]
        width = max(map(len, head), default=0)
        lines = [line for line, cells in enumerate(head, 1) if any(cells)]
        records = [head[line - 1] + [""] * (width - len(head[line - 1])) for line in lines]
        found = margins(records)
        if not found.has_names:
            first = head[0] if head else []
            return _Around(distinct_names(first, self._boundaries.max_columns), 2, dense=found.dense)
        names = distinct_names(named(found, records[found.above]), self._boundaries.max_columns)
        around = _Around(names, lines[found.above] + 1, dense=found.dense)
        around.put_aside(zip(lines, records[: found.above], strict=False), ABOVE)
        if found.has_units:
            around.put_aside([(lines[found.above + 1], records[found.above + 1])], UNITS)
            around.start = lines[found.above + 1] + 1
        return around

    def _records(self, sheet: Any, around: _Around) -> Iterator[Numbered]:  # noqa: ANN401 - openpyxl has no types
        """The rows of the table; the last ones are held back until it is clear that they are rows."""
        tail: deque[tuple[int, tuple[Any, ...]]] = deque()
        for line, cells in enumerate(sheet.iter_rows(min_row=around.start, values_only=True), around.start):
            if any(cell is not None for cell in cells):
                tail.append((line, cells))
                if len(tail) > TAIL:
                    yield around.record(*tail.popleft())
        width = len(around.names)
        texts = [_texts(cells) + [""] * (width - len(cells)) for _, cells in tail]
        for reason in below(texts, dense=around.dense)[::-1]:
            around.put_aside([(tail.pop()[0], texts.pop())], reason)
        yield from (around.record(line, cells) for line, cells in tail)

    @contextmanager
    def _workbook(self, file: SourceFile) -> Generator[Any, None, None]:
        import openpyxl  # noqa: PLC0415 - half a second that other kinds need not wait

        with file.open() as stream:
            self._refuse_bomb(stream, file.size)
            try:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
                try:
                    yield book
                finally:
                    book.close()
            except (zipfile.BadZipFile, KeyError, ParseError, ValueError, TypeError, OSError, EOFError) as error:
                raise ConnectorProblem(
                    f"The workbook cannot be read ({type(error).__name__}).",
                    "Open it in Excel and save it again as .xlsx.",
                ) from None

    def _refuse_bomb(self, stream: BinaryIO, size: int) -> None:
        try:
            with zipfile.ZipFile(stream) as archive:
                parts = archive.infolist()
        except zipfile.BadZipFile:
            raise ConnectorProblem(
                "This is no .xlsx workbook: an old .xls, or one with a password.",
                "Save it as .xlsx without a password.",
            ) from None
        total = sum(part.file_size for part in parts)
        texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
        if (
            total > min(self._boundaries.max_unpacked, max(FREE, size * self._boundaries.max_ratio))
            or texts > MAX_STRINGS
        ):
            raise ConnectorProblem(
                "The workbook unpacks to far more than its size lets expect.", "Save it as CSV.", code="too_large"
            )


@dataclass(slots=True)
class _Around:
    """The names of a sheet's table, its first row, and rows of the sheet that are none of the table's."""

    names: list[str]
    start: int
    dense: bool
    aside: list[BrokenRow] = field(default_factory=list)

    def put_aside(self, rows: Iterable[tuple[int, Sequence[str]]], reason: str) -> None:
        """Rows that are shown with a reason instead of read."""
        self.aside += [BrokenRow(line, reason, "; ".join(filter(None, cells))[:MAX_RAW]) for line, cells in rows]

    def record(self, line: int, cells: Sequence[Any]) -> Numbered:
        """A row by the names; cells beyond them get the names of their places."""
        width = len(self.names)
        extra = {f"column_{n}": cell for n, cell in enumerate(cells[width:], width + 1) if cell is not None}
        return line, dict(zip(self.names, map(_plain, cells), strict=False)) | extra


def _texts(cells: Sequence[object]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in cells]


def _plain(cell: object) -> object:
    return str(cell) if isinstance(cell, dt.time | dt.timedelta) else cell
