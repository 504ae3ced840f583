"""`/metrics/summary` and `/usage`: figures computed from the audit, by time range and against the period before."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from admin_ui.api.audit import names_of
from admin_ui.api.bodies import Body
from admin_ui.parts import Parts
from policies.audit_export import safe_cell
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.figures import Moment, Totals, Usage, findings_by_type, series, totals, usage
from policies.pricing import priced
from policies.sections import Price

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
RANGES: Mapping[str, tuple[int, int]] = {
    "1h": (_HOUR, 2 * _MINUTE),
    "24h": (_DAY, _HOUR),
    "7d": (7 * _DAY, 6 * _HOUR),
    "30d": (30 * _DAY, _DAY),
    "90d": (90 * _DAY, 3 * _DAY),
}
"""Name of a range: its length and the step of its series, in milliseconds."""
Range = Literal["1h", "24h", "7d", "30d", "90d"]


class SummaryQuery(Body):
    """Which range, up to now."""

    range: Range = "24h"


class UsageQuery(Body):
    """Which range, by what, and in which form."""

    range: Range = "30d"
    group: Literal["model", "provider", "policy", "key", "team", "tag", "end_user"] = "key"
    format: Literal["json", "csv"] = "json"


class Period(BaseModel):
    """Counts of one period. Durations are milliseconds of one exchange with a model, on average, `_p50` of the median.

    `ms_gateway` is our own part. Calls of the gateway's own routes, like loading a list of values, are in none of them.
    """

    requests: int
    failed: int
    blocked: int
    findings: int
    restored: int
    unknown: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    ms_total: float
    ms_detect: float
    ms_vault: float
    ms_upstream: float
    ms_gateway: float
    ms_total_p50: float
    ms_total_p95: float
    ms_total_p99: float
    ms_gateway_p50: float
    ms_gateway_p95: float
    ms_gateway_p99: float


class Step(BaseModel):
    """One step of the series, from `at` on."""

    at: int
    requests: int
    failed: int
    findings: int
    ms_total: float
    tokens: int


class UsageRow(BaseModel):
    """Use of one model, key, policy or provider. `cost` is None when a model has no price."""

    id: str
    name: str
    requests: int
    failed: int
    tokens_in: int
    tokens_out: int
    ms_total: float
    cost: float | None


class Summary(BaseModel):
    """The dashboard's figures: this period, the one before, the series, and the largest parts."""

    range: Range
    since: int
    until: int
    step: int
    now: Period
    before: Period
    series: list[Step]
    findings: dict[str, int]
    models: list[UsageRow]
    policies: list[UsageRow]
    keys: list[UsageRow]
    teams: list[UsageRow]
    outcomes: dict[str, int]


class KeyUsage(BaseModel):
    """One key's use in a range, step by step; `cost` is None when a model has no price."""

    range: Range
    since: int
    until: int
    step: int
    series: list[Step]
    requests: int
    failed: int
    tokens_in: int
    tokens_out: int
    cost: float | None


class UsageAnswer(BaseModel):
    """Use in a range."""

    range: Range
    group: str
    since: int
    until: int
    items: list[UsageRow]
    next: str | None = None


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    return (
        ConsoleRoute(
            "GET",
            "/metrics/summary",
            partial(_summary, parts),
            "The dashboard's figures",
            "metrics",
            query=SummaryQuery,
            answer=Summary,
        ),
        ConsoleRoute(
            "GET", "/usage", partial(_usage, parts), "Use and cost", "metrics", query=UsageQuery, answer=UsageAnswer
        ),
        ConsoleRoute(
            "GET",
            "/keys/{id}/usage",
            partial(_key_usage, parts),
            "One key's use",
            "metrics",
            query=SummaryQuery,
            answer=KeyUsage,
        ),
    )


def _span(parts: Parts, name: str) -> tuple[int, int, int]:
    """Begin, end and step: the end is the next whole step, so that the last one is not cut."""
    length, step = RANGES[name]
    until = (parts.now() // step + 1) * step
    return until - length, until, step


async def _summary(parts: Parts, call: ConsoleCall) -> Summary:
    since, until, step = _span(parts, call.query.range)
    tenant, database = call.caller.tenant, parts.database
    prices = await parts.prices()
    models = await usage(database, "model", since, until, tenant=tenant)
    earlier = await usage(database, "model", 2 * since - until, since, tenant=tenant)
    outcomes = await usage(database, "outcome", since, until, tenant=tenant)
    names = await names_of(parts, tenant)
    return Summary(
        range=call.query.range,
        since=since,
        until=until,
        step=step,
        now=_period(await totals(database, since, until, tenant=tenant), models, prices),
        before=_period(await totals(database, 2 * since - until, since, tenant=tenant), earlier, prices),
        series=[_step(moment) for moment in await series(database, since, until, step, tenant=tenant)],
        findings=dict(await findings_by_type(database, since, until, tenant=tenant)),
        models=_rows(models, {}, prices),
        policies=_rows(await usage(database, "policy", since, until, tenant=tenant), {}, prices),
        keys=_rows(await usage(database, "key", since, until, tenant=tenant), names, prices),
        teams=_rows(await usage(database, "team", since, until, tenant=tenant), {}, prices),
        outcomes={row.name: row.requests for row in outcomes},
    )


def _step(moment: Moment) -> Step:
    return Step(**asdict(moment))


def _period(sums: Totals, models: Sequence[Usage], prices: Mapping[str, Price]) -> Period:
    flat = {name: value for name, value in asdict(sums).items() if not name.endswith("_p")}
    for name, values in (("ms_total", sums.ms_total_p), ("ms_gateway", sums.ms_gateway_p)):
        flat |= {f"{name}_p{share}": value for share, value in zip((50, 95, 99), values, strict=True)}
    costs = [cost_of(row.models, prices) for row in models]
    cost = None if any(part is None for part in costs) else round(sum(part or 0.0 for part in costs), 6)
    return Period(**flat, ms_gateway=round(sums.ms_total - sums.ms_upstream, 3), cost=cost)


def _rows(found: Sequence[Usage], names: Mapping[str, str], prices: Mapping[str, Price]) -> list[UsageRow]:
    return [
        UsageRow(
            id=row.name,
            name=names.get(row.name, row.name),
            requests=row.requests,
            failed=row.failed,
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            ms_total=row.ms_total,
            cost=cost_of(row.models, prices),
        )
        for row in found
    ]


def cost_of(models: Mapping[str, tuple[int, int]], prices: Mapping[str, Price]) -> float | None:
    """Cost of tokens per model by the price table (per million tokens); None when a used model has no price."""
    total = 0.0
    for model, (given, made) in models.items():
        if not given and not made:
            continue
        price = priced(prices, model)
        if price is None:
            return None
        total += (given * price.input + made * price.output) / 1_000_000
    return round(total, 6)


async def _key_usage(parts: Parts, call: ConsoleCall) -> KeyUsage:
    since, until, step = _span(parts, call.query.range)
    tenant, database, key = call.caller.tenant, parts.database, call.path["id"]
    if key not in await names_of(parts, tenant):
        raise Problem(404, "no_such_key", "There is no such key.")
    moments = await series(database, since, until, step, tenant=tenant, key=key)
    used = await usage(database, "key", since, until, tenant=tenant, only=key)
    row = used[0] if used else Usage(key, 0, 0, 0, 0, 0.0)
    return KeyUsage(
        range=call.query.range,
        since=since,
        until=until,
        step=step,
        series=[_step(moment) for moment in moments],
        requests=row.requests,
        failed=row.failed,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        cost=cost_of(row.models, await parts.prices()),
    )


async def _usage(parts: Parts, call: ConsoleCall) -> UsageAnswer | web.Response:
    asked: UsageQuery = call.query
    since, until, _ = _span(parts, asked.range)
    tenant = call.caller.tenant
    found = await usage(parts.database, asked.group, since, until, tenant=tenant, top=1_000)
    rows = _rows(found, await names_of(parts, tenant), await parts.prices())
    if asked.format == "json":
        return UsageAnswer(range=asked.range, group=asked.group, since=since, until=until, items=rows)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(UsageRow.model_fields)
    table.writerows([safe_cell(value) for value in row.model_dump().values()] for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="sting-usage-{asked.group}.csv"',
        "Cache-Control": "no-store",
    }
    return web.Response(text=text.getvalue(), content_type="text/csv", charset="utf-8", headers=headers)
