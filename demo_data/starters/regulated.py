"""Starters of data under rules of its own: a clinic (HIPAA) and card payments (PCI DSS)."""

from __future__ import annotations

from demo_data import identifiers, prose
from demo_data.grammar import Piece
from demo_data.model import Column, DataSet, Label, Row
from demo_data.people import company
from demo_data.starters.writing import dataset, day, people, stream_of, text

_PATIENTS = (
    Column("mrn", personal="MEDICAL_RECORD", key=True),
    Column("first_name", personal="PERSON"),
    Column("last_name", personal="PERSON"),
    Column("birth_date", "date", personal="DATE_OF_BIRTH"),
    Column("sex", quasi=True),
    Column("ssn", personal="US_SSN"),
    Column("phone", personal="PHONE_NUMBER"),
    Column("email", personal="EMAIL_ADDRESS"),
    Column("street", personal="STREET_ADDRESS"),
    Column("city", personal="LOCATION"),
    Column("zip", personal="POSTCODE"),
    Column("insurance_member_id", personal="MEMBER_ID"),
)
_VISITS = (
    Column("mrn", personal="MEDICAL_RECORD", references="patients.mrn"),
    Column("seen_on", "date"),
    Column("department"),
    Column("minutes_waited", "integer"),
    Column("note", free_text=True),
)


def clinic() -> DataSet:
    """Patients, and the notes of their visits."""
    stream = stream_of("clinic")
    patients = people(stream, 40)
    records = [f"0061{2_000 + 13 * place}" for place in range(len(patients))]
    members = [stream.digits("HP@@#######") for _ in patients]
    numbers = [identifiers.us_ssn(stream) for _ in patients]
    rows: list[Row] = [
        (
            record, person.first, person.last, person.born, person.gender[0], ssn, person.phone, person.email,
            person.address.street, person.address.city, person.address.postcode, member,
        )
        for record, ssn, member, person in zip(records, numbers, members, patients, strict=True)
    ]  # fmt: skip
    visits: list[Row] = []
    labels: list[list[Label]] = []
    for _ in range(70):
        chosen = stream.between(0, len(patients) - 1)
        slots = prose.about_person(patients[chosen], stream) | {
            "mrn": Piece(records[chosen], "MEDICAL_RECORD"),
            "ssn": Piece(numbers[chosen], "US_SSN"),
            "member": Piece(members[chosen], "MEMBER_ID"),
        }
        note, found = text("visit", slots, stream)
        labels.append(found)
        department = stream.choose(("General", "Surgery", "Cardiology", "Children"))
        visits.append((records[chosen], day(stream), department, stream.between(0, 95), note))
    return dataset("clinic", [("patients", _PATIENTS, rows), ("visits", _VISITS, visits)], {("visits", "note"): labels})


_HOLDERS = (
    Column("account_number", personal="ACCOUNT_NUMBER", key=True),
    Column("cardholder_name", personal="PERSON"),
    Column("card_number", personal="CREDIT_CARD"),
    Column("card_expiry", personal="CARD_EXPIRY"),
    Column("iban", personal="IBAN_CODE"),
    Column("email", personal="EMAIL_ADDRESS"),
    Column("country", quasi=True),
    Column("balance", "real"),
)
_PAYMENTS = (
    Column("account_number", personal="ACCOUNT_NUMBER", references="card_holders.account_number"),
    Column("booked_on", "date"),
    Column("amount", "real"),
    Column("kind"),
    Column("memo", free_text=True),
)


def payments() -> DataSet:
    """Card holders, and what their payments are for. No security codes, no track data."""
    stream = stream_of("payments")
    holders = people(stream, 40)
    accounts = [stream.digits("20########") for _ in holders]
    cards = [identifiers.card_number(stream) for _ in holders]
    rows: list[Row] = [
        (
            account, person.name, card, f"{stream.between(1, 12):02d}/{stream.between(27, 31)}",
            identifiers.iban(stream, person.address.country), person.email, person.address.country,
            round(stream.lognormal(2_400, 0.9), 2),
        )
        for account, card, person in zip(accounts, cards, holders, strict=True)
    ]  # fmt: skip
    booked: list[Row] = []
    labels: list[list[Label]] = []
    for _ in range(90):
        chosen = stream.between(0, len(holders) - 1)
        other, when = stream.choose(holders), day(stream, 365)
        slots = prose.about_person(holders[chosen], stream) | {
            "card": Piece(prose.written_card(cards[chosen], stream), "CREDIT_CARD"),
            "iban": Piece(prose.written_iban(identifiers.iban(stream, other.address.country), stream), "IBAN_CODE"),
            "payee": prose.full_name(other.first, other.last),
            "company": Piece(company(stream, other.address.country), "ORGANIZATION"),
            "invoice": Piece(f"INV-{when.year}-{stream.between(1_000, 9_999)}", "TICKET_ID"),
            "month": prose.MONTHS[when.month - 1],
        }
        memo, found = text("memo", slots, stream)
        labels.append(found)
        kind = stream.choose(("transfer", "card", "card", "standing order"))
        booked.append((accounts[chosen], when, round(stream.lognormal(85, 1.1), 2), kind, memo))
    tables = [("card_holders", _HOLDERS, rows), ("payments", _PAYMENTS, booked)]
    return dataset("payments", tables, {("payments", "memo"): labels})
