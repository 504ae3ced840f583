"""Values that stand out: odd orders, impossible laboratory results, payments that follow patterns of fraud.

The general rule: on a logarithmic scale, more than `far` robust standard deviations from the median of their group. The
deviation is 1.4826 times the median absolute deviation, or the range between the quarters by 1.349, whichever is more.
"""

from __future__ import annotations

import polars as pl

from reports.analytics.draft import Draft, columns
from reports.analytics.figures import median, percent
from reports.analytics.order_rows import whole_orders
from reports.analytics.parameters import number
from reports.analytics.small_groups import people_behind
from reports.results import AnalysisContext, AnalysisResult, Inputs

_FEWEST = 20
_FLOOR = 0.35
"""Least deviation on the logarithmic scale: counts of one and two alone have none."""


def far_out(frame: pl.DataFrame, column: str, group: str | None, far: float) -> pl.DataFrame:
    """`frame` with `distance` (robust standard deviations, signed), only rows further out than `far`."""
    known = frame.drop_nulls(column).filter(pl.col(column) > 0)
    scaled = known.with_columns(scale=pl.col(column).log())
    keys = [group] if group else []

    def per_group(expression: pl.Expr) -> pl.Expr:
        return expression.over(keys) if keys else expression

    middle = per_group(pl.col("scale").median())
    scaled = scaled.with_columns(off=pl.col("scale") - middle, size=per_group(pl.len()))
    spread = pl.max_horizontal(
        1.4826 * per_group(pl.col("off").abs().median()),
        per_group(pl.col("off").quantile(0.75, "linear") - pl.col("off").quantile(0.25, "linear")) / 1.349,
        pl.lit(_FLOOR),
    )
    scaled = scaled.with_columns(distance=pl.col("off") / spread)
    return scaled.filter((pl.col("distance").abs() > far) & (pl.col("size") >= _FEWEST))


def odd_orders(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Orders with a quantity (or amount) far from the usual; parameter `far` (5) in robust standard deviations."""
    draft = Draft(context, "odd_orders")
    orders = inputs.get("order", pl.DataFrame())
    column = next((name for name in ("quantity", "amount") if name in orders.columns), None)
    if column is None or orders.is_empty():
        draft.missing("Odd orders", "orders have neither a quantity nor an amount", "order.quantity", "order.amount")
        return draft.result()
    if {"customer", "time", "amount"} <= set(orders.columns):
        orders = whole_orders(orders).frame
    found = far_out(orders, column, None, number(context, "far", 5)).filter(pl.col("distance") > 0)
    role = f"order.{column}"
    draft.fact("usual", f"Usual {column} of an order", median(orders[column]), digits=0, n=len(orders), roles=(role,))
    if len(found):
        draft.fact("count", f"Orders with an odd {column}", len(found), n=len(orders), roles=(role,), rank="headline",
                   sentence=("", "", f"orders have an odd {column}"))  # fmt: skip
        draft.fact("typical", f"Median of the odd {column}", median(found[column]), n=len(found), roles=(role,),
                   sentence=(f"The odd {column}", "is", "at the median"))  # fmt: skip
        if "amount" in found.columns:
            share = percent(float(found["amount"].sum()), float(orders["amount"].sum()))
            draft.fact(
                "share",
                "Share of the revenue in odd orders",
                share,
                "%",
                digits=1,
                n=len(found),
                roles=("order.amount",),
                sentence=("Odd orders", "bring", "of the revenue"),
            )
        draft.callout(
            "warning", f"Orders with an odd {column}",
            f"{{odd_orders.count}} orders have a {column} of {{odd_orders.typical}} at the median, where "
            f"{{odd_orders.usual}} is usual: "
            "check them for typing errors and for resale.",
            minor=True,
        )  # fmt: skip
    return draft.result()


def odd_results(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Laboratory values far beyond their reference: above `impossible` (8) times its upper end; needs `lab`."""
    draft = Draft(context, "lab")
    lab = inputs.get("lab", pl.DataFrame())
    if not {"test", "value", "high"} <= set(lab.columns) or lab.is_empty():
        draft.missing(
            "Laboratory results", "there are no results with a reference", "lab.test", "lab.value", "lab.high"
        )
        return draft.result()
    known = lab.drop_nulls(["test", "value", "high"]).filter(pl.col("high") > 0)
    odd = known.filter(pl.col("value") > number(context, "impossible", 8) * pl.col("high"))
    rest = known.filter(pl.col("value") <= number(context, "impossible", 8) * pl.col("high"))
    roles = ("lab.test", "lab.value", "lab.high")
    draft.fact("results", "Laboratory results", len(known), n=len(known), roles=roles, rank="headline",
               sentence=("", "", "laboratory results were looked at"))  # fmt: skip
    draft.fact("impossible", "Results that cannot be right", len(odd), n=len(known), roles=roles, rank="headline",
               sentence=("", "", "results cannot be right"))  # fmt: skip
    if len(odd):
        draft.callout(
            "critical", "Results that cannot be right",
            "{lab.impossible} results are many times above their reference: look for units that were mixed up, "
            "before anybody is treated by them.",
        )  # fmt: skip
    _tests(draft, rest)
    return draft.result()


def _tests(draft: Draft, rest: pl.DataFrame) -> None:
    rows, counts = [], []
    for (test,), group in rest.group_by(["test"], maintain_order=True):
        high = (group["value"] > group["high"]).sum()
        low = (group["value"] < group["low"]).sum() if "low" in group.columns else 0
        rows.append(
            (
                str(test),
                len(group),
                median(group["value"]),
                percent(int(high), len(group)),
                percent(int(low or 0), len(group)),
            )
        )
        counts.append(group["patient"].n_unique() if "patient" in group.columns else len(group))
    order = sorted(range(len(rows)), key=lambda index: (-rows[index][3], rows[index][0]))
    table = draft.table(
        "tests",
        "Results by test",
        columns("Test", "Results", ("Median", "", 2), ("Above reference", "%", 1), ("Below", "%", 1)),
        [rows[index] for index in order],
        counts=[counts[index] for index in order],
    )
    draft.show(table)
    if table.rows:
        draft.chart(
            "bars", f"{table.rows[0][0]} is most often too high", "Bars: share of the results above the "
            "reference, per test.", table,
            x="Test", y="Above reference", highlight=str(table.rows[0][0]),
        )  # fmt: skip


def payment_fraud(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Two patterns: large transfers at night, and many tiny purchases on one account within minutes; needs `payment`.

    Parameters: `night_amount` (9,000) between 1 and 5 o'clock; `tiny` (2) and `burst` (6) purchases in 10 minutes.
    """
    draft = Draft(context, "fraud")
    payments = inputs.get("payment", pl.DataFrame())
    if not {"account", "time", "kind", "amount"} <= set(payments.columns) or payments.is_empty():
        draft.missing(
            "Patterns of fraud",
            "there are no payments with account, time, kind and amount",
            "payment.account",
            "payment.time",
        )
        return draft.result()
    times = payments["time"].drop_nulls()
    if not (times != times.dt.truncate("1d")).any():  # midnight everywhere is no time at night
        draft.missing("Patterns of fraud", "the payments have dates without a time of day", "payment.time")
        return draft.result()
    night = night_transfers(payments, number(context, "night_amount", 9_000))
    testing = card_testing(payments, number(context, "tiny", 2), int(number(context, "burst", 6)))
    roles, n = ("payment.account", "payment.time", "payment.kind", "payment.amount"), len(payments)
    draft.fact("payments", "Payments looked at", n, n=n, roles=roles, rank="headline",
               sentence=("", "", "payments were looked at"))  # fmt: skip
    draft.fact("night", "Large transfers at night", len(night), n=n, roles=roles, rank="headline",
               sentence=("", "", "large transfers at night were found"))  # fmt: skip
    draft.fact("night.amount", "Sum of the large transfers at night", float(night["amount"].sum()), digits=0,
               n=people_behind(night), roles=roles,
               sentence=("The large transfers at night", "come to", ""))  # fmt: skip
    draft.fact("testing", "Payments that look like card testing", len(testing), n=n, roles=roles, rank="headline",
               sentence=("", "", "payments look like card testing"))  # fmt: skip
    accounts = testing["account"].n_unique() if len(testing) else 0
    draft.fact("testing.accounts", "Accounts with card testing", accounts, n=n, roles=roles,
               sentence=("Card testing", "concerns", "accounts"))  # fmt: skip
    _alarms(draft, night, testing)
    rows = [
        ("Large transfers at night", len(night), float(night["amount"].sum())),
        ("Card testing", len(testing), float(testing["amount"].sum())),
    ]
    heads = columns("Pattern", "Payments", ("Sum", "", 2))
    counts = [people_behind(night), people_behind(testing)]
    draft.show(draft.table("patterns", "Patterns of fraud", heads, rows, counts=counts, parts=False))
    return draft.result()


def _alarms(draft: Draft, night: pl.DataFrame, testing: pl.DataFrame) -> None:
    """What to do about the patterns that were found."""
    if people_behind(night) >= draft.context.k:
        draft.callout(
            "critical", "Large transfers at night",
            "{fraud.night} transfers, {fraud.night.amount} in sum: hold such transfers until a call back.",
        )  # fmt: skip
    elif len(night):
        draft.callout(
            "critical", "Large transfers at night",
            "{fraud.night} transfers: hold such transfers until a call back.",
        )  # fmt: skip
    if len(testing):
        draft.callout(
            "critical", "Card testing",
            "{fraud.testing} tiny purchases in bursts on {fraud.testing.accounts} accounts: block these cards and "
            "tell their owners.",
        )  # fmt: skip


def night_transfers(payments: pl.DataFrame, least: float) -> pl.DataFrame:
    """Transfers of `least` or more between 1 and 5 o'clock."""
    hour = pl.col("time").dt.hour()
    return payments.filter(
        pl.col("kind").str.contains("(?i)transfer") & (pl.col("amount") >= least) & hour.is_between(1, 4)
    )


def card_testing(payments: pl.DataFrame, tiny: float, burst: int) -> pl.DataFrame:
    """Purchases under `tiny` of which at least `burst` lie within ten minutes on one account."""
    small = payments.with_row_index("place").filter(
        pl.col("kind").str.contains("(?i)purchase|card") & (pl.col("amount") < tiny)
    )
    small = small.sort("account", "time", "place")
    within = pl.col("time").shift(-(burst - 1)).over("account") - pl.col("time") <= pl.duration(minutes=10)
    marked = small.with_columns(first=within.fill_null(value=False).cast(pl.Int32))
    inside = pl.max_horizontal([pl.col("first").shift(step, fill_value=0).over("account") for step in range(burst)]) > 0
    return marked.filter(inside).sort("place").select(payments.columns)
