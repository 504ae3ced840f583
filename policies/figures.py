"""Figures from the audit table by time range: counts, durations, tokens; what dashboards and usage pages show. No text.

Acts of the console are left out: they are no exchanges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.acts import DIALECT
from policies.audit_query import row_numbers
from policies.db import Database
from policies.tables import AuditEntityRow, AuditRow

Group = Literal["model", "provider", "policy", "key", "outcome", "route", "tag", "end_user", "team"]
_SHARES = (0.5, 0.95, 0.99)
_TOP = 20
BLOCKED = ("blocked",)
"""Outcomes of exchanges that a policy has stopped."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of one period. Durations are milliseconds per exchange on average, `*_p` the shares 0.5, 0.95, 0.99."""

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


def _within(since: int, until: int, tenant: str | None, key: str | None = None) -> list[ColumnElement[bool]]:
    conditions = [AuditRow.at >= since, AuditRow.at < until, AuditRow.dialect != DIALECT]
    if key is not None:
        conditions.append(AuditRow.key == key)
    return conditions if tenant is None else [*conditions, AuditRow.tenant == tenant]


async def _numbered(session: AsyncSession, since: int, until: int) -> list[ColumnElement[bool]]:
    """Bounds of the counts per entity type: these know numbers of rows and no times, and all would be read else."""
    low, high = await row_numbers(session, since, until)
    bounds = ((AuditEntityRow.seq >= low) if low is not None else None, (AuditEntityRow.seq <= high) if high else None)
    return [one for one in bounds if one is not None]


_FAILED = func.coalesce(func.sum(case((AuditRow.outcome != "ok", 1), else_=0)), 0)


def _mean(column: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's columns
    return func.coalesce(func.avg(column), 0.0)


def _sum(column: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's columns
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


async def totals(database: Database, since: int, until: int, *, tenant: str | None = None) -> Totals:
    """Sums from `since` up to `until` (excluded), UTC milliseconds. Raises DatabaseUnavailable."""
    within = _within(since, until, tenant)
    query = select(
        func.count().label("requests"),
        _FAILED.label("failed"),
        func.coalesce(func.sum(case((AuditRow.outcome.in_(BLOCKED), 1), else_=0)), 0).label("blocked"),
        _sum(AuditRow.restored).label("restored"),
        _sum(AuditRow.unknown).label("unknown"),
        _sum(AuditRow.tokens_in).label("tokens_in"),
        _sum(AuditRow.tokens_out).label("tokens_out"),
        *(_mean(getattr(AuditRow, name)).label(name) for name in ("ms_total", "ms_detect", "ms_vault", "ms_upstream")),
    ).where(*within)
    async with database.session() as session:
        row = (await session.execute(query)).one()._asdict()
        findings = await session.scalar(
            select(_sum(AuditEntityRow.count))
            .join(AuditRow, AuditRow.seq == AuditEntityRow.seq)
            .where(*within, *await _numbered(session, since, until))
        )
        whole = await _shares(session, AuditRow.ms_total + 0, within, row["requests"])
        own = await _shares(session, AuditRow.ms_total - AuditRow.ms_upstream, within, row["requests"])
    counts: dict[str, Any] = {name: round(v, 3) if name.startswith("ms_") else int(v) for name, v in row.items()}
    return Totals(**counts, findings=int(findings or 0), ms_total_p=whole, ms_gateway_p=own)


async def _shares(
    session: AsyncSession, column: ColumnElement[float], within: Sequence[ColumnElement[bool]], count: int
) -> tuple[float, ...]:
    """The values below which the shares of all rows lie (nearest rank), the same on every database."""
    ranks = [max(1, int(share * count)) for share in _SHARES]
    sorted_ = select(column.label("value"), func.row_number().over(order_by=column).label("rank")).where(*within)
    ranked = sorted_.subquery()
    found = await session.execute(select(ranked.c.rank, ranked.c.value).where(ranked.c.rank.in_(ranks)))
    values = {int(rank): float(value) for rank, value in found.all()}
    return tuple(round(values.get(rank, 0.0), 3) for rank in ranks)


async def findings_by_type(
    database: Database, since: int, until: int, *, tenant: str | None = None
) -> Mapping[str, int]:
    """Findings per entity type, the most frequent first. Raises DatabaseUnavailable."""
    number = _sum(AuditEntityRow.count)
    query = (
        select(AuditEntityRow.entity_type, number)
        .join(AuditRow, AuditRow.seq == AuditEntityRow.seq)
        .where(*_within(since, until, tenant))
        .group_by(AuditEntityRow.entity_type)
        .order_by(number.desc(), AuditEntityRow.entity_type)
    )
    async with database.session() as session:
        rows = await session.execute(query.where(*await _numbered(session, since, until)))
        return {name: int(count) for name, count in rows.all()}


async def usage(
    database: Database,
    group: Group,
    since: int,
    until: int,
    *,
    tenant: str | None = None,
    key: str | None = None,
    top: int = _TOP,
) -> list[Usage]:
    """Use by `group`, the most requests first, at most `top`; `key`: of this one only. Raises DatabaseUnavailable."""
    column = getattr(AuditRow, group)
    query = (
        select(
            column,
            AuditRow.model,
            func.count(),
            _FAILED,
            _sum(AuditRow.tokens_in),
            _sum(AuditRow.tokens_out),
            func.sum(AuditRow.ms_total),
        )
        .where(*_within(since, until, tenant, key))
        .group_by(column, AuditRow.model)
    )
    parts: dict[str, list[tuple[str, int, int, int, int, float]]] = {}
    async with database.session() as session:
        for name, model, count, failed, given, made, ms in (await session.execute(query)).all():
            parts.setdefault(name, []).append((model, count, int(failed), int(given), int(made), float(ms)))
    found = [_use_of(name, some) for name, some in parts.items()]
    return sorted(found, key=lambda one: (-one.requests, one.name))[:top]


def _use_of(name: str, parts: Sequence[tuple[str, int, int, int, int, float]]) -> Usage:
    """The use of one name out of its parts by model: requests, failed ones, tokens in and out, milliseconds."""
    requests, failed, given, made, ms = (sum(part[at] for part in parts) for at in range(1, 6))  # type: ignore[misc]
    split = {part[0]: (part[3], part[4]) for part in parts}
    return Usage(name, int(requests), int(failed), int(given), int(made), round(ms / requests, 3), split)


async def series(
    database: Database, since: int, until: int, step: int, *, tenant: str | None = None, key: str | None = None
) -> list[Moment]:
    """The period in steps of `step` milliseconds, of one key where `key` is its id; empty steps are there with zeros.

    Raises DatabaseUnavailable.
    """
    within = _within(since, until, tenant, key)
    # numbers in the text: PostgreSQL takes two parameters of one value for two expressions, and refuses the grouping
    place = (AuditRow.at - literal_column(str(int(since)))) // literal_column(str(int(step)))
    query = (
        select(
            place,
            func.count(),
            _FAILED,
            _mean(AuditRow.ms_total),
            _sum(AuditRow.tokens_in) + _sum(AuditRow.tokens_out),
        )
        .where(*within)
        .group_by(place)
    )
    found = (
        select(place, _sum(AuditEntityRow.count))
        .join(AuditRow, AuditRow.seq == AuditEntityRow.seq)
        .where(*within)
        .group_by(place)
    )
    async with database.session() as session:
        rows = {int(row[0]): row for row in (await session.execute(query)).all()}
        counted = await session.execute(found.where(*await _numbered(session, since, until)))
        findings = {int(at): int(count) for at, count in counted.all()}
    moments = []
    for at in range(-(-(until - since) // step)):
        _, requests, failed, mean, tokens = rows.get(at, (at, 0, 0, 0.0, 0))
        moments.append(
            Moment(
                since + at * step, int(requests), int(failed), findings.get(at, 0), round(float(mean), 3), int(tokens)
            )
        )
    return moments
