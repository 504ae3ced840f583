"""Performance over time: monthly revenue, orders, tickets and costs with trend, season and changes of level."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import mean, percent
from reports.analytics.order_rows import whole_orders
from reports.analytics.series import MONTHS, changes, month_shares, slope
from reports.document import DataTable
from reports.results import AnalysisContext, AnalysisResult, Inputs

_YEAR, _FEWEST = 12, 6
_STANDS_OUT = 1.1
"""A peak month has at least so many times an even month, in every year."""
_CHANCE = 3.0
"""Standard deviations above an even month that the best of twelve hardly reaches by chance (once in 60)."""
_AROUND, _NEAR_MOST = 5, 0.9
"""A peak month comes near the most of so many months before and after it, each time that it comes round."""
_ODD = 1.5
"""A month stands out by itself when it has so many times the average of all months."""


def trends(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Orders, payments, appointments or tickets per month: trend and season. Needs a time."""
    draft = Draft(context, "trend")
    sources = (
        ("order", "time", "orders", "Orders"), ("payment", "time", "payments", "Payments"),
        ("appointment", "start", "appointments", "Appointments"), ("ticket", "opened", "tickets", "Tickets"),
    )  # fmt: skip
    for kind, column, key, title in sources:
        frame = inputs.get(kind, pl.DataFrame())
        if column in frame.columns and frame[column].drop_nulls().len():
            if {"customer", "time", "amount"} <= set(frame.columns):
                frame = whole_orders(frame).frame
            months = _monthly(frame, column)
            _volume(draft, key, title, f"{kind}.{column}", months)
            if len(months) >= _FEWEST and int(months["n"].sum()) < frame[column].count():
                draft.note(f"{title} per month: the first or last month of the data is cut off and does not count.")
    if not draft.result().facts:
        draft.missing(
            "Trend and season", "no table has a time over at least half a year", "order.time", "ticket.opened"
        )
    return draft.result()


def _monthly(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Rows per month without gaps; a month that the data does not cover to its end (or from its begin) is left out."""
    times = frame.drop_nulls(column)
    months = (
        times.group_by(pl.col(column).dt.truncate("1mo").cast(pl.Date).alias("month")).agg(n=pl.len()).sort("month")
    )
    whole = months.upsample("month", every="1mo").with_columns(pl.col("n").fill_null(0))
    first, last = times[column].min(), times[column].max()
    if isinstance(first, dt.datetime) and isinstance(last, dt.datetime):
        if first.day > 3:
            whole = whole.slice(1)
        if (last + dt.timedelta(days=3)).month == last.month:
            whole = whole.head(-1)
    return whole


def _volume(draft: Draft, key: str, title: str, role: str, months: pl.DataFrame) -> None:
    if len(months) < _FEWEST:
        return
    values = [float(value) for value in months["n"]]
    n = int(sum(values))
    rise, low, high = slope(values)
    level = sum(values) / len(values)
    draft.fact(f"{key}.monthly", f"{title} per month", level, digits=0, n=n, roles=(role,),
               sentence=("An average month", "brings", title.lower()))  # fmt: skip
    draft.fact(f"{key}.slope", f"{title}: change per month", rise, digits=1, n=n, roles=(role,), rank="detail",
               sentence=(title, "change by", "a month"))  # fmt: skip
    certain = low > 0 or high < 0
    draft.fact(
        f"{key}.direction",
        f"{title}: trend",
        ("rising" if rise > 0 else "falling") if certain else "not clear",
        "text",
        n=n,
        roles=(role,),
        sentence=(f"The trend of {title.lower()}", "is", ""),
    )
    table = draft.table(
        f"{key}.months",
        f"{title} per month",
        columns("Month", title),
        [(row[0].isoformat(), row[1]) for row in months.iter_rows()],
        counts=months["n"].to_list(),
    )
    peak = _season(draft, key, title, role, months)
    odd = "" if peak else _odd_month(draft, key, title, role, months)
    said = f"{title} show {'a trend' if certain else 'no clear trend'}"
    if peak or odd:
        said = f"{title} peak in {peak}" if peak else f"{title} stand out in {odd}"
    draft.chart("line", said, f"Line: {title.lower()} per month.", table, x="Month", y=title)


def _season(draft: Draft, key: str, title: str, role: str, months: pl.DataFrame) -> str:
    """The peak month, when it stood out each time that it came round; an empty text otherwise."""
    if len(months) < _YEAR:
        return ""
    years = months.tail(len(months) // _YEAR * _YEAR)
    shares = month_shares(years["month"].dt.month().to_list(), [float(value) for value in years["n"]])
    peak = max(shares, key=lambda month: shares[month])
    if any(part[peak] < _STANDS_OUT / _YEAR for part in _yearly(years)) or not _comes_round(months, peak):
        return ""  # one odd month is no season
    even = 1 / _YEAR
    if shares[peak] - even < _CHANCE * math.sqrt(even * (1 - even) / max(1, int(years["n"].sum()))):
        return ""
    trough = min(shares, key=lambda month: shares[month])
    n = int(years["n"].sum())
    name = MONTHS[peak - 1]
    draft.fact(f"{key}.peak", f"{title}: strongest month", name, "text", n=n, roles=(role,), rank="headline",
               sentence=(title, "peak in", ""))  # fmt: skip
    draft.fact(
        f"{key}.peak.share",
        f"{title}: share of the year in the strongest month",
        100 * shares[peak],
        "%",
        digits=1,
        n=n,
        roles=(role,),
        sentence=("The strongest month", "brings", f"of the year's {title.lower()}"),
    )
    draft.fact(
        f"{key}.trough", f"{title}: weakest month", MONTHS[trough - 1], "text", n=n, roles=(role,), rank="detail",
        sentence=(title, "are fewest in", ""),
    )  # fmt: skip
    _above(draft, key, title, role, name, shares[peak], n, planned=months["month"].dt.month().to_list().count(peak) > 1)
    return name


def _comes_round(months: pl.DataFrame, peak: int) -> bool:
    """Whether a calendar month comes near the most around it, each time that it is in the data."""
    values = months["n"].to_list()
    places = [place for place, month in enumerate(months["month"].dt.month()) if month == peak]
    near = (values[max(0, place - _AROUND) : place + _AROUND + 1] for place in places)
    return all(values[place] >= _NEAR_MOST * max(around) for place, around in zip(places, near, strict=True))


def _odd_month(draft: Draft, key: str, title: str, role: str, months: pl.DataFrame) -> str:
    """The month with the most, when it stands far out without being a season; an empty text otherwise."""
    values = months["n"].to_list()
    place = max(range(len(values)), key=values.__getitem__)
    level = sum(values) / len(values)
    if values[place] < max(_ODD * level, level + _CHANCE * math.sqrt(level)):  # of a few, the most is often chance
        return ""
    name = f"{MONTHS[months['month'][place].month - 1]} {months['month'][place].year}"
    most = draft.fact(f"{key}.most", f"{title}: month that stands out", name, "text", n=values[place], roles=(role,),
                      rank="headline", sentence=(title, "stand out in", ""))  # fmt: skip
    draft.fact(f"{key}.most.count", f"{title}: number in that month", values[place], n=values[place], roles=(role,),
               sentence=("That month", "brings", title.lower()))  # fmt: skip
    draft.callout(
        "warning", f"{title} stand out in {name}",
        f"{{trend.{key}.most.count}} {title.lower()} came in that month, against {{trend.{key}.monthly}} in an average "
        "one: find out why before planning with it.",
        minor=True,
    )  # fmt: skip
    return name if most else ""


def _yearly(years: pl.DataFrame) -> list[dict[int, float]]:
    """The shares of the calendar months, year by year."""
    parts = [years.slice(start, _YEAR) for start in range(0, len(years), _YEAR)]
    return [month_shares(part["month"].dt.month().to_list(), part["n"].cast(pl.Float64).to_list()) for part in parts]


def _above(draft: Draft, key: str, title: str, role: str, name: str, share: float, n: int, *, planned: bool) -> None:
    """How far the peak month lies above an even one, and what to do about it: one that came once shows no season."""
    strength = percent(share - 1 / _YEAR, 1 / _YEAR)
    draft.fact(
        f"{key}.peak.above",
        f"{title}: strongest month above an even month",
        strength,
        "%",
        digits=0,
        n=n,
        roles=(role,),
        sentence=(f"The strongest month of {title.lower()}", "lies", "above an even month"),
    )
    if not planned:
        return
    draft.callout(
        "recommendation", f"{title} peak in {name}",
        f"{name} brings {{trend.{key}.peak.share}} of the year's {title.lower()}, {{trend.{key}.peak.above}} "
        f"more than an even "
        "month: plan people and stock for it.",
        minor=True,
    )  # fmt: skip


def costs(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Costs per department with changes of level; needs `cost.month`, `cost.amount`, better with `cost.department`."""
    draft = Draft(context, "costs")
    frame = inputs.get("cost", pl.DataFrame())
    if not {"month", "amount"} <= set(frame.columns) or frame.is_empty():
        draft.missing("Costs", "no table holds costs per month", "cost.month", "cost.department", "cost.amount")
        return draft.result()
    if "department" not in frame.columns:
        frame = frame.with_columns(department=pl.lit("all"))
    known = frame.drop_nulls(["month", "amount", "department"]).with_columns(pl.col("month").dt.truncate("1mo"))
    series = known.group_by("department", "month").agg(pl.col("amount").sum()).sort("department", "month")
    whole = float(known["amount"].sum())
    draft.fact("total", "Costs", whole, digits=0, roles=("cost.amount",), rank="headline")
    rows = []
    for (department,), group in series.group_by(["department"], maintain_order=True):
        rows.append(_department(draft, str(department), group, whole))
    rows.sort(key=lambda row: (-row[1], row[0]))
    heads = columns("Department", "Costs", ("Share", "%", 1), ("Last year against the year before", "%", 1))
    two_years = any(row[3] is not None for row in rows)
    shown = rows if two_years else [row[:3] for row in rows]
    table = draft.table("departments", "Costs by department", heads if two_years else heads[:3], shown)
    draft.show(table)
    draft.chart(
        "lines", "Costs per month, indexed: one hundred is the average of the first three months",
        "Lines: costs of each department per month, as an index on its first three months.",
        _indexed(draft, series), x="Month", y="Index", series="Department", highlight=_loudest(draft),
    )  # fmt: skip
    return draft.result()


def _department(draft: Draft, name: str, group: pl.DataFrame, whole: float) -> tuple[str, float, float, float | None]:
    key, amounts = slug(name), [float(value) for value in group["amount"]]
    roles = ("cost.department", "cost.month", "cost.amount")
    share = percent(sum(amounts), whole)
    draft.fact(f"{key}.share", "Share of the costs", share, "%", digits=1, group=name, roles=roles, rank="detail")
    growth = None
    if len(amounts) >= 2 * _YEAR:
        before = sum(amounts[-2 * _YEAR : -_YEAR])
        growth = percent(sum(amounts[-_YEAR:]) - before, before)
        draft.fact(
            f"{key}.growth",
            "Change of costs against the year before",
            growth,
            "%",
            digits=1,
            group=name,
            roles=roles,
        )
    _level_changes(draft, name, group)
    return name, sum(amounts), share, growth


def _level_changes(draft: Draft, name: str, group: pl.DataFrame) -> None:
    key, amounts = slug(name), [float(value) for value in group["amount"]]
    roles = ("cost.department", "cost.month", "cost.amount")
    for change in changes(amounts, seed=draft.context.seed, most=1):
        if abs(change.factor - 1) < 0.1:
            continue
        month = group["month"][change.at]
        draft.fact(
            f"{key}.change",
            "Month in which the level of the costs changed",
            f"{MONTHS[month.month - 1]} {month.year}",  # in figures a detector takes it for a postcode
            "text",
            group=name,
            roles=roles,
            rank="headline",
        )
        draft.fact(
            f"{key}.change.factor",
            "New level of the costs by the old one",
            change.factor,
            "times",
            digits=2,
            group=name,
            roles=roles,
            sentence=(f"With the change, {name} costs", "are", "what they were"),
        )
        extra = (1 - 1 / change.factor) * sum(amounts[change.at :])
        draft.fact(
            f"{key}.change.extra", "Costs since then above the old level", extra, digits=0, group=name, roles=roles
        )
        draft.callout(
            "critical" if change.factor > 1 else "good", f"{name.capitalize()} costs "
            f"{'stepped up' if change.factor > 1 else 'fell'}",
            f"Since {{costs.{key}.change}}, {name} costs are {{costs.{key}.change.factor}} what they were before; that "
            f"makes a difference of {{costs.{key}.change.extra}} up to now.",
        )  # fmt: skip


def _indexed(draft: Draft, series: pl.DataFrame) -> DataTable:
    rows = []
    for (department,), group in series.group_by(["department"], maintain_order=True):
        base = mean(group["amount"].head(3)) or 1.0
        rows += [
            (month.isoformat(), str(department), 100 * amount / base)
            for month, amount in group.select("month", "amount").iter_rows()
        ]
    return draft.table("index", "Cost index", columns("Month", "Department", ("Index", "", 0)), rows)


def _loudest(draft: Draft) -> str:
    """The department whose level changed most."""
    factors = [fact for fact in draft.result().facts if fact.id.endswith(".change.factor")]
    strongest = max(factors, key=lambda fact: abs(float(fact.value) - 1), default=None)
    return (strongest.group or "") if strongest else ""
