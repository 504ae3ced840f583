"""What is allowed in a policy and most often not meant. Pure."""

from __future__ import annotations

from policies.model import Action, Policy

_IN_CLEAR = frozenset({Action.KEEP, Action.OBSERVE})


def doubts(policy: Policy) -> list[str]:
    """Sentences about a policy, for whoever writes it; an empty list when there is nothing to say."""
    found = []
    for number, place in enumerate(policy.places, 1):
        milder = sorted(
            name
            for name, rule in place.entities.items()
            if rule.action in _IN_CLEAR and policy.rule(name).action not in _IN_CLEAR
        )
        if place.default is not None and place.default.action in _IN_CLEAR:
            milder.append("all other types")
        if not milder or place.tighten:
            continue
        if place.direction != "answer" and (not place.roles or {"assistant", "tool"} & set(place.roles)):
            found.append(
                f"{policy.name}: place {number} leaves {', '.join(milder)} in clear also in messages of the assistant "
                "or of tools: these hold originals that earlier answers brought back"
            )
        if place.models or place.providers:
            found.append(
                f"{policy.name}: place {number} leaves {', '.join(milder)} in clear by model or provider: where a "
                "fallback may go elsewhere the stricter rule counts"
            )
    if policy.on_failure == "local" and (policy.hooks.before or policy.hooks.after):
        found.append(f"{policy.name}: on_failure: local never happens, for its hooks would be shown originals")
    return found
