"""How customers buy: how often, how much, when, through which channel, and how few bring most of the revenue."""

from __future__ import annotations

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import mean, median, percent, total
from reports.analytics.mapping import named, words_of
from reports.analytics.order_rows import NEEDED as _NEEDED
from reports.analytics.order_rows import Orders, meaning, tell_rows, whole_orders
from reports.analytics.roles import role
from reports.results import AnalysisContext, AnalysisResult, Inputs

_MOST = 50
"""Per cent of the revenue that the best fifth of the customers bring, from which on it lies with a few."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARTS = ((0, 6, "night"), (6, 12, "morning"), (12, 18, "afternoon"), (18, 24, "evening"))


def behaviour(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Facts about orders and customers; needs `order` with customer, time and amount."""
    draft = Draft(context, "behaviour")
    orders = inputs.get("order", pl.DataFrame())
    if not {"customer", "time", "amount"} <= set(orders.columns) or orders.is_empty():
        draft.missing("Buying behaviour", "there are no orders with a customer, a time and an amount", *_NEEDED)
        return draft.result()
    whole = whole_orders(orders)
    known = whole.frame
    if known.is_empty():
        draft.missing("Buying behaviour", "no order has a customer, a time and an amount", *_NEEDED)
        return draft.result()
    people = known.group_by("customer").agg(n=pl.len(), amount=pl.col("amount").sum())
    _meaning(draft, whole)
    _totals(draft, known, people)
    tell_rows(draft, whole)
    _concentration(draft, people)
    _gaps(draft, known)
    _moments(draft, known)
    if "channel" in known.columns:
        _channels(draft, known)
    if "late" in known.columns and known["late"].drop_nulls().len():
        late = known.drop_nulls("late")
        draft.fact(
            "late.share", "Orders delivered late", 100 * mean(late["late"]), "%", digits=1,
            n=late["customer"].n_unique(), roles=("order.late",),
            sentence=("", "", "of the orders were delivered late"),
        )  # fmt: skip
    return draft.result()


def _meaning(draft: Draft, orders: Orders) -> None:
    """What an order and its amount are in this data; told loudly where the columns are not those of a shop."""
    places = [draft.context.columns[name] for name in _NEEDED if name in draft.context.columns]
    if len(places) < len(_NEEDED):
        return
    (table, _, customer), (_, _, time), (_, _, amount) = (place.partition(".") for place in places)
    number = draft.context.columns.get("order.id", "").partition(".")[2]
    text = meaning(orders, table, customer, time, amount, number)
    if named(words_of(customer), role("order.customer").words) and named(words_of(amount), role("order.amount").words):
        draft.note(text)
    else:
        draft.callout("info", "What counts as an order and as revenue here", text)


def _totals(draft: Draft, known: pl.DataFrame, people: pl.DataFrame) -> None:
    customers, revenue = len(people), total(known["amount"])
    roles = ("order.customer", "order.amount")
    draft.fact("customers", "Customers who bought", customers, n=customers, roles=roles[:1], rank="headline",
               sentence=("", "", "customers bought"))  # fmt: skip
    draft.fact("orders", "Orders", len(known), n=customers, roles=roles, rank="headline",
               sentence=("", "", "orders were placed"))  # fmt: skip
    draft.fact("revenue", "Revenue", revenue, n=customers, roles=roles[1:], rank="headline",
               sentence=("The revenue", "comes to", ""))  # fmt: skip
    draft.fact(
        "order_value", "Average order", revenue / len(known), digits=2, n=customers, roles=roles[1:], rank="headline",
        sentence=("The average order", "is worth", ""),
    )  # fmt: skip
    draft.fact("orders_each", "Orders per customer", len(known) / customers, digits=1, n=customers, roles=roles,
               sentence=("A customer", "placed", "orders on average"))  # fmt: skip
    again = percent(int((people["n"] > 1).sum()), customers)
    draft.fact(
        "repeat.share", "Customers who bought more than once", again, "%", digits=1, n=customers, roles=roles[:1],
        sentence=("", "", "of the customers bought more than once"),
    )  # fmt: skip
    draft.fact(
        "amount_each", "Median revenue per customer", median(people["amount"]), digits=2, n=customers,
        roles=roles, sentence=("Half of the customers", "spent more than", ""),
    )  # fmt: skip


def _concentration(draft: Draft, people: pl.DataFrame) -> None:
    """Share of the revenue per tenth of the customers, the best buyers first."""
    if len(people) < 10 * draft.context.k:
        return
    ordered = people.sort("amount", "customer", descending=[True, False]).with_row_index("place")
    tenth = (pl.col("place") * 10 // len(people)).cast(pl.Int64) + 1
    shares = ordered.group_by(tenth.alias("tenth")).agg(amount=pl.col("amount").sum(), n=pl.len()).sort("tenth")
    whole = total(people["amount"]) or 1.0
    rows = [(f"{row['tenth']}", 100 * row["amount"] / whole) for row in shares.iter_rows(named=True)]
    top = draft.fact(
        "top_tenth.share", "Revenue from the best tenth of the customers", rows[0][1], "%", digits=1,
        n=int(shares["n"][0]), roles=("order.customer", "order.amount"),
        sentence=("The best tenth of the customers", "brings", "of the revenue"),
    )  # fmt: skip
    table = draft.table(
        "concentration", "Revenue by tenth of customers", columns("Tenth of customers", ("Share of revenue", "%", 1)),
        rows, counts=shares["n"].to_list(),
    )  # fmt: skip
    concentrated = sum(share for _, share in rows[:2]) > _MOST
    draft.chart(
        "columns",
        "A small part of the customers brings most of the revenue"
        if concentrated
        else "How the revenue is spread over the customers",
        "Columns: the share of the revenue that each tenth of the customers brings, from the best buyers to the "
        "smallest.",
        table, x="Tenth of customers", y="Share of revenue", highlight="1", sort="none",
    )  # fmt: skip
    draft.fact(
        "top_tenth.customers", "Customers in the best tenth", int(shares["n"][0]), n=int(shares["n"][0]),
        roles=("order.customer", "order.amount"), rank="detail",
    )  # fmt: skip
    draft.note(
        "The best tenth are the {behaviour.top_tenth.customers} customers with the most revenue, of "
        "{behaviour.customers}; where a tenth is no whole number, it is rounded up."
    )
    draft.callout(
        "info",
        "Revenue is concentrated" if concentrated else "Revenue is spread over many",
        f"The best tenth of the customers brings {{{top}}} of the revenue.",
    )


def _gaps(draft: Draft, known: pl.DataFrame) -> None:
    gaps = known.sort("customer", "time").select(
        "customer", gap=(pl.col("time") - pl.col("time").shift()).over("customer").dt.total_hours() / 24
    )
    gaps = gaps.drop_nulls("gap")
    if len(gaps):
        draft.fact(
            "gap", "Median time between two orders", median(gaps["gap"]), "days", digits=0,
            n=gaps["customer"].n_unique(), roles=("order.customer", "order.time"),
        )  # fmt: skip


def _moments(draft: Draft, known: pl.DataFrame) -> None:
    timed = known.with_columns(day=pl.col("time").dt.weekday(), hour=pl.col("time").dt.hour())
    if timed["hour"].n_unique() == 1:
        return  # dates without a time of day
    days = timed.group_by("day").agg(n=pl.len(), people=pl.col("customer").n_unique()).sort("n", "day", descending=True)
    best = days.row(0, named=True)
    day = draft.fact("day.name", "Busiest day of the week", _DAYS[best["day"] - 1], n=best["people"], unit="text")
    draft.fact("day.share", "Orders on the busiest day", 100 * best["n"] / len(timed), "%", digits=1, n=best["people"],
               sentence=("", "", "of the orders come on the busiest day of the week"))  # fmt: skip
    part = pl.col("hour").map_elements(lambda hour: _PARTS[hour // 6][2], return_dtype=pl.String)
    cells = timed.group_by("day", part.alias("part")).agg(n=pl.len(), people=pl.col("customer").n_unique())
    rows = []
    for number, name in enumerate(_DAYS, start=1):
        for _start, _end, label in _PARTS:
            found = cells.filter((pl.col("day") == number) & (pl.col("part") == label))
            if len(found):
                rows.append((name, label, int(found["n"][0]), int(found["people"][0])))
    table = draft.table(
        "moments", "Orders by day and time of day", columns("Day", "Time of day", "Orders"),
        [row[:3] for row in rows], counts=[row[3] for row in rows],
    )  # fmt: skip
    if day:
        draft.chart(
            "heatmap", f"Orders peak on {_DAYS[best['day'] - 1]}", "Heat map: orders by day of the week and "
            "time of day.",
            table, x="Day", y="Time of day", series="Orders", x_order="|".join(_DAYS),
            y_order="|".join(name for *_hours, name in _PARTS),
        )  # fmt: skip


def _channels(draft: Draft, known: pl.DataFrame) -> None:
    whole = total(known["amount"]) or 1.0
    groups = (
        known.drop_nulls("channel").group_by("channel")
        .agg(n=pl.len(), people=pl.col("customer").n_unique(), amount=pl.col("amount").sum())
        .sort("amount", "channel", descending=[True, False])
    )  # fmt: skip
    rows, counts = [], []
    for row in groups.iter_rows(named=True):
        name, share = str(row["channel"]), 100 * row["amount"] / whole
        draft.fact(
            f"channel.{slug(name)}.share", "Share of revenue by channel", share, "%", digits=1, group=name,
            n=row["people"], roles=("order.channel", "order.amount"),
            personal=draft.personal("order.channel"),
        )  # fmt: skip
        rows.append((name, row["n"], share, row["amount"] / row["n"]))
        counts.append(row["people"])
    table = draft.table(
        "channels", "Sales channels",
        columns("Channel", "Orders", ("Share of revenue", "%", 1), ("Average order", "", 2)), rows, counts=counts,
        personal=("Channel",) if draft.personal("order.channel") else (),
    )  # fmt: skip
    draft.show(table)
    if table.rows:
        draft.chart(
            "bars", f"{table.rows[0][0]} is the strongest channel", "Bars: the share of the revenue per sales channel.",
            table, x="Channel", y="Share of revenue", highlight=str(table.rows[0][0]),
        )  # fmt: skip
