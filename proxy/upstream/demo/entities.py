"""What the demo model recognises in a text: our tokens first, then a few obvious shapes of plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\b([A-Z][A-Z0-9_]{1,39})_([0-9A-HJKMNP-TV-Z]{8})\b")
_LINKED = 5  # characters that the tokens of one person share
_OPENERS = (
    "Dear|Please|The|This|Hello|Hi|Write|Reply|Send|Draft|Summarise|Summarize|Ticket|Subject|"
    "Who|What|When|Where|Kind|Best|My|Our|Call|Ask|Tell|Translate|Extract"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b")),
    ("date", re.compile(r"\b\d{4}-\d\d-\d\d\b")),
    ("date", re.compile(rf"\b\d{{1,2}}\.? {_MONTH}\b(?: \d{{4}}\b)?|\b{_MONTH} \d{{1,2}}\b(?:, \d{{4}}\b)?")),
    ("date", re.compile(r"\b(?:today|tomorrow|yesterday|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b")),
    ("money", re.compile(r"[$€£]\s?\d(?:[\d,.]{0,20}\d)?|\b\d[\d,.]{0,20} ?(?:EUR|USD|GBP|dollars|euros)\b")),
    ("phone", re.compile(r"\+?\d[\d ()/-]{7,24}\d\b")),
    ("id", re.compile(r"(?:#|\b)(?=[\w-]{0,30}\d)(?=[\w-]{0,30}[A-Z-])[A-Z0-9][\w-]{3,30}\b")),
    ("number", re.compile(r"\b\d+(?:\.\d+)?\b")),
    ("person", re.compile(rf"\b(?!(?:{_OPENERS})\b)[A-Z][a-z]+ [A-Z][a-z]+\b")),
    ("place", re.compile(r"(?<=\bin )[A-Z][a-z]+\b")),
)
_KIND_OF_TYPE = {
    "EMAIL": "email",
    "PHONE": "phone",
    "PERSON": "person",
    "NAME": "person",
    "DATE": "date",
    "AGE": "number",
    "LOCATION": "place",
    "ADDRESS": "place",
    "CITY": "place",
    "ORG": "organisation",
    "COMPANY": "organisation",
    "URL": "link",
    "MONEY": "money",
}
"""The first of these that an entity type's name holds tells its kind."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One value in a text: its kind (`person`, `email`, ...), as it is written there, and where it starts."""

    kind: str
    text: str
    start: int


def find_entities(text: str) -> list[Entity]:
    """Entities in order of position, each spelling once; tokens win over shapes that overlap them."""
    found: list[Entity] = []
    taken = bytearray(len(text))
    for match in _TOKEN.finditer(text):
        found.append(Entity(_kind_of(match[1]), match[0], match.start()))
        taken[match.start() : match.end()] = b"x" * len(match[0])
    for kind, shape in _SHAPES:
        for match in shape.finditer(text):
            if not any(taken[match.start() : match.end()]):
                found.append(Entity(kind, match[0], match.start()))
                taken[match.start() : match.end()] = b"x" * len(match[0])
    once: dict[str, Entity] = {}
    for entity in sorted(found, key=lambda entity: entity.start):
        once.setdefault(entity.text, entity)
    return list(once.values())


def _kind_of(entity_type: str) -> str:
    """The kind of a token's entity type; of an unknown one the type in words."""
    for part, kind in _KIND_OF_TYPE.items():
        if part in entity_type:
            return kind
    return entity_type.lower().replace("_", " ")


def first_of(entities: list[Entity], *kinds: str) -> str | None:
    """The first entity of the first kind that has one."""
    for kind in kinds:
        for entity in entities:
            if entity.kind == kind:
                return entity.text
    return None


def address_of(person: str | None, entities: list[Entity]) -> str | None:
    """The mail address that is that person's, told by what linked tokens share or by a word of the name in it.

    Nobody is written to at the address of somebody else: then None.
    """
    addresses = [entity.text for entity in entities if entity.kind == "email"]
    if person is None:
        return addresses[0] if addresses else None
    token = _TOKEN.fullmatch(person)
    marks = [f"_{token[2][:_LINKED]}"] if token else [word.lower() for word in re.findall(r"\w{3,}", person)]
    theirs = [text for text in addresses if any(mark in (text if token else text.lower()) for mark in marks)]
    alone = len(addresses) == 1 and sum(entity.kind == "person" for entity in entities) <= 1
    return theirs[0] if theirs else addresses[0] if alone else None


def join(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
