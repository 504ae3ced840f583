"""The slots of loan letters and of remarks on transfers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from demo_data import identifiers, people, prose
from demo_data.financial.bank import Account
from demo_data.grammar import Grammar, Piece, Slot
from demo_data.people import Person
from demo_data.seeding import Stream

_STRANGERS = 0.04
"""Share of the remarks on transfers that name somebody who is no customer."""
GRAMMAR = Grammar.from_file(Path(__file__).with_name("letters.txt"))


def memo_slots(account: Account, other: Account, day: dt.date, stream: Stream) -> dict[str, Slot]:
    """What the remark on a transfer can mention: mostly `other`, who banks here too, now and then a stranger."""
    country = account.person.address.country
    stranger = prose.bystander(stream, country) if stream.chance(_STRANGERS) else None
    named = stranger or other.person
    return {
        "first": Piece(account.person.first, "PERSON"),
        "last": Piece(account.person.last, "PERSON"),
        "applicant": prose.full_name(account.person.first, account.person.last),
        "relative": Piece(named.first, "PERSON"),
        "relative_last": Piece(named.last, "PERSON"),
        "seller": prose.full_name(named.first, named.last),
        "employer": Piece(account.employer, "ORGANIZATION"),
        "address_street": Piece(account.person.address.street, "STREET_ADDRESS"),
        "new_street": Piece(other.person.address.street, "STREET_ADDRESS"),
        "invoice": Piece(f"INV-{day.year}-{stream.between(1000, 9999)}", "TICKET_ID"),
        "month": prose.MONTHS[day.month - 1],
        "year": str(day.year),
        "date": Piece(prose.spoken_date(day - dt.timedelta(days=stream.between(1, 9)), country, stream), "DATE_TIME"),
    }


def letter_slots(
    account: Account, colleague: str, day: dt.date, sums: dict[str, float], stream: Stream
) -> dict[str, Slot]:
    """What a cover letter can mention; `sums` has the amount, the income, the months and the years employed."""
    person, country = account.person, account.person.address.country
    other = prose.bystander(stream, country)
    phone = (
        identifiers.phone(stream, "US", "503")
        if country in {"US", "CA"}
        else identifiers.phone(stream, "GB", "20 7946")
    )

    def date(moment: dt.date) -> Piece:
        return Piece(prose.spoken_date_full(moment, country, stream), "DATE_TIME")

    known = memo_slots(account, account, day, stream) | prose.about_person(person, stream)
    return known | _advisor(account.advisor.person) | {
        "account": Piece(account.number, "ACCOUNT_NUMBER"),
        "iban": Piece(prose.written_iban(account.iban, stream), "IBAN_CODE"),
        "ssn": Piece(account.ssn, "US_SSN"),
        "card": Piece(prose.written_card(account.card, stream), "CREDIT_CARD"),
        "card_old": Piece(prose.written_card(identifiers.card_number(stream), stream), "CREDIT_CARD"),
        "expiry": Piece(account.expiry, "CARD_EXPIRY"),
        "plate": Piece(identifiers.plate(stream, country), "LICENSE_PLATE"),
        "vin": Piece(identifiers.vin(stream), "VIN"),
        "dealer": Piece(people.company(stream, country), "ORGANIZATION"),
        "company": Piece(people.company(stream, country), "ORGANIZATION"),
        "colleague": Piece(colleague, "PERSON"),
        "seller": prose.full_name(other.first, other.last),
        "phone_other": Piece(identifiers.spoken_phone(stream, phone), "PHONE_NUMBER"),
        "age": Piece(str((day - person.born).days * 4 // 1461), "AGE"),
        "age_other": Piece(str(stream.between(66, 94)), "AGE"),
        "date": date(day),
        "date_past": date(day - dt.timedelta(days=stream.between(200, 2600))),
        "date_lost": date(day - dt.timedelta(days=stream.between(5, 150))),
        "date_work": date(day - dt.timedelta(days=round(365 * max(1.0, sums["years"])))),
        "AREA": "us" if country == "US" else "abroad",
        "soon": date(day + dt.timedelta(days=stream.between(8, 60))),
        "amount": prose.amount(sums["amount"], country),
        "income": prose.amount(round(sums["income"], -2), country),
        "term": f"{sums['months']:.0f}",
        "years": f"{max(2, round(sums['years'])):.0f}",
    }  # fmt: skip


def _advisor(advisor: Person) -> dict[str, Slot]:
    """The advisor that the letter may be written to."""
    return {
        "advisor": prose.full_name(advisor.first, advisor.last),
        "advisor_first": Piece(advisor.first, "PERSON"),
        "advisor_last": Piece(advisor.last, "PERSON"),
        "advisor_title": advisor.title,
    }
