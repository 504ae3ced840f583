"""The slots of clinical notes: what a note about one patient on one day can mention."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from demo_data import identifiers, prose
from demo_data.grammar import Grammar, Piece, Slot
from demo_data.healthcare.people import Clinician, Patient
from demo_data.people import make_name
from demo_data.seeding import Stream

GRAMMAR = Grammar.from_file(Path(__file__).with_name("notes.txt"))
CLINIC_PHONE = "+1 503-555-0100"


def _titled(last: str) -> tuple[Piece, ...]:
    """A doctor as notes name them; the name is personal, the title is not."""
    return (Piece("Dr. "), Piece(last, "PERSON"))


def note_slots(patient: Patient, doctor: Clinician, when: dt.datetime, stream: Stream) -> dict[str, Slot]:
    """All slots but those of the laboratory result."""
    person, female = patient.person, patient.person.gender == "female"
    today = when.date()
    age = (today - person.born).days * 4 // 1461
    other = prose.bystander(stream, "US")
    slots = prose.about_person(person, stream)
    relation = str(slots["relation"])

    def date(day: dt.date) -> Piece:
        return Piece(prose.spoken_date(day, "US", stream), "DATE_TIME")

    return slots | _on_file(patient, stream) | _clinic(doctor, stream) | {
        "patient": prose.full_name(person.first, person.last),
        "patient_reversed": Piece(f"{person.last}, {person.first}", "PERSON"),
        "title": "Ms." if female else "Mr.",
        "sex_short": "F" if female else "M",
        "sex_word": "woman" if female else "man",
        "age": Piece(str(age), "AGE"),
        "age_text": (Piece(str(age), "AGE"), Piece(stream.choose((" y/o", "yo", " years old")))),
        "relation_cap": relation.capitalize(),
        "street_only": Piece(person.address.street, "STREET_ADDRESS"),
        "phone_other": Piece(identifiers.spoken_phone(stream, identifiers.phone(stream, "US", "503")), "PHONE_NUMBER"),
        "stranger": prose.full_name(other.first, other.last),
        "date": date(today),
        "date_past": date(today - dt.timedelta(days=stream.between(9, 400))),
        "first_visit": date(today - dt.timedelta(days=stream.between(420, 2500))),
        "soon": date(today + dt.timedelta(days=stream.between(4, 60))),
        "test_lower": "blood test",
    }  # fmt: skip


def _on_file(patient: Patient, stream: Stream) -> dict[str, Slot]:
    """Identifiers of the patient's file."""
    return {
        "mrn": Piece(patient.mrn, "MEDICAL_RECORD"),
        "employer": Piece(patient.employer, "ORGANIZATION"),
        "fax": Piece(identifiers.spoken_phone(stream, patient.fax), "PHONE_NUMBER"),
        "ssn": Piece(patient.ssn, "US_SSN"),
        "member": Piece(patient.member, "MEMBER_ID"),
        "account": Piece(patient.account, "ACCOUNT_NUMBER"),
        "license": Piece(patient.license, "US_DRIVER_LICENSE"),
        "plate": Piece(patient.plate, "LICENSE_PLATE"),
        "vin": Piece(patient.vin, "VIN"),
        "device": Piece(patient.device, "DEVICE_ID"),
        "portal": Piece(patient.portal, "URL"),
        "ip": Piece(patient.ip, "IP_ADDRESS"),
        "biometric": Piece(patient.biometric, "UUID"),
        "photo": Piece(patient.photo, "URL"),
    }


def _clinic(doctor: Clinician, stream: Stream) -> dict[str, Slot]:
    """People and contacts on the clinic's side."""
    nurse_first, nurse_last = make_name(stream, "US", "female" if stream.chance(0.8) else "male")
    _first, colleague = make_name(stream, "US", "female")
    person = doctor.person
    return {
        "doctor": (*_titled_full(person.first, person.last), Piece(stream.choose(("", "", ", MD")))),
        "doctor_title": _titled(person.last),
        "doctor_initial": (Piece(f"{person.first[0]}. "), Piece(person.last, "PERSON")),
        "colleague_title": _titled(colleague),
        "nurse": prose.full_name(nurse_first, nurse_last),
        "nurse_first": Piece(nurse_first, "PERSON"),
        "department": doctor.department,
        "clinic_phone": Piece(CLINIC_PHONE, "PHONE_NUMBER"),
    }


def _titled_full(first: str, last: str) -> tuple[Piece, ...]:
    return (Piece("Dr. "), prose.full_name(first, last))
