"""Service levels: how fast tickets are answered and resolved, against the targets that the parameters name."""

from __future__ import annotations

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import mean, median, percent, quantile
from reports.analytics.parameters import number
from reports.analytics.small_groups import people_behind
from reports.results import AnalysisContext, AnalysisResult, Inputs

_IMPORTANCE = (
    "blocker critical kritisch critique critico crítico kritiek", "urgent dringend urgente spoed emergency",
    "highest", "high hoch haute élevée alta hoog major",
    "normal medium mittel moyenne normale media gemiddeld standard",
    "low niedrig gering basse faible bassa baja laag minor", "lowest",
)  # fmt: skip
_BY_IMPORTANCE = {word: place for place, words in enumerate(_IMPORTANCE) for word in words.split()}
"""Words for priorities, the most important first: a reader does not look for `low` between `high` and `normal`."""
_NEEDED = ("ticket.opened", "ticket.first_response", "ticket.resolved")


def service_levels(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Shares within `first_response_hours` (4) and `resolution_hours` (48), also by priority."""
    draft = Draft(context, "sla")
    tickets = inputs.get("ticket", pl.DataFrame())
    if "opened" not in tickets.columns or not {"first_response", "resolved"} & set(tickets.columns):
        draft.missing("Service levels", "no table says when tickets were opened, answered and resolved", *_NEEDED)
        return draft.result()
    for column, key, title, target in (
        ("first_response", "first", "First response", number(context, "first_response_hours", 4)),
        ("resolved", "resolution", "Resolution", number(context, "resolution_hours", 48)),
    ):
        if column in tickets.columns:
            hours = (pl.col(column) - pl.col("opened")).dt.total_seconds() / 3600
            timed = tickets.with_columns(hours=hours).filter(pl.col("hours") >= 0)
            if len(timed):
                _one(draft, key, title, target, timed, column)
    if "satisfaction" in tickets.columns and tickets["satisfaction"].drop_nulls().len():
        scores = tickets["satisfaction"].drop_nulls()
        draft.fact(
            "satisfaction", "Mean satisfaction", mean(scores), digits=2, n=len(scores), roles=("ticket.satisfaction",)
        )
    return draft.result()


def _one(draft: Draft, key: str, title: str, target: float, timed: pl.DataFrame, column: str) -> None:
    roles = ("ticket.opened", f"ticket.{column}")
    met = (timed["hours"] <= target).sum()
    said = "first responses" if key == "first" else "resolutions"
    draft.fact(f"{key}.target", f"{title}: target", target, "h", digits=0,
               sentence=(f"The target for {said}", "is", ""))  # fmt: skip
    draft.fact(
        f"{key}.met",
        f"{title} within the target",
        percent(int(met), len(timed)),
        "%",
        digits=1,
        n=len(timed),
        roles=roles,
        rank="headline",
        sentence=("", "", f"of the {said} were within the target"),
    )
    draft.fact(f"{key}.median", f"{title}: median", median(timed["hours"]), "h", digits=1, n=len(timed), roles=roles,
               sentence=(f"Half of the {said}", "took more than", ""))  # fmt: skip
    draft.fact(
        f"{key}.p90", f"{title}: nine in ten within", quantile(timed["hours"], 0.9), "h", digits=1, n=len(timed),
        roles=roles, rank="detail", sentence=(f"Nine in ten {said}", "took less than", ""),
    )  # fmt: skip
    draft.callout(
        "info" if met >= 0.9 * len(timed) else "warning", f"{title} against its target",
        f"{{sla.{key}.met}} of the tickets kept the target of {{sla.{key}.target}}; nine in ten were within "
        f"{{sla.{key}.p90}}.",
    )  # fmt: skip
    grouping = next((name for name in ("priority", "topic", "channel") if name in timed.columns), None)
    if grouping:
        _grouped(draft, key, title, target, timed, grouping)


def _grouped(draft: Draft, key: str, title: str, target: float, timed: pl.DataFrame, grouping: str) -> None:
    groups = (
        timed.drop_nulls(grouping).group_by(grouping)
        .agg(n=pl.len(), met=(pl.col("hours") <= target).sum(), median=pl.col("hours").median())
        .sort(grouping)
    )  # fmt: skip
    ranked = grouping == "priority" and set(groups[grouping].str.to_lowercase()) <= set(_BY_IMPORTANCE)
    if ranked:
        groups = groups.sort(pl.col(grouping).str.to_lowercase().replace_strict(_BY_IMPORTANCE, return_dtype=pl.Int64))
    rows, counts = [], []
    for row in groups.iter_rows(named=True):
        share = percent(row["met"], row["n"])
        counts.append(people_behind(timed.filter(pl.col(grouping) == row[grouping])))
        rows.append((str(row[grouping]), row["n"], share, row["median"]))
        draft.fact(
            f"{key}.{slug(row[grouping])}.met",
            f"{title}s within the target",
            share,
            "%",
            digits=1,
            group=f"{grouping} {row[grouping]}",
            n=counts[-1],
            roles=("ticket.opened", f"ticket.{grouping}"),
            rank="detail",
        )
    table = draft.table(
        f"{key}.by",
        f"{title} by {grouping}",
        columns(grouping.capitalize(), "Tickets", ("Within the target", "%", 1), ("Median", "h", 1)),
        rows,
        counts=counts,
    )
    draft.show(table)
    draft.chart(
        "bars", f"{title} within {target:g} hours, by {grouping}", f"Bars: share of the tickets within the "
        f"target, by {grouping}.",
        table, x=grouping.capitalize(), y="Within the target", **({"sort": "none"} if ranked else {}),
    )  # fmt: skip
