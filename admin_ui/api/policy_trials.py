"""`/policies/dry-run/exchanges`: what a draft would have done in the last exchanges, told from their audit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from admin_ui.api.bodies import Body
from admin_ui.api.policies import MAX_YAML, draft_of, refused, sources_of
from admin_ui.parts import Parts
from policies.audit import AuditEvent
from policies.audit_query import AuditFilter, query
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.loader import PolicyError
from policies.model import Policy
from policies.payloads import find_payload
from policies.sealing import SealBroken
from policies.trials import MOST_BODIES, MOST_EXCHANGES, held_back, texts_of, trial


class TrialBody(Body):
    """A draft, or the name of a policy; `last` exchanges of the tenant. `what_left`: look at kept bodies again, too."""

    yaml: str | None = Field(default=None, max_length=MAX_YAML)
    policy: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    last: int = Field(default=200, ge=1, le=MOST_EXCHANGES)
    what_left: bool = True

    @model_validator(mode="after")
    def _one_of_them(self) -> TrialBody:
        if (self.yaml is None) == (self.policy is None):
            raise ValueError("send either a draft's yaml or the name of a policy")
        return self


class TrialType(BaseModel):
    """One entity type; see `policies.trials.TypeTrial`."""

    entity_type: str
    exchanges: int
    findings: int
    now: list[str]
    draft: str
    at_least: bool
    at_most: bool


class WhatLeft(BaseModel):
    """What the draft would hold back of the kept bodies beyond what was: `missed` per entity type.

    Bodies that are not kept, cut off or no JSON were not looked at, nor strings without a space.
    """

    looked_at: int
    of: int
    missed: dict[str, int]


class TrialAnswer(BaseModel):
    """The figures; see `policies.trials.Trial`."""

    exchanges: int
    since: int
    until: int
    newly_blocked: int
    no_longer_blocked: int
    changed: int
    changed_since: int
    unknown_policy: int
    types: list[TrialType]
    what_left: WhatLeft | None = None


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    roles: tuple[Literal["editor"], Literal["auditor"]] = ("editor", "auditor")
    run = partial(_run, parts)
    return (
        ConsoleRoute(
            "POST",
            "/policies/dry-run/exchanges",
            run,
            "Try a draft on past exchanges",
            "policies",
            roles=roles,
            body=TrialBody,
            answer=TrialAnswer,
            act=False,
        ),
    )


async def _run(parts: Parts, call: ConsoleCall) -> TrialAnswer:
    body: TrialBody = call.body
    tenant = call.caller.tenant
    sources = await sources_of(parts)
    policies = await asyncio.to_thread(sources.compiled)
    draft = await _draft(parts, body, policies)
    page = await query(parts.database, AuditFilter(tenant=tenant, kind="exchange"), size=body.last)
    edited = {name: record.at for name, record in sources.records.items()}
    figures = asdict(trial(page.events, draft, policies, edited))
    left = await _what_left(parts, tenant, page.events[:MOST_BODIES], draft) if body.what_left else None
    return TrialAnswer(**figures, what_left=left)


async def _draft(parts: Parts, body: TrialBody, policies: Mapping[str, Policy]) -> Policy:
    if body.yaml is None:
        found = policies.get(body.policy or "")
        if found is None:
            raise Problem(404, "no_such_policy", "There is no policy of this name.")
        return found
    try:
        return await draft_of(parts, body.yaml)
    except PolicyError as error:
        raise refused(error) from None


async def _what_left(parts: Parts, tenant: str, events: Sequence[AuditEvent], draft: Policy) -> WhatLeft:
    missed: Counter[str] = Counter()
    looked = 0
    for event in events:
        try:
            payload = await find_payload(parts.database, parts.sealer, event.exchange, tenant)
        except SealBroken:  # under a master key that is gone
            continue
        texts = texts_of(payload.body) if payload is not None and not payload.truncated else []
        if texts:
            asked: dict[str, Any] = {"texts": texts, "draft": draft.model_dump(mode="json")}
            answer = await parts.gateway.ask(tenant, "POST", "/sting/v1/analyze", asked)
            missed += held_back(texts, answer.data["results"], draft)
            looked += 1
    return WhatLeft(looked_at=looked, of=len(events), missed=dict(missed.most_common()))
