"""Which campaigns led to orders, and what they brought for their money."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import percent
from reports.document import DataTable
from reports.results import AnalysisContext, AnalysisResult, Inputs

_PAID = 0.95
"""Revenue per money spent under which a campaign did not even bring in what it cost, as far as one decimal shows."""


def campaigns(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Conversions, revenue and return per campaign; needs `response`, better with `campaign`."""
    draft = Draft(context, "campaigns")
    responses = inputs.get("response", pl.DataFrame())
    if not {"campaign", "converted"} <= set(responses.columns) or responses.is_empty():
        draft.missing(
            "Campaigns", "no table says how customers answered campaigns", "response.campaign", "response.converted"
        )
        return draft.result()
    named = inputs.get("campaign", pl.DataFrame())
    people = pl.col("customer").n_unique() if "customer" in responses.columns else pl.len()
    sums = responses.drop_nulls("campaign").group_by("campaign").agg(
        n=pl.len(), people=people, converted=pl.col("converted").sum(),
        revenue=pl.col("revenue").sum() if "revenue" in responses.columns else pl.lit(None, dtype=pl.Float64),
    )  # fmt: skip
    if "id" in named.columns:
        sums = sums.join(named.unique("id"), left_on="campaign", right_on="id", how="left")
    _campaigns(draft, sums)
    return draft.result()


def _campaigns(draft: Draft, sums: pl.DataFrame) -> None:
    rows, counts, losses = [], [], []
    for row in sums.sort("converted", "campaign", descending=[True, False]).iter_rows(named=True):
        name, share = str(row.get("name") or row["campaign"]), percent(row["converted"], row["n"])
        cost, revenue = row.get("cost"), row["revenue"]
        back = revenue / cost if cost and revenue is not None else None
        tell = partial(draft.fact, group=name, n=row["people"], roles=("response.campaign", "response.converted"))
        tell(f"{slug(name)}.orders", "Orders from the campaign", int(row["converted"]))
        tell(f"{slug(name)}.converted", "Mails that led to an order", share, "%", digits=1)
        if back is not None:
            tell(f"{slug(name)}.return", "Revenue per money spent", back, "times", digits=1)
            losses += [name] if back < _PAID and row["n"] >= draft.context.k else []
        rows.append((name, row["n"], int(row["converted"]), share, revenue, back))
        counts.append(row["people"])
    heads = columns(
        "Campaign", "Mails", "Orders", ("Orders per mail", "%", 1), ("Revenue", "", 0), ("Return", "times", 1)
    )
    table = draft.table("campaigns", "Campaigns", heads, rows, counts=counts)
    draft.show(table)
    if table.rows:
        best = str(table.rows[0][0])
        draft.fact("best", "Campaign with the most orders", best, "text", n=int(str(table.rows[0][1])), rank="headline")
        draft.chart(
            "bars",
            f"'{best}' brings the most orders",
            "Bars: share of the mails of each campaign that led to an order.",
            table,
            x="Campaign",
            y="Orders per mail",
            highlight=best,
        )
        draft.callout(
            "good",
            f"'{best}' brings the most orders",
            f"{{campaigns.{slug(best)}.converted}} of its mails led to an order.",
        )
    _returns(draft, table, losses)


def _returns(draft: Draft, table: DataTable, losses: Sequence[str]) -> None:
    """Which campaign pays best, and which did not bring in what they cost."""
    back, name = max(((row[5], str(row[0])) for row in table.rows if isinstance(row[5], float)), default=(0.0, ""))
    if back >= 1:
        draft.callout("good", f"'{name}' pays best", f"It brought in {{campaigns.{slug(name)}.return}} its cost.")
    for name in losses:
        draft.callout("warning", f"'{name}' did not pay", f"It brought in {{campaigns.{slug(name)}.return}} its cost.")
