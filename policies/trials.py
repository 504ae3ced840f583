"""What a draft of a policy would have done in past exchanges, as far as their audit can tell. Pure.

The audit has counts per entity type, no texts and no scores. So a draft that looks for the same things by the same
thresholds is answered exactly; where it looks harder or less hard, counts are marked as a bound. What left, where it
was kept, can be looked at again: that tells what the draft would find beyond what was held back then. Nothing is
restored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.audit import AuditEvent
from policies.model import TOKEN, Action, Policy
from policies.places import UNKNOWN, rules_at

MOST_EXCHANGES = 1_000
MOST_BODIES = 50
"""Of the newest exchanges so many kept bodies are looked at again."""
MOST_TEXTS = 200
"""Texts of one body."""
_STAYS = frozenset({Action.KEEP, Action.OBSERVE})


@dataclass(frozen=True, slots=True)
class TypeTrial:
    """One entity type: in how many exchanges it was found, how often, and what happens to it now and by the draft.

    `now` lists the actions of the policies under which these exchanges ran. `at_least`: the draft may find more of it,
    for it takes lower scores, further engines, languages or words; `at_most`: it may find less.
    """

    entity_type: str
    exchanges: int
    findings: int
    now: tuple[str, ...]
    draft: str
    at_least: bool
    at_most: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """The whole: `newly_blocked` passed then, `no_longer_blocked` did not; both are bounds as their types say.

    `changed_since`: exchanges whose policy has another version by now, `unknown_policy`: whose policy is gone.
    Times are UTC milliseconds of the first and last exchange, 0 without any.
    """

    exchanges: int
    since: int
    until: int
    newly_blocked: int
    no_longer_blocked: int
    changed: int
    changed_since: int
    unknown_policy: int
    types: Sequence[TypeTrial] = field(default_factory=tuple)


def trial(
    events: Sequence[AuditEvent], draft: Policy, policies: Mapping[str, Policy], edited: Mapping[str, int]
) -> Trial:
    """What the draft would have done; `edited`: when a policy of the database got its newest version.

    The audit does not tell where in a request something stood: of places the strictest rules count.
    """
    draft = rules_at(draft, UNKNOWN)
    policies = {name: rules_at(policy, UNKNOWN) for name, policy in policies.items()}
    found: Counter[str] = Counter()
    times: Counter[str] = Counter()
    under: dict[str, set[str]] = {}
    newly = no_longer = changed = 0
    for event in events:
        policy = policies.get(event.policy)
        actions = {name: policy.rule(name).action if policy else None for name in event.entities}
        for name, count in event.entities.items():
            found[name] += count
            times[name] += 1
            under.setdefault(name, set()).add(event.policy)
        blocks = any(draft.rule(name).action is Action.BLOCK for name in event.entities)
        was_blocked = any(action is Action.BLOCK for action in actions.values()) and event.outcome == "blocked"
        newly += blocks and event.outcome != "blocked"
        no_longer += was_blocked and not blocks
        changed += any(draft.rule(name).action is not action for name, action in actions.items())
    return Trial(
        exchanges=len(events),
        since=min((event.at for event in events), default=0),
        until=max((event.at for event in events), default=0),
        newly_blocked=newly,
        no_longer_blocked=no_longer,
        changed=changed,
        changed_since=sum(edited.get(event.policy, 0) > event.at for event in events),
        unknown_policy=sum(event.policy not in policies for event in events),
        types=[
            _type(name, times[name], count, [policies.get(one) for one in sorted(under[name])], draft)
            for name, count in found.most_common()
        ],
    )


def _type(name: str, exchanges: int, findings: int, under: Sequence[Policy | None], draft: Policy) -> TypeTrial:
    known = [policy for policy in under if policy is not None]
    gone = len(known) < len(under)
    score = draft.rule(name).min_score
    return TypeTrial(
        entity_type=name,
        exchanges=exchanges,
        findings=findings,
        now=tuple(sorted({policy.rule(name).action.value for policy in known})),
        draft=draft.rule(name).action.value,
        at_least=gone or any(score < one.rule(name).min_score or _looks_harder(draft, one) for one in known),
        at_most=gone or any(score > one.rule(name).min_score or _looks_harder(one, draft) for one in known),
    )


def _looks_harder(one: Policy, other: Policy) -> bool:
    """Whether `one` looks for something in a way that `other` does not."""
    ours, theirs = one.detection, other.detection
    more = any(set(getattr(ours, name)) - set(getattr(theirs, name)) for name in ("engines", "languages", "regions"))
    words = {(name, word) for name, some in ours.deny.items() for word in some}
    fewer = {(name, word) for name, some in theirs.deny.items() for word in some}
    more = more or any(set(some) - set(theirs.recognisers.get(name, ())) for name, some in ours.recognisers.items())
    return more or bool(words - fewer) or bool(set(theirs.allow) - set(ours.allow))


def texts_of(body: bytes) -> list[str]:
    """Texts of a kept body that are worth looking at: its strings with a space in them, which ids and names lack.

    None of a body that is cut off or no JSON.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return []
    texts = list(dict.fromkeys(text for text in _strings(document) if " " in text.strip()))
    return texts[:MOST_TEXTS]


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            waiting += list(one.values() if isinstance(one, dict) else one)[::-1]


def held_back(texts: Iterable[str], results: Iterable[Iterable[Mapping[str, Any]]], draft: Policy) -> Counter[str]:
    """What the draft would hold back of texts that left, per entity type; tokens in them are no findings."""
    found: Counter[str] = Counter()
    for text, findings in zip(texts, results, strict=True):
        tokens = [match.span() for match in TOKEN.finditer(text)]
        for finding in findings:
            start, end, name = int(finding["start"]), int(finding["end"]), str(finding["entity_type"])
            rule = draft.rule(name)
            if rule.action in _STAYS or float(finding["score"]) < rule.min_score:
                continue
            if not any(start < right and left < end for left, right in tokens):
                found[name] += 1
    return found
