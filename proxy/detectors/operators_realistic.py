"""Realistic surrogates as a presidio-anonymizer operator: the form of the original, a value that is nobody's.

What has no such form here (dates, places, numbers of other kinds) keeps its token; see docs/surrogates.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from presidio_anonymizer.operators import Operator, OperatorType

from policies.entity_types import ENTITY_TYPES
from proxy.core.links import PERSON
from proxy.core.tokens import LITERAL, look_alikes
from proxy.detectors import realistic_forms as forms
from proxy.detectors.realistic_forms import Draw
from proxy.detectors.realistic_names import full_name, person

_TYPES: Final = frozenset(ENTITY_TYPES) | {LITERAL}
_MAIL: Final = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"'.]+")
_DOMAINS: Final = ("example.com", "example.org", "example.net")

FORMS: Final[dict[str, Callable[[str, Draw], str | None]]] = {
    "CREDIT_CARD": forms.card,
    "IBAN_CODE": forms.iban,
    "IP_ADDRESS": forms.ip,
    "PHONE_NUMBER": forms.phone,
    "URL": forms.url,
    "US_SSN": forms.ssn,
}
"""How values of an entity type are invented; names and mail addresses, which may belong together, apart."""
REALISTIC: Final = frozenset({*FORMS, PERSON, "EMAIL_ADDRESS"})
"""Entity types of which values can be invented."""


class StingRealistic(Operator):
    """Invents a value for an original.

    Parameters: `entity_type`; `shared` and `spelt`, digests of 32 bytes; `person`, the full name that the original
    belongs to, or None. The result is empty where nothing can be invented.
    """

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        """What may stand in the place of `text`, or nothing."""
        given = params or {}
        entity_type, shared, spelt = given["entity_type"], Draw.of(given["shared"]), Draw.of(given["spelt"])
        if entity_type == PERSON:
            made = person(text, shared, given["person"])
        elif entity_type == "EMAIL_ADDRESS":
            made = _mail(text, shared, spelt, given["person"])
        else:
            made = FORMS[entity_type](text, spelt) if entity_type in FORMS else None
        return "" if made is None or made == text or look_alikes(made, _TYPES) else made

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Raise ValueError when a parameter is missing; the message names it, never a value."""
        for name in ("entity_type", "shared", "spelt", "person"):
            if name not in (params or {}):
                raise ValueError(f"the parameter {name!r} is missing")

    def operator_name(self) -> str:
        """Name of the operator."""
        return "sting_realistic"

    def operator_type(self) -> OperatorType:
        """It anonymises."""
        return OperatorType.Anonymize


class Realistic:
    """Invents values for the core; see `proxy.core.invented.Inventor`."""

    _operator: Final = StingRealistic()

    def __call__(self, entity_type: str, original: str, shared: bytes, spelt: bytes, person: str | None) -> str | None:
        """The value, or None."""
        params = {"entity_type": entity_type, "shared": shared, "spelt": spelt, "person": person}
        self._operator.validate(params)
        return self._operator.operate(original, params) or None


def _mail(original: str, shared: Draw, spelt: Draw, linked: str | None) -> str | None:
    """An address at example.com, .org or .net, named as the person is whom it belongs to."""
    if not _MAIL.fullmatch(original):
        return None
    given, last = full_name(tuple(linked.split()) if linked else (), shared)
    return f"{given}.{last}{spelt.digits(4)}@{_DOMAINS[spelt.below(3)]}".lower()
