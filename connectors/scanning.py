"""What the gateway finds in the values of columns: the shares that classification and the PII summary go by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from connectors.classifying import ColumnClass, refine, sampled_values
from connectors.gateway_client import Found, GatewayClient

SCAN_POLICY = "balanced"
TEXTS, VALUES = 60, 40
"""Sampled values per column that are looked at: of free text, and of columns that nothing is known of."""
_WHOLE = 0.85


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    table: str
    kind: ColumnClass
    values: list[str]


async def refined(
    gateway: GatewayClient, samples: Mapping[str, pl.DataFrame], classes: Mapping[str, Sequence[ColumnClass]]
) -> dict[str, list[ColumnClass]]:
    """The classes of some tables, after the gateway has looked at what is not sure yet. Raises GatewayFailed."""
    asked = [
        _Asked(table, kind, sampled_values(samples[table].get_column(kind.name), TEXTS if _text(kind) else VALUES))
        for table, columns in classes.items()
        for kind in columns
        if not kind.sure
    ]
    findings = await gateway.analyze([value for item in asked for value in item.values], SCAN_POLICY)
    place = 0
    better: dict[tuple[str, str], ColumnClass] = {}
    for item in asked:
        own = findings[place : place + len(item.values)]
        place += len(item.values)
        better[item.table, item.kind.name] = _refined(item, own)
    return {table: [better.get((table, kind.name), kind) for kind in columns] for table, columns in classes.items()}


def _refined(item: _Asked, findings: Sequence[Sequence[Found]]) -> ColumnClass:
    inside: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for value, found in zip(item.values, findings, strict=True):
        inside.update({one.entity_type for one in found})
        whole.update({one.entity_type for one in found if one.end - one.start >= _WHOLE * len(value)})
    return refine(item.kind, _shares(inside, item.values), _shares(whole, item.values), len(item.values))


def _shares(counts: Counter[str], values: Sequence[str]) -> dict[str, float]:
    return {kind: round(count / len(values), 3) for kind, count in sorted(counts.items())} if values else {}


def _text(kind: ColumnClass) -> bool:
    return kind.role == "text"
