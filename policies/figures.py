"""Figures from the audit table by time range: counts, durations, tokens; what dashboards and usage pages show. No text.

Acts of the console are left out: they are no exchanges. Whole hours come from the roll-ups (`policies.rollups`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.audit_query import row_numbers
from policies.db import Database
from policies.rollup_rows import COUNTS, DAY, HOUR, TIMES, Dimension, Group, numbered, parts_of

_SHARES = (0.5, 0.95, 0.99)
_TOP = 20


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of one period. Durations: mean milliseconds of an exchange with a model; `*_p`: shares 0.5, 0.95, 0.99.

    Calls of the gateway's own routes (values loaded, texts scrambled for a jar) are requests, and not in the durations.
    """

    requests: int = 0
    failed: int = 0
    blocked: int = 0
    findings: int = 0
    restored: int = 0
    unknown: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    ms_total: float = 0.0
    ms_detect: float = 0.0
    ms_vault: float = 0.0
    ms_upstream: float = 0.0
    ms_total_p: tuple[float, ...] = (0.0, 0.0, 0.0)
    ms_gateway_p: tuple[float, ...] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one model, key, policy ... has used in a period; `models` splits its tokens for pricing."""

    name: str
    requests: int
    failed: int
    tokens_in: int
    tokens_out: int
    ms_total: float
    models: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a series that begins at `at` (UTC milliseconds)."""

    at: int
    requests: int
    failed: int
    findings: int
    ms_total: float
    tokens: int


async def _parts(
    session: AsyncSession,
    dimension: Dimension,
    since: int,
    until: int,
    *,
    tenant: str | None,
    value: str | None = None,
    grain: int = DAY,
) -> Subquery:
    """What is to be summed. Counts per entity type know numbers of rows and no times, so those are looked up first."""
    numbers = []
    if dimension == "entity_type":
        low, high = await row_numbers(session, since, until)
        numbers = numbered(dimension, (low or 1) - 1, high)
    return parts_of(dimension, since, until, tenant=tenant, value=value, grain=grain, numbers=numbers)


def _sum(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _mean(us: int, requests: int) -> float:
    """Milliseconds per exchange."""
    return round(us / requests / 1_000, 3) if requests else 0.0


async def totals(database: Database, since: int, until: int, *, tenant: str | None = None) -> Totals:
    """Sums from `since` up to `until` (excluded), UTC milliseconds. Raises DatabaseUnavailable."""
    async with database.session() as session:
        parts = await _parts(session, "model", since, until, tenant=tenant)
        row = (await session.execute(select(*(_sum(parts.c[name]).label(name) for name in COUNTS)))).one()._asdict()
        parts = await _parts(session, "ms_total", since, until, tenant=tenant)
        times = select(_sum(parts.c.requests), *(_sum(parts.c[name]) for name in TIMES))
        number, *spent = (await session.execute(times)).one()
        whole = await _shares(session, "ms_total", since, until, tenant)
        own = await _shares(session, "ms_gateway", since, until, tenant)
    means: dict[str, Any] = {f"ms_{name[3:]}": _mean(us, number) for name, us in zip(TIMES, spent, strict=True)}
    return Totals(**row, **means, ms_total_p=whole, ms_gateway_p=own)


async def _shares(
    session: AsyncSession, dimension: Dimension, since: int, until: int, tenant: str | None
) -> tuple[float, ...]:
    """The values below which the shares of all exchanges lie (nearest rank), in milliseconds of three digits."""
    parts = await _parts(session, dimension, since, until, tenant=tenant)
    found = await session.execute(select(parts.c.value, _sum(parts.c.requests)).group_by(parts.c.value))
    counts = sorted((int(value), int(count)) for value, count in found.all())
    number = sum(count for _, count in counts)
    values, reached = [value for value, _ in counts], list(accumulate(count for _, count in counts))
    return tuple(
        values[bisect_left(reached, max(1, int(share * number)))] / 1_000 if values else 0.0 for share in _SHARES
    )


async def findings_by_type(
    database: Database, since: int, until: int, *, tenant: str | None = None
) -> Mapping[str, int]:
    """Findings per entity type, the most frequent first. Raises DatabaseUnavailable."""
    async with database.session() as session:
        parts = await _parts(session, "entity_type", since, until, tenant=tenant)
        number = _sum(parts.c.findings)
        query = select(parts.c.value, number).group_by(parts.c.value).order_by(number.desc(), parts.c.value)
        return {name: int(count) for name, count in (await session.execute(query)).all()}


async def usage(
    database: Database,
    group: Group,
    since: int,
    until: int,
    *,
    tenant: str | None = None,
    only: str | None = None,
    top: int = _TOP,
) -> list[Usage]:
    """Use by `group`, the most requests first, at most `top`; `only`: of this one alone. Raises DatabaseUnavailable."""
    parts: dict[str, list[tuple[str, int, int, int, int, int]]] = {}
    async with database.session() as session:
        rows = await _parts(session, group, since, until, tenant=tenant, value=only)
        sums = (_sum(rows.c[name]) for name in ("requests", "failed", "tokens_in", "tokens_out", "us_total"))
        query = select(rows.c.value, rows.c.model, *sums).group_by(rows.c.value, rows.c.model)
        for name, model, *counts in (await session.execute(query)).all():
            parts.setdefault(name, []).append((model, *counts))
    found = [_use_of(name, some) for name, some in parts.items()]
    return sorted(found, key=lambda one: (-one.requests, one.name))[:top]


def _use_of(name: str, parts: Sequence[tuple[str, int, int, int, int, int]]) -> Usage:
    """The use of one name out of its parts by model: requests, failed ones, tokens in and out, microseconds."""
    requests, failed, given, made, us = (sum(part[at] for part in parts) for at in range(1, 6))  # type: ignore[misc]
    split = {part[0]: (part[3], part[4]) for part in parts}
    return Usage(name, requests, failed, given, made, _mean(us, requests), split)


async def series(
    database: Database, since: int, until: int, step: int, *, tenant: str | None = None, key: str | None = None
) -> list[Moment]:
    """The period in steps of `step` milliseconds, of one key where `key` is its id; empty steps are there with zeros.

    Raises DatabaseUnavailable.
    """
    dimension: Dimension = "model" if key is None else "key"
    grain = next((length for length in (DAY, HOUR) if since % length == step % length == 0), 0)
    async with database.session() as session:
        parts = await _parts(session, dimension, since, until, tenant=tenant, value=key, grain=grain)
        # numbers in the text: PostgreSQL takes two parameters of one value for two expressions and refuses to group
        place = (parts.c.at - literal_column(str(int(since)))) // literal_column(str(int(step)))
        names = ("requests", "failed", "findings", "us_total", "tokens_in", "tokens_out")
        query = select(place, *(_sum(parts.c[name]) for name in names)).group_by(place)
        rows = {int(row[0]): row[1:] for row in (await session.execute(query)).all()}
    moments = []
    for at in range(-(-(until - since) // step)):
        requests, failed, findings, us, given, made = rows.get(at, (0, 0, 0, 0, 0, 0))
        moments.append(Moment(since + at * step, requests, failed, findings, _mean(us, requests), given + made))
    return moments
