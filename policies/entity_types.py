"""The vocabulary: every entity type that detectors may report, what it means, and a realistic made-up example.

Presidio's names are used where it has one. Docs, `sting verify` and the detectors' tests read this list; nothing
here detects anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from policies.model import check_entity_type

if TYPE_CHECKING:
    from collections.abc import Mapping

LITERAL = "LITERAL"
"""Reserved: the core shields token look-alikes that a client sends under this type. No policy may name it."""


@dataclass(frozen=True, slots=True)
class EntityTypeInfo:
    """One entity type. `example` is made up (test ranges, published test numbers) and format-valid.

    `group` is one of `person`, `contact`, `place`, `time`, `money`, `official`, `health`, `online`, `secret`,
    `business`, `other`.
    """

    name: str
    group: str
    meaning: str
    example: str


_PEOPLE = (
    EntityTypeInfo("PERSON", "person", "name of a natural person, whole or part", "Margaret Okafor"),
    EntityTypeInfo("AGE", "person", "age of a person", "47 years old"),
    EntityTypeInfo("DATE_OF_BIRTH", "person", "birth date, told by its context", "14 March 1976"),
    EntityTypeInfo("NRP", "person", "nationality, religion or political group", "Norwegian"),
    EntityTypeInfo("EMAIL_ADDRESS", "contact", "e-mail address", "m.okafor@example.com"),
    EntityTypeInfo("PHONE_NUMBER", "contact", "telephone or fax number", "+1 415 555 0132"),
    EntityTypeInfo("USERNAME", "contact", "login or account name of a person", "mokafor76"),
    EntityTypeInfo("LOCATION", "place", "city, region, country or landmark", "Rotterdam"),
    EntityTypeInfo("STREET_ADDRESS", "place", "street and house number, or a whole postal address", "1428 Elm Street"),
    EntityTypeInfo("POSTCODE", "place", "postal or ZIP code", "94107-1532"),
    EntityTypeInfo("COORDINATES", "place", "latitude and longitude", "51.92250, 4.47917"),
    EntityTypeInfo(
        "DATE_TIME",
        "time",
        "full date (day, month and year, or day and month), with or without a time",
        "3 November 2025",
    ),
    EntityTypeInfo("DATE_PART", "time", "a weekday, month, year or time of day on its own", "Tuesday"),
    EntityTypeInfo(
        "ORGANIZATION", "business", "company, authority, school or other organisation", "Halvorsen Shipping"
    ),
)
_NUMBERS = (
    EntityTypeInfo("CREDIT_CARD", "money", "payment card number (Luhn)", "4111 1111 1111 1111"),
    EntityTypeInfo("CARD_EXPIRY", "money", "expiry of a payment card, told by its context", "09/29"),
    EntityTypeInfo("CARD_SECURITY_CODE", "money", "CVV or CVC of a payment card, told by its context", "737"),
    EntityTypeInfo("IBAN_CODE", "money", "international bank account number", "GB82 WEST 1234 5698 7654 32"),
    EntityTypeInfo("SWIFT_CODE", "money", "bank identifier (BIC)", "DEUTDEFF500"),
    EntityTypeInfo("US_BANK_NUMBER", "money", "US bank account number", "945456787654"),
    EntityTypeInfo("ABA_ROUTING_NUMBER", "money", "US bank routing number", "021000021"),
    EntityTypeInfo("CRYPTO", "money", "cryptocurrency wallet address", "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"),
    EntityTypeInfo("US_SSN", "official", "US social security number", "536-22-8794"),
    EntityTypeInfo("US_ITIN", "official", "US individual taxpayer number", "912-70-3456"),
    EntityTypeInfo("US_PASSPORT", "official", "US passport number", "A12803456"),
    EntityTypeInfo("US_DRIVER_LICENSE", "official", "US driving licence number", "D1230987"),
    EntityTypeInfo("UK_NHS", "official", "UK health service number", "943 476 5919"),
    EntityTypeInfo("UK_NINO", "official", "UK national insurance number", "AB 12 34 56 C"),
    EntityTypeInfo(
        "NATIONAL_ID", "official", "national identity, tax or social number of another country", "X1234567L"
    ),
    EntityTypeInfo("PASSPORT", "official", "passport number of any country", "C01X00T47"),
    EntityTypeInfo("DRIVER_LICENSE", "official", "driving licence number of any country", "MORGA657054SM9IJ"),
    EntityTypeInfo("TAX_ID", "official", "tax or VAT number of a person or business", "DE136695976"),
    EntityTypeInfo("LICENSE_PLATE", "official", "vehicle registration plate", "7ABC123"),
    EntityTypeInfo("VIN", "official", "vehicle identification number", "1HGCM82633A004352"),
    EntityTypeInfo("MEDICAL_LICENSE", "health", "DEA or other licence number of a practitioner", "BB1388568"),
    EntityTypeInfo("MEDICAL_RECORD", "health", "medical record or patient number", "MRN 00482913"),
    EntityTypeInfo("MEMBER_ID", "health", "health-plan beneficiary or insurance policy number", "XEH907554321"),
    EntityTypeInfo("NPI", "health", "US national provider identifier", "1234567893"),
)
_MACHINES = (
    EntityTypeInfo("IP_ADDRESS", "online", "IPv4 or IPv6 address", "203.0.113.77"),
    EntityTypeInfo("MAC_ADDRESS", "online", "hardware address of a network card", "00:1B:44:11:3A:B7"),
    EntityTypeInfo("URL", "online", "web address", "https://example.com/u/mokafor76"),
    EntityTypeInfo(
        "FILE_PATH", "online", "path inside a person's home folder", "/home/mokafor/clients/halvorsen/offer.docx"
    ),
    EntityTypeInfo("IMEI", "online", "serial number of a mobile phone", "490154203237518"),
    EntityTypeInfo(
        "BIOMETRIC_ID", "person", "identifier or template of a fingerprint, face, voice or iris", "FPT-88213-A"
    ),
    EntityTypeInfo("DEVICE_ID", "online", "serial or other identifier of a device", "C02XK1ZZJGH5"),
    EntityTypeInfo("UUID", "online", "universally unique identifier", "3f2b8c1e-5d47-4a0b-9c6e-71d2a8f04b13"),
    EntityTypeInfo("PASSWORD", "secret", "password, told by its context", "correct-Horse7-battery"),
    EntityTypeInfo("API_KEY", "secret", "key of a known provider's shape", "AKIAIOSFODNN7EXAMPLE"),
    EntityTypeInfo(
        "SECRET",
        "secret",
        "bearer token, JWT, connection string with password, other high-entropy secret",
        "postgres://app:s3cr3t-Pa55@db.example.com/app",
    ),
    EntityTypeInfo(
        "PRIVATE_KEY",
        "secret",
        "PEM or SSH private key block",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----",
    ),
    EntityTypeInfo("ACCOUNT_NUMBER", "business", "customer, account or contract number", "account 7731-204985"),
    EntityTypeInfo("TICKET_ID", "business", "ticket, case, order or invoice number", "TCK-2025-004417"),
    EntityTypeInfo("EMPLOYEE_ID", "business", "staff number", "employee no. 20418"),
    EntityTypeInfo("NUMBER", "other", "any other number of three digits or more", "48,250"),
)

ENTITY_TYPES: Mapping[str, EntityTypeInfo] = MappingProxyType(
    {check_entity_type(info.name): info for info in (*_PEOPLE, *_NUMBERS, *_MACHINES)}
)
"""All entity types by name."""

SECRETS = tuple(info.name for info in ENTITY_TYPES.values() if info.group == "secret")
"""The types whose values open something: they matter in every policy."""
