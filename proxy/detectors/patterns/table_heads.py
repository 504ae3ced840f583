"""Heads of table columns that no label recogniser knows, with the shape that a cell must have. It finds nothing."""

# ruff: noqa: RUF001 - apostrophes as people type them
# ruff: noqa: E501 - one expression a line reads better than a broken one
from __future__ import annotations

import re

_NAME = (
    r"(?:(?:full|first|last|given|family|middle|sur|fore|patient|customer|client|employee|contact|cardholder|holder|vor|"
    r"nach|user|account(?:holder)?)?name|vorname|nachname|nombre|apellidos?|nom|prénom|cognome|cardholder|patient|doctor|"
    r"physician|employee|owner|contact(?:person)?)"
)
_PHONE = (
    r"(?:home|work|cell|contact)?(?:(?:tele)?phone(?:number|no)?|mobile(?:number|no|phone)?|cell(?:phone)?|tel|fax)|"
    r"contactnumber|telefon(?:nummer)?|teléfono|téléphone|handy"
)
_ADDRESS = (
    r"(?:street|home|billing|shipping|mailing|postal)?address(?:line)?[12]?|street|straße|adresse|dirección|indirizzo|"
    r"adres|anschrift"
)
_LOGIN = r"(?:password|passwort|kennwort|passwd|pwd|passcode|pin|contraseña|senha|wachtwoord|motdepasse|hasło)"

HEADS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    ("EMAIL_ADDRESS", re.compile(r"e?mail(?:address)?"), re.compile(r"\S+@\S+")),
    ("PHONE_NUMBER", re.compile(_PHONE), re.compile(r"[+(\d][\d ()./+-]{5,24}")),
    ("PERSON", re.compile(_NAME), re.compile(r"[^\W\d_][\w.'’ ,-]{1,60}")),
    ("AGE", re.compile(r"age|alter|edad|âge|età"), re.compile(r"\d{1,3}")),
    ("STREET_ADDRESS", re.compile(_ADDRESS), re.compile(r"(?=.*\d).{5,120}")),
    ("CREDIT_CARD", re.compile(r"(?:credit)?card(?:no|number|num)?|visa|mastercard|amex|pan|ccnumber|cc"), re.compile(r"[\d Xx*-]{12,24}")),
    ("NATIONAL_ID", re.compile(r"nhs(?:no|number)?|steuerid|codicefiscale"), re.compile(r"(?=.*\d)[\w ./-]{6,24}")),
    ("DATE_OF_BIRTH", re.compile(r"dob|dateofbirth|birth(?:date|day)|geburtsdatum|born|fechadenacimiento|"
                                 r"datedenaissance|datadinascita|geboortedatum"), re.compile(r"(?=.*\d)[\w./ ,-]{6,24}")),
    ("PASSWORD", re.compile(rf"(?:db|user|admin|temp|new|old|root|my)?{_LOGIN}"),
     re.compile(r"(?![$<{*\[])(?!None|required|changeme|null)\S.{2,120}")),
    ("IP_ADDRESS", re.compile(r"ip(?:address|addr)?"), re.compile(r"[\da-fA-F.:]{3,45}")),
)  # fmt: skip
"""Entity type, the head without spaces and signs in lower case, the cell."""
