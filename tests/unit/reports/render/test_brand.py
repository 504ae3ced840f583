"""The look of reports: what is refused, and that name, logo and colours stand in HTML, PDF and DOCX."""

from __future__ import annotations

import io
import logging
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError
from pypdf import PdfReader

from policies.sections_reports import READABLE, Brand, ReportsSection, contrast
from reports.document import ReportDocument
from reports.house_style import DARK, LIGHT
from reports.render import render
from reports.render.brand import HOUSE, BadLogo, brand_of, read_logo
from reports.render.page import page
from reports.render.typeset import typeset
from tests.unit.reports.sample_document import document

RED = "#a30234"


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    path = tmp_path / "logo.png"
    Image.new("RGB", (60, 20), RED).save(path)
    return path


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"accent": "red"}, "written as"),
        ({"accent": "#0b5c73; } body { display: none"}, "written as"),
        ({"accent": "#ffe680"}, "too light"),
        ({"accent_dark": "#10202a"}, "too dark"),
        ({"name": "x" * 81}, "80 characters"),
        ({"icon": "a.png"}, "Extra inputs"),
    ],
)
def test_a_look_that_cannot_be_is_refused(wrong: dict[str, str], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Brand.model_validate(wrong)


def test_a_logo_is_a_small_png_or_jpeg_and_nothing_that_loads_or_runs(tmp_path: Path, logo: Path) -> None:
    assert read_logo(logo).startswith(b"\x89PNG")
    svg, large = tmp_path / "logo.svg", tmp_path / "large.png"
    svg.write_text('<svg xmlns="http://www.w3.org/2000/svg"><image href="https://example.com/x"/></svg>')
    large.write_bytes(logo.read_bytes() + b"\0" * 600_000)
    for path, word in ((svg, "neither"), (large, "512 KiB"), (tmp_path / "none.png", "cannot be read")):
        with pytest.raises(BadLogo, match=word):
            read_logo(path)


def test_a_bad_logo_costs_the_logo_and_not_the_report(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="sting.reports"):
        assert brand_of(Brand(name="Acme", logo=tmp_path / "none.png")).logo == b""
    assert "logo of reports is left out" in caplog.text


def test_tenants_have_their_own_look_and_dark_ground_gets_a_lighter_colour() -> None:
    section = ReportsSection(brand=Brand(accent=RED), brands={"acme": Brand(name="Acme")})
    assert section.of("acme").name == "Acme"
    made = brand_of(section.of("other"))
    assert (made.light.accent, brand_of(section.of("acme"))) == (RED, HOUSE.__class__("Acme"))
    assert made.dark.accent != RED
    assert contrast(made.dark.accent, DARK.paper) >= READABLE
    assert contrast(LIGHT.accent, LIGHT.paper) >= READABLE


def short() -> ReportDocument:
    """A report with a cover, a text and a chart."""
    whole = document()
    charts = [block for section in whole.sections for block in section.blocks if block.kind == "chart"][:1]
    section = whole.sections[0].model_copy(update={"blocks": tuple(charts)})
    return whole.model_copy(update={"sections": (section,)})


def test_name_logo_and_colour_stand_in_html(logo: Path) -> None:
    brand = brand_of(Brand(name='Acme "& Sons"', logo=logo, accent=RED))
    made = render(short(), "html", brand).decode()
    assert f'<img src="{brand.logo_url}" alt="Acme &#34;&amp; Sons&#34;">' in made
    assert f"--accent: {RED}" in made
    assert RED in made.split("</style>")[1]  # the chart
    assert LIGHT.accent not in made
    assert "<img" not in render(short(), "html", brand_of(Brand(accent=RED))).decode()


def test_paper_has_no_colour_of_the_house_beside_the_brand_s() -> None:
    for brand, shown in ((HOUSE, True), (brand_of(Brand(accent=RED)), False)):
        assert (LIGHT.accent in page(short(), brand, paged=True)) is shown


@pytest.mark.long
def test_logo_and_colour_stand_in_pdf_and_docx(logo: Path) -> None:
    brand = brand_of(Brand(name="Acme", logo=logo, accent=RED))
    for made in (render(short(), "pdf", brand), typeset(short(), brand)):
        assert len(PdfReader(io.BytesIO(made)).pages[0].images) == 1
    with zipfile.ZipFile(io.BytesIO(render(short(), "docx", brand))) as package:
        assert any(package.read(name) == logo.read_bytes() for name in package.namelist())
        assert RED.removeprefix("#").upper() in package.read("word/styles.xml").decode()
