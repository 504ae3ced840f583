"""Scrambling: texts and findings in, edits out, and which token stands for which original.

Pure. One `Scrambler` serves one exchange and is fed the texts in the order that keeps prefixes stable (rule 5): what a
text becomes depends on it and on the texts before it, never on later ones.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, zip_longest
from typing import Final, Protocol

from policies.model import Action, Policy
from policies.resolve import precedence
from proxy.core import seen, surrogates
from proxy.core.findings import Coverage, Finding, disjoint
from proxy.core.invented import Invented, clashes, unclear
from proxy.core.jsontext import Edit, splice
from proxy.core.links import PERSON
from proxy.core.seen import SeenValues
from proxy.core.slots import Kind
from proxy.core.surrogates import Naming, is_token, one_way_key
from proxy.core.tokens import LITERAL, look_alikes

OneWay = Callable[[Action, str, str], str]
"""Result of a one-way action: (action, entity type, original) -> what stands in its place."""


class Earlier(surrogates.Earlier, seen.Earlier, Protocol):
    """What earlier turns tell, see `recollection`."""


Value = tuple[int, int, str]
"""Start, end and entity type of a value in its text."""

_NUMBER: Final = "NUMBER"
_NOT_REPLACED: Final = frozenset({Action.KEEP, Action.OBSERVE, Action.BLOCK})
_IN_CLEAR: Final = frozenset({Action.KEEP, Action.OBSERVE})
_NONE_INVENTED: Final = Invented(())
_NO_LABEL: Final = re.compile(r"[^A-Za-z0-9_-]+")
BETWEEN: Final = f"{string.whitespace}\u00a0\u202f,;:.()[]"
"""Signs that part words and tell nothing: what is left of a value beside a shielded token does not begin or end so."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one range of one text. `new` is None when the text stays as it is."""

    start: int
    end: int
    entity_type: str
    action: Action
    new: str | None = field(repr=False)
    values: tuple[Value, ...] = ()
    """What detectors found here (not cut, not moved): values to look for in later texts."""


@dataclass(slots=True)
class Tally:
    """What one exchange found and did; counts only."""

    found: dict[str, int] = field(default_factory=dict)
    blocked: dict[str, int] = field(default_factory=dict)
    replaced: int = 0

    @property
    def types(self) -> str:
        """Findings per entity type for the `x-sting-entities` header and the audit: `EMAIL_ADDRESS=1, PERSON=2`."""
        return ", ".join([f"{name}={count}" for name, count in sorted(self.found.items())])


class Scrambler:
    """Scrambles the texts of one exchange.

    `types`: entity types whose tokens may occur, for shielding look-alikes. `passed`: tokens of the client's own
    session that may pass as they are (`X-Sting-Restore: none`). `held`: invented values of the session's earlier
    exchanges; where a text has one it is shielded like a look-alike.
    """

    def __init__(
        self,
        policy: Policy,
        naming: Naming,
        one_way: OneWay,
        types: frozenset[str],
        passed: Collection[str] = (),
        held: Collection[str] = (),
    ) -> None:
        self.policy = policy
        self.naming = naming
        self.one_way = one_way
        self.types = types
        self.passed = frozenset(passed)
        self.held = Invented(held) if held else _NONE_INVENTED
        self.issued: dict[str, str] = {}
        """Originals by surrogate, of the texts that were not taken over."""
        self.issued_types: set[str] = set()
        """Entity types of the issued tokens, of those taken over, too."""
        self.invented: dict[str, str] = {}
        """Entity types of the issued surrogates that are no tokens."""
        self.tally = Tally()
        self._seen = SeenValues()
        self._rules = policy
        self._lost: Naming | None = None

    def text(
        self, text: str, kind: Kind, findings: Iterable[Finding], rules: Policy | None = None
    ) -> tuple[Decision, ...]:
        """Decisions on the next text, in order of position, disjoint; remembered for the texts that follow.

        `rules`: those of the text's place, where they are not the policy's own.
        """
        self._rules = rules or self.policy
        shields = self._shields(text)
        shielded = Coverage()
        for start, end, _ in shields:
            shielded.add(start, end)
        wanted = _outside(text, shielded, disjoint(self._wanted(findings), self._precedence))
        for finding in wanted:
            self._seen.add(text[finding.start : finding.end], finding.entity_type)
        known = self._with_seen(text, shielded, wanted)
        # In signed text a token is one of ours: the model wrote it and the client sent it back as it came.
        literals = [
            Finding(start, end, LITERAL, 1.0, "grammar")
            for start, end, token in shields
            if token not in self.passed and kind is not Kind.SIGNED
        ]
        ordered = sorted([*known, *literals], key=lambda finding: finding.start)
        rows = _at_word_starts(text, [(finding, self._action(kind, finding)) for finding in ordered])
        values = _values_by_row([finding.start for finding, _ in rows], wanted)
        decided = [
            self._decide(text, kind, finding, action, values.get(position, ()))
            for position, (finding, action) in enumerate(rows)
        ]
        decisions = tuple(_apart(decided, "-" if kind is Kind.LABEL else " "))
        self._count(text, decisions)
        return decisions

    def _with_seen(self, text: str, shielded: Coverage, wanted: list[Finding]) -> list[Finding]:
        """`wanted`, which is disjoint and in order, and where else `text` has values that are known by now."""
        seen = self._seen.find(text)
        if _are_parts(seen, wanted):
            return wanted
        return _outside(text, shielded, disjoint([*wanted, *seen], self._precedence))

    def _shields(self, text: str) -> list[tuple[int, int, str]]:
        """Ranges that a restorer could take for something issued, with what it would take them for."""
        tokens = look_alikes(text, self.types)
        if not self.held.values:
            return tokens
        taken = Coverage()
        for start, end, _ in tokens:
            taken.add(start, end)
        values = [one for one in self.held.ranges(text) if list(taken.free(one[0], one[1])) == [one[:2]]]
        return sorted([*tokens, *values])

    def recall(self, text: str, decisions: Sequence[Decision]) -> None:
        """Take over the decisions of an earlier exchange on the same text behind the same texts."""
        self._count(text, decisions)

    def take_over(self, found: Mapping[str, int], replaced: int, types: Collection[str]) -> None:
        """Take over what became of texts that an earlier exchange had: counts, and the types of its tokens."""
        counts = self.tally.found
        for entity_type, times in found.items():
            counts[entity_type] = counts.get(entity_type, 0) + times
        self.tally.replaced += replaced
        self.issued_types.update(types)

    def go_on_from(self, earlier: Earlier) -> None:
        """Know what was known behind the texts that were taken over: only a new text that follows needs it."""
        self.naming.go_on_from(earlier)
        self._seen.go_on_from(earlier)

    def relive(self, text: str, decisions: Sequence[Decision]) -> None:
        """Know what was known behind a recalled text: needed before a new text follows, and only then."""
        for decision in decisions:
            original = text[decision.start : decision.end]
            if decision.action is Action.SCRAMBLE and decision.new is not None:
                self.naming.take_over(decision.entity_type, original, decision.new)
            for start, end, entity_type in decision.values:
                self._seen.add(text[start:end], entity_type)
            self._meet(decision.entity_type, original)

    def _precedence(self, entity_type: str) -> int:
        return precedence(self._rules.rule(entity_type).action)

    def _wanted(self, findings: Iterable[Finding]) -> list[Finding]:
        return [finding for finding in findings if finding.score >= self._rules.rule(finding.entity_type).min_score]

    def _action(self, kind: Kind, finding: Finding) -> Action:
        literal = finding.entity_type == LITERAL
        action = Action.SCRAMBLE if literal else self._rules.rule(finding.entity_type).action
        if action in _NOT_REPLACED:
            return action
        if kind is Kind.NAME:
            # The client's dispatcher matches these names: they cannot be replaced, only reported or refused.
            return Action.BLOCK if self.policy.identifiers == "block" else Action.OBSERVE
        if kind is Kind.NUMBER:  # that it is a number says nothing there
            return Action.OBSERVE if finding.entity_type == _NUMBER else Action.HASH
        return Action.BLOCK if kind is Kind.SIGNED else action

    def _decide(self, text: str, kind: Kind, finding: Finding, action: Action, values: Iterable[Value]) -> Decision:
        original = text[finding.start : finding.end]
        new: str | None = None
        rule = self._rules.rule(finding.entity_type)
        if action is Action.SCRAMBLE and rule.one_way and finding.entity_type != LITERAL:
            # To all that follows it is a hash in the form of a token: nothing remembers what it stands for.
            action, new = Action.HASH, self._never_restored(finding.entity_type, original)
        elif action is Action.SCRAMBLE:
            realistic = finding.entity_type != LITERAL and rule.style == "realistic"
            name = self.naming.surrogate if realistic and kind is not Kind.LABEL else self.naming.token
            new = name(finding.entity_type, original)
        elif action not in _NOT_REPLACED:
            new = self.one_way(action, finding.entity_type, original)
            new = _NO_LABEL.sub("_", new) if kind is Kind.LABEL else new
            new = _other_digits(original, new) if kind is Kind.NUMBER else new
        self._meet(finding.entity_type, original)
        return Decision(finding.start, finding.end, finding.entity_type, action, new, tuple(values))

    def _never_restored(self, entity_type: str, original: str) -> str:
        """A token made with a key of its own: never one that this vault restores anywhere."""
        if self._lost is None:
            self._lost = Naming(one_way_key(self.naming.key), persons=self.naming.persons)
        return self._lost.token(entity_type, original)

    def _meet(self, entity_type: str, original: str) -> None:
        if entity_type == PERSON:
            self.naming.persons.meet(original)

    def _count(self, text: str, decisions: Iterable[Decision]) -> None:
        found, blocked = self.tally.found, self.tally.blocked
        for decision in decisions:
            entity_type = decision.entity_type
            if entity_type != LITERAL and decision.action is not Action.KEEP:
                found[entity_type] = found.get(entity_type, 0) + 1
            if decision.action is Action.BLOCK:
                blocked[entity_type] = blocked.get(entity_type, 0) + 1
            if decision.new is None:
                continue
            self.tally.replaced += 1
            if decision.action is Action.SCRAMBLE:
                self.issued[decision.new] = text[decision.start : decision.end]
                if is_token(entity_type, decision.new):
                    self.issued_types.add(entity_type)
                else:
                    self.invented[decision.new] = entity_type

    def name_anew(self, texts: Sequence[str], decisions: Iterable[Sequence[Decision]], *, give_up: bool) -> bool:
        """Have invented values that are not fit named anew: whether there are any, so that all is to be done again.

        Not fit is what stands in a text of the request (with `give_up` its original gets a token), and what would not
        be found again as a whole word where it was put.
        """
        if not self.invented:
            return False
        invented = Invented(self.invented)
        standing = clashes(invented, texts)
        hidden = {
            value
            for text, made in zip(texts, decisions, strict=True)
            if (edits := edits_of(made))
            for value in unclear(invented, splice(text, edits), _placed(made))
        }
        for value in standing | hidden:
            place = (self.invented[value], self.issued[value])
            if give_up or value not in standing:
                self.naming.plain.add(place)
            else:
                self.naming.collided(*place)
        return bool(standing or hidden)


def _other_digits(original: str, digest: str) -> str:
    """A number of the same shape that begins with 1, made of a digest: the same value gives the same one."""
    digits = chain("1", cycle(str(int.from_bytes(digest.encode()))[::-1]))
    return "".join(next(digits) if letter.isdigit() else letter for letter in original)


def edits_of(decisions: Iterable[Decision]) -> list[Edit]:
    """The edits that decisions ask for."""
    return [Edit(decision.start, decision.end, decision.new) for decision in decisions if decision.new is not None]


def _placed(decisions: Iterable[Decision]) -> Iterable[tuple[int, int]]:
    """Where the new parts stand in the scrambled text."""
    moved = 0
    for decision in decisions:
        if decision.new is not None:
            start = decision.start + moved
            yield start, start + len(decision.new)
            moved += len(decision.new) - (decision.end - decision.start)


def _outside(text: str, shielded: Coverage, findings: Iterable[Finding]) -> list[Finding]:
    """Findings without the shielded ranges; blanks and commas at the cut stay: two tokens would touch there."""
    kept: list[Finding] = []
    for finding in findings:
        for start, end in shielded.free(finding.start, finding.end):
            inside = text[start:end]
            if (start, end) == (finding.start, finding.end) and inside.strip():
                kept.append(finding)
            elif inside.strip(BETWEEN):
                first = start + len(inside) - len(inside.lstrip(BETWEEN))
                kept.append(replace(finding, start=first, end=start + len(inside.rstrip(BETWEEN))))
    return kept


def _are_parts(found: Iterable[Finding], wanted: Sequence[Finding]) -> bool:
    """Whether each of `found` lies in one of `wanted` (in order) of its type, as a value does in its own place."""
    starts = [finding.start for finding in wanted]
    for finding in found:
        place = bisect_right(starts, finding.start) - 1
        if place < 0 or finding.end > wanted[place].end or finding.entity_type != wanted[place].entity_type:
            return False
    return True


def _at_word_starts(text: str, rows: Iterable[tuple[Finding, Action]]) -> list[tuple[Finding, Action]]:
    """Rows that become tokens, moved back to where a token may start, so that restoring finds it in any surroundings.

    A finding that begins inside a run of ASCII letters and digits ("tel+49...", "X4111...") takes the run's beginning
    along, also from a finding that stays in clear; one directly behind a token stays, for tokens may follow each other
    without a gap.
    """
    moved: list[tuple[Finding, Action]] = []
    floor = 0
    for finding, action in rows:
        start = finding.start
        if action is Action.SCRAMBLE:
            while start > floor and _inside_run(text[start - 1]):
                start -= 1
            while moved and moved[-1][0].end > start:
                before, kept = moved.pop()
                if before.start < start:
                    moved.append((replace(before, end=start), kept))
        moved.append((finding if start == finding.start else replace(finding, start=start), action))
        if action not in _IN_CLEAR:
            floor = finding.end
    return moved


def _inside_run(letter: str) -> bool:
    # Behind a lower-case letter a token starts by its capital, see tokens.starts_word.
    return letter.isascii() and letter.isalnum() and not letter.islower()


def _values_by_row(starts: Sequence[int], wanted: Iterable[Finding]) -> dict[int, list[Value]]:
    """Each found value with the row that begins at it or last before it (the first row where none does)."""
    values: dict[int, list[Value]] = {}
    for finding in wanted:
        row = max(0, bisect_right(starts, finding.start) - 1)
        values.setdefault(row, []).append((finding.start, finding.end, finding.entity_type))
    return values


def _apart(decisions: Sequence[Decision], between: str) -> Iterable[Decision]:
    """Decisions with a space between a one-way result and a token behind it: glued to letters none would be found."""
    for decision, following in zip_longest(decisions, decisions[1:]):
        glued = (
            decision.new is not None
            and decision.action is not Action.SCRAMBLE
            and following is not None
            and following.action is Action.SCRAMBLE
            and following.start == decision.end
        )
        yield replace(decision, new=f"{decision.new}{between}") if glued else decision
