"""The pattern pack: regular expressions with checksums, labels and cues, one recogniser per small file.

It needs no model and no I/O. It does not normalise text (that is done before) and does not settle overlaps
(`proxy.core.findings.disjoint` does).
"""

# ruff: noqa: E501 - one expression a line reads better than a broken one
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.encoded import Decoded, base64_runs, unescaped
from proxy.detectors.patterns.pack import ENTITY_TYPES, RECOGNISERS
from proxy.detectors.patterns.page import Page
from proxy.detectors.patterns.recogniser import PRECISE, Recogniser

__all__ = ["ENTITY_TYPES", "PatternEngine"]

_DEEPEST = 2
"""Encodings inside encodings are followed to this depth."""


class PatternEngine:
    """Runs every recogniser over each text, and over what is encoded in it. See `proxy.detectors.base.Engine`."""

    name = "patterns"

    def __init__(self, recognisers: Sequence[Recogniser] = RECOGNISERS) -> None:
        self._recognisers = tuple(recognisers)

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text; they may overlap. With `profile.identifiers` only those of a score from PRECISE up."""
        wanted = frozenset(profile.entity_types)
        recognisers = self._recognisers
        if wanted:
            recognisers = tuple(one for one in recognisers if not wanted.isdisjoint(one.entity_types))
        least = PRECISE if profile.identifiers else 0.0
        return [
            [
                finding
                for finding in _look(text, profile, recognisers)
                if finding.score >= least and (not wanted or finding.entity_type in wanted)
            ]
            for text in texts
        ]


def _look(text: str, profile: Profile, recognisers: tuple[Recogniser, ...], depth: int = 0) -> list[Finding]:
    """Findings in the text and in what is encoded in it."""
    page = Page(text)
    findings = [finding for recogniser in recognisers for finding in recogniser.find(page, profile)]
    if depth < _DEEPEST:
        for decoded in unescaped(page, findings):
            findings = _merged(findings, decoded, _look(decoded.text, profile, recognisers, depth + 1))
        findings.extend(_in_base64(page, profile, recognisers, depth))
    return findings


def _merged(plain: list[Finding], decoded: Decoded, found: list[Finding]) -> list[Finding]:
    r"""`plain`, and those of `found` that touch something escaped, mapped back to whole escaped pieces.

    A plain finding that begins inside of an escape gives way: in `\\nbob@example.com` the letter n is no part of the name.
    """
    mapped = [
        Finding(
            decoded.starts[finding.start],
            decoded.ends[finding.end - 1],
            finding.entity_type,
            finding.score,
            finding.detector,
        )
        for finding in found
        if decoded.touches_piece(max(0, finding.start - 1), finding.end + 1)
    ]
    if not mapped:
        return plain
    escapes = [(decoded.starts[low], decoded.ends[high - 1]) for low, high in decoded.pieces if low < high]

    def gives_way(finding: Finding) -> bool:
        at = bisect_left(escapes, finding.start, key=itemgetter(0))
        inside = at > 0 and finding.start < escapes[at - 1][1]
        return inside and any(one.start < finding.end and finding.start < one.end for one in mapped)

    return [finding for finding in plain if not gives_way(finding)] + mapped


def _in_base64(page: Page, profile: Profile, recognisers: tuple[Recogniser, ...], depth: int) -> Iterator[Finding]:
    """A run of base64 that holds personal data is one finding, of the type that is surest inside of it."""
    for start, end, plain in base64_runs(page):
        found = _look(plain, profile, recognisers, depth + 1)
        if found:
            best = max(found, key=lambda finding: (finding.score, finding.entity_type))
            yield Finding(start, end, best.entity_type, best.score, best.detector)
