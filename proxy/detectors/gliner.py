"""Engine "gliner": a GLiNER model, which finds the kinds of entity that it is asked for by name.

Needs the extra `gliner` and a model's folder, such as one of urchade/gliner_multi_pii-v1 with its encoder's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.external import found, in_parts, package, weights

PART, OVERLAP = 1_200, 200
"""Characters: a model reads about 380 words at a time and drops what is beyond without a word."""

LEAST = 0.3
"""Score from which it reports; policies may ask for more."""

LABELS = {
    "person": "PERSON",
    "organization": "ORGANIZATION",
    "location": "LOCATION",
    "street address": "STREET_ADDRESS",
    "email address": "EMAIL_ADDRESS",
    "phone number": "PHONE_NUMBER",
    "date of birth": "DATE_OF_BIRTH",
    "nationality": "NRP",
    "username": "USERNAME",
    "password": "PASSWORD",
    "credit card number": "CREDIT_CARD",
    "bank account number": "ACCOUNT_NUMBER",
    "iban": "IBAN_CODE",
    "social security number": "US_SSN",
    "passport number": "PASSPORT",
    "driver's license number": "DRIVER_LICENSE",
    "national id number": "NATIONAL_ID",
    "tax identification number": "TAX_ID",
    "medical record number": "MEDICAL_RECORD",
    "health insurance id number": "MEMBER_ID",
    "license plate number": "LICENSE_PLATE",
    "ip address": "IP_ADDRESS",
}
"""What it is asked for -> entity type."""


class GlinerEngine:
    """GLiNER on the CPU, in parts that it can read."""

    name = "gliner"

    def __init__(self, place: str | None = None) -> None:
        """Load the model of the folder `place`. Raises EngineUnavailable."""
        folder = weights(place, self.name, file="gliner_config.json")
        library = package("gliner", "gliner", self.name)
        self._model: Any = library.GLiNER.from_pretrained(str(folder), local_files_only=True)
        self._model.eval()

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text; names of tools, keys and columns are not looked at."""
        return in_parts(texts, profile, self._found, PART, OVERLAP)

    def _found(self, text: str) -> list[Finding]:
        rows = self._model.predict_entities(text, list(LABELS), threshold=LEAST)
        return found(rows, LABELS, len(text), self.name)
