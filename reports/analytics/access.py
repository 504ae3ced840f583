"""Who opened what, when, and how much: access patterns, violations and the risk that follows from them."""

from __future__ import annotations

import polars as pl

from reports.analytics.draft import Draft, columns
from reports.analytics.figures import median, percent, quantile
from reports.analytics.parameters import number
from reports.analytics.violations import EXPORTS, RULES, Rule, violations
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("access.time", "access.user", "access.action")
_WORST = 5
"""Harm of a rule whose hits are always to be acted on."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def access_patterns(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Volume, actions, hours and exports; parameters `day_from` (7) and `day_until` (20) in hours."""
    draft = Draft(context, "access")
    log = inputs.get("access", pl.DataFrame())
    if not {"time", "user", "action"} <= set(log.columns) or log.is_empty():
        draft.missing("Access patterns", "no table says who did what and when", *_NEEDED)
        return draft.result()
    log = log.drop_nulls(["time", "user", "action"])
    people = log["user"].n_unique()
    draft.fact("entries", "Entries in the access log", len(log), n=people, roles=_NEEDED, rank="headline",
               sentence=("The access log", "holds", "entries"))  # fmt: skip
    draft.fact("people", "People in the access log", people, n=people, roles=("access.user",), rank="headline",
               sentence=("The entries of the access log", "are of", "people"))  # fmt: skip
    draft.fact("each", "Median entries per person", median(log.group_by("user").len()["len"]), n=people, roles=_NEEDED,
               sentence=("Half of the people in the access log", "have more than", "entries"))  # fmt: skip
    _parts(draft, log, people)
    _actions(draft, log)
    _hours(draft, log)
    draft.note("Days and hours are those that the log writes; where it writes those of several places, those of UTC.")
    if "rows" in log.columns:
        _exports(draft, log)
    return draft.result()


def _parts(draft: Draft, log: pl.DataFrame, people: int) -> None:
    """Shares of the entries: outside working hours, and failed."""
    early, late = number(draft.context, "day_from", 7), number(draft.context, "day_until", 20)
    outside = log.filter(
        (pl.col("time").dt.hour() < early) | (pl.col("time").dt.hour() >= late) | (pl.col("time").dt.weekday() > 5)
    )
    draft.fact(
        "outside",
        "Entries outside working hours",
        percent(len(outside), len(log)),
        "%",
        digits=1,
        n=people,
        roles=_NEEDED,
        sentence=("", "", "of the entries lie outside working hours"),
    )
    if "succeeded" in log.columns:
        failed = log.filter(~pl.col("succeeded").fill_null(value=True))
        draft.fact(
            "failed",
            "Entries that failed",
            percent(len(failed), len(log)),
            "%",
            digits=1,
            n=people,
            roles=("access.succeeded",),
            sentence=("", "", "of the entries are attempts that failed"),
        )


def _actions(draft: Draft, log: pl.DataFrame) -> None:
    groups = (
        log.group_by("action")
        .agg(n=pl.len(), people=pl.col("user").n_unique())
        .sort("n", "action", descending=[True, False])
    )
    table = draft.table(
        "actions",
        "What was done",
        columns("Action", "Entries", ("Share", "%", 1), "People"),
        [
            (str(row["action"]), row["n"], percent(row["n"], len(log)), row["people"])
            for row in groups.iter_rows(named=True)
        ],
        counts=groups["people"].to_list(),
    )
    draft.show(table)
    draft.chart(
        "bars", "What people do with the data", "Bars: share of the entries per action.", table, x="Action", y="Share"
    )


def _hours(draft: Draft, log: pl.DataFrame) -> None:
    timed = log.with_columns(day=pl.col("time").dt.weekday(), block=pl.col("time").dt.hour() // 3)
    cells = timed.group_by("day", "block").agg(n=pl.len(), people=pl.col("user").n_unique()).sort("day", "block")
    rows = [
        (_DAYS[row["day"] - 1], f"{3 * row['block']:02d}-{3 * row['block'] + 3:02d} h", row["n"])
        for row in cells.iter_rows(named=True)
    ]
    table = draft.table(
        "hours", "Entries by day and hour", columns("Day", "Hours", "Entries"), rows, counts=cells["people"].to_list()
    )
    draft.chart(
        "heatmap", "When people use the data", "Heat map: entries of the access log by day of the week and "
        "hours of the day.",
        table, x="Hours", y="Day", series="Entries", y_order="|".join(_DAYS),
    )  # fmt: skip


def _exports(draft: Draft, log: pl.DataFrame) -> None:
    exports = log.filter(pl.col("action").str.to_lowercase().is_in(EXPORTS)).drop_nulls("rows")
    people = exports["user"].n_unique() if len(exports) else 0
    roles = ("access.action", "access.rows")
    draft.fact("exports", "Exports", len(exports), n=people, roles=roles, sentence=("", "", "entries are exports"))
    if people:
        draft.fact("exports.median", "Rows of a typical export", median(exports["rows"]), n=people, roles=roles,
                   sentence=("A typical export", "holds", "rows"))  # fmt: skip
        draft.fact(
            "exports.p99",
            "Rows of the largest one in a hundred exports",
            quantile(exports["rows"], 0.99),
            n=people,
            roles=roles,
            rank="detail",
            sentence=("Only one export in a hundred", "holds more than", "rows"),
        )


def security_violations(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Hits of each rule of `violations.RULES`, and who they are about. The rules say their own roles."""
    draft = Draft(context, "violations")
    log, employees = inputs.get("access", pl.DataFrame()), inputs.get("employee", pl.DataFrame())
    if "action" not in log.columns and "time" not in log.columns:
        draft.missing("Violations", "there is no access log", *_NEEDED)
        return draft.result()
    found = violations(log, employees, context)
    for rule in RULES:
        if rule.key not in found:
            draft.missing(rule.title, "the log lacks columns for this rule", *rule.needs)
    hits = {rule: found[rule.key] for rule in RULES if rule.key in found}
    everything = sum(len(entries) for entries in hits.values())
    draft.fact("total", "Violations", everything, n=len(log), roles=_NEEDED, rank="headline",
               sentence=("", "", "entries of the access log break a rule"))  # fmt: skip
    draft.fact(
        "share", "Violations among all entries", percent(everything, len(log)), "%", digits=2, n=len(log),
        roles=_NEEDED, sentence=("Entries that break a rule", "are", "of all entries"),
    )  # fmt: skip
    for rule, entries in sorted(hits.items(), key=lambda hit: -_score(hit[0], hit[1], len(log))):
        _hit(draft, rule, entries, len(log))
    _overview(draft, hits)
    _people(draft, hits)
    draft.note("Broken rules and the people behind them are counted however few there are.")  # the appendix speaks of k
    draft.note("Each rule is a plain condition on the log; a hit is a question to ask, not a proof of guilt.")
    return draft.result()


def _hit(draft: Draft, rule: Rule, entries: pl.DataFrame, n: int) -> None:
    draft.fact(rule.key, rule.title, len(entries), n=n, roles=rule.needs,
               sentence=("", "", f"entries fall under {rule.title.lower()}"))  # fmt: skip
    if entries.is_empty():
        return
    if "user" in entries.columns:
        draft.fact(
            f"{rule.key}.people",
            f"{rule.title}: people concerned",
            entries["user"].n_unique(),
            n=n,
            roles=("access.user",),
            rank="detail",
        )
    if rule.key == "night_export":
        draft.fact(
            "night_export.rows",
            "Rows that left in large exports at night",
            float(entries["rows"].sum()),
            n=len(entries),
            roles=rule.needs,
            sentence=("", "", "rows left in large exports at night"),
        )
    people = "person" if "user" in entries.columns and entries["user"].n_unique() == 1 else "people"
    cited = (
        f"{{violations.{rule.key}}} entries by {{violations.{rule.key}.people}} {people}."
        if "user" in entries.columns
        else f"{{violations.{rule.key}}} entries."
    )
    large = rule.key == "night_export" and len(entries) >= draft.context.k
    more = " {violations.night_export.rows} rows left that way." if large else ""
    high = level(_score(rule, entries, n)) == "high"
    draft.callout("critical" if high or rule.harm == _WORST else "warning", rule.title, f"{cited}{more} {rule.advice}")


def _score(rule: Rule, entries: pl.DataFrame, n: int) -> int:
    """The rating of a rule, 1 to 25: how likely a hit is among `n` entries, by how harmful."""
    return likelihood_of(1000 * len(entries) / max(n, 1)) * rule.harm


def _overview(draft: Draft, hits: dict[Rule, pl.DataFrame]) -> None:
    rows = [
        (rule.title, len(entries), entries["user"].n_unique() if "user" in entries.columns else None, rule.harm)
        for rule, entries in hits.items()
    ]
    rows.sort(key=lambda row: (-row[1], row[0]))
    table = draft.table("rules", "Violations by rule", columns("Rule", "Entries", "People", "Harm (1 to 5)"), rows)
    draft.show(table)
    draft.chart(
        "bars",
        "Most violations are of few kinds",
        "Bars: number of entries that break each rule.",
        table,
        x="Rule",
        y="Entries",
        sort="none",
    )


def _people(draft: Draft, hits: dict[Rule, pl.DataFrame]) -> None:
    """Who broke most rules: personal, for the reader who may see it."""
    parts = [
        entries.group_by("user").agg(n=pl.len()).with_columns(points=pl.col("n") * rule.harm, rule=pl.lit(rule.title))
        for rule, entries in hits.items() if len(entries) and "user" in entries.columns
    ]  # fmt: skip
    if not parts:
        return
    sums = (
        pl.concat(parts).group_by("user")
        .agg(n=pl.col("n").sum(), points=pl.col("points").sum(), rules=pl.col("rule").sort().str.join(", "))
        .sort("points", "user", descending=[True, False]).head(10)
    )  # fmt: skip
    draft.show(
        draft.table(
            "people",
            "People with the most weight of violations",
            columns("Person", "Entries", "Weight", "Rules"),
            [(row["user"], row["n"], row["points"], row["rules"]) for row in sums.iter_rows(named=True)],
            personal=("Person",),
        )
    )


def risk(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """A rating per rule: how likely (hits per thousand entries) by how harmful (1 to 5), as in ISO 27005's matrices."""
    draft = Draft(context, "risk")
    log, employees = inputs.get("access", pl.DataFrame()), inputs.get("employee", pl.DataFrame())
    if log.is_empty():
        draft.missing("Risk assessment", "there is no access log", *_NEEDED)
        return draft.result()
    found = violations(log, employees, context)
    rows = []
    for rule in RULES:
        if rule.key in found:
            score = _score(rule, found[rule.key], len(log))
            rows.append((rule.title, score // rule.harm, rule.harm, score, level(score)))
    rows.sort(key=lambda row: (-row[3], row[0]))
    worst = rows[0] if rows else ("", 0, 0, 0, "low")
    draft.fact("level", "Overall risk", worst[4], "text", n=len(log), rank="headline")
    draft.fact("highest", "Highest risk", worst[0], "text", n=len(log), sentence=("The highest risk:", "", ""))
    draft.fact("score", "Score of the highest risk out of 25", worst[3], n=len(log), rank="detail",
               sentence=("The highest risk", "scores", "out of 25"))  # fmt: skip
    table = draft.table(
        "matrix", "Risks, likelihood by harm", columns("Risk", "Likelihood", "Harm", "Score", "Level"), rows
    )
    draft.show(table)
    draft.chart(
        "bars", f"{worst[0]}: the highest risk", "Bars: score of each risk, likelihood (1 to 5) times harm (1 "
        "to 5).", table,
        x="Risk", y="Score", sort="none", highlight=worst[0],
    )  # fmt: skip
    draft.callout(
        "critical" if worst[4] == "high" else "info",
        f"Overall risk: {worst[4]}",
        f"The highest risk is {worst[0].lower()}, with a score of {{risk.score}} out of 25.",
    )
    draft.note("Likelihood is rated by hits per thousand entries of the log, harm by the rule; both from one to five.")
    return draft.result()


def likelihood_of(per_thousand: float) -> int:
    """1 to 5: none, under 1, under 3, under 10, more hits per thousand entries."""
    return 1 + sum((per_thousand > 0, per_thousand >= 1, per_thousand >= 3, per_thousand >= 10))


def level(score: int) -> str:
    """The word for a score of 1 to 25."""
    return "high" if score >= 15 else "medium" if score >= 8 else "low"
