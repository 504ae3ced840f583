"""Values in running text: the ways in which people write dates, amounts, addresses, cards and the names of others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from demo_data import identifiers
from demo_data.grammar import Piece, Slot
from demo_data.people import Address, Person, make_address, make_name
from demo_data.seeding import Stream

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
FEMALE_RELATIVES = ("wife", "mother", "daughter", "sister", "aunt", "grandmother", "partner", "niece")
MALE_RELATIVES = ("husband", "father", "son", "brother", "uncle", "grandfather", "partner", "nephew")
_ELDERS = frozenset({"mother", "father", "aunt", "uncle", "grandmother", "grandfather"})
_OLD_SINCE = 1962
"""Who was born before this year has no elders to mention."""
_CURRENCY = {"US": "$", "CA": "CA$", "AU": "AU$", "GB": "£", "DE": "€", "FR": "€", "IE": "€", "SE": "kr "}


def spoken_date(day: dt.date, country: str, stream: Stream) -> str:
    """A date as people of `country` write it."""
    month = MONTHS[day.month - 1]
    if country in {"US", "CA"}:
        forms = (
            f"{month} {day.day}, {day.year}", f"{day:%m/%d/%Y}", f"{month[:3]} {day.day}", f"{month} {day.day}",
            f"{day.month}/{day.day}/{day:%y}",
        )  # fmt: skip
    elif country == "DE":
        forms = (
            f"{day:%d.%m.%Y}",
            f"{day.day}. {month} {day.year}",
            f"{day.day} {month}",
            f"{day:%d.%m.%y}",
            f"{day.day} {month} {day.year}",
        )
    else:
        forms = (
            f"{day.day} {month} {day.year}",
            f"{day:%d/%m/%Y}",
            f"{day.day} {month}",
            f"{day.day} {month[:3]} {day.year}",
            f"{day:%Y-%m-%d}",
        )
    return stream.choose(forms)


def amount(value: float, country: str) -> str:
    """A sum of money in the currency of the country."""
    number = f"{value:,.2f}".removesuffix(".00")
    return f"{number.replace(',', ' ')} €" if country == "FR" else f"{_CURRENCY[country]}{number}"


def address_pieces(address: Address, breaker: str) -> tuple[Piece, ...]:
    """The address as labelled pieces; `breaker` stands between street and town (", " or a line break)."""
    street = Piece(address.street, "STREET_ADDRESS")
    town, code = Piece(address.city, "LOCATION"), Piece(address.postcode, "POSTCODE")
    if address.country in {"US", "CA", "AU"}:
        return (street, Piece(breaker), town, Piece(f", {address.region} "), code)
    if address.country in {"DE", "FR", "SE"}:
        return (street, Piece(breaker), code, Piece(" "), town)
    return (street, Piece(breaker), town, Piece(breaker if "\n" in breaker else " "), code)


@dataclass(frozen=True, slots=True)
class Bystander:
    """Somebody mentioned in a text who is in no table."""

    first: str
    last: str
    gender: str


def bystander(stream: Stream, country: str) -> Bystander:
    """An invented third person of the country."""
    gender = "female" if stream.chance(0.5) else "male"
    first, last = make_name(stream, country, gender)
    return Bystander(first, last, gender)


def written_card(number: str, stream: Stream) -> str:
    """A card number with blanks, dashes or nothing between the groups."""
    return identifiers.grouped_card(number, stream.choose((" ", " ", "-", "")))


def written_iban(number: str, stream: Stream) -> str:
    """An IBAN with or without blanks."""
    return identifiers.grouped_iban(number) if stream.chance(0.6) else number


def about_person(person: Person, stream: Stream) -> dict[str, Slot]:
    """The slots that every text about a person can use: name, contact, address, birth date and their family."""
    country = person.address.country
    family = bystander(stream, country)
    relations: tuple[str, ...] = FEMALE_RELATIVES if family.gender == "female" else MALE_RELATIVES
    if person.born.year < _OLD_SINCE:
        relations = tuple(word for word in relations if word not in _ELDERS)
    moved, _local = make_address(stream, country)
    return {
        "first": Piece(person.first, "PERSON"),
        "last": Piece(person.last, "PERSON"),
        "title": person.title,
        "email": Piece(person.email, "EMAIL_ADDRESS"),
        "phone": Piece(person.phone, "PHONE_NUMBER"),
        "phone_spoken": Piece(identifiers.spoken_phone(stream, person.phone), "PHONE_NUMBER"),
        "born": Piece(spoken_date_full(person.born, country, stream), "DATE_OF_BIRTH"),
        "address_line": address_pieces(person.address, ", "),
        "address_lines": address_pieces(person.address, "\n"),
        "new_address": address_pieces(moved, ", "),
        "city": Piece(person.address.city, "LOCATION"),
        "city_other": Piece(moved.city, "LOCATION"),
        "postcode": Piece(person.address.postcode, "POSTCODE"),
        "relative": Piece(family.first, "PERSON"),
        "relation": stream.choose(relations),
        "username": Piece(person.username, "USERNAME"),
    }


def spoken_date_full(day: dt.date, country: str, stream: Stream) -> str:
    """A date with its year, as forms ask for birth dates."""
    month = MONTHS[day.month - 1]
    if country in {"US", "CA"}:
        return stream.choose((f"{day:%m/%d/%Y}", f"{month} {day.day}, {day.year}", f"{day:%Y-%m-%d}"))
    if country == "DE":
        return f"{day:%d.%m.%Y}"
    return stream.choose((f"{day:%d/%m/%Y}", f"{day.day} {month} {day.year}"))


def full_name(first: str, last: str) -> Piece:
    """A whole name as one personal value."""
    return Piece(f"{first} {last}", "PERSON")
