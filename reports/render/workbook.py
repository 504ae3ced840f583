"""The report as an Excel workbook: a summary, one sheet of figures, one per table, the appendix.

A cell that begins like a formula stays a text: numbers are written as numbers, everything else as a string that Excel
does not compute (data type `s`, and an apostrophe's mark where it begins with `=`, `+`, `-`, `@`, tab or line end).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports.document import (
    Callout,
    Cell,
    ChartBlock,
    DataTable,
    FactsTable,
    Paragraph,
    Points,
    ReportDocument,
    TableBlock,
)
from reports.facts import Fact
from reports.render.words import date_of, head, key_figures, key_findings, level_of, words

_FORMULA = re.compile(r"^[\s]*[=+\-@|%\t\r\n]")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST, _WIDEST = 32_000, 60
_FRONT = (34, 70, 70)
_LINE_POINTS = 15
_NO_UNIT = frozenset({"", "text", "date"})
_HEAD = PatternFill("solid", fgColor="0B5C73")


def workbook(document: ReportDocument) -> bytes:
    """The workbook's bytes."""
    said, book = words(document.language), Workbook()
    front = book.active
    if not isinstance(front, Worksheet):
        raise TypeError("a new workbook has a sheet")
    front.title = _sheet_name(said["summary"], set())
    _front(front, document)
    names = {front.title}
    figures = book.create_sheet(_sheet_name(said["figures"], names))
    names.add(figures.title)
    heads = ["section", "fact", "group", "value", "basis", "origin", "id"]
    _rows(figures, [said[name] for name in heads], [_figure(*pair) for pair in _facts(document)])
    for table in _tables(document):
        sheet = book.create_sheet(_sheet_name(table.title, names))
        names.add(sheet.title)
        _rows(sheet, [head(column) for column in table.columns], [list(row) for row in table.rows])
        for number, column in enumerate(table.columns, start=1):
            for (cell,) in sheet.iter_rows(min_row=2, min_col=number, max_col=number):
                cell.number_format = f"#,##0{'.' + '0' * column.digits if column.digits else ''}"
    _appendix(book.create_sheet(_sheet_name(said["seen"], names)), document)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def put(cell: SheetCell, value: Cell) -> None:
    """Write a value so that a spreadsheet never computes what data or a model wrote."""
    if isinstance(value, str):
        cell.value = _ILLEGAL.sub("", value)[:_LONGEST]
        cell.data_type = "s"
        if _FORMULA.match(value):
            cell.quotePrefix = True
            cell.number_format = "@"
    else:
        cell.value = value


def _front(sheet: Worksheet, document: ReportDocument) -> None:
    said = words(document.language)
    lines: list[list[Cell]] = [[document.title], [document.subtitle], [], [said["created"], date_of(document)]]
    lines += [
        [said["source"], ", ".join(document.jars)],
        [said["level"], level_of(document.level, document.language)],
        [],
    ]
    lines += [[fact.label, fact.value, "" if fact.unit in _NO_UNIT else fact.unit] for fact in key_figures(document)]
    lines.append([])
    lines += [[said[found.tone], found.title, found.text] for found in key_findings(document)]
    for section in document.sections:
        lines += [[], [section.title]]
        for block in section.blocks:
            if isinstance(block, Paragraph):
                lines.append(["", block.text])
            elif isinstance(block, Points):
                lines += [["", item] for item in block.items]
            elif isinstance(block, Callout):
                lines.append([said[block.tone], block.title, block.text])
    for number, line in enumerate(lines, start=1):
        for place, value in enumerate(line, start=1):
            made = sheet.cell(number, place)
            if isinstance(made, SheetCell):
                put(made, value)
                made.alignment = Alignment(wrap_text=True, vertical="top")
        _as_high_as_needed(sheet, number, line)
    sheet["A1"].font, sheet["A1"].alignment = Font(size=18, bold=True), Alignment(wrap_text=False)
    sheet.row_dimensions[1].height = 26
    for letter, width in zip("ABC", _FRONT, strict=True):
        sheet.column_dimensions[letter].width = width
    _on_paper(sheet)


def _as_high_as_needed(sheet: Worksheet, number: int, line: Sequence[Cell]) -> None:
    """Room for the wrapped lines of a row: not every program makes it by itself."""
    lines = [len(str(value)) // (width - 4) + 1 for value, width in zip(line, _FRONT, strict=False)]
    if max(lines, default=1) > 1:
        sheet.row_dimensions[number].height = _LINE_POINTS * max(lines)


def _on_paper(sheet: Worksheet) -> None:
    """Printed across, as wide as one page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _rows(sheet: Worksheet, heads: list[str], rows: list[list[Cell]]) -> None:
    for number, line in enumerate([list[Cell](heads), *rows], start=1):
        for place, value in enumerate(line, start=1):
            made = sheet.cell(number, place)
            if isinstance(made, SheetCell):
                put(made, value)
                if number == 1:
                    made.font, made.fill = Font(bold=True, color="FFFFFF"), _HEAD
    sheet.freeze_panes, sheet.print_title_rows = "A2", "1:1"
    _on_paper(sheet)
    for place, title in enumerate(heads, start=1):
        longest = max([len(title), *(len(str(row[place - 1])) for row in rows[:200])])
        sheet.column_dimensions[get_column_letter(place)].width = min(_WIDEST, longest + 3)


def _facts(document: ReportDocument) -> Iterator[tuple[str, Fact]]:
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, FactsTable):
                for fact in block.facts:
                    yield section.title, fact


def _figure(section: str, fact: Fact) -> list[Cell]:
    label = f"{fact.label}, {fact.unit}" if fact.unit not in _NO_UNIT else fact.label
    return [section, label, fact.group, fact.value, fact.n, ", ".join(fact.columns), fact.id]


def _tables(document: ReportDocument) -> Iterator[DataTable]:
    seen: set[str] = set()
    for section in document.sections:
        for block in section.blocks:
            table = (
                block.table
                if isinstance(block, TableBlock)
                else block.chart.data
                if isinstance(block, ChartBlock)
                else None
            )
            if table is not None and table.id not in seen:
                seen.add(table.id)
                yield table


def _appendix(sheet: Worksheet, document: ReportDocument) -> None:
    said, seen = words(document.language), document.seen
    rows: list[list[Cell]] = [[said["level"], level_of(seen.level, document.language)], [said["k"], seen.k]]
    rows.append([said["suppressed"], seen.suppressed])
    rows.append([said["policy"], seen.policy])
    rows += [[entity, count] for entity, count in sorted(seen.entities.items())]
    rows += [[f"{prompt.section or prompt.step}, {prompt.model}", prompt.prompt] for prompt in seen.prompts]
    _rows(sheet, [said["seen"], seen.explanation], rows)


def _sheet_name(title: str, taken: set[str]) -> str:
    clean = re.sub(r"[\[\]:*?/\\']", " ", _ILLEGAL.sub("", title)).strip()[:28] or "Table"
    name, again = clean, 2
    while name.lower() in {one.lower() for one in taken}:
        name, again = f"{clean[:26]} {again}", again + 1
    return name
