"""The report as a Word document: an outline, tables with header rows, charts as pictures with texts."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import docx
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table

from reports.chart_data import png
from reports.document import (
    Block,
    Callout,
    ChartBlock,
    DataTable,
    FactsTable,
    MissingData,
    Paragraph,
    Points,
    Quote,
    ReportDocument,
    TableBlock,
)
from reports.facts import Fact, NumberFormat, number_format
from reports.language import entity_name
from reports.render.brand import HOUSE, Brand
from reports.render.words import cell, date_of, head, key_figures, key_findings, level_of, shown_in, words

_FIGURE = re.compile(r"[-\d.,\s\u00a0\u202f]*\d[^\W\d]?[\w\s%\u00a0\u202f]{0,8}")
_TEXT_WIDTH, _PER_LETTER, _LONG = 16.4, 0.17, 60
"""Centimetres of a page's text and of a letter, and letters of a cell that count for its width."""
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def letter(document: ReportDocument, brand: Brand = HOUSE) -> bytes:
    """The document's bytes."""
    word, said, form = docx.Document(), words(document.language), number_format(document.language)
    accent = RGBColor.from_string(brand.light.accent.removeprefix("#").upper())
    _styles(word, document, accent)
    _cover(word, brand)
    word.add_heading(clean(document.title), 0)
    if document.subtitle:
        word.add_paragraph(clean(document.subtitle), "Subtitle")
    word.add_paragraph(
        clean(
            f"{said['created']}: {date_of(document)}. {said['source']}: {', '.join(document.jars)}. "
            f"{said['level']}: {level_of(document.level, document.language)}."
        )
    )
    word.add_heading(said["summary"], 1)
    _facts(word, key_figures(document), document)
    for found in key_findings(document):
        _callout(word, accent, said[found.tone], found.title, found.text)
    for number, section in enumerate(document.sections, start=1):
        word.add_heading(clean(f"{number}  {section.title}"), 1)
        if section.degraded:
            word.add_paragraph(clean(f"{said['degraded']}: {section.degraded}"))
        for block in section.blocks:
            _block(word, block, document, form, brand)
    _seen(word, document)
    target = io.BytesIO()
    word.save(target)
    return target.getvalue()


def clean(text: str) -> str:
    """Text without characters that XML does not allow."""
    return _ILLEGAL.sub("", text)


def _cover(word: WordDocument, brand: Brand) -> None:
    if brand.logo:
        picture = word.add_picture(io.BytesIO(brand.logo), height=Cm(1.5))
        picture._inline.docPr.set("descr", clean(brand.name) or "Logo")  # noqa: SLF001 - as below
    elif brand.name:
        word.add_paragraph().add_run(clean(brand.name)).bold = True


def _styles(word: WordDocument, document: ReportDocument, accent: RGBColor) -> None:
    word.core_properties.title, word.core_properties.author = clean(document.title), "STING-CE"
    word.core_properties.language = document.language
    normal = word.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    for name in ("Heading 1", "Heading 2", "Title"):
        word.styles[name].font.color.rgb = accent
    for part in word.sections:
        part.left_margin = part.right_margin = Cm(2.3)


def _block(word: WordDocument, block: Block, document: ReportDocument, form: NumberFormat, brand: Brand) -> None:
    said = words(document.language)
    accent = RGBColor.from_string(brand.light.accent.removeprefix("#").upper())
    if isinstance(block, Paragraph):
        word.add_paragraph(clean(block.text))
    elif isinstance(block, Points):
        for item in block.items:
            word.add_paragraph(clean(item), "List Number" if block.ordered else "List Bullet")
    elif isinstance(block, FactsTable):
        _facts(word, block.facts, document)
    elif isinstance(block, TableBlock):
        _table(word, block.table, form, document.language)
    elif isinstance(block, ChartBlock):
        _caption(word, block.chart.title, shown_in(block.chart.alt))
        picture = word.add_picture(
            io.BytesIO(png(block.chart, form=form, palette=brand.light, language=document.language)), width=Cm(14)
        )
        picture._inline.docPr.set("descr", clean(block.chart.alt))  # noqa: SLF001 - python-docx has no way to set alternative texts
    elif isinstance(block, Callout):
        _callout(word, accent, said[block.tone], block.title, block.text)
    elif isinstance(block, Quote):
        word.add_paragraph(clean(f"{block.text} ({said['quote']} {block.source})"), "Quote")
    elif isinstance(block, MissingData):
        needed = f" {said['needed']}: {', '.join(block.needed)}." if block.needed else ""
        word.add_paragraph(clean(f"{said['missing']}: {block.what}. {block.why}.{needed}"))


def _callout(word: WordDocument, accent: RGBColor, tag: str, title: str, text: str) -> None:
    paragraph = word.add_paragraph()
    run = paragraph.add_run(clean(f"{tag}: "))
    run.font.color.rgb = accent
    paragraph.add_run(clean(f"{title}. ")).bold = True
    paragraph.add_run(clean(text))


def _facts(word: WordDocument, facts: Sequence[Fact], document: ReportDocument) -> None:
    said, form = words(document.language), number_format(document.language)
    rows = [[fact.label, fact.group or "", fact.written(form)] for fact in facts]
    heads = [said["fact"], said["group"], said["value"]]
    if not any(fact.group for fact in facts):
        heads, rows = [heads[0], heads[2]], [[row[0], row[2]] for row in rows]
    if rows:
        _grid(word, heads, rows)


def _table(word: WordDocument, table: DataTable, form: NumberFormat, language: str) -> None:
    _caption(word, table.title)
    rows = [
        [cell(value, column, form, language) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    _grid(word, [head(column) for column in table.columns], rows)


def _caption(word: WordDocument, title: str, shown: str = "") -> None:
    """A title that stays with what follows it, and what a chart shows in a line below."""
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run(clean(title)).bold = True
    if shown:
        paragraph.add_run().add_break()
        paragraph.add_run(clean(shown)).font.size = Pt(9)


def _widths(heads: list[str], rows: list[list[str]]) -> list[float]:
    """Centimetres per column: as its texts are long, none narrower than its longest word."""
    columns = [[head, *texts] for head, *texts in zip(heads, *rows, strict=True)]
    words_of = [max(len(word) for text in column for word in (text.split() or [""])) for column in columns]
    wanted = [min(max(map(len, column)), _LONG) for column in columns]
    least = [_PER_LETTER * (length + 3) for length in words_of]
    room = max(0.0, _TEXT_WIDTH - sum(least))
    extra = [max(0, want - length) for want, length in zip(wanted, words_of, strict=True)]
    each = room / max(1, sum(extra))
    return [start + min(_PER_LETTER * more, each * more) for start, more in zip(least, extra, strict=True)]


def _grid(word: WordDocument, heads: list[str], rows: list[list[str]]) -> None:
    grid = word.add_table(rows=1, cols=len(heads), style="Light List")
    grid.autofit = False
    for place, text in enumerate(heads):
        grid.rows[0].cells[place].text = clean(text)
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - python-docx has no way to mark header rows
    for row in rows:
        cells = grid.add_row().cells
        for place, text in enumerate(row):
            cells[place].text = clean(text)
    _laid_out(grid, _widths(heads, rows))
    word.add_paragraph()


def _laid_out(grid: Table, widths: Sequence[float]) -> None:
    """Columns as wide as they need, small letters, figures at the right, rows that are not parted by a page's end."""
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Cm(width)
    for row in grid.rows:
        together = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(together)  # noqa: SLF001 - python-docx has no way to keep a row together
        for place, (box, width) in enumerate(zip(row.cells, widths, strict=True)):
            box.width = Cm(width)
            for paragraph in box.paragraphs:
                if place and _FIGURE.fullmatch(box.text):
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                for run in paragraph.runs:
                    run.font.size = Pt(9)


def _seen(word: WordDocument, document: ReportDocument) -> None:
    said, seen = words(document.language), document.seen
    word.add_heading(said["seen"], 1)
    word.add_paragraph(clean(seen.explanation))
    rows = [
        [said["level"], level_of(seen.level, document.language)],
        [said["k"], str(seen.k)],
        [said["policy"], seen.policy],
    ]
    rows += [[entity_name(entity, document.language), str(count)] for entity, count in sorted(seen.entities.items())]
    _grid(word, [said["entity"], said["count"]], rows)
    for prompt in seen.prompts:
        word.add_heading(clean(f"{prompt.section or prompt.step}: {prompt.model}"), 2)
        word.add_paragraph(clean(prompt.prompt))
