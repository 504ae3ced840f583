"""How busy people and rooms are, with planted over- and under-use and the saving that a better plan would bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from demo_data.model import Column, Row, Table
from demo_data.seeding import Stream

TARGET = 0.80
"""The utilisation that a good plan aims at."""
_OVER, _UNDER = 0.92, 0.60


@dataclass(frozen=True, slots=True)
class Resource:
    """Somebody or something with paid hours: `group` is the team or kind, `cost` is per hour."""

    id: str
    group: str
    cost: float


@dataclass(slots=True)
class Workload:
    """One row per resource and day: minutes paid for and minutes in use.

    `planted` is the utilisation per group; a group that is not named there gets TARGET.
    """

    name: str
    column: str
    references: str
    personal: str | None
    group_column: str
    planted: Mapping[str, float]
    rows: list[Row] = field(default_factory=list)
    _sums: dict[str, list[float]] = field(default_factory=dict)

    def fill(self, resources: Sequence[Resource], days: Sequence[dt.date], stream: Stream) -> None:
        """Eight-hour days for every resource."""
        for day in days:
            for resource in resources:
                if stream.chance(0.06):
                    continue  # a day off
                start = dt.datetime.combine(day, dt.time(stream.choose((7, 8, 9, 10))))
                share = stream.normal(self.planted.get(resource.group, TARGET), 0.045)
                busy = int(480 * min(1.0, max(0.05, share)))
                key = f"{len(self.rows) + 1:06d}"
                end = start + dt.timedelta(hours=8)
                self.rows.append((key, resource.id, resource.group, start, end, 480, busy, resource.cost))
                sums = self._sums.setdefault(resource.group, [0.0, 0.0, 0.0])
                sums[0] += 8.0
                sums[1] += busy / 60
                sums[2] += 8.0 * resource.cost

    def table(self) -> Table:
        """The days so far."""
        columns = (
            Column("shift_id", key=True),
            Column(self.column, personal=self.personal, references=self.references),
            Column(self.group_column),
            Column("starts_at", "datetime"),
            Column("ends_at", "datetime"),
            Column("paid_minutes", "integer"),
            Column("busy_minutes", "integer"),
            Column("hourly_cost", "real"),
        )
        return Table(self.name, columns, self.rows)

    def truth(self) -> dict[str, object]:
        """Utilisation per group, who is over- and under-used, and the saving at the target utilisation.

        Saving of an under-used group = (paid hours - busy hours / TARGET) * mean hourly cost; the cost of relieving an
        over-used group is computed alike and taken off.
        """
        use = {group: busy / paid for group, (paid, busy, _cost) in sorted(self._sums.items())}
        change = {
            group: (paid - busy / TARGET) * cost / paid
            for group, (paid, busy, cost) in sorted(self._sums.items())
            if not _UNDER <= use[group] <= _OVER
        }
        return {
            "table": self.name,
            "target": TARGET,
            "utilisation": {group: round(share, 4) for group, share in use.items()},
            "over_used": [group for group, share in use.items() if share > _OVER],
            "under_used": [group for group, share in use.items() if share < _UNDER],
            "saving_by_group": {group: round(amount, 2) for group, amount in change.items()},
            "saving": round(sum(change.values()), 2),
        }


def workdays(first: dt.date, last: dt.date) -> list[dt.date]:
    """Mondays to Fridays from `first` to `last`."""
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]  # noqa: PLR2004 - Saturday is day 5
