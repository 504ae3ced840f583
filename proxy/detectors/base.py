"""What every detector offers, and what it is told. No detector lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from proxy.core.findings import Finding
from proxy.errors import DetectorUnavailable


class DetectionFailed(DetectorUnavailable):
    """A detector could not look at every text in full, or not in time. There is never a partial result."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How to look: a hashable value that crosses process borders and is part of every cache key.

    `engines`: which engines run, in a fixed order: "patterns" (regular expressions with checksums), "names" (the
    compact tagger), "presidio" (Presidio with spaCy), and those of `proxy.detectors.external`. `entity_types`: only
    these are reported, an empty tuple means all but NUMBER, UUID and DATE_PART (weekdays, months, durations), which
    have to be named. `languages`: ISO 639-1; with several each text's is told (`proxy.detectors.languages`).
    `regions`: ISO 3166 codes whose national phone formats count. `tenant` and `values_version` name the known values
    to match. `deny`: words of the policy that are always reported, as pairs (entity type, word); `allow`: words that
    never are. `recognisers`: expressions of the policy: (entity type, expression, group, score, checksum or nothing).
    `rules`: per entity type its precedence where findings overlap (below 0: it is not reported at all) and the score
    from which it counts; `others` is the same for all other types. Both are applied before overlaps are settled: a long
    finding that nobody acts upon must not hide a short one that somebody does.
    `identifiers`: the texts are names of tools, keys or columns: only patterns and known values look at them.
    """

    engines: tuple[str, ...] = ("patterns", "names")
    entity_types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    regions: tuple[str, ...] = ()
    tenant: str = "default"
    values_version: int = 0
    deny: tuple[tuple[str, str], ...] = ()
    allow: tuple[str, ...] = ()
    recognisers: tuple[tuple[str, str, int, float, str], ...] = ()
    rules: tuple[tuple[str, int, float], ...] = ()
    others: tuple[int, float] = (0, 0.0)
    identifiers: bool = False

    def precedence(self, entity_type: str) -> int:
        """How much findings of this type count where they overlap others."""
        return _rules_of(self.rules).get(entity_type, self.others)[0]

    def asks_for(self, entity_type: str) -> bool:
        """Whether the type is named: what ordinary text is full of (numbers, weekdays) is looked for only then."""
        return entity_type in self.entity_types or _rules_of(self.rules).get(entity_type, _KEPT)[0] >= 0

    def counts(self, entity_type: str, score: float) -> bool:
        """Whether a finding of this type and score is reported."""
        precedence, least = _rules_of(self.rules).get(entity_type, self.others)
        return precedence >= 0 and score >= least

    def wants_every(self, entity_type: str, score: float) -> bool:
        """Whether a rule for this type takes findings as doubtful as `score`; without a rule it is not asked for."""
        return _rules_of(self.rules).get(entity_type, _KEPT)[0] >= 0 and self.counts(entity_type, score)


_KEPT: Final = (-1, 0.0)


@lru_cache(maxsize=256)
def _rules_of(rules: tuple[tuple[str, int, float], ...]) -> dict[str, tuple[int, float]]:
    return {entity_type: (precedence, least) for entity_type, precedence, least in rules}


class Detector(Protocol):
    """Finds personal data in texts."""

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text, in the order of `texts`, each list disjoint and ordered by position.

        Raises DetectionFailed when any text could not be looked at in full or in time.
        """
        ...


class Engine(Protocol):
    """One way of looking, inside a detection worker: synchronous, CPU-bound, without I/O after loading.

    To add one: a class with `name` and `find` in one file, which loads its model in a constructor without arguments
    (or with the place of its weights or service, `proxy.detectors.chain.PLACED`), and one line in
    `proxy.detectors.chain.ENGINES`. It is given normalised texts of at most `chain.PIECE` characters,
    many at a time, and must be deterministic per text. `tests/contract/test_detector.py` tests every registered engine.
    """

    name: str

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text; they may overlap, `proxy.core.findings.disjoint` settles that once for all engines."""
        ...
