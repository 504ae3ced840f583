"""Seeded proof sets: personal values, and look-alikes that are none, in prose, tables, JSON, code and chat.

`python -m tests.detection.generator DIR` writes a JSONL file per kind for `sting eval`.
"""

# ruff: noqa: E501 - one maker a line reads better than a broken one
from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.detection import values
from tests.detection.carriers import carry, carry_plain
from tests.detection.lookalikes import LOOKALIKES
from tests.detection.national import NATIONAL


@dataclass(frozen=True, slots=True)
class Kind:
    """A structured type: its maker, the labels people give it, the entity types that count as right.

    `bare`: it is recognised without a label too.
    """

    name: str
    make: Callable[[Random], str]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    entity_types: frozenset[str]
    bare: bool = True


@dataclass(frozen=True, slots=True)
class Example:
    """A text; `start` and `end` of the value in it, both 0 in a negative."""

    text: str
    start: int
    end: int


def _kind(
    name: str, make: Callable[[Random], str], labels: str, keys: str, types: str = "", *, bare: bool = True
) -> Kind:
    accepted = frozenset((types or name).split())
    return Kind(name, make, tuple(labels.split(", ")), tuple(keys.split(", ")), accepted, bare)


KINDS = (
    _kind("EMAIL_ADDRESS", values.email, "e-mail, email address, mail, contact", "email, mail, e_mail, contactEmail"),
    _kind("PHONE_NUMBER", values.phone, "phone, mobile, tel., cell, phone number", "phone, mobile, telephone, phoneNumber"),
    _kind("CREDIT_CARD", values.card, "card, card number, credit card, Visa", "card_number, pan, creditCard, card"),
    _kind("IBAN_CODE", values.iban, "IBAN, account, bank details", "iban, IBAN, account_iban"),
    _kind("US_SSN", values.ssn, "SSN, social security number, social", "ssn, SSN, social_security_number", "US_SSN US_ITIN"),
    _kind("IP_ADDRESS", values.ip, "IP, IP address, host, client ip", "ip, client_ip, remoteAddr, ip_address"),
    _kind("MAC_ADDRESS", values.mac, "MAC, MAC address, hardware address", "mac, mac_address, hwaddr"),
    _kind("URL", values.url, "website, profile, link, homepage", "url, website, homepage, link"),
    _kind("API_KEY", values.api_key, "API key, token, secret, key", "api_key, token, secret, OPENAI_KEY", "API_KEY SECRET"),
    _kind("PASSWORD", values.password, "password, pwd, passwd, Passwort", "password, db_password, passwd", "PASSWORD SECRET", bare=False),
    _kind("MEDICAL_RECORD", values.identifier, "MRN, medical record number, patient ID, patient no.", "mrn, patient_id, medical_record_number", bare=False),
    _kind("MEMBER_ID", values.identifier, "member ID, member number, membership no., subscriber ID", "member_id, memberId, subscriber_id", bare=False),
    _kind("ACCOUNT_NUMBER", values.identifier, "account number, account no., acct #, account", "account_number, accountNo, acct", "ACCOUNT_NUMBER US_BANK_NUMBER", bare=False),
    _kind("INSURANCE_POLICY", values.identifier, "policy number, policy no., claim number, insurance policy", "policy_number, policyNo, claim_id", "MEMBER_ID", bare=False),
    _kind("DATE_OF_BIRTH", values.birth_date, "date of birth, DOB, born, birth date", "dob, date_of_birth, birthDate, birthday", bare=False),
    _kind("CRYPTO", values.wallet, "wallet, BTC address, donate to, payout address", "wallet, btc_address, payout"),
    _kind("VIN", values.vin, "VIN, vehicle, chassis", "vin, vehicle_vin, chassis_number"),
    _kind("IMEI", values.imei, "IMEI, device", "imei, device_imei", "IMEI DEVICE_ID"),
)  # fmt: skip

_NATIONAL_TYPES = "NATIONAL_ID TAX_ID UK_NHS UK_NINO"


def examples(kind: Kind, count: int, seed: int) -> Iterator[tuple[Example, bool]]:
    """`count` positives (True) and as many look-alikes (False) of the kind, in random order of carriers."""
    rng = Random(f"{kind.name} {seed}")
    for _ in range(count):
        yield Example(*carry(rng, kind.make(rng), rng.choice(kind.labels), rng.choice(kind.keys), bare=kind.bare)), True
        yield Example(carry_plain(rng, *rng.choice(LOOKALIKES)(rng)), 0, 0), False


def national_kind(label: str) -> Kind:
    """A country's identifier as a kind of its own."""
    key = label.lower().replace(" ", "_").replace("-", "_")
    return Kind(f"NATIONAL {label}", NATIONAL[label], (label,), (key,), frozenset(_NATIONAL_TYPES.split()), bare=False)


ALL_KINDS = (*KINDS, *(national_kind(label) for label in NATIONAL))


def main(folder: Path, count: int = 1000, seed: int = 1) -> None:
    """Write one JSONL file per kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ALL_KINDS:
        rows = []
        for example, positive in examples(kind, count, seed):
            spans = [{"start": example.start, "end": example.end, "entity_type": kind.name}] if positive else []
            rows.append(json.dumps({"text": example.text, "spans": spans}))
        (folder / f"{kind.name.lower().replace(' ', '_')}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
