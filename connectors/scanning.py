"""What the gateway finds in the values of columns: the shares that classification and the PII summary go by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from connectors.classifying import ColumnClass, refine, sampled_values
from connectors.gateway_client import Found, GatewayClient

SCAN_POLICY = "balanced"
TEXTS, VALUES = 60, 40
"""Sampled values per column that are looked at: of free text, and of columns that nothing is known of."""
_WHOLE = 0.85


@dataclass(slots=True)
class Tally:
    """What was found in values of one column. Counts only: it may pass through anybody's hands.

    `inside`: entity type -> values with such a finding; `whole`: the same for findings that are the whole value;
    `hit`: values with any finding; `different`: different values that were looked at.
    """

    values: int = 0
    hit: int = 0
    different: int = 0
    inside: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)

    def add(self, value: str, found: Sequence[Found], times: int = 1) -> None:
        """Count one value that stands in `times` rows."""
        self.values += times
        self.different += 1
        self.hit += times * bool(found)
        for kind in {one.entity_type for one in found}:
            self.inside[kind] += times
        for kind in {one.entity_type for one in found if one.end - one.start >= _WHOLE * len(value)}:
            self.whole[kind] += times

    def join(self, other: Tally) -> None:
        """Count what another part of the column held; its different values may be the same ones."""
        self.values += other.values
        self.hit += other.hit
        self.different = max(self.different, other.different)
        self.inside.update(other.inside)
        self.whole.update(other.whole)

    def refined(self, kind: ColumnClass) -> ColumnClass:
        """The class of the column after this."""
        return refine(kind, self._shares(self.inside), self._shares(self.whole), self.different)

    def _shares(self, counts: Counter[str]) -> dict[str, float]:
        return {kind: round(count / self.values, 3) for kind, count in sorted(counts.items())} if self.values else {}


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
    findings = iter(await gateway.analyze([value for item in asked for value in item.values], SCAN_POLICY))
    better: dict[tuple[str, str], ColumnClass] = {}
    for item in asked:
        tally = Tally()
        for value in item.values:
            tally.add(value, next(findings))
        better[item.table, item.kind.name] = tally.refined(item.kind)
    return {table: [better.get((table, kind.name), kind) for kind in columns] for table, columns in classes.items()}


def _text(kind: ColumnClass) -> bool:
    return kind.role == "text"
