"""The set `healthcare`: a clinic with patients, appointments and laboratory results.

All 18 identifiers of HIPAA's Safe Harbor method occur, in columns and in the notes: see SAFE_HARBOR.
"""

from __future__ import annotations

from demo_data.access import AccessLog
from demo_data.calendars import OFFICE_HOURS, WEEKDAYS_ONLY, Calendar, months_between
from demo_data.healthcare import labs, people, visits
from demo_data.model import Column, DataSet, Row, Table
from demo_data.seeding import Stream

SAFE_HARBOR = {
    "A names": ("PERSON", "patients.last_name"),
    "B geographic subdivisions": ("STREET_ADDRESS", "patients.street"),
    "C dates": ("DATE_OF_BIRTH", "patients.birth_date"),
    "D telephone numbers": ("PHONE_NUMBER", "patients.phone"),
    "E fax numbers": ("PHONE_NUMBER", "patients.fax"),
    "F e-mail addresses": ("EMAIL_ADDRESS", "patients.email"),
    "G social security numbers": ("US_SSN", "patients.ssn"),
    "H medical record numbers": ("MEDICAL_RECORD", "patients.mrn"),
    "I health plan beneficiary numbers": ("MEMBER_ID", "patients.insurance_member_id"),
    "J account numbers": ("ACCOUNT_NUMBER", "patients.billing_account"),
    "K certificate and license numbers": ("US_DRIVER_LICENSE", "patients.drivers_license"),
    "L vehicle identifiers and plates": ("LICENSE_PLATE", "patients.license_plate"),
    "M device identifiers and serials": ("DEVICE_ID", "patients.implant_serial"),
    "N URLs": ("URL", "patients.portal_url"),
    "O IP addresses": ("IP_ADDRESS", "patients.last_login_ip"),
    "P biometric identifiers": ("UUID", "patients.biometric_template"),
    "Q full-face photographs": ("URL", "patients.photo_url"),
    "R any other unique code": ("USERNAME", "patients.portal_login"),
}
"""45 CFR 164.514(b)(2)(i): the letter and name of each identifier, its entity type and a column that holds it."""
ACCESS_ENTRIES = 5000
_MONTHLY = {"staff": 412_000, "rooms": 118_000, "laboratory": 64_000, "supplies": 47_000}
_LAB_STEP_MONTH = "2025-05-01"


def generate(seed: int) -> DataSet:
    """The whole set; the same seed gives the same bytes."""

    def stream(part: str) -> Stream:
        return Stream(seed, f"healthcare/{part}")

    staff = people.hire(stream("staff"))
    patients = people.admit(stream("patients"))
    room_days, use = people.room_days(stream("rooms"))
    booked = visits.schedule(patients, staff, stream("appointments"))
    results = labs.examine(booked.completed, stream("labs"))
    log, violations = _access_log(staff, patients, booked, stream("access"))
    tables = (
        people.staff_table(staff), people.rooms_table(), room_days, people.patients_table(patients), booked.table,
        booked.events.table(), results.table, _costs(stream("costs")), log,
    )  # fmt: skip
    labels = {("appointments", "reason"): booked.labels, ("lab_results", "clinical_note"): results.labels}
    truth: dict[str, object] = {
        "snapshot": people.SNAPSHOT.isoformat(),
        **booked.truth,
        **results.truth,
        "cohorts": {cohort: sum(one.cohort == cohort for one in patients) for cohort in people.COHORTS},
        "workload": use,
        "cost_change": {"department": "laboratory", "change_point": _LAB_STEP_MONTH, "factor": 1.35},
        "violations": violations,
    }
    planted = {"patients.cohort": [one.cohort for one in patients]}
    return DataSet("healthcare", seed, {table.name: table for table in tables}, labels, truth, planted)


def _costs(stream: Stream) -> Table:
    """Monthly costs; the laboratory's rise by 35 % in May 2025."""
    rows: list[Row] = []
    for month in months_between(people.FIRST_DAY, people.SNAPSHOT):
        for department, base in _MONTHLY.items():
            step = 1.35 if department == "laboratory" and month.isoformat() >= _LAB_STEP_MONTH else 1.0
            rows.append((f"K{len(rows) + 1:04d}", month, department, round(base * step * stream.normal(1.0, 0.025), 2)))
    columns = (Column("cost_id", key=True), Column("month", "date"), Column("department"), Column("amount", "real"))
    return Table("costs", columns, rows)


def _access_log(
    staff: list[people.Clinician], patients: list[people.Patient], booked: visits.Visits, stream: Stream
) -> tuple[Table, dict[str, list[int]]]:
    """The access log of the patient records of 2025; the reason of an access is an appointment."""
    cases = [visit.id for visit in booked.completed]
    log = AccessLog(
        employees=[one.access for one in staff],
        employee_references="staff.staff_id",
        calendar=Calendar(
            people.SNAPSHOT.replace(month=1, day=1), people.SNAPSHOT, weekdays=WEEKDAYS_ONLY, hours=OFFICE_HOURS
        ),
        stream=stream,
        record=lambda: stream.choose(patients).mrn,
        reason=lambda: stream.choose(cases),
        object_name="patients",
    )
    log.ordinary(ACCESS_ENTRIES)
    log.violations()
    return log.finish("MEDICAL_RECORD", None)
