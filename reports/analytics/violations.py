"""Rules that find violations in an access log. Pure: frames in, marked entries out.

Each rule is a plain sentence that an auditor can read and check; its thresholds are parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from reports.analytics.parameters import number
from reports.results import AnalysisContext

EXPORTS = ("export", "download", "dump", "bulk_read")
LOGINS = ("login", "logon", "sign_in", "authenticate")
READS = ("read", "view", "open", "select")
_PRIVATE = r"^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|127\.|fd|fe80)"
_OWN_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, what it says, how much harm a hit can mean (1 to 5), and the roles it needs."""

    key: str
    title: str
    harm: int
    advice: str
    needs: tuple[str, ...]


RULES = (
    Rule("night_export", "Large exports at night", 5, "Large exports outside working hours should need a second "
    "person's consent.",
         ("access.time", "access.action", "access.rows")),
    Rule("after_leaving", "Access after leaving", 5, "Accounts should be closed on a person's last day, by the "
    "personnel system itself.",
         ("access.time", "access.user", "employee.id", "employee.left_on")),
    Rule("no_reason", "Records read without a reason", 3, "A record should open only with a business reason; "
    "spot checks should follow.",
         ("access.action", "access.record", "access.reason")),
    Rule("failed_login_burst", "Bursts of failed log-ins", 4, "Lock an account for a while after a handful of "
    "failures, and ask its owner.",
         ("access.time", "access.user", "access.action", "access.succeeded")),
    Rule("foreign_address", "Log-ins from unknown networks", 4, "Ask for a second factor when a log-in comes "
    "from a network that is new to a person.",
         ("access.user", "access.action", "access.address")),
)  # fmt: skip


def violations(log: pl.DataFrame, employees: pl.DataFrame, context: AnalysisContext) -> Mapping[str, pl.DataFrame]:
    """Entries of `log` that break each rule, in the order of the log; rules whose columns are missing are absent."""
    have = {f"access.{name}" for name in log.columns} | {f"employee.{name}" for name in employees.columns}
    checks = {
        "night_export": lambda: _night_export(log, context),
        "after_leaving": lambda: _after_leaving(log, employees),
        "no_reason": lambda: _no_reason(log),
        "failed_login_burst": lambda: _failed_bursts(log, context),
        "foreign_address": lambda: _foreign(log),
    }
    return {rule.key: checks[rule.key]() for rule in RULES if set(rule.needs) <= have}


def _done(names: tuple[str, ...]) -> pl.Expr:
    return pl.col("action").str.to_lowercase().str.replace_all(r"[\s-]", "_").is_in(names)


def _night_export(log: pl.DataFrame, context: AnalysisContext) -> pl.DataFrame:
    rows, until = number(context, "export_rows", 500), number(context, "night_until", 5)
    return log.filter(_done(EXPORTS) & (pl.col("rows") >= rows) & (pl.col("time").dt.hour() < until))


def _after_leaving(log: pl.DataFrame, employees: pl.DataFrame) -> pl.DataFrame:
    left = employees.drop_nulls(["id", "left_on"]).select(pl.col("id").alias("user"), "left_on").unique("user")
    joined = log.join(left, on="user", how="left", maintain_order="left")
    return joined.filter(pl.col("time").dt.date() > pl.col("left_on")).select(log.columns)


def _no_reason(log: pl.DataFrame) -> pl.DataFrame:
    blank = pl.col("reason").is_null() | (pl.col("reason").str.strip_chars() == "")
    return log.filter(_done(READS) & pl.col("record").is_not_null() & blank)


def _failed_bursts(log: pl.DataFrame, context: AnalysisContext) -> pl.DataFrame:
    """Failed log-ins of one user that lie in some window of `burst_minutes` (10) with at least `burst` (8) of them."""
    most, minutes = int(number(context, "burst", 8)), number(context, "burst_minutes", 10)
    numbered = log.with_row_index("place")
    failed = numbered.filter(_done(LOGINS) & ~pl.col("succeeded").fill_null(value=True)).sort("user", "time", "place")
    window = pl.duration(seconds=60 * minutes)
    marked = failed.with_columns(first=(pl.col("time").shift(-(most - 1)).over("user") - pl.col("time")) <= window)
    marked = marked.with_columns(pl.col("first").fill_null(value=False).cast(pl.Int32))
    # an entry belongs to a burst when one of the `most` windows that hold it is full
    inside = pl.max_horizontal([pl.col("first").shift(step, fill_value=0).over("user") for step in range(most)]) > 0
    return marked.filter(inside).sort("place").select(log.columns)


def _foreign(log: pl.DataFrame) -> pl.DataFrame:
    """Log-ins from a public address in a network (/24) that holds less than a twentieth of the user's entries."""
    known = log.with_row_index("place").filter(pl.col("address").is_not_null() & pl.col("user").is_not_null())
    known = known.with_columns(net=pl.col("address").str.replace(r"[.:][^.:]*$", ""))
    share = pl.len().over("user", "net") / pl.len().over("user")
    public = ~pl.col("address").str.contains(_PRIVATE)
    found = known.with_columns(share=share).filter(_done(LOGINS) & public & (pl.col("share") < _OWN_SHARE))
    return found.sort("place").select(log.columns)
