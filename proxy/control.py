"""The gateway's own API: look at texts, scramble and restore them, sessions, the audit, models, health, metrics."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial, reduce
from typing import Any, TypeVar

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policies.audit_query import MAX_PAGE, OUTCOMES, AuditFilter, find_exchange, query
from policies.db import DatabaseUnavailable
from policies.model import Policy
from policies.payloads import Payload
from policies.places import UNKNOWN, rules_at
from policies.principals import Principal
from policies.resolve import PolicyNotAllowed, precedence, tightened
from policies.sealing import SealBroken
from proxy.assembly import Gateway
from proxy.auth import effective_policy, entitled, floors_of, in_language, require_role, session_ttl
from proxy.core.findings import Finding
from proxy.core.jsontext import Leaf, splice
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.scrambler import edits_of
from proxy.core.seen import with_repeats
from proxy.core.slots import Kind, TextSlot
from proxy.errors import BadRequest, Forbidden, NotFound, VaultUnavailable
from proxy.outgoing import naming_key, profile_of, scramble
from proxy.own_events import own_event, record, took
from proxy.queries import number_of, query_of
from proxy.receiving import read_body
from proxy.runs import Run
from proxy.services import token_types
from proxy.session_names import derived_session, session_mark
from proxy.vault.base import Scope

_MAX_TEXTS = 10_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AnalyzeBody(_Body):
    """Body of /sting/v1/analyze. `draft`: a whole policy to try instead of a kept one; takes the role `audit`."""

    texts: list[str] = Field(max_length=_MAX_TEXTS)
    policy: str | None = None
    draft: dict[str, Any] | None = None
    language: str | None = Field(default=None, pattern="^[a-z]{2}$")


class ScrambleBody(_Body):
    """Body of /sting/v1/scramble."""

    texts: list[str] = Field(max_length=_MAX_TEXTS)
    session: str | None = Field(default=None, min_length=1, max_length=256)
    policy: str | None = None


class RestoreBody(_Body):
    """Body of /sting/v1/restore."""

    texts: list[str] = Field(max_length=_MAX_TEXTS)
    session: str = Field(min_length=1, max_length=256)


async def principal_of(request: web.Request, gateway: Gateway, role: str) -> Principal:
    """See `entitled`."""
    return await entitled(request, gateway.services.keys, gateway.services.settings, role)


Model = TypeVar("Model", bound=BaseModel)


async def body_of(request: web.Request, gateway: Gateway, model: type[Model]) -> Model:
    """The body as a model. Raises BadRequest, which names no value, BodyTooLarge, BodyTooSlow."""
    raw = await read_body(request, gateway.services)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # The name of a field that nobody knows is a client's text: it may be anything, and is not repeated.
        unknown = first["type"] == "extra_forbidden"
        place = "an unknown field" if unknown else ".".join(str(step) for step in first["loc"][:2])
        raise BadRequest(f"The body is not what this route takes: {place}: {first['msg']}.", param=place) from None


def _drafted(draft: Mapping[str, Any]) -> Policy:
    try:
        return Policy.model_validate(draft)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise BadRequest(f"The draft is no policy: {first}.", param="draft") from None


def policy_of(gateway: Gateway, principal: Principal, requested: str | None, language: str | None = None) -> Policy:
    """The policy of a call. Raises Forbidden."""
    services = gateway.services
    policy = effective_policy(principal, services.policies, services.settings.policies, requested)
    return in_language(policy, principal, language)


def as_json(data: object, status: int = 200) -> web.Response:
    """An answer of JSON."""
    body = json.dumps(data, ensure_ascii=True).encode()
    headers = {"cache-control": "private, no-store"}
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _slot(position: int, text: str) -> TextSlot:
    path = ("texts", position)
    return TextSlot(path, text, Kind.TEXT, (Leaf(path, 0, 0, text),))


async def analyze(request: web.Request, gateway: Gateway) -> web.Response:
    """What is found in texts, with offsets in characters and what the policy would do. Nothing is stored."""
    principal = await principal_of(request, gateway, "use")
    body = await body_of(request, gateway, AnalyzeBody)
    if body.draft is not None:
        require_role(principal, "audit")  # its expressions are tried here, which costs more than a text
        policy = await asyncio.to_thread(_drafted, body.draft)
    else:
        policy = policy_of(gateway, principal, body.policy)
    policy = rules_at(policy, UNKNOWN)  # texts without a place: the strictest that any could meet
    profile = profile_of(policy, principal.tenant)
    results = await gateway.services.detector.detect(body.texts, profile) if body.texts else []
    # In a thread: a megabyte of text takes a third of a second, and others wait for the loop.
    return as_json({"results": await asyncio.to_thread(_finding_rows, policy, body.texts, results)})


def _finding_rows(
    policy: Policy, texts: Sequence[str], results: Sequence[Iterable[Finding]]
) -> list[list[dict[str, Any]]]:
    """The rows of each text's findings, repeats among them, with what the policy does about each."""
    return [
        [{**asdict(finding), "action": policy.rule(finding.entity_type).action.value} for finding in findings]
        for findings in map(partial(_replaced, policy), texts, results)
    ]


def _replaced(policy: Policy, text: str, findings: Iterable[Finding]) -> list[Finding]:
    """What the policy counts of `findings`, and their values elsewhere in the text: an exchange replaces those, too."""
    wanted = (one for one in findings if one.score >= policy.rule(one.entity_type).min_score)
    return with_repeats(text, wanted, lambda entity_type: precedence(policy.rule(entity_type).action))


async def scramble_texts(request: web.Request, gateway: Gateway) -> web.Response:
    """Texts scrambled, in the given session or in a new one made of the texts."""
    begun = time.perf_counter()
    principal = await principal_of(request, gateway, "use")
    body = await body_of(request, gateway, ScrambleBody)
    services = gateway.services
    policy = policy_of(gateway, principal, body.policy, request.headers.get("X-Sting-Language"))
    key, ttl = await naming_key(services, principal), session_ttl(request, policy)
    session = body.session or derived_session(key, body.texts)
    run = Run(principal, policy, key, session, ttl, explicit=body.session is not None, invents=True)
    slots = [_slot(position, text) for position, text in enumerate(body.texts)]
    told = {"policy": policy.name, "session": session_mark(key, session)}
    event = own_event(request, gateway, principal, "/sting/v1/scramble", **told)
    result = await scramble(services, run, slots, lambda tally: {**event, "entities": tally.types, **took(begun)})
    texts = [splice(slot.text, edits_of(decisions)) for slot, decisions in zip(slots, result.decisions, strict=True)]
    findings = [
        [
            {
                "start": decision.start,
                "end": decision.end,
                "entity_type": decision.entity_type,
                "action": decision.action,
            }
            for decision in decisions
        ]
        for decisions in result.decisions
    ]
    return as_json({"session": session, "texts": texts, "findings": findings})


async def restore_texts(request: web.Request, gateway: Gateway) -> web.Response:
    """Texts with the originals that this key's vault holds in the session; the audit has it before they are shown."""
    begun = time.perf_counter()
    principal = await principal_of(request, gateway, "restore")
    body = await body_of(request, gateway, RestoreBody)
    policy = policy_of(gateway, principal, None)
    scope = Scope(principal.tenant, principal.owner, body.session, policy.session_ttl)
    originals = Originals({}, token_types(policy), invented=await gateway.services.vault.invented(scope))
    for text in body.texts:
        restore(text, originals, RestoreTally())
    originals.supply(await gateway.services.vault.fetch(scope, originals.wanted))
    tally = RestoreTally()
    texts = [restore(text, originals, tally) for text in body.texts]
    counts = {"restored": str(tally.restored), "unknown": str(tally.unknown), **took(begun)}
    mark = session_mark(await naming_key(gateway.services, principal), body.session)
    await record(request, gateway, principal, "/sting/v1/restore", policy=policy.name, session=mark, **counts)
    return as_json({"texts": texts, "restored": tally.restored, "unknown": tally.unknown})


async def session_counts(request: web.Request, gateway: Gateway) -> web.Response:
    """How many tokens of each entity type the session holds."""
    principal = await principal_of(request, gateway, "use")
    scope = Scope(principal.tenant, principal.owner, request.match_info["session"])
    counts = await gateway.services.vault.counts(scope)
    if counts is None:
        raise _no_such("session")
    return as_json({"session": request.match_info["session"], "entities": counts})


async def forget_session(request: web.Request, gateway: Gateway) -> web.Response:
    """Shred the session."""
    begun = time.perf_counter()
    principal = await principal_of(request, gateway, "use")
    scope = Scope(principal.tenant, principal.owner, request.match_info["session"])
    if await gateway.services.vault.counts(scope) is not None:
        mark = session_mark(await naming_key(gateway.services, principal), scope.session)
        await record(request, gateway, principal, "DELETE:/sting/v1/sessions", session=mark, **took(begun))
    if not await gateway.services.vault.forget(scope):
        raise _no_such("session")
    return as_json({"session": request.match_info["session"], "forgotten": True})


def _no_such(what: str) -> NotFound:
    return NotFound(f"This key's vault has no such {what}.")


async def exchanges(request: web.Request, gateway: Gateway) -> web.Response:
    """Audit events of the key's tenant, newest first."""
    principal = await principal_of(request, gateway, "audit")
    asked = query_of(request, "since", "until", "model", "entity_type", "outcome", "before", "size")
    if asked.get("outcome", OUTCOMES[0]) not in OUTCOMES:
        raise BadRequest(f"`outcome` is one of {', '.join(OUTCOMES)}.", param="outcome")
    wanted = AuditFilter(
        since=number_of(asked.get("since")),
        until=number_of(asked.get("until")),
        tenant=principal.tenant,
        model=asked.get("model"),
        entity_type=asked.get("entity_type"),
        outcome=asked.get("outcome"),
    )
    try:
        page = await query(
            gateway.database,
            wanted,
            before=number_of(asked.get("before")),
            size=number_of(asked.get("size", "100")) or 0,
        )
    except ValueError as error:
        raise BadRequest(f"{error}.") from None
    except DatabaseUnavailable:
        raise VaultUnavailable("The audit cannot be read: the database is not available.") from None
    events = [{**asdict(event), "entities": dict(event.entities)} for event in page.events]
    return as_json({"exchanges": events, "next_before": page.next_before})


async def one_exchange(request: web.Request, gateway: Gateway) -> web.Response:
    """One audit event of the key's tenant, with the scrambled body that left while it is kept."""
    principal = await principal_of(request, gateway, "audit")
    exchange, payloads = request.match_info["exchange"], gateway.services.payloads
    try:
        event = await find_exchange(gateway.database, exchange, tenant=principal.tenant)
        payload = await payloads.find(exchange, principal.tenant) if event and payloads else None
    except (DatabaseUnavailable, SealBroken):
        raise VaultUnavailable("The audit cannot be read: the database is not available.") from None
    if event is None:
        raise _no_such("exchange")
    return as_json({**asdict(event), "entities": dict(event.entities), "left": _left(payload)})


def _left(payload: Payload | None) -> dict[str, object] | None:
    """A kept body as JSON: the text, or its beginning, with size and SHA-256 of the whole."""
    if payload is None:
        return None
    return {
        "body": payload.body.decode("utf-8", "replace"),
        "size": payload.size,
        "sha256": payload.digest,
        "truncated": payload.truncated,
    }


async def effective_policies(request: web.Request, gateway: Gateway) -> web.Response:
    """Every policy as it counts for this key's tenant and team, tightened by their floors; by name, page by page.

    Of words and expressions that it looks for the numbers are told, for they may be personal.
    """
    principal = await principal_of(request, gateway, "audit")
    known, section = gateway.services.policies, gateway.services.settings.policies
    asked = query_of(request, "after", "size")
    size, after = number_of(asked.get("size", "100")), asked.get("after", "")
    if not size or size > MAX_PAGE:
        raise BadRequest(f"A page has 1 to {MAX_PAGE} policies.", param="size")
    try:
        floors = floors_of(principal, known, section)
    except PolicyNotAllowed as error:
        raise Forbidden(f"{error}.".capitalize()) from None
    names = sorted(name for name in known if name > after)
    shown = [_told(reduce(tightened, floors, known[name])) for name in names[:size]]
    following = names[size - 1] if len(names) > size else None
    told = {"policies": shown, "floors": [one.name for one in floors], "default": section.default}
    return as_json({**told, "next_after": following})


def _told(policy: Policy) -> dict[str, Any]:
    whole = policy.model_dump(mode="json", exclude={"description"})
    detection = whole["detection"]
    for name in ("deny", "recognisers"):
        detection[name] = {entity_type: len(some) for entity_type, some in detection[name].items()}
    detection["allow"] = len(detection["allow"])
    return {**whole, "digest": policy.digest}


def speaks_anthropic(request: web.Request) -> bool:
    """Whether the client speaks Anthropic's API where its paths are also OpenAI's: its SDKs always send a version."""
    return "anthropic-version" in request.headers


async def healthz(_request: web.Request, _gateway: Gateway) -> web.Response:
    """The process answers."""
    return as_json({"status": "ok"})


async def readyz(request: web.Request, gateway: Gateway) -> web.Response:
    """Every dependency and one known example per configured entity type; with `?verbose` the providers' state too."""
    found = await gateway.readiness.problems()
    told: dict[str, Any] = {"status": "not ready" if found else "ready", "problems": found}
    if "verbose" in request.query:
        told["providers"] = gateway.services.health.told()
    return as_json(told, 503 if found else 200)


async def metrics(_request: web.Request, gateway: Gateway) -> web.Response:
    """Metrics in Prometheus' text format."""
    body = gateway.services.metrics.exposition()
    return web.Response(body=body, headers={"content-type": CONTENT_TYPE_LATEST})
