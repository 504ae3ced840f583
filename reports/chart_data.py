"""Charts of reports as SVG, in one house style, light or dark: Altair and vl-convert, no browser.

A chart says one thing: what matters is in colour, the rest is grey; no grid where labels stand; numbers stand beside
bars. Titles and alternative texts are the report's, not in the picture. Text stays text in the SVG.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any, Final

from reports.chart_forms import FORMS, Drawing
from reports.document import Cell, Chart
from reports.facts import ENGLISH, NumberFormat
from reports.house_style import DARK, LIGHT, SANS, Palette

WIDTH: Final = 640
_LOCALES: Final = {"de": "de-DE", "fr": "fr-FR", "es": "es-ES", "it": "it-IT", "nl": "nl-NL"}
_UNDRAWABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def svg(
    chart: Chart,
    *,
    dark: bool = False,
    form: NumberFormat = ENGLISH,
    width: int = WIDTH,
    palette: Palette | None = None,
    language: str = "en",
) -> str:
    """The chart as SVG text, without a background, numbers and months of axes as a language writes them.

    Raises KeyError for an unknown form, NothingToDraw without rows.
    """
    import vl_convert  # noqa: PLC0415 - slow to import

    drawn = _drawn(chart, palette or (DARK if dark else LIGHT), form, width)
    made: str = vl_convert.vegalite_to_svg(drawn, **_locale(language))
    return _tidied(made, chart, ("dark" if dark else "light") + ("" if width == WIDTH else f"-{width}"))


def png(
    chart: Chart,
    *,
    form: NumberFormat = ENGLISH,
    width: int = WIDTH,
    palette: Palette = LIGHT,
    language: str = "en",
) -> bytes:
    """The chart as a PNG in twice its size, light, for documents that hold no SVG."""
    import vl_convert  # noqa: PLC0415 - slow to import

    made: bytes = vl_convert.vegalite_to_png(_drawn(chart, palette, form, width), scale=2, **_locale(language))
    return made


def _locale(language: str) -> dict[str, Any]:
    name = _LOCALES.get(language[:2])
    return {"format_locale": name, "time_format_locale": name} if name else {}


class NothingToDraw(ValueError):
    """A chart without a single row that has its figures."""


def _drawable(value: Cell) -> Cell:
    """A cell that the renderer can take: it aborts the whole process at control characters, and knows no infinity."""
    if isinstance(value, str):
        return _UNDRAWABLE.sub(" ", value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _drawn(chart: Chart, palette: Palette, form: NumberFormat, width: int) -> dict[str, Any]:
    names = [head.name for head in chart.data.columns]
    rows = [dict(zip(names, map(_drawable, row), strict=True)) for row in chart.data.rows]
    needed = [name for name in (*chart.y, chart.series) if name in names]
    rows = [row for row in rows if all(row[name] is not None for name in needed)]
    if not rows:
        raise NothingToDraw(f"the chart {chart.id!r} has no rows")
    picture = FORMS[chart.spec](Drawing(chart, rows, palette, form), width)
    _fonts()
    spec: dict[str, Any] = picture.configure(**_style(palette)).to_dict()
    return spec


@functools.lru_cache(maxsize=1)
def _fonts() -> None:
    """Tell the renderer where the report's typeface is: it measures labels with it."""
    import vl_convert  # noqa: PLC0415

    from reports.house_style import font_folder  # noqa: PLC0415

    vl_convert.register_font_directory(str(font_folder()))


def _tidied(text: str, chart: Chart, mode: str) -> str:
    """SVG that may stand inside a page: scales with it, is one picture with a name to a screen reader, no ids twice."""
    key = re.sub(r"[^a-z0-9]", "-", chart.id) + f"-{mode}"
    for number, name in enumerate(dict.fromkeys(re.findall(r'<[^>]*\bid="([^"]+)"', text))):
        text = text.replace(f'id="{name}"', f'id="{key}-{number}"').replace(f"url(#{name})", f"url(#{key}-{number})")
    text = re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", text)
    match = re.search(r'<svg[^>]*?width="([\d.]+)"[^>]*?height="([\d.]+)"', text)
    size = f'viewBox="0 0 {match[1]} {match[2]}"' if match else ""
    limit = f' style="max-width:{float(match[1]):.0f}px"' if match else ""
    name = escaped(_UNDRAWABLE.sub(" ", chart.alt))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{name}"{limit}>'
    return re.sub(r"<svg[^>]*>", lambda _: head, text, count=1)


def escaped(text: str) -> str:
    """Text for an attribute or the inside of an element."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text


def _style(palette: Palette) -> dict[str, Any]:
    axis = {
        "labelFont": SANS, "titleFont": SANS, "labelFontSize": 12, "titleFontSize": 12, "labelColor": palette.ink_soft,
        "titleColor": palette.ink_soft, "titleFontWeight": 400, "grid": False, "domainColor": palette.line,
        "tickColor": palette.line, "labelLimit": 260, "labelPadding": 6,
    }  # fmt: skip
    legend = {
        "labelFont": SANS, "titleFont": SANS, "labelFontSize": 12, "titleFontSize": 12, "labelColor": palette.ink_soft,
        "titleColor": palette.ink_soft, "orient": "top", "titleFontWeight": 400, "symbolType": "square", "offset": 4,
    }  # fmt: skip
    return {
        "background": "transparent", "font": SANS, "view": {"stroke": None}, "axis": axis, "legend": legend,
        "text": {"font": SANS, "fontSize": 12, "color": palette.ink}, "padding": 4, "bar": {"cornerRadiusEnd": 1},
    }  # fmt: skip
