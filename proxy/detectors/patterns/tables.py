"""Cells of small tables in text: a column whose head names an identifier holds that identifier in every row.

Reads CSV, semicolon- and tab-separated lines and Markdown tables. A cell counts when its shape fits the head's type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page

_ID = re.compile(r"(?=.*\d)[#A-Za-z0-9][\w ./#:+-]{2,40}")
_NAME = re.compile(r"[^\W\d_][\w.'’ ,-]{1,60}")
_NUMBER = re.compile(r"[\d X*-]{3,24}")
_DATE = re.compile(r"(?=.*\d)[\w./ ,-]{6,24}")
_ANY = re.compile(r"\S.{1,120}")

_HEADS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("US_SSN", "ssn|socialsecurity(?:number|no)?", _NUMBER),
    ("EMAIL_ADDRESS", "(?:e?mail|emailaddress|mailaddress)", re.compile(r"\S+@\S+")),
    ("PHONE_NUMBER", "(?:tele)?phone(?:number|no)?|mobile(?:number|no|phone)?|cell(?:phone)?|tel|fax|contactnumber|telefon(?:nummer)?|teléfono|téléphone|handy", re.compile(r"[+\d][\d ()./+-]{5,24}")),
    ("PERSON", "(?:full|first|last|given|family|middle|sur|fore|patient|customer|client|employee|contact|cardholder|vor|nach)?_?name|vorname|nachname|nombre|apellidos?|nom|prénom|cognome|cardholder|patient|doctor|physician|employee|owner|contact(?:person)?", _NAME),
    ("DATE_OF_BIRTH", "dob|dateofbirth|birth(?:date|day)?|geburtsdatum|born|fechadenacimiento|datedenaissance|datadinascita|geboortedatum", _DATE),
    ("AGE", "age|alter|edad|âge|età", re.compile(r"\d{1,3}")),
    ("MEDICAL_RECORD", "mrn|medicalrecord(?:number|no)?|patient(?:id|no|number)|chart(?:no|number)", _ID),
    ("MEMBER_ID", "member(?:ship)?(?:id|no|number)?|insurance(?:id|no|number)|subscriber(?:id)?|beneficiary(?:id|number)?|healthplan(?:id|number)?", _ID),
    ("ACCOUNT_NUMBER", "(?:bank)?(?:account|acct)(?:id|no|number|num)?|kontonummer|accnum", _ID),
    ("POLICY_NUMBER", "policy(?:id|no|number)|claim(?:id|no|number)", _ID),
    ("EMPLOYEE_ID", "(?:employee|emp|staff|badge|personnel|student)(?:id|no|number|num)", _ID),
    ("CUSTOMER_ID", "(?:customer|client|cust|user)(?:id|no|number|num)|kundennummer", _ID),
    ("TICKET_ID", "(?:ticket|case|incident)(?:id|no|number)", _ID),
    ("US_ROUTING_NUMBER", "routing(?:no|number)?|aba", _NUMBER),
    ("CREDIT_CARD", "(?:credit)?card(?:no|number|num)?|pan|ccnumber|cc", re.compile(r"[\d Xx*-]{12,24}")),
    ("CARD_CVV", "cvv2?|cvc2?|securitycode", re.compile(r"\d{3,4}")),
    ("CARD_EXPIRY", "exp(?:iry|ires|iration)?(?:date)?|validthru", re.compile(r"[\d/ .-]{4,10}")),
    ("PASSPORT", "passport(?:id|no|number|num)?", _ID),
    ("US_DRIVER_LICENSE", "(?:driver'?s?|driving)?licen[cs]e(?:id|no|number|num)?", _ID),
    ("NATIONAL_ID", "national(?:id|no|number|idnumber)|nino|aadhaar|pan(?:no|number)|bsn|pesel|dni|nif|nie|cpf|codicefiscale|steuerid|nir|sin|tfn|nhs(?:no|number)?", _ID),
    ("TAX_ID", "tax(?:payer)?(?:id|no|number)|tin|ein|vat(?:id|no|number)?|itin", _ID),
    ("STREET_ADDRESS", "(?:street|home|billing|shipping|mailing|postal)?address(?:line)?[12]?|street|adresse|dirección|indirizzo|adres|anschrift", re.compile(r"(?=.*\d).{5,120}")),
    ("POSTCODE", "zip(?:code)?|postcode|postalcode|plz|postleitzahl|codepostal|codigopostal|cap|cep", re.compile(r"[\w -]{3,10}")),
    ("USERNAME", "user(?:name)?|login|handle", re.compile(r"[\w.@-]{3,40}")),
    ("PASSWORD", "password|passwd|pwd|pin|passcode", _ANY),
    ("SECRET", "api_?key|secret|token|accesstoken", re.compile(r"\S{8,}")),
    ("LICENSE_PLATE", "(?:license|licence|number)?plate(?:no|number)?|kennzeichen", _ID),
    ("VIN", "vin|chassis(?:no|number)?", _ID),
    ("IMEI", "imei", _ID),
    ("DEVICE_ID", "device(?:id|serial)|serial(?:no|number)?|udid", _ID),
    ("IP_ADDRESS", "ip(?:address|addr)?", re.compile(r"[\da-fA-F.:]{3,45}")),
)  # fmt: skip
_MATCHERS = tuple((entity_type, re.compile(head), shape) for entity_type, head, shape in _HEADS)
_RULE_LINE = re.compile(r"[\s|:+=-]+")
_CELL_EDGE = " \t\"'`*"


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


def _cells(line: str, offset: int, separator: str) -> list[_Cell]:
    """The cells of a line with their offsets; a separator inside double quotes does not count."""
    cells, start, quoted = [], 0, False
    for at, char in enumerate(line + separator):
        if char == '"':
            quoted = not quoted
        if (char == separator and not quoted) or at == len(line):
            raw = line[start:at]
            left = len(raw) - len(raw.lstrip(_CELL_EDGE))
            text = raw.strip(_CELL_EDGE)
            cells.append(_Cell(offset + start + left, offset + start + left + len(text), text))
            start = at + 1
    return cells


def _column_types(heads: list[_Cell]) -> dict[int, tuple[str, re.Pattern[str]]]:
    found = {}
    for column, head in enumerate(heads):
        name = re.sub(r"[\s_.#-]+", "", head.text.casefold())
        for entity_type, matcher, shape in _MATCHERS:
            if 0 < len(name) < 32 and matcher.fullmatch(name):  # noqa: PLR2004 - a longer head is a sentence
                found[column] = (entity_type, shape)
                break
    return found


class Tables:
    """Headed tables, one line a row."""

    name = "patterns.tables"
    entity_types = frozenset(entity_type for entity_type, _, _ in _HEADS)

    SEPARATORS = ("|", "\t", ";", ",")
    LONGEST_HEAD = 2000
    LONGEST_CELL = 36

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Cells of columns with a telling head."""
        if profile.identifiers or page.text.count("\n") < 1:
            return
        columns: dict[int, tuple[str, re.Pattern[str]]] = {}
        separator, width, offset = "", 0, 0
        for line in page.text.split("\n"):
            if columns and separator in line and line.count(separator) == width:
                if not _RULE_LINE.fullmatch(line):
                    yield from self._row(_cells(line, offset, separator), columns)
            else:
                separator, columns = self._head(line, offset)
                width = line.count(separator) if columns else 0
            offset += len(line) + 1

    def _head(self, line: str, offset: int) -> tuple[str, dict[int, tuple[str, re.Pattern[str]]]]:
        if len(line) < self.LONGEST_HEAD:
            for separator in self.SEPARATORS:
                if separator in line and max(map(len, line.split(separator))) < self.LONGEST_CELL:
                    heads = _cells(line, offset, separator)
                    named = [head for head in heads if head.text]
                    columns = _column_types(heads)
                    if len(named) > 1 and columns and all(len(head.text) < 32 for head in named):  # noqa: PLR2004 - a sentence is no head
                        return separator, columns
                    return "", {}
        return "", {}

    def _row(self, cells: list[_Cell], columns: dict[int, tuple[str, re.Pattern[str]]]) -> Iterator[Finding]:
        for column, (entity_type, shape) in columns.items():
            if column < len(cells) and shape.fullmatch(cells[column].text):
                yield Finding(cells[column].start, cells[column].end, entity_type, 0.8, self.name)
