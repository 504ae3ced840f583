"""Where work waits: times per stage, queues, the bottleneck, and the kind of work that suffers most from it."""

from __future__ import annotations

from functools import partial

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import median, percent, quantile, total
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("stage.case", "stage.name", "stage.start", "stage.end")
_TIMES = ("stage.name", "stage.start", "stage.end")


def stage_hours(stages: pl.DataFrame) -> pl.DataFrame:
    """Finished visits of a stage with their `hours`; visits that end before they begin are left out."""
    known = stages.drop_nulls(["case", "name", "start", "end"])
    hours = (pl.col("end") - pl.col("start")).dt.total_seconds() / 3600
    return known.with_columns(hours=hours).filter(pl.col("hours") >= 0)


def in_progress(visits: pl.DataFrame) -> float:
    """How many cases are in these stage visits on average: hours in stage by hours watched (Little 1961)."""
    first, last = visits["start"].min(), visits["end"].max()
    watched = (last - first).total_seconds() / 3600 if first is not None and last is not None else 0.0  # type: ignore[operator,union-attr]
    return total(visits["hours"]) / watched if watched else 0.0


def stage_times(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Times per stage; needs `stage`; with `case.id` and `case.kind` also the kind of work that is slowest."""
    draft = Draft(context, "stages")
    stages = inputs.get("stage", pl.DataFrame())
    if not {"case", "name", "start", "end"} <= set(stages.columns) or stages.is_empty():
        draft.missing("Stage times", "no table says when work entered and left its stages", *_NEEDED)
        return draft.result()
    visits = stage_hours(stages)
    whole, rows, counts = total(visits["hours"]), [], []
    for (name,), group in visits.group_by(["name"], maintain_order=True):
        hours = group["hours"]
        row = (
            str(name), len(hours), median(hours), quantile(hours, 0.9), quantile(hours, 0.95),
            percent(total(hours), whole), in_progress(group),
        )  # fmt: skip
        rows.append(row)
        counts.append(group["case"].n_unique())
        _facts(draft, row, counts[-1])
    _cycle(draft, visits)
    _show(draft, rows, counts)
    told = [row for row, count in zip(rows, counts, strict=True) if count >= context.k]
    if told:
        slowest = max(told, key=lambda row: (row[5], row[2]))[0]
        _bottleneck(draft, slowest, visits, inputs.get("case", pl.DataFrame()))
    draft.note("Times run by the clock, nights and weekends included. Work in progress follows Little's law.")
    return draft.result()


def _facts(draft: Draft, row: tuple[str, int, float, float, float, float, float], n: int) -> None:
    name, _visits, middle, slow, slowest, share, waiting = row
    key, spoken = slug(name), name.replace("_", " ")
    for end, label, value, unit, digits in (
        ("median", "Median time in stage", middle, "h", 1),
        ("p90", "Time in stage that nine in ten stay under", slow, "h", 1),
        ("p95", "Time in stage that nineteen in twenty stay under", slowest, "h", 1),
        ("share", "Share of the whole time", share, "%", 1),
        ("queue", "Cases in stage at a time", waiting, "", 1),
    ):
        rank = "main" if end in {"median", "share"} else "detail"
        draft.fact(f"{key}.{end}", label, value, unit, digits=digits, group=spoken, n=n, roles=_TIMES, rank=rank)  # type: ignore[arg-type]


def _cycle(draft: Draft, visits: pl.DataFrame) -> None:
    cases = visits.group_by("case").agg(hours=(pl.col("end").max() - pl.col("start").min()).dt.total_seconds() / 3600)
    tell = partial(draft.fact, n=len(cases), roles=_NEEDED)
    tell("cases", "Pieces of work", len(cases), rank="headline", sentence=("", "", "pieces of work were looked at"))
    tell("cycle.median", "Median time from start to end", median(cases["hours"]), "h", digits=1, rank="headline",
         sentence=("From start to end, work", "takes", "at the median"))  # fmt: skip
    tell("cycle.p90", "Time that nine in ten stay under", quantile(cases["hours"], 0.9), "h", digits=1,
         sentence=("Nine in ten", "are done within", ""))  # fmt: skip
    tell("cycle.p95", "Time that nineteen in twenty stay under", quantile(cases["hours"], 0.95), "h", digits=1,
         sentence=("All but one in twenty", "are done within", ""))  # fmt: skip


def _show(draft: Draft, rows: list[tuple[str, int, float, float, float, float, float]], counts: list[int]) -> None:
    spoken = [(row[0].replace("_", " "), *row[1:]) for row in rows]
    table = draft.table(
        "times", "Time per stage",
        columns(
            "Stage", "Visits", ("Median", "h", 1), ("Nine in ten", "h", 1), ("Nineteen in twenty", "h", 1),
            ("Share of time", "%", 1), ("In progress", "", 1),
        ),
        spoken, counts=counts,
    )  # fmt: skip
    draft.show(table)
    if table.rows:
        worst = str(max(table.rows, key=lambda row: float(row[5] or 0))[0])
        draft.chart(
            "ranges", f"The most time goes by in {worst}",
            "Bars: the median time of each stage, with a line to the time that nine in ten stay under; the "
            "stages stand in "
            "the order in which work passes through them.",
            table, x="Stage", y=("Median", "Nine in ten"), highlight=worst, sort="none",
        )  # fmt: skip


def _bottleneck(draft: Draft, slowest: str, visits: pl.DataFrame, cases: pl.DataFrame) -> None:
    key, spoken = slug(slowest), slowest.replace("_", " ")
    n = visits.filter(pl.col("name") == slowest)["case"].n_unique()
    draft.fact("bottleneck", "Bottleneck", spoken, "text", n=n, roles=_TIMES, rank="headline")
    draft.callout(
        "critical", f"{spoken.capitalize()} is the bottleneck",
        f"{{stages.{key}.share}} of all time goes by in {spoken}: a case stays there for "
        f"{{stages.{key}.median}} at the "
        f"median, and about {{stages.{key}.queue}} cases wait there at any time.",
    )  # fmt: skip
    if not {"id", "kind"} <= set(cases.columns):
        return
    kinds = cases.drop_nulls(["id", "kind"]).unique("id", keep="first").select(pl.col("id").alias("case"), "kind")
    joined = visits.filter(pl.col("name") == slowest).join(kinds, on="case")
    rows, counts = [], []
    for (kind,), group in joined.group_by(["kind"], maintain_order=True):
        rows.append((str(kind).replace("_", " "), len(group), median(group["hours"]), quantile(group["hours"], 0.9)))
        counts.append(len(group))
    order = sorted(range(len(rows)), key=lambda index: (-rows[index][2], rows[index][0]))
    table = draft.table(
        "kinds",
        f"Time in {spoken} by kind of work",
        columns("Kind of work", "Cases", ("Median", "h", 1), ("Nine in ten", "h", 1)),
        [rows[index] for index in order],
        counts=[counts[index] for index in order],
    )
    draft.show(table)
    if len(table.rows) > 1:
        _slow_kind(draft, spoken, table.rows[0], joined)
        draft.chart(
            "bars", f"{str(table.rows[0][0]).capitalize()} waits "
            f"longest", f"Bars: median time in {spoken} per kind of work.",
            table, x="Kind of work", y="Median", highlight=str(table.rows[0][0]),
        )  # fmt: skip


def _slow_kind(draft: Draft, spoken: str, worst: tuple[object, ...], joined: pl.DataFrame) -> None:
    kind = str(worst[0])
    others = joined.filter(pl.col("kind").str.replace_all("_", " ") != kind)
    group = joined.filter(pl.col("kind").str.replace_all("_", " ") == kind)
    usual = median(others["hours"])
    tell = partial(draft.fact, group=kind, n=len(group), roles=(*_NEEDED, "case.kind"))
    draft.fact("slow_kind", "Kind of work that waits longest", kind, "text", n=len(group), roles=("case.kind",))
    tell("slow_kind.median", f"Median time in {spoken}", median(group["hours"]), "h", digits=1)
    if usual:
        tell(
            "slow_kind.factor",
            f"Time in {spoken} against all other kinds",
            median(group["hours"]) / usual,
            "times",
            digits=1,
            sentence=(f"{kind.capitalize()} stays in {spoken}", "", "as long as all other kinds"),
        )
        draft.callout(
            "warning", f"{kind.capitalize()} suffers most",
            f"Cases of the kind {kind} stay in {spoken} for {{stages.slow_kind.median}}, which is "
            "{stages.slow_kind.factor} the time of all others.",
        )  # fmt: skip
    saved = total(group["hours"]) - usual * len(group)
    if usual and saved > 0:
        draft.fact(
            "slow_kind.saving", f"Hours of waiting saved if {kind} took as long as the rest", saved, "h", n=len(group),
            sentence=(f"If {kind} took as long as the rest,", "", "of waiting would be saved"),
        )  # fmt: skip
        draft.callout(
            "recommendation", f"Give {kind} a lane of its own",
            f"If {kind} passed {spoken} as fast as other work, {{stages.slow_kind.saving}} of waiting would fall away.",
        )  # fmt: skip
