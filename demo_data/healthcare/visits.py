"""Appointments with a planted no-show signal, and the stages of a visit with a planted bottleneck."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from demo_data.calendars import OFFICE_HOURS, WEEKDAYS_ONLY, Calendar, aware_of_weekend, month_counts
from demo_data.grammar import join
from demo_data.healthcare.notes import GRAMMAR, note_slots
from demo_data.healthcare.people import DEPARTMENTS, FIRST_DAY, SNAPSHOT, Clinician, Patient, rooms
from demo_data.model import Column, Label, Table
from demo_data.planted import Logistic, shares, spread
from demo_data.seeding import Stream
from demo_data.stages import Flow, StageLog

COUNT = 10_000
MONTH_WEIGHTS = (1.4, 1.3, 1.05, 0.95, 0.9, 0.85, 0.7, 0.75, 1.0, 1.1, 1.15, 0.85)
_VISITS = {"well": 4.0, "diabetic": 14.0, "cardiac": 13.0, "frail": 20.0, "renal": 22.0}
_PREFERRED = {"diabetic": "Endocrinology", "cardiac": "Cardiology", "renal": "Nephrology"}
NO_SHOW = Logistic(-2.1, {"lead_days": 0.035, "reminder_sent": -1.1, "under_30": 1.0, "new_patient": 0.6})
"""Planted: who does not come. The variables are columns of the appointments (age by the patient's birth date)."""
FLOW = Flow(
    {"check_in": 0.09, "triage": 0.2, "waiting": 0.85, "consultation": 0.35, "checkout": 0.1},
    bottleneck="waiting",
    slow_kind="Cardiology",
    slow_factor=2.1,
    sigma=0.4,
)
"""Planted: patients wait longest before the consultation, in cardiology twice as long."""
_TRACKED_FROM = dt.datetime(2025, 7, 1)  # noqa: DTZ001 - all times of the demo sets are local times


@dataclass(frozen=True, slots=True)
class Visit:
    """A completed appointment, as laboratory results refer to it."""

    id: str
    patient: Patient
    clinician: Clinician
    start: dt.datetime


@dataclass(slots=True)
class Visits:
    """The appointments and what the other parts need of them."""

    table: Table
    events: StageLog
    labels: list[list[Label]] = field(default_factory=list)
    completed: list[Visit] = field(default_factory=list)
    truth: dict[str, object] = field(default_factory=dict)


def schedule(patients: list[Patient], staff: list[Clinician], stream: Stream) -> Visits:
    """10,000 appointments, sorted by time."""
    events = StageLog(
        "visit_stage_events", "appointment_id", None, "appointments.appointment_id", "staff_id", "staff.staff_id",
        "EMPLOYEE_ID", FLOW,
    )  # fmt: skip
    visits = Visits(Table("appointments", _COLUMNS, []), events)
    calendar = Calendar(FIRST_DAY, SNAPSHOT, MONTH_WEIGHTS, WEEKDAYS_ONLY, OFFICE_HOURS)
    counts = spread(COUNT, [_VISITS[one.cohort] * stream.lognormal(1.0, 0.4) for one in patients], minimum=1)
    drawn = sorted((calendar.moment(stream), number) for number, count in enumerate(counts) for _ in range(count))
    seen: defaultdict[str, int] = defaultdict(int)
    room_ids = [room.id for room in rooms()]
    probabilities: list[float] = []
    events_drawn: list[bool] = []
    for position, (moment, number) in enumerate(drawn):
        patient = patients[number]
        start = moment.replace(minute=moment.minute // 15 * 15, second=0)
        booking = _book(patient, start, new=seen[patient.mrn] == 0, stream=stream)
        missed, probability = NO_SHOW.draw(booking.variables, stream)
        probabilities.append(probability)
        events_drawn.append(missed)
        seen[patient.mrn] += 1
        doctor = _doctor(staff, booking.department, start.date(), stream)
        _enter(visits, f"A-{50_000 + position}", booking, doctor, stream.choose(room_ids), stream, missed=missed)
    months = shares(month_counts([moment for moment, _number in drawn]))
    visits.truth = {
        "no_show": {"table": "appointments", "column": "status", **NO_SHOW.truth(probabilities, events_drawn)},
        "seasonality": {"planted_month_weights": list(MONTH_WEIGHTS), "month_shares": months, "peak_month": 1},
        "bottleneck": events.truth(),
    }
    return visits


@dataclass(frozen=True, slots=True)
class _Booking:
    """What is known when an appointment is made."""

    patient: Patient
    start: dt.datetime
    booked: dt.datetime
    department: str
    variables: dict[str, float]


def _book(patient: Patient, start: dt.datetime, *, new: bool, stream: Stream) -> _Booking:
    lead = min(90, int(stream.lognormal(12.0, 0.9)))
    booked = start - dt.timedelta(days=lead, hours=stream.between(0, 3))
    age = (start.date() - patient.person.born).days / 365.25
    home = _PREFERRED.get(patient.cohort)
    department = home if home and stream.chance(0.65) else stream.weighted(DEPARTMENTS)
    variables = {
        "lead_days": float((start.date() - booked.date()).days),
        "reminder_sent": float(stream.chance(0.6)),
        "under_30": float(age < 30),  # noqa: PLR2004 - the driver's own definition
        "new_patient": float(new),
    }
    return _Booking(patient, start, booked, department, variables)


def _doctor(staff: list[Clinician], department: str, day: dt.date, stream: Stream) -> Clinician:
    present = [
        one
        for one in staff
        if one.department == department and one.role == "physician" and (one.access.left_on or SNAPSHOT) >= day
    ]
    return stream.choose(present)


def _enter(
    visits: Visits, key: str, booking: _Booking, doctor: Clinician, room: str, stream: Stream, *, missed: bool
) -> None:
    """Write one appointment, its reason and (in the last half-year) the stages of the visit."""
    reason, labels = join(GRAMMAR.write("reason", note_slots(booking.patient, doctor, booking.start, stream), stream))
    status = "no_show" if missed else "completed" if stream.chance(0.94) else "cancelled"
    minutes = stream.choose((15, 20, 30, 30, 45))
    visits.table.rows.append((
        key, booking.patient.mrn, doctor.id, room, booking.department, booking.booked, booking.start, minutes, status,
        int(booking.variables["lead_days"]), bool(booking.variables["reminder_sent"]),
        bool(booking.variables["new_patient"]), round(minutes * stream.uniform(2.8, 4.4), 2), reason,
    ))  # fmt: skip
    visits.labels.append(labels)
    if status == "completed":
        visits.completed.append(Visit(key, booking.patient, doctor, booking.start))
        if booking.start >= _TRACKED_FROM:
            visits.events.run(
                key, booking.department, aware_of_weekend(booking.start), lambda _stage: doctor.id, stream
            )


_COLUMNS = (
    Column("appointment_id", key=True),
    Column("mrn", personal="MEDICAL_RECORD", references="patients.mrn"),
    Column("staff_id", personal="EMPLOYEE_ID", references="staff.staff_id"),
    Column("room_id", references="rooms.room_id"),
    Column("department"),
    Column("booked_at", "datetime"),
    Column("starts_at", "datetime"),
    Column("planned_minutes", "integer"),
    Column("status"),
    Column("lead_days", "integer"),
    Column("reminder_sent", "boolean"),
    Column("new_patient", "boolean"),
    Column("cost", "real"),
    Column("reason", free_text=True),
)
