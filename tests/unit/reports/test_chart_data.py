"""Charts: every form, both modes, and what data may not do to a picture."""
# ruff: noqa: S314 - our own SVG is parsed

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from reports.chart_data import NothingToDraw, png, svg
from reports.chart_forms import FORMS
from reports.document import Chart, DataTable, TableColumn
from reports.facts import GERMAN
from reports.house_style import DARK, LIGHT, Palette
from tests.unit.reports.sample_document import HOSTILE, chart

SERIES = DataTable(
    id="t.t",
    title="T",
    columns=(
        TableColumn(name="Month"),
        TableColumn(name="A", unit="h", digits=1),
        TableColumn(name="B"),
        TableColumn(name="S"),
    ),
    rows=(("2025-01-01", 1.0, 2.0, "x"), ("2025-02-01", 3.0, 4.0, "x"), ("2025-02-01", -2.0, 5.0, "y")),
)
USES = {
    "bars": ("S", ("A",), None), "calibration": ("A", ("B",), None), "columns": ("S", ("A",), None),
    "diverging": ("S", ("A",), None), "grouped_bars": ("S", ("A", "B"), None), "heatmap": ("Month", ("S",), "B"),
    "line": ("Month", ("B",), None), "lines": ("Month", ("B",), "S"), "ranges": ("S", ("A", "B"), None),
}  # fmt: skip


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("dark", [False, True])
def test_every_form_is_a_picture_with_a_name(form: str, dark: bool) -> None:  # noqa: FBT001 - a parameter of the test
    x, y, series = USES[form]
    made = svg(
        Chart(
            id="c.c",
            spec=form,
            title="T",
            alt="What it shows",
            data=SERIES,
            x=x,
            y=y,
            series=series,
            options={"highlight": "x"},
        ),
        dark=dark,
    )
    root = ET.fromstring(made)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "What it shows"
    assert root.get("viewBox")
    assert "NaN" not in made
    colours = {LIGHT.accent, DARK.accent}
    assert (DARK if dark else LIGHT).accent in made.lower() or form == "heatmap"
    assert not colours - {(DARK if dark else LIGHT).accent} & set(re.findall(r"#[0-9a-f]{6}", made.lower()))


def test_what_data_says_is_text_in_the_picture() -> None:
    made = svg(chart(HOSTILE.replace("\x07", "")))
    root = ET.fromstring(made)
    names = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
    assert names <= {"svg", "g", "path", "text", "rect", "line", "defs", "clipPath", "title", "tspan", "style"}
    assert "<script" not in made
    assert "href" not in made


def test_a_control_character_breaks_no_picture() -> None:
    ET.fromstring(svg(chart(HOSTILE)))
    assert png(chart("".join(map(chr, range(32))) + "\x85\ufffe\ud800"))  # the renderer would abort the process


def test_numbers_that_are_none_are_left_out() -> None:
    made = chart().model_copy(
        update={"data": chart().data.model_copy(update={"rows": (("a", float("nan")), ("b", 1.0))})}
    )
    assert ">a<" not in svg(made)
    nothing = chart().model_copy(update={"data": chart().data.model_copy(update={"rows": (("a", float("inf")),)})})
    with pytest.raises(NothingToDraw):
        svg(nothing)


def test_two_charts_share_no_id() -> None:
    first, second = svg(chart()), svg(chart().model_copy(update={"id": "other"}))
    assert not set(re.findall(r'id="([^"]+)"', first)) & set(re.findall(r'id="([^"]+)"', second))


def test_numbers_are_written_in_the_language() -> None:
    assert "52,9 %" in svg(chart(), form=GERMAN).replace("\u00a0", " ")
    assert "52.9 %" in svg(chart())


def test_axes_write_months_and_thousands_as_the_language_does() -> None:
    heads = (TableColumn(name="Monat"), TableColumn(name="Zahl"))
    rows = tuple((f"2025-{month:02}-01", 1000 * month) for month in range(1, 13))
    table = DataTable(id="m", title="m", columns=heads, rows=rows)
    line = Chart(id="m", spec="line", title="m", alt="m", data=table, x="Monat", y=("Zahl",))
    for language in ("de", "fr", "es", "it", "nl"):
        assert svg(line, form=GERMAN, language=language)
    made = svg(line, form=GERMAN, language="de")
    assert "Okt" in made
    assert "10.000" in made
    assert "Oct" in svg(line)


def test_the_same_chart_is_the_same_picture() -> None:
    assert svg(chart()) == svg(chart())
    assert png(chart()).startswith(b"\x89PNG")


def test_an_unknown_form_is_an_error() -> None:
    with pytest.raises(KeyError):
        svg(chart(spec="pie"))


def contrast(first: str, second: str) -> float:
    """WCAG 2.2, relative luminance."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_texts_have_contrast(palette: Palette) -> None:
    for ink in (palette.ink, palette.ink_soft, palette.accent, palette.good, palette.warning, palette.critical):
        assert contrast(ink, palette.paper) >= 4.5
        assert contrast(ink, palette.wash) >= 4.5
    assert contrast(palette.on_accent, palette.accent) >= 4.5


def test_names_of_columns_that_would_run_into_one_another_stand_aslant() -> None:
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    data = DataTable(
        id="t.t", title="T", columns=(TableColumn(name="Day"), TableColumn(name="Time"), TableColumn(name="N")),
        rows=tuple((day, "morning", 5) for day in days),
    )  # fmt: skip
    made = Chart(id="c", spec="heatmap", title="T", alt="A", data=data, x="Day", y=("Time",), series="N")
    assert "rotate(" in svg(made, width=400)
    assert "rotate(" not in svg(made)


def test_a_figure_at_the_target_stands_on_a_ground_of_its_own_before_the_line() -> None:
    data = DataTable(
        id="t.t", title="T", columns=(TableColumn(name="Group"), TableColumn(name="Used", unit="%", digits=1)),
        rows=(("a", 96.1), ("b", 79.5)),
    )  # fmt: skip
    made = svg(
        Chart(id="c", spec="bars", title="T", alt="A", data=data, x="Group", y=("Used",), options={"target": "80"})
    )
    assert made.index("stroke-dasharray") < made.index(f'stroke="{LIGHT.paper}"') < made.rindex("79.5")
