"""The report as one HTML page: nothing is loaded, nothing runs; light and dark; for paper and screen readers."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from reports.chart_data import svg
from reports.document import Cell, Chart, DataTable, FactsTable, ReportDocument
from reports.facts import number_format, write_number
from reports.house_style import Palette
from reports.language import entity_name
from reports.render.brand import HOUSE, Brand
from reports.render.fonts import font_faces
from reports.render.words import cell, cost_of, date_of, head, key_figures, key_findings, level_of, shown_in, words

_HERE = Path(__file__).parent
_MOST_ROWS = 200
_NARROW = 400
"""How wide charts are drawn for telephones, in pixels."""
_LAST_LINE = 14
"""Letters that the last line of a title or subtitle has at least, on paper."""
_UNIT = re.compile(r"(\d) (%|(?:h|ms|days|times|Tage|Mal|jours|fois|días|veces|giorni|volte|dagen|maal)\b)")


def page(document: ReportDocument, brand: Brand = HOUSE, *, paged: bool = False) -> str:
    """The page in the look of a brand.

    `paged`: for the PDF printer: light only, long tables of figures at the end, prompts cut short.
    """
    form = number_format(document.language)
    kept = _no_widow if paged else str
    said = words(document.language)

    def picture(chart: Chart) -> Markup:
        def drawn(*, dark: bool) -> str:
            palette = brand.dark if dark else brand.light
            draw = functools.partial(svg, chart, form=form, language=document.language, dark=dark, palette=palette)
            if paged:
                return draw()
            narrow = draw(width=_NARROW)  # a wide one made small has letters that nobody can read
            return f'<div class="wide-only">{draw()}</div><div class="narrow-only">{narrow}</div>'

        light = f'<div class="light-only">{drawn(dark=False)}</div>'
        dark = "" if paged else f'<div class="dark-only">{drawn(dark=True)}</div>'
        return Markup(light + dark)  # noqa: S704 - SVG of our own renderer, which escapes its texts

    body = _templates().get_template("report.html.j2").render(
        report=document, title=kept(document.title), subtitle=kept(document.subtitle), brand=brand, w=said,
        paged=paged, picture=picture, shown=shown_in, form=form,
        entity=functools.partial(entity_name, language=document.language),
        figures=key_figures(document), findings=key_findings(document), day=date_of(document), head=head,
        level=level_of(document.level, document.language), cost=cost_of,
        cell=lambda value, column: cell(value, column, form, document.language), most_rows=_MOST_ROWS,
        facts_of=lambda section: [b for b in section.blocks if isinstance(b, FactsTable) and b.layout == "table"],
        css=Markup(_css(brand, paged=paged)),  # noqa: S704 - our own file
        numbers=_numbers, count=lambda value: write_number(value, 0, form),
    )  # fmt: skip
    body = _UNIT.sub("\\1\u00a0\\2", body)  # a line never ends between a number and its unit
    fonts = font_faces(body)
    return body.replace("/*fonts*/", fonts, 1)


def _no_widow(text: str) -> str:
    """A text whose last words stay on one line: the PDF printer cannot balance lines, and one word alone looks lost."""
    words = text.split(" ")
    last = words.pop() if words else ""
    while words and len(last) < _LAST_LINE:
        last = f"{words.pop()}\u00a0{last}"
    return " ".join([*words, last])


def _numbers(table: DataTable) -> list[bool]:
    """Which columns of a table hold numbers, and stand to the right."""

    def number(value: Cell) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    return [any(number(row[place]) for row in table.rows) for place in range(len(table.columns))]


@functools.lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip


def _css(brand: Brand, *, paged: bool) -> str:
    text = (_HERE / "report.css").read_text(encoding="utf-8")
    dark = "" if paged else f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(brand.dark)} }} }}\n"
    paper = (_HERE / "paper.css").read_text(encoding="utf-8") if paged else ""
    return f":root {{ {_variables(brand.light)} }}\n{dark}{text}\n{paper}"


def _variables(palette: Palette) -> str:
    names: dict[str, Any] = {name: getattr(palette, name) for name in palette.__slots__}
    return " ".join(f"--{name.replace('_', '-')}: {colour};" for name, colour in names.items())
