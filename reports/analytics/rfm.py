"""RFM: every customer scored 1 to 5 by recency, frequency and money, and named by the scores.

Scores are fifths by rank among all customers (5 is best; ties share the better score of the lower rank), as Hughes
describes them in "Strategic Database Marketing" (1994). The names are the usual ones of retail.
"""

from __future__ import annotations

import polars as pl

from reports.analytics.customers import per_customer
from reports.analytics.draft import Draft
from reports.analytics.parameters import today
from reports.analytics.profiles import profiles, tell
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("order.customer", "order.time", "order.amount")


def scores(people: pl.DataFrame) -> pl.DataFrame:
    """`people` (recency, frequency, monetary) with `r`, `f`, `m` from 1 to 5 and the name `group`."""

    def fifth(name: str, *, better_low: bool) -> pl.Expr:
        rank = pl.col(name).rank("min", descending=better_low)
        return ((rank - 1) * 5 // pl.len() + 1).cast(pl.Int64)

    scored = people.with_columns(
        r=fifth("recency", better_low=True),
        f=fifth("frequency", better_low=False),
        m=fifth("monetary", better_low=False),
    )
    r, f, m = pl.col("r"), pl.col("f"), pl.col("m")
    often = (f + m) / 2
    name = (
        pl.when((r >= 4) & (often >= 4)).then(pl.lit("Champions"))
        .when((r >= 3) & (often >= 3)).then(pl.lit("Loyal"))
        .when((r >= 4) & (often < 2)).then(pl.lit("Recent"))
        .when(r >= 3).then(pl.lit("Promising"))
        .when((r == 2) & (often >= 3)).then(pl.lit("Needs attention"))
        .when((r == 1) & (often >= 3)).then(pl.lit("At risk"))
        .otherwise(pl.lit("Hibernating"))
    )  # fmt: skip
    return scored.with_columns(group=name)


def rfm(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Sizes, revenue and medians per RFM group; needs `order` with customer, time and amount."""
    draft = Draft(context, "rfm")
    orders = inputs.get("order", pl.DataFrame())
    if not {"customer", "time", "amount"} <= set(orders.columns) or orders.is_empty():
        draft.missing("RFM groups", "there are no orders with a customer, a time and an amount", *_NEEDED)
        return draft.result()
    people = scores(per_customer(orders, today(context, orders["time"])))
    if len(people) < 5 * context.k:
        draft.missing("RFM groups", "there are too few customers for five fifths", *_NEEDED)
        return draft.result()
    title = "Where the customers are, and where the revenue is"
    tell(draft, profiles(people, "group"), "RFM groups", title, by_scores=True)
    draft.callout(
        "good",
        "The best buyers by their scores carry the business",
        "By recency, frequency and money together, the best buyers are {rfm.champions.share} of the customers and "
        "bring {rfm.champions.revenue} of the revenue.",
    )
    draft.callout(
        "warning",
        "Good customers have gone quiet",
        "{rfm.at_risk.share} of the customers bought often and have not bought for a long time; they brought "
        "{rfm.at_risk.revenue} of the revenue.",
    )
    draft.note("Scores of one to five are fifths by rank; a group's name follows from its three scores.")
    draft.note("Groups by scores and segments cut the customers differently: equal names are not equal groups.")
    return draft.result()
