"""Work that passes through stages, with a planted bottleneck: one stage whose median time stands out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demo_data.calendars import later
from demo_data.model import Cell, Column, Row, Table
from demo_data.planted import median
from demo_data.seeding import Stream


@dataclass(frozen=True, slots=True)
class Flow:
    """Stages in order with their median hours; `slow` multiplies the bottleneck's time for one kind of work."""

    medians: Mapping[str, float]
    bottleneck: str
    slow_kind: str
    slow_factor: float
    sigma: float = 0.55

    def hours(self, stage: str, kind: str, stream: Stream) -> float:
        """How long a piece of work of `kind` stays in `stage`."""
        factor = self.slow_factor if stage == self.bottleneck and kind == self.slow_kind else 1.0
        return stream.lognormal(self.medians[stage] * factor, self.sigma)


@dataclass(slots=True)
class StageLog:
    """Collects the stage events of one kind of work into a table."""

    name: str
    subject: str
    subject_type: str | None
    references: str
    worker: str
    worker_references: str
    worker_type: str | None
    flow: Flow
    rows: list[Row] = field(default_factory=list)
    _hours: dict[str, list[float]] = field(default_factory=dict)
    _slow: list[float] = field(default_factory=list)

    def run(
        self, subject: str, kind: str, start: dt.datetime, worker: Callable[[str], Cell], stream: Stream
    ) -> list[dt.datetime]:
        """Send one piece of work through all stages; returns the end of each stage."""
        ends: list[dt.datetime] = []
        entered = start
        for stage in self.flow.medians:
            left = later(entered, self.flow.hours(stage, kind, stream))
            spent = (left - entered).total_seconds() / 3600
            self.rows.append((len(self.rows) + 1, subject, stage, worker(stage), entered, left))
            self._hours.setdefault(stage, []).append(spent)
            if stage == self.flow.bottleneck and kind == self.flow.slow_kind:
                self._slow.append(spent)
            entered = left
            ends.append(left)
        return ends

    def table(self) -> Table:
        """The events so far."""
        columns = (
            Column("event_id", "integer", key=True),
            Column(self.subject, personal=self.subject_type, references=self.references),
            Column("stage"),
            Column(self.worker, personal=self.worker_type, references=self.worker_references),
            Column("entered_at", "datetime"),
            Column("left_at", "datetime"),
        )
        return Table(self.name, columns, self.rows)

    def truth(self) -> dict[str, object]:
        """Planted and realised medians, and the bottleneck's name."""
        return {
            "table": self.name,
            "bottleneck": self.flow.bottleneck,
            "slow_kind": self.flow.slow_kind,
            "slow_factor": self.flow.slow_factor,
            "planted_median_hours": dict(self.flow.medians),
            "median_hours": {stage: round(median(hours), 4) for stage, hours in self._hours.items()},
            "median_hours_of_slow_kind": round(median(self._slow), 4),
        }
