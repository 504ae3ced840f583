"""The gateway's own API: look at texts, scramble and restore them, sessions, the audit, models, health, metrics."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policies.audit_query import AuditFilter, find_exchange, query
from policies.db import DatabaseUnavailable
from policies.model import Policy
from policies.principals import Principal
from proxy.assembly import Gateway
from proxy.auth import authenticate, effective_policy, require_role, session_ttl
from proxy.core.jsontext import Leaf, splice
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.scrambler import Tally, edits_of
from proxy.core.slots import Kind, TextSlot
from proxy.dialects.model_lists import (
    anthropic_model,
    anthropic_models,
    ollama_models,
    ollama_show,
    openai_model,
    openai_models,
)
from proxy.errors import BadRequest, ModelNotAllowed, NotFound, StingError, UpstreamFailed, VaultUnavailable
from proxy.outgoing import Run, derived_session, found_types, profile_of, scramble
from proxy.services import token_types
from proxy.upstream.base import Target, UpstreamRequest
from proxy.vault.base import Scope

_MAX_TEXTS = 10_000
_LISTING_SECONDS = 5.0
"""How long a list of models waits for one provider."""
_MAX_LISTING = 16 * 1024 * 1024


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AnalyzeBody(_Body):
    """Body of /sting/v1/analyze. `draft`: a whole policy to try instead of a kept one."""

    texts: list[str] = Field(max_length=_MAX_TEXTS)
    policy: str | None = None
    draft: Policy | None = None
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


class ShowBody(BaseModel):
    """Body of /api/show; `name` is the older word for `model`. What else a client sends stays here."""

    model_config = ConfigDict(hide_input_in_errors=True)
    model: str | None = None
    name: str | None = None
    verbose: bool = False


async def _principal(request: web.Request, gateway: Gateway, role: str) -> Principal:
    services = gateway.services
    principal = await authenticate(request, services.keys, pass_through=services.settings.auth.pass_through)
    require_role(principal, role)
    return principal


Model = TypeVar("Model", bound=BaseModel)


async def _body(request: web.Request, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # The name of a field that nobody knows is a client's text: it may be anything, and is not repeated.
        unknown = first["type"] == "extra_forbidden"
        place = "an unknown field" if unknown else ".".join(str(step) for step in first["loc"][:2])
        raise BadRequest(f"The body is not what this route takes: {place}: {first['msg']}.", param=place) from None


def _policy(gateway: Gateway, principal: Principal, requested: str | None) -> Policy:
    services = gateway.services
    return effective_policy(principal, services.policies, services.settings.policies.default, requested)


def _json(data: object, status: int = 200) -> web.Response:
    body = json.dumps(data, ensure_ascii=True).encode()
    headers = {"cache-control": "private, no-store"}
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _slot(position: int, text: str) -> TextSlot:
    path = ("texts", position)
    return TextSlot(path, text, Kind.TEXT, (Leaf(path, 0, 0, text),))


async def analyze(request: web.Request, gateway: Gateway) -> web.Response:
    """What is found in texts, with offsets in characters and what the policy would do. Nothing is stored."""
    principal = await _principal(request, gateway, "use")
    body = await _body(request, AnalyzeBody)
    policy = body.draft or _policy(gateway, principal, body.policy)
    profile = profile_of(policy, principal.tenant)
    results = await gateway.services.detector.detect(body.texts, profile) if body.texts else []
    return _json(
        {
            "results": [
                [
                    {**asdict(finding), "action": policy.rule(finding.entity_type).action.value}
                    for finding in findings
                    if finding.score >= policy.rule(finding.entity_type).min_score
                ]
                for findings in results
            ]
        }
    )


async def scramble_texts(request: web.Request, gateway: Gateway) -> web.Response:
    """Texts scrambled, in the given session or in a new one made of the texts."""
    principal = await _principal(request, gateway, "use")
    body = await _body(request, ScrambleBody)
    services = gateway.services
    policy = _policy(gateway, principal, body.policy)
    session = body.session or await derived_session(services, principal, body.texts)
    run = Run(principal, policy, session, session_ttl(request, policy), explicit=body.session is not None)
    slots = [_slot(position, text) for position, text in enumerate(body.texts)]
    result = await scramble(services, run, slots, lambda tally: _control_intent(principal, policy, tally))
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
    return _json({"session": session, "texts": texts, "findings": findings})


def _control_intent(principal: Principal, policy: Policy, tally: Tally) -> Mapping[str, str]:
    """The audit event of texts that were scrambled for the client itself: it is complete at once."""
    return {
        "kind": "outcome",
        "exchange": f"ex_{secrets.token_hex(12)}",
        "at": str(time.time_ns() // 1_000_000),
        "tenant": principal.tenant,
        "key": principal.key_id,
        "dialect": "sting",
        "route": "/sting/v1/scramble",
        "policy": policy.name,
        "entities": found_types(tally),
        "outcome": "ok",
        "status": "200",
    }


async def restore_texts(request: web.Request, gateway: Gateway) -> web.Response:
    """Texts with the originals that this key's vault holds in the session."""
    principal = await _principal(request, gateway, "restore")
    body = await _body(request, RestoreBody)
    policy = _policy(gateway, principal, None)
    scope = Scope(principal.tenant, principal.owner, body.session, policy.session_ttl)
    originals = Originals({}, token_types(policy))
    for text in body.texts:
        restore(text, originals, RestoreTally())
    originals.supply(await gateway.services.vault.fetch(scope, originals.wanted))
    tally = RestoreTally()
    texts = [restore(text, originals, tally) for text in body.texts]
    return _json({"texts": texts, "restored": tally.restored, "unknown": tally.unknown})


async def session_counts(request: web.Request, gateway: Gateway) -> web.Response:
    """How many tokens of each entity type the session holds."""
    principal = await _principal(request, gateway, "use")
    scope = Scope(principal.tenant, principal.owner, request.match_info["session"])
    counts = await gateway.services.vault.counts(scope)
    if counts is None:
        raise _no_such("session")
    return _json({"session": request.match_info["session"], "entities": counts})


async def forget_session(request: web.Request, gateway: Gateway) -> web.Response:
    """Shred the session."""
    principal = await _principal(request, gateway, "use")
    scope = Scope(principal.tenant, principal.owner, request.match_info["session"])
    if not await gateway.services.vault.forget(scope):
        raise _no_such("session")
    return _json({"session": request.match_info["session"], "forgotten": True})


def _no_such(what: str) -> NotFound:
    return NotFound(f"This key's vault has no such {what}.")


async def exchanges(request: web.Request, gateway: Gateway) -> web.Response:
    """Audit events of the key's tenant, newest first."""
    principal = await _principal(request, gateway, "audit")
    asked = request.query
    wanted = AuditFilter(
        since=_number(asked.get("since")),
        until=_number(asked.get("until")),
        tenant=principal.tenant,
        model=asked.get("model"),
        entity_type=asked.get("entity_type"),
        outcome=asked.get("outcome"),
    )
    try:
        page = await query(
            gateway.database, wanted, before=_number(asked.get("before")), size=_number(asked.get("size", "100")) or 0
        )
    except ValueError as error:
        raise BadRequest(f"{error}.") from None
    except DatabaseUnavailable:
        raise VaultUnavailable("The audit cannot be read: the database is not available.") from None
    events = [{**asdict(event), "entities": dict(event.entities)} for event in page.events]
    return _json({"exchanges": events, "next_before": page.next_before})


async def one_exchange(request: web.Request, gateway: Gateway) -> web.Response:
    """One audit event of the key's tenant."""
    principal = await _principal(request, gateway, "audit")
    try:
        event = await find_exchange(gateway.database, request.match_info["exchange"], tenant=principal.tenant)
    except DatabaseUnavailable:
        raise VaultUnavailable("The audit cannot be read: the database is not available.") from None
    if event is None:
        raise _no_such("exchange")
    return _json({**asdict(event), "entities": dict(event.entities)})


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadRequest("since, until, before and size take whole numbers (UTC milliseconds for times).")
    return int(text)


async def models(request: web.Request, gateway: Gateway) -> web.Response:
    """Models that the key may use, in the shape of the API that is spoken."""
    principal = await _principal(request, gateway, "use")
    names = gateway.services.routes.public_names(principal.models)
    return _json(anthropic_models(names) if speaks_anthropic(request) else openai_models(names))


async def model(request: web.Request, gateway: Gateway) -> web.Response:
    """One model that the key may use."""
    principal = await _principal(request, gateway, "use")
    name = request.match_info["model"]
    if name not in gateway.services.routes.public_names(principal.models):
        raise ModelNotAllowed("There is no such model for this key.", param="model")
    return _json(anthropic_model(name) if speaks_anthropic(request) else openai_model(name))


def speaks_anthropic(request: web.Request) -> bool:
    """Whether the client speaks Anthropic's API where its paths are also OpenAI's: its SDKs always send a version."""
    return "anthropic-version" in request.headers


async def ollama_is_running(_request: web.Request, _gateway: Gateway) -> web.Response:
    """What Ollama's clients look for at the root."""
    return web.Response(text="Ollama is running")


async def tags(request: web.Request, gateway: Gateway) -> web.Response:
    """`GET /api/tags`: configured models that the key may use, and those of the Ollama servers behind."""
    principal = await _principal(request, gateway, "use")
    names = gateway.services.routes.public_names(principal.models)
    return _json(ollama_models(names, await _served(gateway, principal, "/api/tags")))


async def running_models(request: web.Request, gateway: Gateway) -> web.Response:
    """`GET /api/ps`: loaded models of the Ollama servers behind that the key may use."""
    principal = await _principal(request, gateway, "use")
    return _json(ollama_models((), await _served(gateway, principal, "/api/ps")))


async def version(request: web.Request, gateway: Gateway) -> web.Response:
    """`GET /api/version`: what the first Ollama server behind says; 0.0.0 without one."""
    await _principal(request, gateway, "use")
    for provider in _ollama_servers(gateway):
        _, told = await _asked(gateway, provider, UpstreamRequest("GET", "/api/version"))
        if isinstance(told.get("version"), str):
            return _json({"version": told["version"]})
    return _json({"version": "0.0.0"})


async def show(request: web.Request, gateway: Gateway) -> web.Response:
    """`POST /api/show`: what an Ollama server knows of a model. Only the model's name and `verbose` leave."""
    principal = await _principal(request, gateway, "use")
    body = await _body(request, ShowBody)
    routes = gateway.services.routes
    target = routes.targets(body.model or body.name or "", allowed=principal.models)[0]
    if routes.providers[target.provider].kind != "ollama":
        return _json(ollama_show())
    sent = json.dumps({"model": target.model, "verbose": body.verbose}).encode()
    status, told = await _asked(
        gateway, target.provider, UpstreamRequest("POST", "/api/show", headers=request.headers, body=sent)
    )
    if not status:
        raise UpstreamFailed(f"The provider '{target.provider}' did not describe the model.")
    return _json(told, status)


def _ollama_servers(gateway: Gateway) -> list[str]:
    return [provider.name for provider in gateway.services.routes.providers.values() if provider.kind == "ollama"]


async def _served(gateway: Gateway, principal: Principal, path: str) -> list[dict[str, Any]]:
    """Models that Ollama servers list at `path` and the key may use, under the names to ask for them by.

    A server that does not answer adds none.
    """
    servers = _ollama_servers(gateway)
    told = await asyncio.gather(*(_asked(gateway, server, UpstreamRequest("GET", path)) for server in servers))
    entries: list[dict[str, Any]] = []
    for server, (_, answer) in zip(servers, told, strict=True):
        listed = answer.get("models")
        for entry in listed if isinstance(listed, list) else ():
            name = entry.get("name") if isinstance(entry, dict) else None
            if isinstance(name, str) and (public := gateway.services.routes.name_of(server, name, principal.models)):
                entries.append({**entry, "name": public, "model": public})
    return entries


async def _asked(gateway: Gateway, provider: str, question: UpstreamRequest) -> tuple[int, dict[str, Any]]:
    """Status and JSON object that a provider answers with; 0 and nothing when it does not, or not in time."""
    with contextlib.suppress(StingError, ValueError, RecursionError, TimeoutError):
        async with asyncio.timeout(_LISTING_SECONDS):
            answer = await gateway.services.upstream.send(Target(provider, ""), question)
            try:
                told = json.loads(await answer.body(_MAX_LISTING))
            finally:
                answer.close()
            if isinstance(told, dict):
                return answer.status, told
    return 0, {}


async def healthz(_request: web.Request, _gateway: Gateway) -> web.Response:
    """The process answers."""
    return _json({"status": "ok"})


async def readyz(_request: web.Request, gateway: Gateway) -> web.Response:
    """Every dependency and one known example per configured entity type."""
    found = await gateway.readiness.problems()
    return _json({"status": "not ready" if found else "ready", "problems": found}, 503 if found else 200)


async def metrics(_request: web.Request, gateway: Gateway) -> web.Response:
    """Metrics in Prometheus' text format."""
    body = gateway.services.metrics.exposition()
    return web.Response(body=body, headers={"content-type": CONTENT_TYPE_LATEST})
