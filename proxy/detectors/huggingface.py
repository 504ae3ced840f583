"""Engine "huggingface": a token classifier of the transformers library, such as openai/privacy-filter.

Needs the extra `huggingface` and a model's folder with its tokeniser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.external import found, in_parts, package, weights

PART, OVERLAP = 1_200, 200
"""Characters: most classifiers read 512 tokens; some languages have a token for every third character."""

LABELS = {
    "private_person": "PERSON",
    "private_address": "STREET_ADDRESS",
    "private_email": "EMAIL_ADDRESS",
    "private_phone": "PHONE_NUMBER",
    "private_url": "URL",
    "private_date": "DATE_TIME",
    "account_number": "ACCOUNT_NUMBER",
    "secret": "SECRET",
    "per": "PERSON",
    "person": "PERSON",
    "givenname": "PERSON",
    "surname": "PERSON",
    "loc": "LOCATION",
    "location": "LOCATION",
    "gpe": "LOCATION",
    "city": "LOCATION",
    "org": "ORGANIZATION",
    "organization": "ORGANIZATION",
    "norp": "NRP",
    "street": "STREET_ADDRESS",
    "zipcode": "POSTCODE",
    "email": "EMAIL_ADDRESS",
    "telephonenum": "PHONE_NUMBER",
    "phone": "PHONE_NUMBER",
    "dateofbirth": "DATE_OF_BIRTH",
    "socialnum": "US_SSN",
    "creditcardnumber": "CREDIT_CARD",
    "accountnum": "ACCOUNT_NUMBER",
    "idcardnum": "NATIONAL_ID",
    "driverlicensenum": "DRIVER_LICENSE",
    "taxnum": "TAX_ID",
    "date": "DATE_TIME",
}
"""Labels of privacy-filter and of common models for names and personal data -> entity type."""

_NOTHING = frozenset({"o", "misc", "label_0"})


class HuggingFaceEngine:
    """A token classifier on the CPU, in parts that it can read."""

    name = "huggingface"

    def __init__(self, place: str | None = None) -> None:
        """Load the model of the folder `place`. Raises EngineUnavailable."""
        folder = str(weights(place, self.name, file="config.json"))
        library = package("transformers", "huggingface", self.name)
        tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = library.AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True)
        self._classify: Any = library.pipeline(
            "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple", device="cpu"
        )

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text; names of tools, keys and columns are not looked at."""
        return in_parts(texts, profile, self._found, PART, OVERLAP)

    def _found(self, text: str) -> list[Finding]:
        return found(_rows(text, self._classify(text)), LABELS, len(text), self.name)


def _rows(text: str, groups: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The pipeline's groups without white space at their edges, which some tokenisers count in."""
    for group in groups:
        label = str(group["entity_group"])
        start, end = int(group["start"]), int(group["end"])
        piece = text[start:end]
        start, end = start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
        if label.lower() not in _NOTHING and start < end:
            yield {"start": start, "end": end, "score": group["score"], "label": label}
