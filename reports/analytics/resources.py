"""How busy teams and machines are, who is over- and under-used, and what a better plan would save.

Utilisation is busy time by paid time. The saving of an under-used group is (paid hours - busy hours / target) times its
mean hourly cost; relieving an over-used group costs by the same formula and is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from reports.analytics.draft import Draft, begun, columns, slug
from reports.analytics.parameters import number
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("shift.group", "shift.paid", "shift.busy")


@dataclass(frozen=True, slots=True)
class Use:
    """One group: paid and busy hours, mean cost per hour (0 when not known), utilisation 0 to 1, money saved."""

    name: str
    shifts: int
    paid: float
    busy: float
    rate: float
    saving: float

    @property
    def share(self) -> float:
        """Utilisation."""
        return self.busy / self.paid


def uses(shifts: pl.DataFrame, target: float) -> list[Use]:
    """One entry per group, in the order of names. `paid` and `busy` of the frame are minutes."""
    known = shifts.drop_nulls(["group", "paid", "busy"]).filter(pl.col("paid") > 0)
    rate = pl.col("rate") if "rate" in known.columns else pl.lit(0.0)
    sums = (
        known.group_by("group")
        .agg(
            n=pl.len(),
            paid=pl.col("paid").sum() / 60,
            busy=pl.col("busy").sum() / 60,
            cost=(rate * pl.col("paid")).sum() / 60,
        )
        .sort("group")
    )
    return [
        Use(
            row["group"], row["n"], row["paid"], row["busy"], (row["cost"] or 0.0) / row["paid"],
            (row["paid"] - row["busy"] / target) * (row["cost"] or 0.0) / row["paid"],
        )
        for row in sums.iter_rows(named=True)
    ]  # fmt: skip


def resources(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Utilisation per group; parameters `target_utilisation` (80), `over` (92) and `under` (60), in %."""
    draft = Draft(context, "resources")
    shifts = inputs.get("shift", pl.DataFrame())
    if not {"group", "paid", "busy"} <= set(shifts.columns) or shifts.is_empty():
        draft.missing("Resource utilisation", "no table says how much time was paid for and used", *_NEEDED)
        return draft.result()
    target = number(context, "target_utilisation", 80) / 100
    over, under = number(context, "over", 92) / 100, number(context, "under", 60) / 100
    groups = [use for use in uses(shifts, target) if use.shifts >= context.k]
    draft.fact("target", "Target utilisation", 100 * target, "%", digits=0)
    for use in groups:
        draft.fact(
            f"{slug(use.name)}.utilisation",
            "Utilisation",
            100 * use.share,
            "%",
            digits=1,
            group=use.name,
            n=use.shifts,
            roles=_NEEDED,
        )
    for key, title, found in (
        ("over", "Over-used", [use for use in groups if use.share > over]),
        ("under", "Under-used", [use for use in groups if use.share < under]),
    ):
        _listed(draft, key, title, found)
    _saving(draft, [use for use in groups if not under <= use.share <= over])
    _show(draft, groups, target)
    paid, busy = (context.columns.get(name, "").partition(".")[2] for name in _NEEDED[1:])
    if paid and busy:
        draft.note(f"Paid time is that of {paid}, time in use that of {busy}.")
    draft.note("The saving assumes that hours can be moved or left out; notice periods and skills are not looked at.")
    return draft.result()


def _listed(draft: Draft, key: str, title: str, found: list[Use]) -> None:
    if not found:
        return
    names, verb = ", ".join(use.name for use in found), "has" if len(found) == 1 else "have"
    told = "more to do than the target allows" if key == "over" else "less to do than the target asks for"
    draft.fact(key, title, names, "text", n=sum(use.shifts for use in found), roles=_NEEDED, rank="headline",
               sentence=("", "", f"{verb} {told}"))  # fmt: skip
    first = slug(found[0].name)
    advice = "it has no room for a busy day" if key == "over" else "its hours are paid for and not used"
    draft.callout(
        "critical" if key == "over" else "warning", f"{begun(names)}: {title.lower()}",
        f"{begun(found[0].name)} is used at {{resources.{first}.utilisation}}, against a target of "
        f"{{resources.target}}: {advice}.",
    )  # fmt: skip


def _saving(draft: Draft, changed: list[Use]) -> None:
    if not any(use.rate for use in changed):
        return
    roles = (*_NEEDED, "shift.rate")
    for use in changed:
        key, label = ("saving", "Saving at the target utilisation") if use.saving >= 0 else ("relief", "Cost of relief")
        draft.fact(
            f"{slug(use.name)}.{key}", label, abs(use.saving), digits=0, group=use.name, n=use.shifts, roles=roles
        )  # fmt: skip
    whole, n = sum(use.saving for use in changed), sum(use.shifts for use in changed)
    if whole < 0:
        _relief(draft, -whole, n, roles)
        return
    draft.fact(
        "saving", "Saving if these groups worked at the target", whole, digits=0, n=n, roles=roles, rank="headline",
        sentence=("Working at the target", "would save", ""),
    )  # fmt: skip
    draft.callout(
        "recommendation", "Move hours to where the work is",
        "Planning these groups at {resources.target} would save {resources.saving} over the time that the data covers.",
    )  # fmt: skip


def _relief(draft: Draft, cost: float, n: int, roles: tuple[str, ...]) -> None:
    """What it would cost to bring groups to the target: a saving of less than nothing is none."""
    draft.fact(
        "relief", "Cost if these groups worked at the target", cost, digits=0, n=n, roles=roles, rank="headline",
        sentence=("Working at the target", "would cost", ""),
    )  # fmt: skip
    draft.callout(
        "info", "Relief costs more than it saves",
        "Planning these groups at {resources.target} would cost {resources.relief} over the time that the data covers.",
    )  # fmt: skip


def _show(draft: Draft, groups: list[Use], target: float) -> None:
    ordered = sorted(groups, key=lambda use: (-use.share, use.name))
    table = draft.table(
        "groups",
        "Utilisation",
        columns(
            "Group", "Shifts", ("Paid", "h", 0), ("Busy", "h", 0), ("Utilisation", "%", 1), ("Cost per hour", "", 2)
        ),
        [(use.name, use.shifts, use.paid, use.busy, 100 * use.share, use.rate) for use in ordered],
        counts=[use.shifts for use in ordered],
    )
    draft.show(table)
    if ordered:
        draft.chart(
            "bars", f"From {ordered[0].name} at the limit to {ordered[-1].name} with room",
            "Bars: utilisation per group, with a line at the target.", table, x="Group", y="Utilisation", sort="none",
            target=f"{100 * target:g}", target_label="target",
        )  # fmt: skip
