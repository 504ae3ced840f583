"""The forms of charts: from rows to an Altair chart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reports.document import Chart
from reports.facts import NumberFormat, write_number
from reports.house_style import Palette

Spec = Any
"""An Altair chart: its classes are generated, and differ by mark."""
_BAR, _ROW = 18, 28
_LETTER = 7
"""Pixels of a letter of an axis, about."""
_FIGURE = 48
"""Pixels of a figure beside a bar."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a form needs: the chart, its rows as records, colours and the number format."""

    chart: Chart
    rows: list[dict[str, Any]]
    palette: Palette
    form: NumberFormat

    def unit(self, column: str) -> str:
        """The unit of a column."""
        found = next((head for head in self.chart.data.columns if head.name == column), None)
        return found.unit if found else ""

    def digits(self, column: str) -> int:
        """The decimals of a column."""
        found = next((head for head in self.chart.data.columns if head.name == column), None)
        return found.digits if found else 0

    def option(self, name: str, default: str = "") -> str:
        """An option of the chart."""
        return self.chart.options.get(name, default)

    def written(self, column: str, value: float) -> str:
        """A figure as it stands in the picture, with its unit."""
        text = write_number(value, self.digits(column), self.form)
        unit = self.unit(column)
        return f"{text} {unit}" if unit else text


def _data(rows: list[dict[str, Any]]) -> Spec:
    return {"values": rows}


def _bars(drawing: Drawing, width: int) -> Spec:
    """Horizontal bars with their figures, the one that matters in colour; `target` draws a line."""
    import altair as alt  # noqa: PLC0415

    chart, palette = drawing.chart, drawing.palette
    value = chart.y[0]
    rows = [row for row in drawing.rows if isinstance(row[value], int | float)]
    if drawing.option("sort") != "none":
        rows.sort(key=lambda row: (-row[value], str(row[chart.x])))
    mark = drawing.option("highlight")
    for place, row in enumerate(rows):
        row["_place"], row["_label"] = place, drawing.written(value, row[value])
        row["_mark"] = str(row[chart.x]) == mark if mark else True
    order = [row[chart.x] for row in rows]
    y = alt.Y(f"{_field(chart.x)}:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False))
    # room for the figure beside the longest bar, and from zero: a bar's length is its value
    top = max([row[value] for row in rows] + [float(drawing.option("target", "0")), 1e-9])
    x = alt.X(
        f"{_field(value)}:Q",
        title=None,
        axis=None,
        scale=alt.Scale(domain=[min(0, *[row[value] for row in rows]), top * 1.14]),
    )
    colour = alt.condition("datum._mark", alt.value(palette.accent), alt.value(palette.muted))
    base = alt.Chart(_data(rows)).encode(y=y)
    bars = base.mark_bar(height=_BAR).encode(x=x, color=colour)
    figures = base.mark_text(align="left", dx=6).encode(x=x, text="_label:N")
    layers = [bars, figures]
    if drawing.option("target"):
        at = [{value: float(drawing.option("target")), "_t": drawing.option("target_label", "target")}]
        rule = alt.Chart(_data(at)).mark_rule(color=palette.ink, strokeDash=[4, 3], size=1.2).encode(x=x)
        name = alt.Chart(_data(at)).mark_text(align="left", dx=5, dy=-4, baseline="bottom", color=palette.ink_soft)
        # figures stand before the line, on a ground of their own: at the target it ran through them
        ground = base.mark_text(align="left", dx=6, stroke=palette.paper, strokeWidth=5, strokeJoin="round")
        layers = [bars, rule, ground.encode(x=x, text="_label:N"), figures]
        layers += [name.encode(x=x, y=alt.value(0), text="_t:N")]
    return alt.layer(*layers).properties(width=width - 200, height=max(1, len(rows)) * _ROW)


def _field(name: str) -> str:
    """A column's name for Vega: dots and brackets would be paths."""
    return re.sub(r"([.\[\]'\\:])", r"\\\1", name)


def _grouped_bars(drawing: Drawing, width: int) -> Spec:
    """Two measures side by side for each group, in two colours."""
    import altair as alt  # noqa: PLC0415

    chart, palette = drawing.chart, drawing.palette
    rows = [
        {"group": row[chart.x], "measure": name, "value": row[name], "label": drawing.written(name, row[name])}
        for row in drawing.rows for name in chart.y if isinstance(row[name], int | float)
    ]  # fmt: skip
    order = [row[chart.x] for row in drawing.rows]
    top = max([row["value"] for row in rows] + [1e-9])
    y = alt.Y(
        "group:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False), scale=alt.Scale(paddingInner=0.32)
    )
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, top * 1.14]))
    offset = alt.YOffset("measure:N", sort=list(chart.y))
    colours = alt.Scale(domain=list(chart.y), range=[palette.muted, palette.accent])
    base = alt.Chart(_data(rows)).encode(y=y, yOffset=offset)
    bars = base.mark_bar().encode(x=x, color=alt.Color("measure:N", scale=colours, title=None, sort=list(chart.y)))
    figures = base.mark_text(align="left", dx=5, fontSize=11).encode(x=x, text="label:N")
    return alt.layer(bars, figures).properties(width=width - 200, height=max(1, len(order)) * 46)


def _columns(drawing: Drawing, width: int) -> Spec:
    """Upright columns in the order of the data, one in colour."""
    import altair as alt  # noqa: PLC0415

    chart, palette, value = drawing.chart, drawing.palette, drawing.chart.y[0]
    mark = drawing.option("highlight")
    rows = [
        row | {"_label": drawing.written(value, row[value]), "_mark": str(row[chart.x]) == mark if mark else True}
        for row in drawing.rows
    ]
    order = [row[chart.x] for row in rows]
    top = max([row[value] for row in rows] + [1e-9])
    x = alt.X(f"{_field(chart.x)}:N", sort=order, title=chart.x, axis=alt.Axis(labelAngle=0, ticks=False))
    y = alt.Y(f"{_field(value)}:Q", axis=None, scale=alt.Scale(domain=[0, top * 1.1]))
    base = alt.Chart(_data(rows)).encode(x=x)
    colour = alt.condition("datum._mark", alt.value(palette.accent), alt.value(palette.muted))
    bars = base.mark_bar(width=alt.RelativeBandSize(0.72)).encode(y=y, color=colour)
    figures = base.mark_text(dy=-8).encode(y=y, text="_label:N")
    return alt.layer(bars, figures).properties(width=width - 60, height=220)


def _line(drawing: Drawing, width: int) -> Spec:
    """One series over time, its highest point named."""
    import altair as alt  # noqa: PLC0415

    chart, palette, value = drawing.chart, drawing.palette, drawing.chart.y[0]
    rows = [row for row in drawing.rows if isinstance(row[value], int | float)]
    peak = max(rows, key=lambda row: row[value])
    x = alt.X(f"{_field(chart.x)}:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6, labelFlush=True))
    y = alt.Y(
        f"{_field(value)}:Q",
        title=None,
        axis=alt.Axis(grid=True, gridColor=palette.line, domain=False, ticks=False, tickCount=4),
        scale=alt.Scale(domain=[0, peak[value] * 1.15]),
    )
    base = alt.Chart(_data(rows))
    area = base.mark_area(color=palette.accent, opacity=0.10).encode(x=x, y=y)
    line = base.mark_line(color=palette.accent, strokeWidth=2.4).encode(x=x, y=y)
    point = alt.Chart(_data([peak | {"_label": drawing.written(value, peak[value])}]))
    dot = point.mark_point(filled=True, size=70, color=palette.accent, opacity=1).encode(x=x, y=y)
    name = point.mark_text(dy=-12, fontWeight=600).encode(x=x, y=y, text="_label:N")
    return alt.layer(area, line, dot, name).properties(width=width - 60, height=220)


def _lines(drawing: Drawing, width: int) -> Spec:
    """Several series over time: the one that matters in colour, all named at their ends."""
    import altair as alt  # noqa: PLC0415

    chart, palette, value = drawing.chart, drawing.palette, drawing.chart.y[0]
    series = chart.series or ""
    mark = drawing.option("highlight")
    rows = [row | {"_mark": str(row[series]) == mark} for row in drawing.rows]
    x = alt.X(f"{_field(chart.x)}:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6))
    y = alt.Y(
        f"{_field(value)}:Q",
        title=None,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(grid=True, gridColor=palette.line, domain=False, ticks=False, tickCount=4),
    )
    colour = alt.condition("datum._mark", alt.value(palette.accent), alt.value(palette.muted))
    lines = (
        alt.Chart(_data(rows)).mark_line(strokeWidth=2.2).encode(x=x, y=y, detail=f"{_field(series)}:N", color=colour)
    )
    ends = _spread(_ends(rows, chart.x, series, value), value)
    names = (
        alt.Chart(_data(ends))
        .mark_text(align="left", dx=6)
        .encode(
            x=x,
            y=alt.Y("_at:Q"),
            text=f"{_field(series)}:N",
            color=alt.condition("datum._mark", alt.value(palette.accent), alt.value(palette.ink_soft)),
        )
    )
    return alt.layer(lines, names).properties(width=width - 150, height=240)


def _ends(rows: list[dict[str, Any]], time: str, series: str, value: str) -> list[dict[str, Any]]:
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        if str(row[time]) >= str(last.get(str(row[series]), {}).get(time, "")):
            last[str(row[series])] = row
    return sorted(last.values(), key=lambda row: row[value])


def _spread(ends: list[dict[str, Any]], value: str) -> list[dict[str, Any]]:
    """Names at the ends of lines, moved apart so that none lies upon another."""
    if not ends:
        return []
    span = max(row[value] for row in ends) - min(row[value] for row in ends) or 1.0
    at, made = float("-inf"), []
    for row in ends:
        at = max(row[value], at + 0.11 * span)
        made.append(row | {"_at": at})
    return made


def _heatmap(drawing: Drawing, width: int) -> Spec:
    """Two categories against one another, the number as depth of colour."""
    import altair as alt  # noqa: PLC0415

    chart, palette = drawing.chart, drawing.palette
    value, across, down = chart.series or "", chart.x, chart.y[0]

    def order(option: str, column: str) -> list[Any]:
        wanted = drawing.option(option)
        return wanted.split("|") if wanted else sorted({row[column] for row in drawing.rows})

    top = max([row[value] for row in drawing.rows] + [1e-9])
    rows = [row | {"_deep": row[value] > 0.4 * top} for row in drawing.rows]
    names = {str(row[across]) for row in rows}
    crowded = _LETTER * max(map(len, names), default=0) * len(names) > width - 130  # as on a telephone
    x = alt.X(
        f"{_field(across)}:N",
        sort=order("x_order", across),
        title=None,
        axis=alt.Axis(labelAngle=-50 if crowded else 0, orient="top", domain=False, ticks=False),
    )
    y = alt.Y(f"{_field(down)}:N", sort=order("y_order", down), title=None, axis=alt.Axis(domain=False, ticks=False))
    base = alt.Chart(_data(rows)).encode(x=x, y=y)
    scale = alt.Scale(domain=[0, top], range=[palette.wash, palette.accent])
    cells = base.mark_rect(stroke=palette.paper, strokeWidth=2).encode(
        color=alt.Color(f"{_field(value)}:Q", scale=scale, legend=None)
    )
    text = base.mark_text(fontSize=11).encode(
        text=alt.Text(f"{_field(value)}:Q", format=",d"),
        color=alt.condition("datum._deep", alt.value(palette.on_accent), alt.value(palette.ink_soft)),
    )
    return alt.layer(cells, text).properties(width=width - 130, height=28 * len({row[down] for row in rows}))


def _ranges(drawing: Drawing, width: int) -> Spec:
    """A bar to the middle value and a line to the far one: typical and slow cases."""
    import altair as alt  # noqa: PLC0415

    chart, palette = drawing.chart, drawing.palette
    near, far = chart.y
    mark = drawing.option("highlight")
    rows = [
        row | {"_mark": str(row[chart.x]) == mark, "_label": f"{drawing.written(near, row[near])}  "
        f"({chart.y[1].lower()}: {drawing.written(far, row[far])})"}
        for row in drawing.rows
    ]  # fmt: skip
    order, top = [row[chart.x] for row in rows], max([row[far] for row in rows] + [1e-9])
    y = alt.Y(f"{_field(chart.x)}:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False))
    scale = alt.Scale(domain=[0, top * 1.5])
    base = alt.Chart(_data(rows)).encode(y=y)
    colour = alt.condition("datum._mark", alt.value(palette.accent), alt.value(palette.muted))
    bars = base.mark_bar(height=_BAR).encode(x=alt.X(f"{_field(near)}:Q", axis=None, scale=scale), color=colour)
    lines = base.mark_rule(size=2).encode(
        x=alt.X(f"{_field(near)}:Q", scale=scale), x2=f"{_field(far)}:Q", color=colour
    )
    ticks = base.mark_tick(size=10, thickness=2).encode(x=alt.X(f"{_field(far)}:Q", scale=scale), color=colour)
    figures = base.mark_text(align="left", dx=8).encode(x=alt.X(f"{_field(far)}:Q", scale=scale), text="_label:N")
    return alt.layer(bars, lines, ticks, figures).properties(width=width - 170, height=max(1, len(rows)) * _ROW)


def _diverging(drawing: Drawing, width: int) -> Spec:
    """Effects to both sides of nothing: right raises, left lowers."""
    import altair as alt  # noqa: PLC0415

    chart, palette, value = drawing.chart, drawing.palette, drawing.chart.y[0]
    rows = sorted((row for row in drawing.rows if isinstance(row[value], int | float)), key=lambda row: -row[value])[
        :12
    ]
    half = (width - 190) / 2
    # the longest bar leaves room for its figure
    reach = max([abs(row[value]) for row in rows] + [1e-9]) * half / max(half - _FIGURE, 1)
    for row in rows:
        row["_up"], row["_label"] = (
            row[value] > 0,
            f"{'+' if row[value] > 0 else ''}{drawing.written(value, row[value])}",
        )
    y = alt.Y(
        f"{_field(chart.x)}:N",
        sort=[row[chart.x] for row in rows],
        title=None,
        axis=alt.Axis(domain=False, ticks=False, offset=4),
    )
    x = alt.X(f"{_field(value)}:Q", axis=None, scale=alt.Scale(domain=[-reach, reach]))
    colour = alt.condition("datum._up", alt.value(palette.warm), alt.value(palette.accent))
    base = alt.Chart(_data(rows)).encode(y=y)
    bars = base.mark_bar(height=_BAR).encode(x=x, color=colour)
    right = base.transform_filter("datum._up").mark_text(align="left", dx=6).encode(x=x, text="_label:N")
    left = base.transform_filter("!datum._up").mark_text(align="right", dx=-6).encode(x=x, text="_label:N")
    zero = alt.Chart(_data([{value: 0}])).mark_rule(color=palette.ink_soft).encode(x=x)
    return alt.layer(bars, zero, left, right).properties(width=width - 190, height=max(1, len(rows)) * _ROW)


def _calibration(drawing: Drawing, width: int) -> Spec:
    """Predicted against observed, with the line on which a perfect model lies."""
    import altair as alt  # noqa: PLC0415

    chart, palette, value = drawing.chart, drawing.palette, drawing.chart.y[0]
    top = max([max(row[chart.x], row[value]) for row in drawing.rows] + [1e-9]) * 1.08
    axis = alt.Axis(grid=True, gridColor=palette.line, tickCount=5, domain=False, ticks=False)
    scale = alt.Scale(domain=[0, top])
    x = alt.X(f"{_field(chart.x)}:Q", title=f"{chart.x}, {drawing.unit(chart.x)}", scale=scale, axis=axis)
    y = alt.Y(f"{_field(value)}:Q", title=f"{value}, {drawing.unit(value)}", scale=scale, axis=axis)
    line = alt.Chart(_data([{chart.x: 0, value: 0}, {chart.x: top, value: top}]))
    ideal = line.mark_line(color=palette.ink_soft, strokeDash=[4, 3], strokeWidth=1.2).encode(x=x, y=y)
    points = (
        alt.Chart(_data(drawing.rows))
        .mark_point(filled=True, size=80, color=palette.accent, opacity=1)
        .encode(x=x, y=y)
    )
    return alt.layer(ideal, points).properties(width=min(360, width - 90), height=260)


FORMS: Final[Mapping[str, Callable[[Drawing, int], Spec]]] = {
    "bars": _bars,
    "calibration": _calibration,
    "columns": _columns,
    "diverging": _diverging,
    "grouped_bars": _grouped_bars,
    "heatmap": _heatmap,
    "line": _line,
    "lines": _lines,
    "ranges": _ranges,
}
"""The forms that `Chart.spec` may name."""
