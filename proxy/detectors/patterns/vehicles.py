"""Vehicles: identification numbers (VIN, ISO 3779) and licence plates."""

# ruff: noqa: PLR2004 - lengths and ranges stand in the definition beside them
from __future__ import annotations

import re

from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser

_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _vin(value: str) -> bool:
    """Ninth place: weighted sum modulo 11, X for 10 (49 CFR 565.15)."""
    value = value.upper()
    total = sum(
        (int(char) if char.isdigit() else _VALUES[char]) * weight for char, weight in zip(value, _WEIGHTS, strict=True)
    )
    return value[8] == "0123456789X"[total % 11] and not value.isdigit() and not value.isalpha()


class Vin(RuleRecogniser):
    """Seventeen places with North America's check digit."""

    name = "patterns.vin"
    digits = 1
    rules = (Rule("VIN", re.compile(r"(?<![\w-])[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![\w-])"), 0.92, check=_vin, run=17),)


class LabelledVehicle(LabelRecogniser):
    """European VINs have no check digit, plates no common format: both by label."""

    name = "patterns.vehicle"
    labels = (
        Label(
            "VIN",
            "vin, vehicle identification, chassis, fahrgestellnummer, fin, frame",
            r"[A-HJ-NPR-Z0-9]{11,17}(?!\w)",
            0.9,
            lambda value, _: any(c.isdigit() for c in value) and any(c.isalpha() for c in value),
        ),
        Label(
            "LICENSE_PLATE",
            "license plate, licence plate, number plate, plate, plates, reg plate, registration plate, "
            "vehicle registration, vehicle reg, kennzeichen, kfz kennzeichen, plaque d immatriculation, "
            "immatriculation, matrícula, targa, kenteken, rejestracja, numer rejestracyjny, placa, car "
            "registration, tag number",
            r"[A-ZÄÖÜ0-9]{1,4}(?:[ -]?[A-ZÄÖÜ0-9]{1,5}){0,3}(?!\w)",
            0.75,
            lambda value, linked: (
                any(c.isdigit() for c in value)
                and 4 <= len(value) <= 12
                and (linked or any(c.isupper() for c in value))
            ),
        ),
    )
