"""Positions on the globe precise enough to name a house: decimal pairs, degrees and minutes, labelled values."""

# ruff: noqa: E501 - one expression a line reads better than a broken one
# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re

from proxy.detectors.patterns.page import outlines
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser


def _on_earth(value: str) -> bool:
    latitude, longitude = (float(part) for part in re.findall(r"-?\d{1,3}\.\d+", value)[:2])
    return abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 - degrees


_DMS = r"\d{1,3}\s?[°º]\s?(?:\d{1,2}(?:\.\d+)?\s?['′’]\s?)?(?:\d{1,2}(?:\.\d+)?\s?(?:[\"″”]|'')\s?)?"


class Coordinates(RuleRecogniser):
    """Latitude and longitude together, and full Open Location Codes."""

    name = "patterns.coordinates"
    digits = 4
    rules = (
        Rule(
            "COORDINATES",
            re.compile(
                r"(?<![\w.,-])[-+]?\d{1,2}\.\d{4,10}°?\s?[NSns]?\s?[,;/ ]\s?[-+]?\d{1,3}\.\d{4,10}°?(?:\s?[EWew]\b)?(?![\w.])(?!,\s?-?\d)"
            ),
            0.75,
            check=_on_earth,
            shows=outlines("0.0000"),
        ),
        Rule(
            "COORDINATES",
            re.compile(r"(?<![\w+/=])(?=[C-X]{0,7}\d)[2-9CFGHJMPQRVWX]{8}\+[2-9CFGHJMPQRVWX]{2,3}(?![\w+/=])"),
            0.7,
            shows=outlines("0+0", "0+A", "A+0", "A+A"),
        ),
        Rule(
            "COORDINATES",
            re.compile(rf"(?<![\w.]){_DMS}[NS]\b[\s,;]{{0,3}}{_DMS}[EWO]\b"),
            0.9,
            at_digit=True,
            shows=outlines("°", "º"),
        ),
        Rule(
            "COORDINATES",
            re.compile(r"(?<![\w.])\d{1,2}\.\d{2,10}°?\s?[NS]\b[\s,;]{1,3}\d{1,3}\.\d{2,10}°?\s?[EW]\b"),
            0.85,
            check=_on_earth,
            at_digit=True,
            shows=outlines("0.00"),
        ),
    )


class LabelledCoordinates(LabelRecogniser):
    """A single value behind "lat", "longitude"."""

    name = "patterns.coordinate"
    labels = (
        Label(
            "COORDINATES",
            "lat, latitude, lng, lon, long, longitude, breitengrad, längengrad, latitud, longitud",
            r"[-+]?\d{1,3}\.\d{3,12}(?![\w.])",
            0.8,
        ),
    )
