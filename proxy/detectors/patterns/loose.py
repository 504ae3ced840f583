"""What ordinary text is full of: any number, a weekday or year alone, a UUID.

Reported only when a profile asks for the type by name: policies that take everything do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.dates import MONTH_WORDS
from proxy.detectors.patterns.page import Page, alternatives

_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
).split()


class Loose:
    """Three types that must be asked for by name."""

    name = "patterns.loose"
    entity_types = frozenset({"NUMBER", "DATE_PART", "UUID"})

    PATTERNS = (
        ("NUMBER", re.compile(r"(?<![^\W_])\d(?:[.,' ]?\d){2,30}(?![^\W_])")),
        (
            "DATE_PART",
            re.compile(
                rf"\b(?:{alternatives({*_DAYS, *MONTH_WORDS})})\b|\b(?:1[89]|20)\d\d\b|"
                r"\b[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?:\s?[ap]\.?m\b)?",
                re.IGNORECASE,
            ),
        ),
        ("UUID", re.compile(r"(?<!\w)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w)", re.IGNORECASE)),
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Everything of the types that the profile names."""
        for entity_type, pattern in self.PATTERNS:
            if profile.asks_for(entity_type):
                for match in pattern.finditer(page.text):
                    yield Finding(match.start(), match.end(), entity_type, 0.3, self.name)
