"""Postcodes that only their place tells: "Tokoza 1426", or a number alone on a line below a street. Pure.

Bare digits are no postcode by themselves; behind a place that an engine found, or at the end of an address block,
they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from proxy.core.findings import Finding

SCORE = 0.5
"""A guess by position, as of formats that need a cue (`proxy.detectors.patterns.postcode`)."""

_DETECTOR = "places"
_BEHIND_PLACE = re.compile(
    r",?[ \u00a0](?!(?:1[6-9]|20)\d\d(?!\d))(?P<postcode>\d{3} \d\d|\d{4,6})(?![\w%]|[.,:/-]\d)"
    r"(?=[ \u00a0]?(?:[.,;:!?)\n]|\Z)|"
    r"[ \u00a0](?:and|as|at|but|for|from|has|in|is|on|or|to|was|where|which|who|with)\b)"
)
"""Years are none, and neither is a number that counts what follows it ("Berlin 5000 people")."""

_BELOW_STREET = re.compile(
    r"[^\n\d]{0,80}(?:\n[^\n\d]{0,60}){0,2}\n[ \t]*(?P<postcode>\d{3,6}|\d{2,3}[- ]\d{2,3})[ \t]*(?=\n|\Z)"
)


def postcodes_by_place(text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """A POSTCODE for each number behind a LOCATION, or alone on one of the three lines below a STREET_ADDRESS."""
    for finding in findings:
        pattern = {"LOCATION": _BEHIND_PLACE, "STREET_ADDRESS": _BELOW_STREET}.get(finding.entity_type)
        match = pattern.match(text, finding.end) if pattern else None
        if match is not None:
            yield Finding(*match.span("postcode"), "POSTCODE", SCORE, _DETECTOR)
