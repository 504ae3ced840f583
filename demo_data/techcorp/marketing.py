"""Who answered which campaign, and what the departments cost each month."""

from __future__ import annotations

import datetime as dt

from demo_data.calendars import months_between
from demo_data.model import Column, Row, Table
from demo_data.seeding import Stream
from demo_data.techcorp.catalogue import CAMPAIGNS
from demo_data.techcorp.customers import Customer
from demo_data.techcorp.staff import FIRST_DAY, SNAPSHOT

RECEIVERS = 1500
_LIFT = {"champions": 2.2, "loyal": 1.4, "bargain_hunters": 1.2, "newcomers": 0.9, "dormant": 0.35, "one_off": 0.3}
_COMMENTS = ("great offer", "already have one", "not interested", "please stop", "used the code twice", "wrong size")
COSTS = {"support": 148_000, "warehouse": 96_000, "marketing": 52_000, "cloud": 31_000, "returns": 24_000}
CLOUD_STEP = dt.date(2025, 4, 1)
"""Planted change point: from this month on the cloud costs 40 % more."""


def responses(customers: list[Customer], stream: Stream) -> tuple[Table, dict[str, object]]:
    """9,000 mailings with what came of them; who converts depends on campaign and segment."""
    rows: list[Row] = []
    converted: dict[str, int] = {}
    for number, (name, _medium, start, _cost, share) in enumerate(CAMPAIGNS, start=1):
        wins = 0
        for customer in stream.sample(customers, RECEIVERS):
            sent = start + dt.timedelta(days=stream.between(0, 6))
            win = stream.chance(min(0.9, share * _LIFT[customer.segment.name]))
            clicked = win or stream.chance(0.08)
            opened = clicked or stream.chance(0.3)
            revenue = round(stream.lognormal(90.0, 0.6), 2) if win else 0.0
            remark = stream.choose(_COMMENTS) if opened and stream.chance(0.04) else None
            key = f"R{len(rows) + 1:05d}"
            rows.append((key, f"CMP-{number}", customer.id, sent, opened, clicked, win, revenue, remark))
            wins += win
        converted[name] = wins
    columns = (
        Column("response_id", key=True),
        Column("campaign_id", references="campaigns.campaign_id"),
        Column("customer_id", personal="ACCOUNT_NUMBER", references="customers.customer_id"),
        Column("sent_on", "date"),
        Column("opened", "boolean"),
        Column("clicked", "boolean"),
        Column("converted", "boolean"),
        Column("revenue", "real"),
        Column("remark"),
    )
    best = max(converted, key=converted.__getitem__)
    truth: dict[str, object] = {"receivers_each": RECEIVERS, "conversions": converted, "best": best}
    return Table("campaign_responses", columns, rows), truth


def costs(stream: Stream) -> tuple[Table, dict[str, object]]:
    """Monthly costs per department."""
    rows: list[Row] = []
    for month in months_between(FIRST_DAY, SNAPSHOT):
        for department, base in COSTS.items():
            step = 1.4 if department == "cloud" and month >= CLOUD_STEP else 1.0
            rows.append((f"K{len(rows) + 1:04d}", month, department, round(base * step * stream.normal(1.0, 0.025), 2)))
    columns = (Column("cost_id", key=True), Column("month", "date"), Column("department"), Column("amount", "real"))
    truth: dict[str, object] = {"department": "cloud", "change_point": CLOUD_STEP.isoformat(), "factor": 1.4}
    return Table("costs", columns, rows), truth
