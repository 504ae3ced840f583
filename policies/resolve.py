"""Which policy applies to a request, and how a floor tightens it. Pure.

Order of actions, strictest first: block, redact, then mask, hash and generalize as equals, scramble, observe, keep.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from policies.documents import suggestion
from policies.model import Action, Cache, Detection, Hooks, Place, Policy, Restore, Route, Rule, Tools

_RANK: Mapping[Action, int] = {
    Action.BLOCK: 5,
    Action.REDACT: 4,
    Action.MASK: 3,
    Action.HASH: 3,
    Action.GENERALIZE: 3,
    Action.SCRAMBLE: 2,
    Action.OBSERVE: 1,
    Action.KEEP: 0,
}
_OUTPUTS = ("off", "report", "redact", "block")
"""What happens to personal data in answers, the mildest first."""
_Word = TypeVar("_Word", bound=str)
ANY = "*"
"""In a key's list of policies: every policy that exists."""


class PolicyNotAllowed(ValueError):
    """The policy does not exist, or this key may not use it. The message names no value but policy names."""


def resolve(
    policies: Mapping[str, Policy],
    *,
    default: str,
    own: str | None = None,
    requested: str | None = None,
    allowed: Collection[str] | None = None,
    floors: Sequence[Policy] = (),
) -> Policy:
    """The effective policy: `requested`, else the key's `own`, else `default`; then every floor tightens it.

    `allowed` lists what the key may request (`*`: all). Without a list it may request its own policy and every one
    that is at least as strict, since asking for more protection is never an escape.
    Raises PolicyNotAllowed.
    """
    base = _named(policies, own or default)
    chosen = base if requested is None else _requested(policies, base, requested, allowed)
    for floor in floors:
        chosen = tightened(chosen, floor)
    return chosen


def _requested(policies: Mapping[str, Policy], base: Policy, name: str, allowed: Collection[str] | None) -> Policy:
    wanted = policies.get(name)
    if wanted is not None:
        if name == base.name or (allowed is not None and (name in allowed or ANY in allowed)):
            return wanted
        if allowed is None and at_least_as_strict(wanted, base):
            return wanted
    # one message for both: a key must not find out which policies other tenants have
    raise PolicyNotAllowed("this key may not use the policy that was asked for")


def _named(policies: Mapping[str, Policy], name: str) -> Policy:
    if name not in policies:
        raise PolicyNotAllowed(f"there is no policy {name!r}{suggestion(name, policies)}")
    return policies[name]


def fingerprint(policy: Policy) -> str:
    """A stable digest (64 hex digits) of what the policy does; its name and description do not count."""
    return policy.digest


def at_least_as_strict(policy: Policy, other: Policy) -> bool:
    """True when `policy` protects everything that `other` protects, at least as strongly."""
    return tightened(policy, other).digest == policy.digest


def tightened(policy: Policy, floor: Policy) -> Policy:
    """`policy` with everything that `floor` demands on top; nothing gets milder. Keeps the policy's name.

    Per entity type the stricter action and the lower threshold; of allow-lists the intersection; of words to find,
    engines, languages and regions the union; the shorter session lives.
    """
    names = sorted({*policy.entities, *floor.entities})
    default = stricter(policy.default, floor.default)
    rules = {name: stricter(policy.rule(name), floor.rule(name)) for name in names}
    return policy.model_copy(
        update={
            "entities": {name: rule for name, rule in rules.items() if name in policy.entities or rule != default},
            "default": default,
            "detection": _tightened_detection(policy.detection, floor.detection),
            "places": _tightened_places(policy, floor),
            "scope": "session" if "session" in {policy.scope, floor.scope} else "vault",
            "on_failure": "refuse" if "refuse" in {policy.on_failure, floor.on_failure} else "local",
            "unscannable": "refuse" if "refuse" in {policy.unscannable, floor.unscannable} else "allow",
            "websockets": "refuse" if "refuse" in {policy.websockets, floor.websockets} else "allow",
            "store": "never" if "never" in {policy.store, floor.store} else "as asked",
            "server_tools": _tightened_tools(policy.server_tools, floor.server_tools),
            "identifiers": "block" if "block" in {policy.identifiers, floor.identifiers} else "report",
            "restore": _tightened_restore(policy.restore, floor.restore),
            "output": max(policy.output, floor.output, key=_OUTPUTS.index),
            "route": _tightened_route(policy.route, floor.route),
            "hooks": _tightened_hooks(policy.hooks, floor.hooks),
            "cache": _tightened_cache(policy.cache, floor.cache),
            "session_ttl": min(policy.session_ttl, floor.session_ttl),
            "session_ttl_max": min(policy.session_ttl_max, floor.session_ttl_max),
        }
    )


def may_block(policy: Policy, types: Collection[str]) -> bool:
    """True when the policy, or one of its places, blocks one of these entity types."""
    placed = [place.entities.get(name, place.default) for place in policy.places for name in types]
    rules = [*map(policy.rule, types), *(rule for rule in placed if rule is not None)]
    return any(rule.action is Action.BLOCK for rule in rules)


def detection_rules(policy: Policy) -> tuple[tuple[tuple[str, int, float], ...], tuple[int, float]]:
    """What detection must know of the rules: (type, precedence, least score) each, and the pair of all other types.

    Findings of a stricter action win where they overlap others; a kept type is not looked for at all (-1).
    """
    named = tuple((name, *_weight(rule)) for name, rule in sorted(policy.entities.items()))
    return named, _weight(policy.default)


def _weight(rule: Rule) -> tuple[int, float]:
    return (-1 if rule.action is Action.KEEP else precedence(rule.action)), rule.min_score


def precedence(action: Action) -> int:
    """How much an action counts where findings overlap: the stricter one more.

    `generalize` counts as much as `scramble`, so that the longer finding wins: it leaves a part standing, and the year
    in the middle of a record number is not to stay because it looks like a date.
    """
    return _RANK[Action.SCRAMBLE if action is Action.GENERALIZE else action]


def stricter(one: Rule, other: Rule) -> Rule:
    """The stricter action with the lower threshold; the threshold of a rule that keeps everything says nothing."""
    chosen = one if _rank(one) >= _rank(other) else other
    # Tokens are never mixed up with anything: they are the stricter style.
    plain = one.action is other.action and "token" in (one.style, other.style)
    thresholds = [rule.min_score for rule in (one, other) if rule.action is not Action.KEEP]
    return Rule(
        action=chosen.action,
        min_score=min(thresholds, default=one.min_score),
        style="token" if plain else chosen.style,
        one_way=chosen.one_way or (one.action is other.action and other.one_way),
    )


def _rank(rule: Rule) -> int:
    """What nothing restores counts as much as a hash."""
    one_way = rule.action is Action.SCRAMBLE and rule.one_way
    return _RANK[Action.HASH if one_way else rule.action]


def _tightened_places(policy: Policy, floor: Policy) -> tuple[Place, ...]:
    """The policy's places, and after them what keeps any of them from being milder than the floor.

    In a floor a place only tightens: its milder rules do not soften the floor's own.
    """
    if not policy.places and not floor.places:
        return ()
    plain = [number for number, place in enumerate(policy.places) if not place.tighten]
    above = [Place(entities=floor.entities, default=floor.default, tighten=True)] if plain else []
    above += [place.model_copy(update={"tighten": True}) for place in floor.places]
    last = policy.places[plain[-1] + 1 :] if plain else policy.places
    return (*policy.places, *(place for place in above if place not in last))


def _tightened_detection(detection: Detection, floor: Detection) -> Detection:
    deny = {
        name: _union(detection.deny.get(name, ()), floor.deny.get(name, ()))
        for name in sorted({*detection.deny, *floor.deny})
    }
    recognisers = {
        name: tuple(dict.fromkeys((*detection.recognisers.get(name, ()), *floor.recognisers.get(name, ()))))
        for name in sorted({*detection.recognisers, *floor.recognisers})
    }
    return Detection(
        engines=_union(detection.engines, floor.engines),
        languages=_union(detection.languages, floor.languages),
        regions=_union(detection.regions, floor.regions),
        allow=tuple(word for word in detection.allow if word in floor.allow),
        deny=deny,
        recognisers=recognisers,
    )


def _tightened_restore(restore: Restore, floor: Restore) -> Restore:
    return Restore(
        hosts=_common(restore.hosts, floor.hosts),
        tools=_tightened_tools(restore.tools, floor.tools),
    )


def _tightened_tools(tools: Tools, floor: Tools) -> Tools:
    return Tools(allow=_common(tools.allow, floor.allow), deny=_union(tools.deny, floor.deny))


def _tightened_route(route: Route, floor: Route) -> Route:
    regions = [one.regions for one in (route, floor) if one.regions is not None]
    days = [one.retention_days for one in (route, floor) if one.retention_days is not None]
    return Route(
        local=route.local or floor.local,
        regions=tuple(name for name in regions[0] if name in regions[-1]) if regions else None,
        retention_days=min(days, default=None),
        trains_on_data=route.trains_on_data and floor.trains_on_data,
        instead=route.instead or floor.instead,
    )


def _tightened_hooks(hooks: Hooks, floor: Hooks) -> Hooks:
    windows = (hooks.window, floor.window)
    return Hooks(
        before=_union(hooks.before, floor.before),
        after=_union(hooks.after, floor.after),
        verdict="block" if "block" in {hooks.verdict, floor.verdict} else "report",
        window=0 if 0 in windows else max(windows),
    )


def _tightened_cache(cache: Cache, floor: Cache) -> Cache:
    calls = {cache.calls, floor.calls}
    return Cache(ttl=min(cache.ttl, floor.ttl), calls="deterministic" if "deterministic" in calls else "all")


def _common(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns of each that the other one's cover, `*` in them taken as a letter; the first one's order kept."""
    kept = [name for name in first if any(covers(pattern, name) for pattern in second)]
    return tuple(dict.fromkeys([*kept, *(name for name in second if any(covers(pattern, name) for pattern in first))]))


def covers(pattern: str, name: str) -> bool:
    """Whether `*` in the pattern can stand for what the name has in its place."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name, re.DOTALL) is not None


def _union(first: tuple[_Word, ...], second: tuple[_Word, ...]) -> tuple[_Word, ...]:
    """Both, without doubles, the first one's order kept."""
    return tuple(dict.fromkeys((*first, *second)))
