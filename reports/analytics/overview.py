"""What data there is: rows, times, completeness, and the plain figures of its columns. For questions nobody foresaw."""

from __future__ import annotations

from functools import partial

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import mean, median, percent, quantile
from reports.analytics.series import MONTHS
from reports.analytics.small_groups import people_behind, too_small
from reports.results import AnalysisContext, AnalysisResult, Inputs

_MOST_VALUES, _MOST_COLUMNS = 8, 12
_EVENTS = ("time", "start", "opened", "month")


def overview(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Facts about every kind of row and its numbers and categories; groups under k are left out."""
    draft = Draft(context, "overview")
    shown = {kind: frame for kind, frame in inputs.items() if kind != "exchange" and len(frame)}
    if not shown:
        draft.missing("An overview", "no table of this jar was recognised", "order.time", "ticket.text")
        return draft.result()
    rows = []
    shown = _one_kind_each(shown, context)
    everything = sum(map(len, shown.values()))
    draft.fact("rows", "Rows", everything, n=everything, rank="headline", sentence=("The data", "holds", "rows"))
    for kind, frame in shown.items():
        complete = 100 - percent(sum(frame[name].null_count() for name in frame.columns), frame.width * len(frame))
        key = slug(kind)
        draft.fact(f"{key}.rows", "Rows", len(frame), group=kind, n=len(frame))
        draft.fact(f"{key}.complete", "Cells that are filled", complete, "%", digits=1, group=kind, n=len(frame))
        rows.append((kind, len(frame), frame.width, complete))
        _times(draft, kind, frame)
        for name in [name for name in frame.columns if frame[name].dtype == pl.Float64][:_MOST_COLUMNS]:
            _numbers(draft, kind, name, frame[name].drop_nulls())
        for name in [name for name in frame.columns if frame[name].dtype in {pl.String, pl.Boolean}][:_MOST_COLUMNS]:
            if not draft.personal(f"{kind}.{name}"):
                _values(draft, kind, name, frame.drop_nulls(name).with_columns(pl.col(name).cast(pl.String)))
    heads = columns("Kind of row", "Rows", "Columns", ("Filled", "%", 1))
    table = draft.table("tables", "The data", heads, rows, counts=[row[1] for row in rows], parts=False)
    draft.show(table)
    draft.chart("bars", "How much data there is", "Bars: number of rows per kind.", table, x="Kind of row", y="Rows")
    return draft.result()


def _one_kind_each(shown: Inputs, context: AnalysisContext) -> dict[str, pl.DataFrame]:
    """The kinds of rows without those whose table is another kind, too, of which more columns are known.

    A list of orders has numbers of customers in it, and is no list of customers.
    """
    best: dict[str, str] = {}
    for kind, frame in shown.items():
        other = best.get(table := _table(kind, frame, context))
        if other is None or _known_columns(frame) > _known_columns(shown[other]):
            best[table] = kind
    return {kind: frame for kind, frame in shown.items() if kind in best.values()}


def _known_columns(frame: pl.DataFrame) -> int:
    return sum(not name.startswith("other.") for name in frame.columns)


def _table(kind: str, frame: pl.DataFrame, context: AnalysisContext) -> str:
    """The name of the table that the rows of a kind come from; that of the kind when nothing tells."""
    places = (context.columns.get(f"{kind}.{name}", "").rpartition(".")[0] for name in frame.columns)
    return next(filter(None, places), kind)


def _times(draft: Draft, kind: str, frame: pl.DataFrame) -> None:
    """The months that the rows cover: never a day, and never of dates that belong to a person."""
    dated = [name for name in frame.columns if isinstance(frame[name].dtype, pl.Date | pl.Datetime)]
    name = next((name for name in _EVENTS if name in dated), None)
    if name is None or not frame[name].drop_nulls().len() or draft.personal(f"{kind}.{name}"):
        return
    tell = partial(draft.fact, group=kind, n=len(frame), roles=(f"{kind}.{name}",))
    tell(f"{slug(kind)}.first", "First month", _month(str(frame[name].min())), "text")
    tell(f"{slug(kind)}.last", "Last month", _month(str(frame[name].max())), "text")


def _month(day: str) -> str:
    """The month of an ISO date in words: in figures a detector takes it for a postcode."""
    return f"{MONTHS[int(day[5:7]) - 1]} {day[:4]}"


def _numbers(draft: Draft, kind: str, name: str, cells: pl.Series) -> None:
    spoken, key = _spoken(name), f"{slug(kind)}.{slug(name)}"
    tell = partial(draft.fact, digits=2, group=kind, n=len(cells), roles=(f"{kind}.{name}",), rank="detail")
    tell(f"{key}.median", f"Median of {spoken}", median(cells))
    tell(f"{key}.mean", f"Mean of {spoken}", mean(cells))
    tell(f"{key}.p90", f"Value of {spoken} that nine in ten stay under", quantile(cells, 0.9))


def _values(draft: Draft, kind: str, name: str, frame: pl.DataFrame) -> None:
    """Shares of the values of a category; columns with many values (names, numbers, texts) are none."""
    counts = frame[name].value_counts(sort=True, name="n").sort(["n", name], descending=[True, False])
    if len(counts) < 2 or len(counts) > _MOST_VALUES or frame[name].str.len_chars().max() > 40:  # type: ignore[operator]
        return
    people = [people_behind(frame.filter(pl.col(name) == value)) for value in counts[name]]
    small = too_small(people, draft.context.k)
    for place, (value, count) in enumerate(counts.iter_rows()):
        draft.fact(
            f"{slug(kind)}.{slug(name)}.{slug(value)}",
            f"Share of {kind} rows with {_spoken(name)} {value}",
            percent(count, len(frame)),
            "%",
            digits=1,
            group=kind,
            n=0 if place in small else people[place],
            roles=(f"{kind}.{name}",),
            rank="detail",
        )


def _spoken(name: str) -> str:
    return name.removeprefix("other.").replace("_", " ")
