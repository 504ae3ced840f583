"""Excel workbooks (.xlsx): each sheet is a table, read row by row; formulas come as the values they had when saved."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO, ClassVar
from xml.etree.ElementTree import ParseError

from connectors.base import Batch, ConnectorProblem, Reading, SourceTable
from connectors.boundaries import MIB, Boundaries
from connectors.csv_dialect import distinct_names
from connectors.file_connector import FileConfig, FileConnector, place_of
from connectors.files import FilePlace, SourceFile
from connectors.shape import Numbered, Shape

FREE = 64 * MIB
MAX_STRINGS = 512 * MIB
"""The table of a workbook's texts, which is held in memory."""


class ExcelConfig(FileConfig):
    """Excel workbooks; the first row of a sheet holds the names."""


class ExcelFile(FileConnector):
    """The connector of Excel workbooks."""

    title: ClassVar[str] = "Excel workbook"
    about: ClassVar[str] = "Sheets of .xlsx files; each sheet is a table with its names in the first row."
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
            records = self._records(sheet)
            first = True
            while (taken := list(islice(records, reading.batch_rows))) or first:
                first = False
                frame, broken = shape.frame(taken, reading.columns, reading.table)
                yield Batch(frame, broken)

    def _described(self, sheet: Any) -> SourceTable:  # noqa: ANN401 - openpyxl has no types
        shape, rows = self._shape(sheet)
        return SourceTable(sheet.title, shape.columns, rows=rows)

    def _shape(self, sheet: Any) -> tuple[Shape, int]:  # noqa: ANN401 - openpyxl has no types
        count = 0

        def counted() -> Iterator[dict[str, Any]]:
            nonlocal count
            for _, record in self._records(sheet):
                count += 1
                yield dict(record)

        names = self._names(sheet)
        return Shape.learnt(counted(), names), count

    def _names(self, sheet: Any) -> list[str]:  # noqa: ANN401 - openpyxl has no types
        sheet.reset_dimensions()
        first = next(sheet.iter_rows(values_only=True), ())
        return distinct_names(["" if cell is None else str(cell) for cell in first], self._boundaries.max_columns)

    def _records(self, sheet: Any) -> Iterator[Numbered]:  # noqa: ANN401 - openpyxl has no types
        names = self._names(sheet)
        for line, cells in enumerate(sheet.iter_rows(min_row=2, values_only=True), 2):
            if any(cell is not None for cell in cells):
                extra = {
                    f"column_{n}": cell
                    for n, cell in enumerate(cells[len(names) :], len(names) + 1)
                    if cell is not None
                }
                yield line, dict(zip(names, map(_plain, cells), strict=False)) | extra

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


def _plain(cell: object) -> object:
    return str(cell) if isinstance(cell, dt.time | dt.timedelta) else cell
