"""Invented people: a name that fits the country, an address, reserved e-mail and phone, and a birth date."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from demo_data import identifiers
from demo_data.seeding import Stream
from demo_data.words import names, word_list

COUNTRIES = {"US": 56, "GB": 16, "DE": 9, "CA": 6, "FR": 4, "IE": 3, "AU": 4, "SE": 2}
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.example")


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `street` holds the house number (and unit)."""

    street: str
    city: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist. `gender` is "female" or "male"; `username` and `email` are unique per maker."""

    first: str
    last: str
    gender: str
    born: dt.date
    email: str
    phone: str
    username: str
    address: Address

    @property
    def name(self) -> str:
        """First name and surname."""
        return f"{self.first} {self.last}"

    @property
    def title(self) -> str:
        """The courtesy title before the surname."""
        return "Ms" if self.gender == "female" else "Mr"


def plain(text: str) -> str:
    """`text` in lower-case ASCII letters: how a name is spelled in addresses."""
    for letter, spelled in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("å", "aa"),
        ("ł", "l"),
        ("\u0131", "i"),
    ):
        text = text.lower().replace(letter, spelled)
    folded = unicodedata.normalize("NFKD", text)
    return "".join(character for character in folded if character.isascii() and character.isalnum())


def make_name(stream: Stream, country: str, gender: str) -> tuple[str, str]:
    """A first name and a surname that occur in `country`."""
    culture = stream.weighted(word_list("places")[country]["cultures"])
    return stream.choose(names(culture, gender)), stream.choose(names(culture, "last"))


def make_address(stream: Stream, country: str) -> tuple[Address, str]:
    """An address and the beginning of the local phone numbers."""
    place = word_list("places")[country]
    city, region, postcode, local = stream.choose(place["cities"])
    number = stream.between(1, 189) if stream.chance(0.6) else stream.between(190, 4990 if country == "US" else 240)
    street = stream.choose(place["streets"])
    line = f"{street} {number}" if place["street_style"] == "number_last" else f"{number} {street}"
    if place["units"] and stream.chance(0.22):
        unit = stream.choose(place["units"])
        line = f"{unit}, {line}" if country == "GB" else f"{line}, {unit}"
    return Address(line, city, region, stream.digits(postcode), country), local


def company(stream: Stream, country: str) -> str:
    """The name of an invented company with a legal form of the country."""
    words = word_list("companies")
    form = stream.choose(words["forms"][country])
    trade = stream.choose(words["trades"])
    if stream.chance(0.35):
        culture = stream.weighted(word_list("places")[country]["cultures"])
        owner = stream.choose(names(culture, "last"))
        joined = {"DE": " & Söhne", "FR": " & Fils"}.get(country, " & Partners")
        return f"{owner}{joined} {form}" if stream.chance(0.5) else f"{owner} {trade} {form}"
    return f"{stream.choose(words['heads'])} {trade} {form}"


class PeopleMaker:
    """Makes people with distinct e-mail addresses, usernames and phone numbers."""

    __slots__ = ("_logins", "_mail", "_phones", "_stream")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._mail = identifiers.Distinct()
        self._logins = identifiers.Distinct()
        self._phones = identifiers.Distinct()

    def make(
        self, ages: tuple[int, int], today: dt.date, countries: Mapping[str, float], domain: str | None = None
    ) -> Person:
        """Somebody between `ages` years old on `today`; `domain` replaces the private mail domains."""
        stream = self._stream
        country = stream.weighted(countries)
        gender = "female" if stream.chance(0.51) else "male"
        first, last = make_name(stream, country, gender)
        address, local = make_address(stream, country)
        born = today - dt.timedelta(days=stream.between(ages[0] * 366, ages[1] * 365))
        username = self._username(first, last)
        email = self._email(first, last, born, domain)
        return Person(first, last, gender, born, email, self._phone(country, local), username, address)

    def _username(self, first: str, last: str) -> str:
        stream = self._stream
        base = stream.choose(
            (plain(first)[0] + plain(last), plain(first) + "." + plain(last), plain(last) + plain(first)[:2])
        )
        candidate = base
        while not self._logins.accept(candidate):
            candidate = f"{base}{stream.between(2, 9999)}"
        return candidate

    def _email(self, first: str, last: str, born: dt.date, domain: str | None) -> str:
        stream, a, b = self._stream, plain(first), plain(last)
        local = stream.choose(
            (f"{a}.{b}", f"{a}{b}", f"{a[0]}.{b}", f"{a}_{b}", f"{b}.{a}", f"{a}{born:%y}", f"{a}.{b}{born:%Y}")
        )
        if domain is not None:
            local = f"{a}.{b}"
        where = domain or stream.choose(MAIL_DOMAINS)
        candidate = f"{local}@{where}"
        while not self._mail.accept(candidate):
            candidate = f"{local}{stream.between(2, 9999)}@{where}"
        return candidate

    def _phone(self, country: str, local: str) -> str:
        for _ in range(60):
            candidate = identifiers.phone(self._stream, country, local)
            if self._phones.accept(candidate):
                return candidate
        return candidate  # the fictional range of a small place is used up: relatives share a line
