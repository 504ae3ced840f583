"""How the table tests of the recognisers look at a text: the pieces found, with their types."""

from __future__ import annotations

from proxy.core.findings import disjoint
from proxy.detectors.base import Profile
from proxy.detectors.patterns import PatternEngine

ENGINE = PatternEngine()


def found(text: str, *types: str, profile: Profile | None = None) -> list[tuple[str, str]]:
    """Entity type and piece of each finding, in order; only of `types` when given."""
    findings = disjoint(ENGINE.find([text], profile or Profile())[0])
    return [(one.entity_type, text[one.start : one.end]) for one in findings if not types or one.entity_type in types]
