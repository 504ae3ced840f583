"""One row per customer from their orders: recency, frequency, money, and what else segments are made of. Pure."""

from __future__ import annotations

import datetime as dt

import polars as pl

from reports.analytics.order_rows import whole_orders


def per_customer(orders: pl.DataFrame, today: dt.datetime) -> pl.DataFrame:
    """One row per `customer`, in the order of ids.

    `recency`: days since the last order; `frequency`: orders; `monetary`: their sum; `tenure`: days since the first
    order; `discount`: the mean one, when orders have one. Orders without customer, time or amount are left out.
    """
    known = whole_orders(orders).frame.filter(pl.col("time") <= today)
    now = pl.lit(today).cast(pl.Datetime("us"))
    measures = [
        (now - pl.col("time").max()).dt.total_days().alias("recency"),
        pl.len().cast(pl.Int64).alias("frequency"),
        pl.col("amount").sum().alias("monetary"),
        (now - pl.col("time").min()).dt.total_days().alias("tenure"),
    ]
    if "discount" in known.columns:
        measures.append(pl.col("discount").mean().fill_null(0.0).alias("discount"))
    return known.group_by("customer").agg(measures).sort("customer")
