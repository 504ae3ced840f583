"""Whether rules are kept: controls that the access log can show, and the gateway's own audit of exchanges."""

from __future__ import annotations

import json
from collections import Counter

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import median, percent, quantile
from reports.analytics.violations import EXPORTS, READS
from reports.results import AnalysisContext, AnalysisResult, Inputs

_PURPOSE, _GOOD, _FAIR = "access.reason", 99.0, 95.0


def policy_compliance(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Controls with the share of entries that keep them, from `access`."""
    draft = Draft(context, "compliance")
    log, employees = inputs.get("access", pl.DataFrame()), inputs.get("employee", pl.DataFrame())
    controls = _controls(log, employees) if len(log) else []
    if not controls:
        draft.missing(
            "Policy compliance", "there is no access log with reasons, results or hours", "access.action", _PURPOSE
        )
        return draft.result()
    rows = []
    for key, title, kept, n in controls:
        share = percent(kept, n)
        state = "kept" if share >= _GOOD else "mostly kept" if share >= _FAIR else "not kept"
        draft.fact(key, title, share, "%", digits=1, n=n, roles=("access.action", _PURPOSE),
                   sentence=("", "", f"of {title[:1].lower()}{title[1:]}"))  # fmt: skip
        rows.append((title, n, share, state))
        if share < _GOOD:
            draft.callout(
                "warning" if share >= _FAIR else "critical",
                f"Not always kept: {title}",
                f"Kept in {{compliance.{key}}} of the cases looked at: {state}.",
            )
    table = draft.table(
        "controls",
        "Controls",
        columns("Control", "Cases", ("Kept", "%", 1), "Result"),
        rows,
        counts=[row[1] for row in rows],
    )
    draft.show(table)
    draft.chart(
        "bars",
        "How well controls are kept",
        "Bars: share of cases in which each control was kept.",
        table,
        x="Control",
        y="Kept",
    )
    return draft.result()


def _controls(log: pl.DataFrame, employees: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    """Key, title, cases that keep the control, cases."""
    found = []
    action = pl.col("action").str.to_lowercase()
    if {"action", "reason"} <= set(log.columns):
        given = pl.col("reason").is_not_null() & (pl.col("reason").str.strip_chars() != "")
        for key, title, names in (
            ("reason", "Reads have a business reason", READS),
            ("export_reason", "Exports have a business reason", EXPORTS),
        ):
            cases = log.filter(action.is_in(names))
            found.append((key, title, len(cases.filter(given)), len(cases)))
    if {"action", "time"} <= set(log.columns):
        exports = log.filter(action.is_in(EXPORTS))
        by_day = exports.filter(pl.col("time").dt.hour().is_between(7, 19) & (pl.col("time").dt.weekday() <= 5))
        found.append(("export_hours", "Exports happen in working hours", len(by_day), len(exports)))
    if {"user", "time"} <= set(log.columns) and {"id", "left_on"} <= set(employees.columns):
        left = employees.drop_nulls("left_on").select(pl.col("id").alias("user"), "left_on").unique("user")
        joined = log.join(left, on="user", how="left")
        late = joined.filter(pl.col("time").dt.date() > pl.col("left_on"))
        found.append(
            ("closed", "Accounts are closed when people leave", len(left) - late["user"].n_unique(), len(left))
        )
    return [control for control in found if control[3]]


def gateway_exchanges(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """What went to language models: outcomes, policies, models and what was scrambled, from `/sting/v1/exchanges`."""
    draft = Draft(context, "exchanges")
    frame = inputs.get("exchange", pl.DataFrame())
    if "outcome" not in frame.columns or frame.is_empty():
        draft.missing(
            "Use of language models",
            "the gateway's audit holds no exchanges that this report may read",
            "exchange.outcome",
        )
        return draft.result()
    n = len(frame)
    draft.fact("total", "Exchanges with language models", n, n=n, roles=("exchange.outcome",), rank="headline",
               sentence=("", "", "exchanges with language models were recorded"))  # fmt: skip
    for column, title in (("outcome", "Outcome"), ("policy", "Policy"), ("model", "Model"), ("provider", "Provider")):
        if column in frame.columns:
            _counted(draft, column, title, frame)
    if "entities" in frame.columns:
        _entities(draft, frame)
    _outcome(draft, frame)
    draft.note("Figures come from the gateway's audit, which is chained and signed; it holds counts and never text.")
    return draft.result()


def _outcome(draft: Draft, frame: pl.DataFrame) -> None:
    n = len(frame)
    if "unknown" in frame.columns:
        draft.fact(
            "unknown",
            "Tokens in answers that could not be restored",
            float(frame["unknown"].sum()),
            n=n,
            roles=("exchange.unknown",),
            sentence=("", "", "tokens in answers could not be restored"),
        )
    if "ms_total" in frame.columns:
        draft.fact(
            "duration.median",
            "Median duration",
            median(frame["ms_total"]),
            "ms",
            n=n,
            roles=("exchange.ms_total",),
            rank="detail",
        )
        draft.fact(
            "duration.p95",
            "Duration that nineteen in twenty stay under",
            quantile(frame["ms_total"], 0.95),
            "ms",
            n=n,
            roles=("exchange.ms_total",),
            rank="detail",
        )


def _counted(draft: Draft, column: str, title: str, frame: pl.DataFrame) -> None:
    named = frame.filter(pl.col(column).is_not_null() & (pl.col(column) != ""))
    counts = named[column].value_counts(sort=True).sort(["count", column], descending=[True, False])
    rows = [(str(value), count, percent(count, len(frame))) for value, count in counts.iter_rows()]
    for value, count, share in rows:
        draft.fact(
            f"{column}.{slug(value)}", f"Exchanges by {title.lower()}", share, "%", digits=1, group=value, n=count,
            roles=(f"exchange.{column}",), rank="main" if column == "outcome" else "detail",
        )  # fmt: skip
    table = draft.table(
        f"{column}s",
        f"Exchanges by {title.lower()}",
        columns(title, "Exchanges", ("Share", "%", 1)),
        rows,
        counts=[row[1] for row in rows],
    )
    if len(rows) > 1:  # one row of 100 % says no more than its figure
        draft.show(table)


def _entities(draft: Draft, frame: pl.DataFrame) -> None:
    sums: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    for text in frame["entities"].drop_nulls():
        counted = json.loads(text)
        for name, count in counted.items():
            sums[name] += int(count)
            behind[name] += 1
    draft.fact(
        "scrambled",
        "Personal values found before anything left",
        sum(sums.values()),
        n=len(frame),
        roles=("exchange.entities",),
        rank="headline",
        sentence=("", "", "personal values were found before anything left"),
    )
    rows = sorted(
        ((name.replace("_", " ").lower(), count, behind[name]) for name, count in sums.items()),
        key=lambda row: (-row[1], row[0]),
    )
    table = draft.table(
        "entities",
        "What was found, by type",
        columns("Entity type", "Findings", "Exchanges"),
        rows,
        counts=[row[2] for row in rows],
    )
    draft.show(table)
    if table.rows:
        draft.chart(
            "bars",
            "What was kept from the models",
            "Bars: number of personal values found, per entity type.",
            table,
            x="Entity type",
            y="Findings",
        )
