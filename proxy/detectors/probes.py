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
    "AGE": "The patient is {} years old and lives alone.",
    "DATE_OF_BIRTH": "Date of birth: {}, as it stands in the file.",
    "USERNAME": "Her username is {} on the portal.",
    "STREET_ADDRESS": "Ship it to {} next week.",
    "POSTCODE": "Her ZIP code is {} now.",
    "COORDINATES": "The phone was last seen at {} at noon.",
    "CARD_EXPIRY": "Card 4111 1111 1111 1111, expiry date {} on it.",
    "CARD_SECURITY_CODE": "The card's CVV is {} as she said.",
    "SWIFT_CODE": "The bank's SWIFT code is {} for transfers.",
    "US_BANK_NUMBER": "My bank account number is {} at the branch.",
    "ABA_ROUTING_NUMBER": "The routing number is {} for the wire.",
    "US_ITIN": "Her ITIN is {} on the form.",
    "US_PASSPORT": "US passport number {} was shown.",
    "US_DRIVER_LICENSE": "Driver license number {} was copied.",
    "UK_NHS": "His NHS number is {} in the record.",
    "UK_NINO": "National insurance number {} was given.",
    "NATIONAL_ID": "Her NIE is {} in Spain.",
    "PASSPORT": "Her passport number is {} and it expires soon.",
    "DRIVER_LICENSE": "Driving licence {} was checked.",
    "TAX_ID": "The VAT number is {} on the invoice.",
    "LICENSE_PLATE": "The license plate is {} on a red car.",
    "VIN": "The VIN is {} on the frame.",
    "MEDICAL_LICENSE": "The doctor's DEA number is {} on the label.",
    "MEDICAL_RECORD": "Please see MRN {} for the results.",
    "MEMBER_ID": "Her member ID is {} with the insurer.",
    "NPI": "The provider's NPI is {} in the claim.",
    "MAC_ADDRESS": "The device with MAC {} was stolen.",
    "IMEI": "The phone's IMEI is {} in the report.",
    "DEVICE_ID": "The laptop has the serial number {} on its back.",
    "FILE_PATH": "The draft lies in {} since Monday.",
    "PASSWORD": "My password is {} please change it.",
    "API_KEY": "Use the key {} for the bucket.",
    "SECRET": "Connect with {} to the database.",
    "PRIVATE_KEY": "Here it is:\n{}\nKeep it safe.",
    "ACCOUNT_NUMBER": "Please close account {} today.",
    "TICKET_ID": "I am asking about ticket no. {} again.",
    "EMPLOYEE_ID": "Ask employee no. {} about the shift.",
    "BIOMETRIC_ID": "Fingerprint ID {} was enrolled.",
}


_VALUES: Final[Mapping[str, str]] = {
    "AGE": "47",
    "MEDICAL_RECORD": "00482913",
    "ACCOUNT_NUMBER": "7731-204985",
    "EMPLOYEE_ID": "20418",
}
"""The value alone, where the vocabulary's example has its label with it."""


def probes(types: frozenset[str] | None = None) -> dict[str, tuple[str, str]]:
    """Sentence and the value in it, by entity type; only of `types` when given."""
    values = {name: _VALUES.get(name, ENTITY_TYPES[name].example) for name in _SENTENCES}
    return {
        name: (sentence.format(values[name]), values[name])
        for name, sentence in _SENTENCES.items()
        if types is None or name in types
    }
