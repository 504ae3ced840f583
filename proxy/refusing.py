"""Why nothing is sent: what a policy forbids, told without any value."""

from __future__ import annotations

from collections.abc import Sequence

from policies.model import Action
from policies.resolve import may_block
from proxy.auth import demanding
from proxy.core.scrambler import Decision, Tally
from proxy.core.slots import Kind, TextSlot
from proxy.dialects.base import where
from proxy.errors import Blocked, StingError, Unscannable
from proxy.runs import Run
from proxy.services import Services


def refusal(
    services: Services,
    run: Run,
    texts: Sequence[TextSlot],
    decisions: Sequence[Sequence[Decision]],
    tally: Tally,
) -> StingError:
    """Why nothing is sent: the policy forbids what was found, or it stands where the provider's signature covers it."""
    headers = {"x-should-retry": "false"}
    names = ", ".join(sorted(tally.blocked))
    for slot, made in zip(texts, decisions, strict=True):
        found = {decision.entity_type for decision in made if decision.action is Action.BLOCK}
        rules = run.rules(slot)
        if slot.kind is Kind.SIGNED and found and all(rules.rule(name).action is not Action.BLOCK for name in found):
            services.metrics.blocks.labels("unscannable").inc()
            return Unscannable(
                f"{where(slot.path)} is signed by the provider, so nothing in it can be replaced, and it holds {names}."
                " Nothing was sent. Leave the block out or begin the conversation anew.",
                param=where(slot.path),
                headers=headers,
            )
    services.metrics.blocks.labels("policy").inc()
    known, section = services.policies, services.settings.policies
    who = demanding(run.principal, known, section, run.policy, lambda one: may_block(one, tally.blocked))
    return Blocked(f"The {who} forbids sending this: it holds {names}. Nothing was sent.", headers=headers)
