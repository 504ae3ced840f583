"""Starters of everyday office data: a help desk, a sales team, a personnel file."""

from __future__ import annotations

from demo_data import identifiers, prose
from demo_data.grammar import Piece
from demo_data.model import Column, DataSet, Label, Row
from demo_data.people import company, plain
from demo_data.starters.writing import dataset, day, people, stream_of, text

_CUSTOMERS = (
    Column("customer_id", personal="ACCOUNT_NUMBER", key=True),
    Column("first_name", personal="PERSON"),
    Column("last_name", personal="PERSON"),
    Column("email", personal="EMAIL_ADDRESS"),
    Column("phone", personal="PHONE_NUMBER"),
    Column("city", personal="LOCATION"),
    Column("country", quasi=True),
    Column("newsletter", "boolean"),
)
_TICKETS = (
    Column("ticket_id", personal="TICKET_ID", key=True),
    Column("customer_id", personal="ACCOUNT_NUMBER", references="customers.customer_id"),
    Column("opened_on", "date"),
    Column("channel"),
    Column("body", free_text=True),
    Column("status"),
    Column("hours_to_answer", "real"),
)


def helpdesk() -> DataSet:
    """Customers and their tickets."""
    stream = stream_of("helpdesk")
    customers = people(stream, 40)
    numbers = [f"C-{10_000 + 7 * place}" for place in range(len(customers))]
    rows: list[Row] = [
        (
            number, person.first, person.last, person.email, person.phone, person.address.city, person.address.country,
            stream.chance(0.4),
        )
        for number, person in zip(numbers, customers, strict=True)
    ]  # fmt: skip
    tickets: list[Row] = []
    labels: list[list[Label]] = []
    for place in range(80):
        chosen = stream.between(0, len(customers) - 1)
        slots = prose.about_person(customers[chosen], stream) | {
            "order": Piece(stream.digits("ORD-2026-######"), "TICKET_ID"),
            "last4": stream.digits("####"),
        }
        body, found = text("ticket", slots, stream)
        labels.append(found)
        channel = stream.choose(("mail", "phone", "chat"))
        status = stream.choose(("open", "solved", "solved", "waiting"))
        hours = round(stream.lognormal(6.0, 0.9), 1)
        tickets.append((f"T-{4_100 + place}", numbers[chosen], day(stream), channel, body, status, hours))
    tables = [("customers", _CUSTOMERS, rows), ("tickets", _TICKETS, tickets)]
    return dataset("helpdesk", tables, {("tickets", "body"): labels})


_CONTACTS = (
    Column("contact_name", personal="PERSON"),
    Column("company", personal="ORGANIZATION"),
    Column("email", personal="EMAIL_ADDRESS"),
    Column("phone", personal="PHONE_NUMBER"),
    Column("street", personal="STREET_ADDRESS"),
    Column("city", personal="LOCATION"),
    Column("postcode", personal="POSTCODE"),
    Column("stage"),
    Column("expected_value", "real"),
)
_CALLS = (
    Column("called_on", "date"),
    Column("email", personal="EMAIL_ADDRESS", references="contacts.email"),
    Column("minutes", "integer"),
    Column("notes", free_text=True),
)


def leads() -> DataSet:
    """Contacts of companies, and what was said on the phone."""
    stream = stream_of("leads")
    found = people(stream, 40)
    firms = [company(stream, person.address.country) for person in found]
    contacts: list[Row] = [
        (
            person.name, firm, person.email, person.phone, person.address.street, person.address.city,
            person.address.postcode, stream.choose(("new", "talking", "offer", "won", "lost")),
            round(stream.lognormal(9_000, 0.8), 2),
        )
        for person, firm in zip(found, firms, strict=True)
    ]  # fmt: skip
    calls: list[Row] = []
    labels: list[list[Label]] = []
    for _ in range(70):
        chosen = stream.between(0, len(found) - 1)
        other = stream.choose(found)
        slots = prose.about_person(found[chosen], stream) | {
            "company": Piece(firms[chosen], "ORGANIZATION"),
            "payee": prose.full_name(other.first, other.last),
        }
        notes, said = text("call", slots, stream)
        labels.append(said)
        calls.append((day(stream, 120), found[chosen].email, stream.between(1, 45), notes))
    return dataset("leads", [("contacts", _CONTACTS, contacts), ("calls", _CALLS, calls)], {("calls", "notes"): labels})


_EMPLOYEES = (
    Column("employee_id", personal="EMPLOYEE_ID", key=True),
    Column("first_name", personal="PERSON"),
    Column("last_name", personal="PERSON"),
    Column("work_email", personal="EMAIL_ADDRESS"),
    Column("mobile", personal="PHONE_NUMBER"),
    Column("birth_date", "date", personal="DATE_OF_BIRTH"),
    Column("gender", quasi=True),
    Column("iban", personal="IBAN_CODE"),
    Column("department"),
    Column("salary", "real"),
)
_REVIEWS = (
    Column("employee_id", personal="EMPLOYEE_ID", references="employees.employee_id"),
    Column("held_on", "date"),
    Column("score", "integer"),
    Column("comment", free_text=True),
)


def staff() -> DataSet:
    """Employees, and what their reviews say."""
    stream = stream_of("staff")
    team = people(stream, 40, "northwind.example")
    numbers = [f"E{3_000 + 11 * place}" for place in range(len(team))]
    employees: list[Row] = [
        (
            number, person.first, person.last, person.email, person.phone, person.born, person.gender,
            identifiers.iban(stream, person.address.country),
            stream.choose(("Sales", "Logistics", "Finance", "Service", "Engineering")),
            round(stream.lognormal(52_000, 0.3), 2),
        )
        for number, person in zip(numbers, team, strict=True)
    ]  # fmt: skip
    reviews: list[Row] = []
    labels: list[list[Label]] = []
    for place in range(60):
        chosen = place % len(team)
        manager, person = team[(chosen + stream.between(1, 5)) % len(team)], team[chosen]
        slots = prose.about_person(person, stream) | {
            "manager": prose.full_name(manager.first, manager.last),
            "private_email": Piece(f"{plain(person.first)}.{plain(person.last)}@inbox.example", "EMAIL_ADDRESS"),
        }
        comment, found = text("review", slots, stream)
        labels.append(found)
        reviews.append((numbers[chosen], day(stream, 365), stream.between(1, 5), comment))
    tables = [("employees", _EMPLOYEES, employees), ("reviews", _REVIEWS, reviews)]
    return dataset("staff", tables, {("reviews", "comment"): labels})
