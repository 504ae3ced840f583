"""From rows of an export to orders: rows of one order together, and what the report says of rows that are odd. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from reports.analytics.draft import Draft
from reports.analytics.figures import total

NEEDED = ("order.customer", "order.time", "order.amount")
_OF_OTHERS = 0.02
"""Share of order numbers with rows of several customers from which on the column numbers something else."""
_FEWEST = 0.1
"""Orders by rows, at least: fewer different numbers are a category."""
_REPEATED = 5
"""Orders of several rows from which on equal amounts in each of them are the order's total, written again and again."""


@dataclass(frozen=True, slots=True)
class Orders:
    """One row per order. `rows`: the rows with customer, time and amount; `left_out`: all others.

    `joined`: how the amount of an order was made of its rows: their `sum`, the `first` (each has the same), or empty
    where each row is an order.
    """

    frame: pl.DataFrame
    rows: int
    left_out: int
    joined: str = ""


def whole_orders(rows: pl.DataFrame) -> Orders:
    """The orders of a frame with customer, time and amount; rows with the same number in `id` are one order."""
    known = rows.drop_nulls(["customer", "time", "amount"])
    left_out = len(rows) - len(known)
    plain = Orders(known, len(known), left_out)
    numbered = known.drop_nulls("id") if "id" in known.columns else known.clear()
    if numbered.is_empty() or numbered["id"].n_unique() == len(numbered):
        return plain
    groups = numbered.group_by("id").agg(
        n=pl.len(), people=pl.col("customer").n_unique(), amounts=pl.col("amount").n_unique()
    )
    if len(groups) < _FEWEST * len(numbered) or (groups["people"] > 1).sum() > _OF_OTHERS * len(groups):
        return plain
    several = groups.filter(pl.col("n") > 1)
    again = len(several) >= _REPEATED and bool((several["amounts"] == 1).all())
    sums = {"quantity"} if again else {"quantity", "amount"}
    parts = [
        pl.col("time").min() if name == "time" else pl.col(name).sum() if name in sums else pl.col(name).first()
        for name in known.columns
        if name != "id"
    ]
    made = numbered.group_by("id", maintain_order=True).agg(parts).select(known.columns)
    alone = known.filter(pl.col("id").is_null())
    return Orders(pl.concat([made, alone]), len(known), left_out, "first" if again else "sum")


def tell_rows(draft: Draft, orders: Orders) -> None:
    """Rows that were left out, and rows that bring less than nothing: returns, credits, cancellations."""
    if orders.left_out:
        draft.fact("left_out", "Rows without a customer, a time or an amount", orders.left_out, rank="detail")
        draft.note("Rows without a customer, a time or an amount are left out: {behaviour.left_out}.")
    frame = orders.frame
    back = frame.filter(pl.col("amount") < 0)
    sold = frame.filter(pl.col("amount") >= 0)
    if back.is_empty() or sold.is_empty():
        return
    n = back["customer"].n_unique()
    draft.fact("returns", "Orders with a negative amount", len(back), n=n, roles=NEEDED, rank="detail")
    draft.fact("returns.sum", "Sum of the negative amounts", total(back["amount"]), n=n, roles=NEEDED, rank="detail")
    draft.fact(
        "returns.order_value",
        "Average order without the negative amounts",
        total(sold["amount"]) / len(sold),
        digits=2,
        n=n,
        roles=NEEDED,
        rank="detail",
    )
    draft.callout(
        "info",
        "Returns and credits are in these figures",
        "{behaviour.returns} orders have a negative amount, together {behaviour.returns.sum}. They count as orders and "
        "lower the revenue; the other orders are worth {behaviour.returns.order_value} on average.",
    )


def meaning(orders: Orders, table: str, customer: str, time: str, amount: str, number: str) -> str:
    """What an order and its amount are in this data, in our words around the names of columns."""
    if orders.joined == "first":
        return (
            f"The rows of {table} with the same {number} are one order: of the customer in {customer}, at the time in "
            f"{time}. Each of them repeats the order's {amount}, which counts once; revenue is in the currency of the "
            "data."
        )
    if orders.joined:
        return (
            f"The rows of {table} with the same {number} are one order: of the customer in {customer}, at the time in "
            f"{time}. Revenue is the sum of {amount}, in the currency of the data."
        )
    return (
        f"Each row of {table} counts as an order: of the customer in {customer}, at the time in {time}. "
        f"Revenue is the sum of {amount}, in the currency of the data."
    )
