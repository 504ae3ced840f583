"""A small seeded set of texts with known values, the same for everybody who is compared; checksums are right."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

_FIRST = (
    "Harold Denise Marcus Yolanda Svetlana Tobias Ingrid Rashid Chloe Dmitri Beatriz Kwame Noor Patrick Gretchen "
    "Hiroshi Leila Connor Fatima Bartholomew Siobhan Mateo Annika Winston Priya Stefan Odette Grace Brandon Mei"
).split()
_LAST = (
    "Abernathy Castellano Fitzgerald Okonkwo Lindholm Vasquez Yamamoto Pemberton Kowalczyk Hargreaves Delacroix Singh "
    "Brown Haddad Zimmermann O'Connell Nakagawa Thornton Villanueva Ashworth Petersen Young Mwangi Carter Iyer"
).split()
_PLACES = "Leeds Lyon Gdansk Nairobi Phoenix Adelaide Porto Winnipeg Bristol Heidelberg".split()
_TEMPLATES = (
    "Please draft a reply to {person}, who wrote from {email} and asked to be called back at {phone}.",
    "Customer {person} of {place} disputes a charge on card {card}; her bank account is {iban}.",
    "Patient: {person}\nSSN: {ssn}\nPhone: {phone}\nSeen in the clinic at {place} last Tuesday.",
    "Deploy failed on {ip}. The key in use was {key}, ask {person} ({email}) for a new one.",
    '{{"name": "{person}", "email": "{email}", "iban": "{iban}", "city": "{place}"}}',
    "hey can u tell {person} that the refund to {card} went through? thx, number is {phone}",
    "Minutes: {person} presented the budget. Questions go to {email}. Next meeting is in {place}.",
    "From the log: user={email} addr={ip} token={key} result=denied",
)


@dataclass(frozen=True)
class Case:
    """A text and the values in it: kind and the value as it stands there."""

    text: str
    values: tuple[tuple[str, str], ...]


def leak_set(count: int, seed: int = 20_261_128) -> list[Case]:
    """So many cases; the same seed gives the same cases."""
    pick = random.Random(seed)
    return [_case(_TEMPLATES[number % len(_TEMPLATES)], pick) for number in range(count)]


def _case(template: str, pick: random.Random) -> Case:
    first, last = pick.choice(_FIRST), pick.choice(_LAST)
    made: dict[str, Callable[[], str]] = {
        "person": lambda: f"{first} {last}",
        "email": lambda: f"{first.lower()}.{last.lower().replace(chr(39), '')}{pick.randrange(10, 99)}@example.org",
        "phone": lambda: pick.choice(["+44 20 7946 {:04d}", "(602) 555-{:04d}", "+1 415 555 {:04d}"]).format(
            pick.randrange(100, 1000)
        ),
        "place": lambda: pick.choice(_PLACES),
        "card": lambda: _card(pick),
        "iban": lambda: _iban(pick),
        "ssn": lambda: f"{pick.randrange(100, 600)}-{pick.randrange(10, 99)}-{pick.randrange(1000, 9999)}",
        "ip": lambda: f"203.0.113.{pick.randrange(1, 250)}",
        "key": lambda: (
            "sk-proj-" + "".join(pick.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=40))
        ),
    }
    values = {kind: make() for kind, make in made.items()}
    used = tuple((kind, value) for kind, value in values.items() if "{" + kind + "}" in template)
    return Case(template.format(**values), used)


def _card(pick: random.Random) -> str:
    """16 digits of Visa or of Mastercard's two ranges, in groups."""
    digits = pick.choice(["4539", "5412", "2223"]) + "".join(pick.choices("0123456789", k=11))
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    digits += str(-sum(sum(divmod(value, 10)) for value in doubled) % 10)
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def _iban(pick: random.Random) -> str:
    """A German account number with its check digits."""
    account = "".join(pick.choices("0123456789", k=18))
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"
