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


_SEGMENTS = (
    "Customers",
    "Share of customers",
    "Share of revenue",
    "Median days since the last order",
    "Median orders",
    "Median revenue per customer",
)
_BY_SCORES = (
    "Customers by scores",
    "Share of customers by scores",
    "Share of revenue by scores",
    "Median days since the last order by scores",
    "Median orders by scores",
    "Median revenue per customer by scores",
)


def tell(
    draft: Draft, found: Sequence[Profile], table_title: str, chart_title: str, *, by_scores: bool = False
) -> None:
    """Facts, a table and a chart of groups. `by_scores`: the labels say so, for segments may have the same names."""
    labels = _BY_SCORES if by_scores else _SEGMENTS
    for profile in found:
        key = slug(profile.name)
        figures: tuple[tuple[str, float, str, int, Rank], ...] = (
            ("size", profile.size, "", 0, "detail"),
            ("share", profile.share, "%", 1, "main"),
            ("revenue", profile.revenue, "%", 1, "main"),
            ("recency", profile.recency, "days", 0, "detail"),
            ("frequency", profile.frequency, "", 1, "detail"),
            ("monetary", profile.monetary, "", 2, "detail"),
        )
        for label, (end, value, unit, digits, rank) in zip(labels, figures, strict=True):
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
        f"Bars: for each {'group by scores' if by_scores else 'segment'} its share of the customers and its share of "
        "the revenue.",
        table,
        x="Group",
        y=("Share of customers", "Share of revenue"),
        sort="none",
    )
