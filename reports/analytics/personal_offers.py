"""What to offer to whom: per segment its channel, its products, its moment, its answer to campaigns, and one advice."""

from __future__ import annotations

from functools import partial

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import percent
from reports.analytics.segments import assigned
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("order.customer", "order.time", "order.amount")
_ADVICE = {
    "Champions": "Thank them and give them the new things first; discounts would cost money without need.",
    "Loyal": "Offer accessories and care plans that fit what they have; a points scheme keeps them.",
    "Bargain hunters": "Send offers near the end of a season and bundles; keep the margin in sight.",
    "Newcomers": "Lead them to a second order within their usual time: a welcome series and help with setting up.",
    "Dormant": "Ask why they went, once, with a reason to come back; then leave them in peace.",
    "One-off buyers": "Show what goes with the one thing they bought; do not spend more than one message.",
    "Occasional": "Remind them at the moment at which they usually buy.",
}
_OUTSTANDING = 1.25
"""A category that a segment buys so many times as often as everybody is worth telling."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def personalisation(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """One row and one recommendation per segment; needs what `segments` needs, better with products and campaigns."""
    draft = Draft(context, "offers")
    orders = inputs.get("order", pl.DataFrame())
    if not {"customer", "time", "amount"} <= set(orders.columns) or orders.is_empty():
        draft.missing("Personal offers", "there are no orders with a customer, a time and an amount", *_NEEDED)
        return draft.result()
    people, _tried = assigned(orders, context)
    if people.is_empty():
        draft.missing("Personal offers", "the customers form no clear segments", *_NEEDED)
        return draft.result()
    marked = _with_category(orders, inputs.get("product", pl.DataFrame())).join(
        people.select("customer", "segment"), on="customer"
    )
    names = (
        people.group_by("segment")
        .agg(pl.col("monetary").sum())
        .sort("monetary", "segment", descending=True)["segment"]
        .to_list()
    )
    rows, counts = [], []
    for name in names:
        group = marked.filter(pl.col("segment") == name)
        rows.append(_one(draft, name, group, marked, inputs.get("response", pl.DataFrame())))
        counts.append(group["customer"].n_unique())
    heads = columns("Segment", "Channel", "Stands out in", "Day", ("Answers campaigns", "%", 1))
    draft.show(draft.table("offers", "What to offer to whom", heads, rows, counts=counts))
    return draft.result()


def _with_category(orders: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    if {"id", "category"} <= set(products.columns) and "product" in orders.columns:
        known = products.select(pl.col("id").alias("product"), "category").unique("product")
        return orders.join(known, on="product", how="left")
    return orders.with_columns(
        category=pl.col("product") if "product" in orders.columns else pl.lit(None, dtype=pl.String)
    )


def _one(
    draft: Draft, name: str, group: pl.DataFrame, everybody: pl.DataFrame, responses: pl.DataFrame
) -> tuple[str, str | None, str | None, str, float | None]:
    key, n = slug(name), group["customer"].n_unique()
    channel = _favourite(group, "channel")
    category, lift = standing_out(group, everybody, "category", draft.context.k)
    weekday = _DAYS[int(group["time"].dt.weekday().mode().sort()[0]) - 1]
    tell = partial(draft.fact, group=name, n=n)
    cited = []
    if channel:
        tell(f"{key}.channel", "Favourite channel", channel, "text", roles=("order.channel",))
        if channel != _favourite(everybody, "channel"):  # what everybody does says nothing about this segment
            cited.append(f"they buy mostly through {channel}")
    if category and lift < _OUTSTANDING:
        category = None
    if category:
        roles = ("order.product", "product.category")
        tell(f"{key}.category", "Category that stands out", category, "text", roles=roles)
        tell(f"{key}.lift", f"Share of {category} against all customers", lift, "times", digits=1, roles=roles,
             sentence=(f"{name} buy {category}", "", "as often as all customers"))  # fmt: skip
        cited.append(f"they buy {category} {{offers.{key}.lift}} as often as all customers")
    answered = _answers(draft, key, name, group, responses)
    if answered is not None:
        cited.append(f"{{offers.{key}.converted}} of their campaign mails lead to an order")
    tell(f"{key}.day", "Day on which most orders come", weekday, "text", roles=("order.time",), rank="detail")
    base = name.split(",", maxsplit=1)[0]
    if n >= draft.context.k:
        facts = "; ".join(cited)
        draft.callout(
            "recommendation",
            name,
            f"{facts[:1].upper()}{facts[1:]}{'. ' if facts else ''}{_ADVICE.get(base, _ADVICE['Occasional'])}",
        )
    return name, channel, category, weekday, answered


def _favourite(group: pl.DataFrame, column: str) -> str | None:
    if column not in group.columns or group[column].drop_nulls().is_empty():
        return None
    return str(group[column].drop_nulls().mode().sort()[0])


def standing_out(group: pl.DataFrame, everybody: pl.DataFrame, column: str, k: int) -> tuple[str | None, float]:
    """The value whose share in `group` is most above its share among everybody, and by which factor (lift)."""
    mine = group.drop_nulls(column).group_by(column).agg(n=pl.len(), people=pl.col("customer").n_unique())
    all_of = everybody.drop_nulls(column).group_by(column).agg(whole=pl.len())
    joined = mine.filter(pl.col("people") >= k).join(all_of, on=column)
    if joined.is_empty():
        return None, 0.0
    known, whole = max(1, int(mine["n"].sum())), max(1, int(all_of["whole"].sum()))
    ranked = joined.with_columns(lift=(pl.col("n") / known) / (pl.col("whole") / whole)).filter(
        pl.col("n") >= 0.02 * known
    )
    if ranked.is_empty():
        return None, 0.0
    best = ranked.sort("lift", column, descending=[True, False]).row(0, named=True)
    return str(best[column]), float(best["lift"])


def _answers(draft: Draft, key: str, name: str, group: pl.DataFrame, responses: pl.DataFrame) -> float | None:
    if not {"customer", "converted"} <= set(responses.columns):
        return None
    sent = responses.drop_nulls("converted").filter(pl.col("customer").is_in(group["customer"].unique().implode()))
    n = sent["customer"].n_unique()
    if n < draft.context.k:
        return None
    share = percent(int(sent["converted"].sum()), len(sent))
    draft.fact(
        f"{key}.converted",
        "Campaign mails that led to an order",
        share,
        "%",
        digits=1,
        group=name,
        n=n,
        roles=("response.customer", "response.converted"),
    )
    return share
