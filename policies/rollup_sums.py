"""Sums of exchanges by hour and day for every dimension, of rows that were read once. Pure.

To have the database group the rows would read them once for each dimension and length, at several times the cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import Any

from policies.rollup_rows import BLOCKED, COUNTED, DAY, GROUPS, HOUR, three_digits

Key = tuple[str, int, str, int, str, str]
"""Tenant, hours (1 or 24), dimension, beginning, value, model: the primary key of `RollUpRow`."""
Sums = dict[Key, list[int]]
"""Amounts in the order of `MEASURES`."""

_OUTCOME = GROUPS.index("outcome")
_MODEL = GROUPS.index("model")


def sums_of(rows: Iterable[Sequence[Any]], found: Mapping[int, Mapping[str, int]]) -> Sums:
    """Sums of rows (`rollup_rows.each`); `found`: findings by type of a row's number."""
    sums: Sums = {}
    # Most exchanges of an hour are alike in all groups: these are added up once and put into each group then.
    alike: dict[tuple[str, int, tuple[str, ...]], list[int]] = {}
    for seq, tenant, at, *rest in rows:
        hour, groups, amounts = at - at % HOUR, tuple(rest[: len(GROUPS)]), rest[len(GROUPS) :]
        outcome, types = groups[_OUTCOME], found.get(seq, {})
        before = (1, int(outcome != "ok"), int(outcome in BLOCKED))
        _put(alike, (tenant, hour, groups), [*before, sum(types.values()), *amounts])
        total, upstream = amounts[4], amounts[7]
        bare = [*before, 0, *amounts]
        if groups[_MODEL]:
            _put(sums, (tenant, 1, "ms_total", hour, str(three_digits(total)), ""), bare)
            _put(sums, (tenant, 1, "ms_gateway", hour, str(three_digits(total - upstream)), ""), bare)
        for name, count in types.items():
            _put(sums, (tenant, 1, "entity_type", hour, name, ""), [*before, count, *amounts])
    for (tenant, hour, groups), measures in alike.items():
        bare = [*measures[:3], 0, *measures[4:]]
        for group, value in zip(GROUPS, groups, strict=True):
            _put(sums, (tenant, 1, group, hour, value, groups[_MODEL]), measures if group in COUNTED else bare)
    for (tenant, _, dimension, at, value, model), measures in list(sums.items()):
        _put(sums, (tenant, DAY // HOUR, dimension, at - at % DAY, value, model), measures)
    return sums


def _put(sums: dict[Any, list[int]], key: Any, measures: list[int]) -> None:  # noqa: ANN401 - two kinds of keys
    have = sums.get(key)
    sums[key] = measures if have is None else [*map(add, have, measures)]
