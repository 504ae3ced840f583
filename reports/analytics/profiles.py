"""Groups of customers side by side: how many they are, what they bring, how they buy. Used by RFM and segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import median, percent, total
from reports.facts import Rank

_ROLES = ("order.customer", "order.time", "order.amount")
_HEADS = columns(
    "Group",
    "Customers",
    ("Share of customers", "%", 1),
    ("Share of revenue", "%", 1),
    ("Last order", "days"),
    ("Orders", "", 1),
    ("Revenue each", "", 2),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One group: its size, its shares of customers and revenue in %, and the medians of what it does."""

    name: str
    size: int
    share: float
    revenue: float
    recency: float
    frequency: float
    monetary: float


def profiles(people: pl.DataFrame, column: str) -> list[Profile]:
    """One profile per value of `column`, the one with most revenue first. `people`: see `per_customer`."""
    whole = total(people["monetary"])
    made = [
        Profile(
            str(name),
            len(group),
            percent(len(group), len(people)),
            percent(total(group["monetary"]), whole),
            median(group["recency"]),
            median(group["frequency"]),
            median(group["monetary"]),
        )
        for (name,), group in people.group_by([column], maintain_order=True)
    ]
    return sorted(made, key=lambda profile: (-profile.revenue, profile.name))


def tell(draft: Draft, found: Sequence[Profile], table_title: str, chart_title: str) -> None:
    """Facts, a table and a chart of groups."""
    for profile in found:
        key = slug(profile.name)
        figures: tuple[tuple[str, str, float, str, int, Rank], ...] = (
            ("size", "Customers", profile.size, "", 0, "detail"),
            ("share", "Share of customers", profile.share, "%", 1, "main"),
            ("revenue", "Share of revenue", profile.revenue, "%", 1, "main"),
            ("recency", "Median days since the last order", profile.recency, "days", 0, "detail"),
            ("frequency", "Median orders", profile.frequency, "", 1, "detail"),
            ("monetary", "Median revenue per customer", profile.monetary, "", 2, "detail"),
        )
        for end, label, value, unit, digits, rank in figures:
            draft.fact(
                f"{key}.{end}",
                label,
                value,
                unit,
                digits=digits,
                group=profile.name,
                n=profile.size,
                roles=_ROLES,
                rank=rank,
            )
    rows = [(p.name, p.size, p.share, p.revenue, p.recency, p.frequency, p.monetary) for p in found]
    table = draft.table("groups", table_title, _HEADS, rows, counts=[profile.size for profile in found])
    draft.show(table)
    draft.chart(
        "grouped_bars",
        chart_title,
        "Bars: for each group its share of the customers and its share of the revenue.",
        table,
        x="Group",
        y=("Share of customers", "Share of revenue"),
        sort="none",
    )
