"""An access log with planted violations, each of which a plain rule finds again.

The rules: `night_export` - an export of 500 rows or more before 5 o'clock; `after_leaving` - anything after the day on
which the employee left; `no_reason` - a record read without a business reason; `failed_login_burst` - eight or more
failed logins of one user within ten minutes; `foreign_address` - a log-in from outside the user's own network.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from demo_data.calendars import Calendar
from demo_data.identifiers import ipv4
from demo_data.model import Cell, Column, Row, Table
from demo_data.seeding import Stream

NIGHT_EXPORT_ROWS = 500


@dataclass(frozen=True, slots=True)
class Employee:
    """A user of the system: `office` is the third number of the address of their desk (10.20.office.x)."""

    id: str
    username: str
    office: int
    left_on: dt.date | None = None

    def desk(self, stream: Stream) -> str:
        """An address in the employee's own network."""
        return f"10.20.{self.office}.{stream.between(2, 250)}"


@dataclass(slots=True)
class AccessLog:
    """Builds the log: ordinary entries first, then violations, all sorted by time at the end."""

    employees: Sequence[Employee]
    employee_references: str
    calendar: Calendar
    stream: Stream
    record: Callable[[], str]
    reason: Callable[[], str]
    object_name: str
    _entries: list[tuple[dt.datetime, tuple[Cell, ...], str]] = field(default_factory=list)

    def _add(
        self,
        moment: dt.datetime,
        who: Employee,
        action: str,
        *,
        rows: int = 0,
        record: str = "",
        reason: str = "",
        address: str | None = None,
        ok: bool = True,
        violation: str = "",
    ) -> None:
        where = address or who.desk(self.stream)
        cells = (who.id, who.username, action, self.object_name, record or None, rows, reason or None, where, ok)
        self._entries.append((moment, cells, violation))

    def ordinary(self, count: int) -> None:
        """Day-time reads with a reason, log-ins, small exports, now and then a mistyped password."""
        for _ in range(count):
            who = self.stream.choose(self.employees)
            moment = self.calendar.moment(self.stream, high=who.left_on)
            kind = self.stream.weighted({"read": 66, "update": 14, "login": 14, "export": 4, "failed": 2})
            if kind in {"read", "update"}:
                self._add(moment, who, kind, rows=1, record=self.record(), reason=self.reason())
            elif kind == "export":
                self._add(moment, who, "export", rows=self.stream.between(5, 180), reason=self.reason())
            else:
                self._add(moment, who, "login", ok=kind == "login")

    def violations(self) -> None:
        """All five kinds of violation."""
        stream = self.stream
        staying = [who for who in self.employees if who.left_on is None]
        culprits = stream.sample(staying, 4)
        for _ in range(6):
            night = dt.datetime.combine(self.calendar.day(stream), dt.time(stream.between(1, 4), stream.between(0, 59)))
            rows = stream.between(NIGHT_EXPORT_ROWS, 4800)
            self._add(night, culprits[0], "export", rows=rows, reason=self.reason(), violation="night_export")
        for who in self.employees:
            if who.left_on is not None:
                self._after_leaving(who)
        for _ in range(25):
            moment = self.calendar.moment(stream)
            self._add(moment, culprits[1], "read", rows=1, record=self.record(), violation="no_reason")
        for _ in range(3):
            start = self.calendar.moment(stream)
            for attempt in range(12):
                moment = start + dt.timedelta(seconds=attempt * stream.between(20, 40))
                self._add(moment, culprits[2], "login", ok=False, violation="failed_login_burst")
        for _ in range(5):
            moment = self.calendar.moment(stream)
            self._add(moment, culprits[3], "login", address=ipv4(stream), violation="foreign_address")

    def _after_leaving(self, who: Employee) -> None:
        last = self.calendar.last
        if who.left_on is None or who.left_on >= last:
            return
        for _ in range(4):
            moment = self.calendar.moment(self.stream, low=who.left_on + dt.timedelta(days=1), high=last)
            self._add(
                moment, who, "read", rows=1, record=self.record(), reason=self.reason(), violation="after_leaving"
            )

    def finish(self, record_type: str, reason_type: str | None) -> tuple[Table, dict[str, list[int]]]:
        """The table, sorted by time, and the entry ids of each kind of violation."""
        self._entries.sort(key=lambda entry: (entry[0], str(entry[1])))
        found: dict[str, list[int]] = {}
        rows: list[Row] = []
        for number, (moment, cells, violation) in enumerate(self._entries, start=1):
            rows.append((number, moment, *cells))
            if violation:
                found.setdefault(violation, []).append(number)
        columns = (
            Column("entry_id", "integer", key=True),
            Column("occurred_at", "datetime"),
            Column("employee_id", personal="EMPLOYEE_ID", references=self.employee_references),
            Column("username", personal="USERNAME"),
            Column("action"),
            Column("object_name"),
            Column("record_id", personal=record_type),
            Column("row_count", "integer"),
            Column("reason", personal=reason_type),
            Column("ip_address", personal="IP_ADDRESS"),
            Column("succeeded", "boolean"),
        )
        return Table("access_log", columns, rows), dict(sorted(found.items()))
