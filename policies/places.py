"""Which rules of a policy count for one text: those of its places, by what is known of the text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from policies.model import Place, Policy, Rule
from policies.resolve import covers, stricter


@dataclass(frozen=True, slots=True)
class Passage:
    """What is known of a text that passes. None: it is not known; an empty set: there is none.

    `models` and `providers`: all that the text may come to. A model has the name that was asked for and the
    provider's own.
    """

    direction: Literal["request", "answer"] | None = None
    roles: frozenset[str] | None = None
    tools: frozenset[str] | None = None
    models: frozenset[str] | None = None
    providers: frozenset[str] | None = None


UNKNOWN: Final = Passage()


def rules_at(policy: Policy, passage: Passage) -> Policy:
    """The policy with the rules that count for this text, and without places.

    Where it is not known whether a place fits, the stricter of both rules counts.
    """
    return _known(_ByDigest(policy), passage) if policy.places else policy


class _ByDigest:
    """A policy as a key: two that do the same are one."""

    __slots__ = ("policy",)

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __hash__(self) -> int:
        return hash(self.policy.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.policy.digest == self.policy.digest


@lru_cache(maxsize=1024)
def _known(key: _ByDigest, passage: Passage) -> Policy:
    policy = key.policy
    entities, default = dict(policy.entities), policy.default
    for place in policy.places:
        fits = _fits(place, passage)
        if fits is False:
            continue
        sure = fits is True and not place.tighten
        entities = {
            name: _over(entities.get(name, default), place.entities.get(name, place.default), sure=sure)
            for name in sorted({*entities, *place.entities})
        }
        default = _over(default, place.default, sure=sure)
    return policy.model_copy(update={"entities": entities, "default": default, "places": ()})


def _over(rule: Rule, other: Rule | None, *, sure: bool) -> Rule:
    if other is None:
        return rule
    return other if sure else stricter(rule, other)


def _fits(place: Place, passage: Passage) -> bool | None:
    """Whether all conditions hold; None: that is not known."""
    direction = None if passage.direction is None else frozenset({passage.direction})
    answers = [
        _held(() if place.direction is None else (place.direction,), direction),
        _held(place.roles, passage.roles),
        _held(place.tools, passage.tools),
        _held(place.models, passage.models),
        _held(place.providers, passage.providers),
    ]
    if False in answers:
        return False
    return None if None in answers else True


def _held(patterns: Sequence[str], known: Iterable[str] | None) -> bool | None:
    if not patterns:
        return True
    if known is None:
        return None
    hits = {any(covers(pattern, name) for pattern in patterns) for name in known}
    if len(hits) > 1:
        return None
    return True in hits
