"""Every form of a report: contents, structure, and hostile words."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from html.parser import HTMLParser
from itertools import pairwise

import docx
import openpyxl
import pypdf
import pytest

from policies.entity_types import ENTITY_TYPES
from reports import language
from reports.document import Callout, ReportDocument, Section, TableColumn
from reports.facts import number_format
from reports.order import ExportFormat
from reports.render import MEDIA_TYPES, render
from reports.render.markdown import plain
from reports.render.page import page as page_of
from reports.render.typeset import typeset
from reports.render.words import cell, cost_of, key_findings, shown_in
from tests.unit.reports.sample_document import FORMULA, HOSTILE, document


class Page(HTMLParser):
    """The elements of a page in order, with attributes; text per element name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.words.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(document(), "html").decode())


def test_the_page_says_its_language_and_title(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert page.words["title"] == ["Title, plain words"]
    assert Page(render(document(language="de"), "html").decode()).all("html") == [{"lang": "de"}]


def test_headings_have_an_order_without_gaps(page: Page) -> None:
    levels = [int(name[1]) for name, _ in page.elements if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_contents_lead_to_sections_that_are_there(page: Page) -> None:
    links = [attributes["href"] for attributes in page.all("a")]
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert links == ["#summary", "#first", "#second", "#what-the-model-saw"]
    assert {str(link)[1:] for link in links} <= set(identities)
    assert len(identities) == len(set(identities))


def test_tables_have_captions_and_scoped_heads(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table")) > 2
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.all("th"))


def test_pictures_have_alternative_texts_and_data(page: Page) -> None:
    pictures = page.all("svg")
    assert len(pictures) == 4  # light and dark, wide and narrow
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    assert "52.9" in page.words["td"]


@pytest.mark.parametrize("form", ["html", "docx"])
def test_a_chart_says_below_its_title_what_it_shows(form: ExportFormat) -> None:
    made = render(document(), form)
    text = (
        made.decode() if form == "html" else "\n".join(part.text for part in docx.Document(io.BytesIO(made)).paragraphs)
    )
    assert "Share per channel, plain words" in text
    assert shown_in("Linien: Kosten pro Monat, als Index.") == "Kosten pro Monat, als Index"
    assert shown_in("Barres\u00a0: part des commandes.") == "Part des commandes"


@pytest.mark.parametrize("form", ["html", "md"])
def test_the_appendix_calls_entity_types_by_names_of_its_language(form: ExportFormat) -> None:
    made = document(language="fr")
    seen = made.seen.model_copy(update={"entities": {"EMAIL_ADDRESS": 2, "US_SSN": 1}})
    text = render(made.model_copy(update={"seen": seen}), form).decode()
    assert "adresse e-mail" in text
    assert "us ssn" in text, "a type without a name is told by its own"


def test_every_language_names_the_same_entity_types() -> None:
    assert len({frozenset(names) for names in language._entities().values()}) == 1
    assert set(language._entities()) == set(language.CATALOGUES)
    assert set(language._entities()["de"]) <= set(ENTITY_TYPES)


def test_a_minor_finding_does_not_push_a_weighty_one_out_of_the_summary() -> None:
    season = Callout(tone="recommendation", rank="detail", title="Season", text="Plan for it.")
    found = [[season, Callout(tone="warning", title=f"Watch {number}", text="It waits.")] for number in range(5)]
    sections = tuple(Section(id=f"s{at}", title="S", blocks=tuple(blocks)) for at, blocks in enumerate(found))
    whole = document().model_copy(update={"sections": sections})
    assert [finding.title for finding in key_findings(whole)] == [f"Watch {number}" for number in range(5)]
    alone = document().model_copy(update={"sections": (Section(id="s", title="S", blocks=(season,)),)})
    assert [finding.title for finding in key_findings(alone)] == ["Season"]


def test_on_paper_no_title_ends_in_one_lonely_word() -> None:
    whole = document().model_copy(update={"title": "Risk and operations of a bank", "subtitle": "Short"})
    assert "<h1>Risk and operations\u00a0of\u00a0a\u00a0bank</h1>" in page_of(whole, paged=True)
    assert "<h1>Risk and operations of a bank</h1>" in page_of(whole)
    assert '<p class="subtitle">Short</p>' in page_of(whole, paged=True)


def test_charts_are_drawn_for_telephones_too_and_once_on_paper() -> None:
    text = page_of(document())
    widths = [float(width) for width in re.findall(r'<svg[^>]*viewBox="0 0 ([0-9.]+) ', text)]
    wide, narrow = widths[0], widths[1]
    assert narrow < 0.8 * wide
    assert widths == [wide, narrow] * (len(widths) // 2)
    identities = re.findall(r'<[^>]* id="([^"]+)"', text)
    assert len(identities) == len(set(identities))
    assert page_of(document(), paged=True).count("<svg") == len(widths) // 4


def test_the_summary_stands_first_with_key_figures_and_findings() -> None:
    text = render(document(), "html").decode()
    summary = text[text.index('id="summary"') : text.index('id="first"')]
    assert "17.5\u00a0%" in summary
    assert "A finding, plain words" in summary


def test_the_page_loads_and_runs_nothing(page: Page) -> None:
    text = render(document(), "html").decode()
    assert not page.all("script") + page.all("link") + page.all("img") + page.all("iframe")
    outside = re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"')\s>]+)", text)
    assert all(url.startswith(("#", "data:")) for url in outside)
    assert "default-src 'none'" in text


def test_hostile_words_stay_words_in_the_page() -> None:
    made = Page(render(document(HOSTILE.replace("\x07", "")), "html").decode())
    assert not made.all("script") + made.all("img")
    assert len(made.all("a")) == 4
    assert not [name for _, attributes in made.elements for name in attributes if name.startswith("on")]


def test_german_reports_write_german_numbers_and_words() -> None:
    text = render(document(language="de"), "html").decode()
    assert "17,5\u00a0%" in text
    assert "7.839.424" in text
    assert "Was das Modell gesehen hat" in text
    assert "5.3.2026" in text


@pytest.mark.parametrize("form", ["html", "md", "docx", "xlsx"])
def test_readers_are_told_what_a_level_lets_out_and_not_its_id(form: ExportFormat) -> None:
    made = render(document(language="de"), form)
    if form == "docx":
        word = docx.Document(io.BytesIO(made))
        cells = [box.text for table in word.tables for row in table.rows for box in row.cells]
        text = "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])
    elif form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(made))
        text = "\n".join(str(value) for sheet in book for row in sheet.values for value in row)
    else:
        text = made.decode()
    assert "Nur Statistik" in text
    assert "aggregates" not in text


def test_costs_are_written_as_the_language_does() -> None:
    assert "0,0123 EUR" in render(document(language="de"), "html").decode()
    assert cost_of(0.0, "", number_format("de")) == "0,00"


def test_markdown_escapes_what_would_be_a_link_a_picture_or_html() -> None:
    whole = render(document(HOSTILE), "md").decode()
    made = "\n".join(line for line in whole.splitlines() if not line.startswith("    "))  # prompts stand as code
    assert "<script" not in made.replace("\\<script", "")
    assert not re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", made)
    assert not re.search(r"(?<!\\)<[a-z]", made)
    assert "http://" not in made
    assert "# Title" in made
    assert "## What the model saw" in made


@pytest.mark.parametrize(
    "text", ["# x", "- x", "1. x", "> x", "a|b", "`x`", "*x*", "_x_", "<b>", "---", "===", "![x](y)", "$x$"]
)
def test_markdown_signs_are_escaped(text: str) -> None:
    assert plain(text) != text


def test_markdown_tables_keep_their_shape() -> None:
    made = render(document("a | b\nc"), "md").decode()
    for block in re.findall(r"(?:^\|.*\n)+", made, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1


def test_markdown_tells_the_data_of_a_chart_once() -> None:
    text = render(document(), "md").decode()
    chart = next(b.chart for section in document().sections for b in section.blocks if b.kind == "chart")
    assert text.count(f"**{chart.data.title}**") == 1


def test_json_is_the_document() -> None:
    made = render(document(), "json")
    assert ReportDocument.model_validate_json(made) == document()
    assert json.loads(made)["version"] == 1


@pytest.mark.parametrize("words", [FORMULA, "+1", "-1", "@x", "\t=1", " =1", "|x", "%x", HOSTILE])
def test_no_word_becomes_a_formula(words: str) -> None:
    made = render(document(words), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(made))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(isinstance(cell.value, str) and words.replace("\x07", "").strip() in cell.value for cell in cells)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name)
                assert b"<hyperlink" not in archive.read(name)


def test_numbers_in_the_workbook_are_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(document(), "xlsx")))
    sheet = book["Groups, plain words"]
    assert [cell.value for cell in sheet[2]] == ["plain words", 1234, 12.34]
    assert sheet.freeze_panes == "A2"
    assert sheet["C2"].number_format == "#,##0.0"


def test_the_word_document_has_an_outline_header_rows_and_alternative_texts() -> None:
    made = docx.Document(io.BytesIO(render(document(HOSTILE), "docx")))
    headings = [p.text for p in made.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings[0] == "Executive summary"
    assert headings[-1] == "What the model saw"
    assert all(table.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for table in made.tables)
    assert all(shape._inline.docPr.get("descr") for shape in made.inline_shapes)
    assert not [rel for rel in made.part.rels.values() if rel.is_external]


def test_the_pdf_has_pages_text_an_outline_and_its_typefaces() -> None:
    made = pypdf.PdfReader(io.BytesIO(render(document(), "pdf")))
    text = "\n".join(one.extract_text() for one in made.pages)
    assert "Executive summary" in text
    assert "A finding, plain words" in text
    assert made.outline
    fonts = {
        str(font.get_object()["/BaseFont"])
        for one in made.pages
        for font in one["/Resources"].get_object().get("/Font", {}).values()  # type: ignore[union-attr]
    }
    assert any("Source" in font for font in fonts)


def test_a_pdf_fills_no_log_with_warnings_of_rules_for_screens(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("weasyprint").setLevel(logging.WARNING)
    render(document(), "pdf")
    assert [record.name for record in caplog.records] == []


def test_typst_makes_the_pdf_where_pango_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def without(name: str, *more: object, **named: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'pango-1.0-0'")
        return real(name, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    made = render(document('#panic() $x$ *y* @z \\ " ' + HOSTILE), "pdf")
    monkeypatch.undo()
    text = "\n".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages)
    assert "Executive summary" in text
    assert "#panic()" in text
    assert typeset(document()).startswith(b"%PDF")


@pytest.mark.parametrize("form", ["html", "md", "json", "xlsx"])
def test_the_same_document_is_the_same_file(form: str) -> None:
    first, second = (render(document(), form) for _ in range(2))  # type: ignore[arg-type]
    if form == "xlsx":  # a workbook holds the time at which it was made
        assert [sheet.title for sheet in openpyxl.load_workbook(io.BytesIO(first))] == [
            sheet.title for sheet in openpyxl.load_workbook(io.BytesIO(second))
        ]
    else:
        assert first == second


def test_every_form_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == {"html", "pdf", "md", "json", "xlsx", "docx"}


@pytest.mark.parametrize(
    ("language", "head", "value", "shown"),
    [
        ("en", "Month", "2024-03-01", "March 2024"),
        ("de", "Monat", "2024-03-01", "März 2024"),
        ("fr", "Mois", "2024-03-01", "mars 2024"),
        ("en", "Day", "2024-03-01", "2024-03-01"),
        ("de", "Tag", "2024-03-01", "01.03.2024"),
        ("nl", "Dag", "2024-03-01", "01-03-2024"),
        ("de", "Tag", "2024-02-31", "2024-02-31"),
        ("de", "Nummer", "A-2024-03-01", "A-2024-03-01"),
    ],
)
def test_days_and_months_are_written_as_the_language_does(language: str, head: str, value: str, shown: str) -> None:
    assert cell(value, TableColumn(name=head), number_format(language), language) == shown
