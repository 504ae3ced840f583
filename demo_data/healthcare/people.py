"""The hospital's staff, rooms and patients, with every Safe Harbor identifier on file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from demo_data import identifiers, people
from demo_data.access import Employee
from demo_data.model import Column, Row, Table
from demo_data.people import PeopleMaker, Person
from demo_data.seeding import Stream
from demo_data.workload import Resource, Workload, workdays

SNAPSHOT = dt.date(2025, 12, 31)
FIRST_DAY = dt.date(2024, 1, 1)
PATIENTS = 1000
DEPARTMENTS = {
    "General medicine": 34,
    "Cardiology": 18,
    "Endocrinology": 16,
    "Orthopaedics": 14,
    "Dermatology": 10,
    "Nephrology": 8,
}
ROLES = {"physician": 4, "nurse": 4, "clerk": 1}
_COST = {"physician": 118.0, "nurse": 46.0, "clerk": 29.0}
ROOM_KINDS = {"exam room": 12, "ultrasound": 2, "MRI": 2, "treatment room": 4}
ROOM_USE = {"ultrasound": 0.97, "MRI": 0.38}
"""Planted: the ultrasound rooms are over-used, the MRI rooms under-used."""
_ROOM_COST = {"exam room": 35.0, "ultrasound": 90.0, "MRI": 260.0, "treatment room": 55.0}
COHORTS = {"well": 46, "diabetic": 18, "cardiac": 16, "frail": 12, "renal": 8}
_AGES = {"well": (18, 64), "diabetic": (38, 82), "cardiac": (45, 88), "frail": (78, 99), "renal": (40, 86)}
INSURERS = ("BLX", "HRT", "NVA", "QMC")


@dataclass(frozen=True, slots=True)
class Clinician:
    """A member of staff."""

    id: str
    person: Person
    role: str
    department: str
    access: Employee


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient; `cohort` is the planted group that decides on visits and results."""

    mrn: str
    person: Person
    cohort: str
    employer: str
    fax: str
    ssn: str
    member: str
    account: str
    license: str
    plate: str
    vin: str
    device: str
    portal: str
    ip: str
    biometric: str
    photo: str


def hire(stream: Stream) -> list[Clinician]:
    """54 people in six departments; four of them have left during 2025."""
    maker = PeopleMaker(stream)
    posts = [(department, role) for department in DEPARTMENTS for role, count in ROLES.items() for _ in range(count)]
    leavers = set(stream.sample(range(len(posts)), 4))
    staff: list[Clinician] = []
    for number, (department, role) in enumerate(posts):
        person = maker.make((26, 64), SNAPSHOT, {"US": 1}, "lakeside-clinic.example")
        key = f"S-{3107 + number * 11}"
        left = dt.date(2025, stream.between(4, 10), stream.between(1, 28)) if number in leavers else None
        staff.append(Clinician(key, person, role, department, Employee(key, person.username, number + 1, left)))
    return staff


def admit(stream: Stream) -> list[Patient]:
    """1,000 patients."""
    maker = PeopleMaker(stream)
    distinct = identifiers.Distinct()
    patients: list[Patient] = []
    for number in range(PATIENTS):
        cohort = stream.weighted(COHORTS)
        person = maker.make(_AGES[cohort], SNAPSHOT, {"US": 1})
        ssn = identifiers.us_ssn(stream)
        while not distinct.accept(ssn):
            ssn = identifiers.us_ssn(stream)
        patients.append(_patient(number, person, cohort, ssn, stream))
    return patients


def _patient(number: int, person: Person, cohort: str, ssn: str, stream: Stream) -> Patient:
    mrn = f"{4_820_117 + number * 13:08d}"
    biometric = UUID(int=int(stream.unit() * 2**53) << 75 | int(stream.unit() * 2**53), version=4)
    return Patient(
        mrn=mrn,
        person=person,
        cohort=cohort,
        employer=people.company(stream, "US"),
        fax=identifiers.phone(stream, "US", "503"),
        ssn=ssn,
        member=f"{stream.choose(INSURERS)}{907_000_100 + number * 37}",
        account=f"7731-{204_000 + number * 9}",
        license=f"D{1_200_400 + number * 17}",
        plate=identifiers.plate(stream, "US"),
        vin=identifiers.vin(stream),
        device=stream.digits(f"@@{1000 + number}##@#"),
        portal=f"https://portal.lakeside-clinic.example/u/{person.username}",
        ip=identifiers.ipv4(stream) if stream.chance(0.85) else identifiers.ipv6(stream),
        biometric=str(biometric),
        photo=f"https://img.lakeside-clinic.example/faces/{mrn}.jpg",
    )


def staff_table(staff: list[Clinician]) -> Table:
    """One row per member of staff."""
    columns = (
        Column("staff_id", personal="EMPLOYEE_ID", key=True),
        Column("full_name", personal="PERSON"),
        Column("email", personal="EMAIL_ADDRESS"),
        Column("phone", personal="PHONE_NUMBER"),
        Column("username", personal="USERNAME"),
        Column("role"),
        Column("department"),
        Column("left_on", "date"),
        Column("hourly_cost", "real"),
    )
    rows: list[Row] = [
        (
            one.id, one.person.name, one.person.email, one.person.phone, one.person.username, one.role,
            one.department, one.access.left_on, _COST[one.role],
        )
        for one in staff
    ]  # fmt: skip
    return Table("staff", columns, rows)


def rooms_table() -> Table:
    """One row per room."""
    columns = (Column("room_id", key=True), Column("kind"), Column("hourly_cost", "real"))
    return Table("rooms", columns, [(room.id, room.group, room.cost) for room in rooms()])


def rooms() -> list[Resource]:
    """Twenty rooms of four kinds."""
    kinds = [kind for kind, count in ROOM_KINDS.items() for _ in range(count)]
    return [Resource(f"RM-{number:02d}", kind, _ROOM_COST[kind]) for number, kind in enumerate(kinds, start=1)]


def room_days(stream: Stream) -> tuple[Table, dict[str, object]]:
    """The use of the rooms in the last quarter of 2025 and the planted over- and under-use."""
    workload = Workload("room_days", "room_id", "rooms.room_id", None, "kind", ROOM_USE)
    workload.fill(rooms(), workdays(dt.date(2025, 10, 1), SNAPSHOT), stream)
    return workload.table(), workload.truth()


def patients_table(patients: list[Patient]) -> Table:
    """One row per patient."""
    columns = (
        Column("mrn", personal="MEDICAL_RECORD", key=True),
        Column("first_name", personal="PERSON"),
        Column("last_name", personal="PERSON"),
        Column("sex", quasi=True),
        Column("birth_date", "date", personal="DATE_OF_BIRTH"),
        Column("ssn", personal="US_SSN"),
        Column("phone", personal="PHONE_NUMBER"),
        Column("fax", personal="PHONE_NUMBER"),
        Column("email", personal="EMAIL_ADDRESS"),
        Column("portal_login", personal="USERNAME"),
        Column("street", personal="STREET_ADDRESS"),
        Column("city", personal="LOCATION"),
        Column("state", quasi=True),
        Column("zip", personal="POSTCODE"),
        Column("employer", personal="ORGANIZATION"),
        Column("insurance_member_id", personal="MEMBER_ID"),
        Column("billing_account", personal="ACCOUNT_NUMBER"),
        Column("drivers_license", personal="US_DRIVER_LICENSE"),
        Column("license_plate", personal="LICENSE_PLATE"),
        Column("vehicle_vin", personal="VIN"),
        Column("implant_serial", personal="DEVICE_ID"),
        Column("portal_url", personal="URL"),
        Column("last_login_ip", personal="IP_ADDRESS"),
        Column("biometric_template", personal="UUID"),
        Column("photo_url", personal="URL"),
    )
    rows: list[Row] = []
    for one in patients:
        person, address = one.person, one.person.address
        rows.append((
            one.mrn, person.first, person.last, person.gender[0].upper(), person.born, one.ssn, person.phone, one.fax,
            person.email, person.username, address.street, address.city, address.region, address.postcode,
            one.employer, one.member, one.account, one.license, one.plate, one.vin, one.device, one.portal, one.ip,
            one.biometric, one.photo,
        ))  # fmt: skip
    return Table("patients", columns, rows)
