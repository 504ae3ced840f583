"""What figures are summed of: the audit's rows, and what was summed of them before by hour and by day.

A roll-up counts the rows up to one number (`audit_rolled`), so rows that are written late belong to it like any
other: the sum over an hour is its roll-up and its rows above that number, read in one statement, which sees one state.
Durations are whole microseconds, so that sums are the same in whatever order they are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from policies.acts import DIALECT
from policies.tables import AuditEntityRow, AuditRow, RolledRow, RollUpRow

Group = Literal["model", "provider", "policy", "key", "outcome", "tag", "end_user", "team"]
Dimension = Literal[Group, "entity_type", "ms_total", "ms_gateway"]
"""What rows are summed by; the last two (`TIMED`) by duration, in microseconds of three digits."""
GROUPS: tuple[Group, ...] = get_args(Group)
HOUR = 3_600_000
DAY = 24 * HOUR
COUNTS = ("requests", "failed", "blocked", "findings", "restored", "unknown", "tokens_in", "tokens_out")
TIMES = ("us_total", "us_detect", "us_vault", "us_upstream")
MEASURES = (*COUNTS, *TIMES)
BLOCKED = ("blocked",)
"""Outcomes of exchanges that a policy has stopped."""
TIMED = ("ms_total", "ms_gateway")
"""Dimensions whose sums hold exchanges with a model alone: loading a list of a million values is no one's latency."""
COUNTED = ("model", "key")
"""Dimensions whose sums hold findings; to count them costs a look at another table for each row."""
_DIGITS = 1_000


def rows_of(dimension: Dimension) -> Select[Any]:
    """A row for each exchange: tenant, at, value, model and the measures; of `entity_type` one for each type it had."""
    total, upstream = _us(AuditRow.ms_total), _us(AuditRow.ms_upstream)
    model = AuditRow.model if dimension in GROUPS else literal("")
    measures = {
        "requests": literal_column("1"),
        "failed": case((AuditRow.outcome != "ok", 1), else_=0),
        "blocked": case((AuditRow.outcome.in_(BLOCKED), 1), else_=0),
        "findings": _findings(dimension),
        **{name: getattr(AuditRow, name) for name in ("restored", "unknown", "tokens_in", "tokens_out")},
        "us_total": total,
        "us_detect": _us(AuditRow.ms_detect),
        "us_vault": _us(AuditRow.ms_vault),
        "us_upstream": upstream,
    }
    columns = {"tenant": AuditRow.tenant, "at": AuditRow.at, "value": _value(dimension), "model": model, **measures}
    rows = select(*(column.label(name) for name, column in columns.items())).where(AuditRow.dialect != DIALECT)
    if dimension in TIMED:
        return rows.where(AuditRow.model != "")
    return rows.join(AuditEntityRow, AuditEntityRow.seq == AuditRow.seq) if dimension == "entity_type" else rows


def each(low: int, high: int) -> Select[Any]:
    """A row for each exchange after `low` and up to `high`: seq, tenant, at, the groups, and what is counted of it."""
    columns = (AuditRow.seq, AuditRow.tenant, AuditRow.at, *(getattr(AuditRow, group) for group in GROUPS))
    counts = (AuditRow.restored, AuditRow.unknown, AuditRow.tokens_in, AuditRow.tokens_out)
    times = map(_us, (AuditRow.ms_total, AuditRow.ms_detect, AuditRow.ms_vault, AuditRow.ms_upstream))
    mine = (AuditRow.dialect != DIALECT, AuditRow.seq > low, AuditRow.seq <= high)
    return select(*columns, *counts, *times).where(*mine)


def three_digits(us: int) -> int:
    """Microseconds rounded down to three digits, at most 1 % less: few values in an hour, which can be counted."""
    step = 1
    while us >= _DIGITS * step:
        step *= 10
    return max(0, us - us % step)


def _value(dimension: Dimension) -> ColumnElement[Any]:
    if dimension == "entity_type":
        return AuditEntityRow.entity_type  # type: ignore[return-value]
    if dimension == "ms_total":
        return cast(_three_digits(_us(AuditRow.ms_total)), String(200))
    if dimension == "ms_gateway":
        return cast(_three_digits(_us(AuditRow.ms_total) - _us(AuditRow.ms_upstream)), String(200))
    return getattr(AuditRow, dimension)  # type: ignore[no-any-return]


def numbered(dimension: Dimension, low: Any, high: int | None = None) -> list[ColumnElement[bool]]:  # noqa: ANN401
    """Rows after `low` and up to `high`; the counts per type have numbers of their own to be searched by."""
    columns = (AuditRow.seq, AuditEntityRow.seq) if dimension == "entity_type" else (AuditRow.seq,)
    return [column > low for column in columns] + [column <= high for column in columns if high is not None]


def parts_of(
    dimension: Dimension,
    since: int,
    until: int,
    *,
    tenant: str | None,
    value: str | None,
    grain: int,
    numbers: Sequence[ColumnElement[bool]],
) -> Subquery:
    """All that is to be summed from `since` up to `until`, UTC milliseconds, as `rows_of` has it.

    `grain`: the longest roll-up that may be used: DAY, HOUR or 0. `numbers` bound the rows that are found by time.
    """
    days, hours, singles = _spans(since, until, grain)
    rolled = [_rolled(dimension, length, *span) for length, spans in ((DAY, days), (HOUR, hours)) for span in spans]
    rows = []
    if rolled:
        begin, end = min(days + hours)[0], max(end for _, end in days + hours)
        # `+ 0`: walk the few rows after that number, not all of the time
        timely = (AuditRow.at + 0 >= begin, AuditRow.at + 0 < end)
        rows.append(rows_of(dimension).where(*numbered(dimension, _rolled_up_to()), *timely))
    for begin, end in singles:
        rows.append(rows_of(dimension).where(AuditRow.at >= begin, AuditRow.at < end, *numbers))
    if tenant is not None:
        rolled = [part.where(RollUpRow.tenant == tenant) for part in rolled]
        rows = [part.where(AuditRow.tenant == tenant) for part in rows]
    if value is not None:
        rolled = [part.where(RollUpRow.value == value) for part in rolled]
        rows = [part.where(_value(dimension) == value) for part in rows]
    return union_all(*rolled, *rows).subquery()


def _rolled(dimension: Dimension, length: int, begin: int, end: int) -> Select[Any]:
    names = ("tenant", "at", "value", "model", *MEASURES)
    return select(*(getattr(RollUpRow, name).label(name) for name in names)).where(
        RollUpRow.hours == length // HOUR, RollUpRow.dimension == dimension, RollUpRow.at >= begin, RollUpRow.at < end
    )


def _rolled_up_to() -> ColumnElement[int]:
    return func.coalesce(select(func.max(RolledRow.seq)).scalar_subquery(), 0)


_Spans = list[tuple[int, int]]


def _spans(since: int, until: int, grain: int) -> tuple[_Spans, _Spans, _Spans]:
    """The period cut into whole days, whole hours beside them, and what is neither."""
    days = _whole(since, until, DAY) if grain >= DAY else []
    hours = _cut(_whole(since, until, HOUR) if grain >= HOUR else [], days)
    covered = [(min(days + hours)[0], max(end for _, end in days + hours))] if days or hours else []
    return days, hours, _cut([(since, until)], covered)


def _whole(since: int, until: int, length: int) -> _Spans:
    begin, end = -(-since // length) * length, until // length * length
    return [(begin, end)] if begin < end else []


def _cut(outer: _Spans, inner: _Spans) -> _Spans:
    """What of the outer span lies before and behind the inner one."""
    if not inner:
        return outer
    return [
        (begin, end) for (low, high) in outer for begin, end in ((low, inner[0][0]), (inner[0][1], high)) if begin < end
    ]


def _findings(dimension: Dimension) -> ColumnElement[Any]:
    if dimension == "entity_type":
        return AuditEntityRow.count  # type: ignore[return-value]
    if dimension not in COUNTED:
        return literal_column("0")
    counted = select(func.sum(AuditEntityRow.count)).where(AuditEntityRow.seq == AuditRow.seq)
    return cast(func.coalesce(counted.correlate(AuditRow).scalar_subquery(), 0), BigInteger)


def _us(column: Any) -> ColumnElement[int]:  # noqa: ANN401 - SQLAlchemy's columns
    return cast(func.round(column * 1_000), BigInteger)


def _three_digits(us: ColumnElement[int]) -> ColumnElement[int]:
    """`three_digits` in the database."""
    steps = [10**power for power in range(1, 12)]
    cases = [(us < _DIGITS * step, us - us % literal_column(str(step))) for step in steps]
    return case((us < 0, 0), (us < _DIGITS, us), *cases, else_=us)
