"""Scrambling: texts and findings in, edits out, and which token stands for which original.

Pure. One `Scrambler` serves one exchange and is fed the texts in the order that keeps prefixes stable (rule 5): what a
text becomes depends on it and on the texts before it, never on later ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from policies.model import Action, Policy
from proxy.core.findings import Finding, disjoint
from proxy.core.jsontext import Edit
from proxy.core.links import PERSON
from proxy.core.seen import SeenValues
from proxy.core.slots import Kind
from proxy.core.surrogates import Naming
from proxy.core.tokens import LITERAL, look_alikes

OneWay = Callable[[Action, str, str], str]
"""Result of a one-way action: (action, entity type, original) -> what stands in its place."""

_NOT_REPLACED: Final = frozenset({Action.KEEP, Action.OBSERVE, Action.BLOCK})


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one range of one text. `new` is None when the text stays as it is."""

    start: int
    end: int
    entity_type: str
    action: Action
    new: str | None


@dataclass(slots=True)
class Tally:
    """What one exchange found and did; counts only."""

    found: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    replaced: int = 0


class Scrambler:
    """Scrambles the texts of one exchange.

    `types`: entity types whose tokens may occur, for shielding look-alikes. `passed`: tokens of the client's own
    session that may pass as they are (`X-Sting-Restore: none`).
    """

    def __init__(
        self,
        policy: Policy,
        naming: Naming,
        one_way: OneWay,
        types: frozenset[str],
        passed: Collection[str] = (),
    ) -> None:
        self.policy = policy
        self.naming = naming
        self.one_way = one_way
        self.types = types
        self.passed = frozenset(passed)
        self.issued: dict[str, str] = {}
        self.tally = Tally()
        self._seen = SeenValues()

    def text(self, text: str, kind: Kind, findings: Iterable[Finding]) -> tuple[Decision, ...]:
        """Decisions on the next text, in order of position, disjoint; remembered for the texts that follow."""
        shields = look_alikes(text, self.types)
        wanted = _outside(text, shields, disjoint(self._wanted(findings)))
        for finding in wanted:
            self._seen.add(text[finding.start : finding.end], finding.entity_type)
        again = [finding for finding in self._seen.find(text) if not _touches(finding, shields)]
        known = disjoint([*wanted, *again])
        # In signed text a token is one of ours: the model wrote it and the client sent it back as it came.
        literals = [
            Finding(start, end, LITERAL, 1.0, "grammar")
            for start, end, token in shields
            if token not in self.passed and kind is not Kind.SIGNED
        ]
        rows = _at_word_starts(text, sorted([*known, *literals], key=lambda finding: finding.start))
        decisions = tuple(self._decide(text, kind, finding) for finding in rows)
        self._count(text, decisions)
        return decisions

    def recall(self, text: str, decisions: Sequence[Decision]) -> None:
        """Take over the decisions of an earlier exchange on the same text behind the same texts."""
        self._count(text, decisions)

    def relive(self, text: str, decisions: Sequence[Decision]) -> None:
        """Know what was known behind a recalled text: needed before a new text follows, and only then."""
        for decision in decisions:
            original = text[decision.start : decision.end]
            if decision.action is Action.SCRAMBLE and decision.new is not None:
                self.naming.given[decision.entity_type, original] = decision.new
            if decision.entity_type != LITERAL:
                self._seen.add(original, decision.entity_type)
                self._meet(decision.entity_type, original)

    def _wanted(self, findings: Iterable[Finding]) -> list[Finding]:
        return [finding for finding in findings if finding.score >= self.policy.rule(finding.entity_type).min_score]

    def _decide(self, text: str, kind: Kind, finding: Finding) -> Decision:
        original = text[finding.start : finding.end]
        action = Action.SCRAMBLE if finding.entity_type == LITERAL else self.policy.rule(finding.entity_type).action
        if kind is Kind.NAME and action not in _NOT_REPLACED:
            # The client's dispatcher matches these names: they cannot be replaced, only reported or refused.
            action = Action.BLOCK if self.policy.identifiers == "block" else Action.OBSERVE
        if kind is Kind.SIGNED and action not in _NOT_REPLACED:
            action = Action.BLOCK
        new: str | None = None
        if action is Action.SCRAMBLE:
            new = self.naming.token(finding.entity_type, original)
        elif action not in _NOT_REPLACED:
            new = self.one_way(action, finding.entity_type, original)
        self._meet(finding.entity_type, original)
        return Decision(finding.start, finding.end, finding.entity_type, action, new)

    def _meet(self, entity_type: str, original: str) -> None:
        if entity_type == PERSON:
            self.naming.persons.meet(original)

    def _count(self, text: str, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            if decision.entity_type != LITERAL and decision.action is not Action.KEEP:
                self.tally.found[decision.entity_type] += 1
            if decision.action is Action.BLOCK:
                self.tally.blocked[decision.entity_type] += 1
            if decision.new is None:
                continue
            self.tally.replaced += 1
            if decision.action is Action.SCRAMBLE:
                self.issued[decision.new] = text[decision.start : decision.end]


def edits_of(decisions: Iterable[Decision]) -> list[Edit]:
    """The edits that decisions ask for."""
    return [Edit(decision.start, decision.end, decision.new) for decision in decisions if decision.new is not None]


def _outside(text: str, shields: Sequence[tuple[int, int, str]], findings: list[Finding]) -> list[Finding]:
    """Findings without the shielded ranges; what is left of one is dropped when it is white space."""
    if not shields:
        return findings
    kept: list[Finding] = []
    for finding in findings:
        position = finding.start
        for start, end, _ in shields:
            if start < finding.end and position < end:
                kept.append(replace(finding, start=position, end=max(position, start)))
                position = end
        kept.append(replace(finding, start=min(position, finding.end)))
    return [finding for finding in kept if text[finding.start : finding.end].strip()]


def _touches(finding: Finding, ranges: Iterable[tuple[int, int, str]]) -> bool:
    return any(finding.start < end and start < finding.end for start, end, _ in ranges)


def _at_word_starts(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """Findings moved back to where a token may start, so that restoring finds it in any surroundings.

    A finding that begins inside a run of ASCII letters and digits ("tel+49...", "X4111...") takes the run's beginning
    along; one directly behind another finding stays, for tokens may follow each other without a gap.
    """
    moved: list[Finding] = []
    floor = 0
    for finding in findings:
        start = finding.start
        while start > floor and _inside_run(text[start - 1]):
            start -= 1
        moved.append(finding if start == finding.start else replace(finding, start=start))
        floor = finding.end
    return moved


def _inside_run(letter: str) -> bool:
    # Behind a lower-case letter a token starts by its capital, see tokens.starts_word.
    return letter.isascii() and letter.isalnum() and not letter.islower()
