"""One known sentence per entity type: what `/readyz` and `sting verify` expect every working detector to find.

The values are those of `policies.entity_types`, made up or from published test ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policies.entity_types import ENTITY_TYPES

_SENTENCES: Final[Mapping[str, str]] = {
    "PERSON": "Yesterday {} called about the late delivery and asked for a refund.",
    "EMAIL_ADDRESS": "Please send the invoice to {} before noon.",
    "PHONE_NUMBER": "You can reach me at {} after lunch.",
    "LOCATION": "She moved from {} last spring.",
    "ORGANIZATION": "He works as an accountant for {} Ltd.",
    "DATE_TIME": "The contract was signed on {}.",
    "CREDIT_CARD": "I paid with my card {} and it was declined.",
    "IBAN_CODE": "Transfer the money to {} please.",
    "US_SSN": "My social security number is {}.",
    "IP_ADDRESS": "The login came from {} at night.",
    "URL": "His profile is at {} since May.",
    "CRYPTO": "Send the bitcoin to wallet {} today.",
    "NRP": "The {} passport was accepted.",
}


def probes(types: frozenset[str] | None = None) -> dict[str, tuple[str, str]]:
    """Sentence and the value in it, by entity type; only of `types` when given."""
    return {
        name: (sentence.format(ENTITY_TYPES[name].example), ENTITY_TYPES[name].example)
        for name, sentence in _SENTENCES.items()
        if types is None or name in types
    }
