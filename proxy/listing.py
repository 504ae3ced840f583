"""Models: what the gateway offers, and what it asks the providers behind for, in each API's shape."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from policies.principals import Principal
from proxy.assembly import Gateway
from proxy.control import as_json, body_of, principal_of, speaks_anthropic
from proxy.core.slots import is_model_name
from proxy.dialects.model_lists import (
    anthropic_model,
    anthropic_models,
    ollama_models,
    ollama_show,
    openai_model,
    openai_models,
)
from proxy.errors import BadRequest, ModelNotAllowed, StingError, UpstreamFailed
from proxy.upstream.base import Target, UpstreamRequest
from proxy.upstream.routing import Routes

_LISTING_SECONDS = 5.0
"""How long a list of models waits for one provider."""
_MAX_LISTING = 16 * 1024 * 1024


class ShowBody(BaseModel):
    """Body of /api/show; `name` is the older word for `model`. What else a client sends stays here."""

    model_config = ConfigDict(hide_input_in_errors=True)
    model: str | None = None
    name: str | None = None
    verbose: bool = False


async def models(request: web.Request, gateway: Gateway) -> web.Response:
    """Models that the key may use, in the shape of the API that is spoken."""
    principal = await principal_of(request, gateway, "use")
    names = await _names(gateway, principal)
    return as_json(anthropic_models(names) if speaks_anthropic(request) else openai_models(names, _contexts(gateway)))


async def model(request: web.Request, gateway: Gateway) -> web.Response:
    """One model that the key may use."""
    principal = await principal_of(request, gateway, "use")
    name = request.match_info["model"]
    if name not in await _names(gateway, principal):
        raise ModelNotAllowed("There is no such model for this key.", param="model")
    told = anthropic_model(name) if speaks_anthropic(request) else openai_model(name, _contexts(gateway).get(name))
    return as_json(told)


async def ollama_is_running(_request: web.Request, _gateway: Gateway) -> web.Response:
    """What Ollama's clients look for at the root."""
    return web.Response(text="Ollama is running")


async def tags(request: web.Request, gateway: Gateway) -> web.Response:
    """`GET /api/tags`: configured models that the key may use, and those of the Ollama servers behind."""
    principal = await principal_of(request, gateway, "use")
    names = _routes(gateway, principal).public_names(principal.models)
    return as_json(ollama_models(names, await _served(gateway, principal, "/api/tags")))


async def running_models(request: web.Request, gateway: Gateway) -> web.Response:
    """`GET /api/ps`: loaded models of the Ollama servers behind that the key may use."""
    principal = await principal_of(request, gateway, "use")
    return as_json(ollama_models((), await _served(gateway, principal, "/api/ps")))


async def version(request: web.Request, gateway: Gateway) -> web.Response:
    """`GET /api/version`: what the first Ollama server behind says; 0.0.0 without one."""
    principal = await principal_of(request, gateway, "use")
    for provider in _ollama_servers(gateway, principal):
        _, told = await _asked(gateway, provider, UpstreamRequest("GET", "/api/version"))
        if isinstance(told.get("version"), str):
            return as_json({"version": told["version"]})
    return as_json({"version": "0.0.0"})


async def show(request: web.Request, gateway: Gateway) -> web.Response:
    """`POST /api/show`: what an Ollama server knows of a model. Only the model's name and `verbose` leave."""
    principal = await principal_of(request, gateway, "use")
    body = await body_of(request, gateway, ShowBody)
    routes = _routes(gateway, principal)
    asked = body.model or body.name or ""
    if not is_model_name(asked):
        raise BadRequest("This is no name of a model. Nothing was sent.", param="model")
    target = routes.targets(asked, allowed=principal.models)[0]
    if routes.providers[target.provider].kind != "ollama":
        return as_json(ollama_show())
    sent = json.dumps({"model": target.model, "verbose": body.verbose}).encode()
    status, told = await _asked(
        gateway, target.provider, UpstreamRequest("POST", "/api/show", headers=request.headers, body=sent)
    )
    if not status:
        raise UpstreamFailed(f"The provider '{target.provider}' did not describe the model.")
    return as_json(told, status)


def _contexts(gateway: Gateway) -> dict[str, int]:
    """Tokens that the windows of models hold, where the configuration says so."""
    models = gateway.services.settings.models
    return {name: model.context for name, model in models.items() if model.context is not None}


def _routes(gateway: Gateway, principal: Principal) -> Routes:
    return gateway.services.routes.of(principal.tenant)


def _ollama_servers(gateway: Gateway, principal: Principal) -> list[str]:
    return [provider.name for provider in _routes(gateway, principal).providers.values() if provider.kind == "ollama"]


async def _served(gateway: Gateway, principal: Principal, path: str) -> list[dict[str, Any]]:
    """Models that Ollama servers list at `path` and the key may use, under the names to ask for them by.

    A server that does not answer adds none.
    """
    servers = _ollama_servers(gateway, principal)
    told = await asyncio.gather(*(_asked(gateway, server, UpstreamRequest("GET", path)) for server in servers))
    entries: list[dict[str, Any]] = []
    for server, (_, answer) in zip(servers, told, strict=True):
        listed = answer.get("models")
        for entry in listed if isinstance(listed, list) else ():
            name = entry.get("name") if isinstance(entry, dict) else None
            if isinstance(name, str) and (
                public := _routes(gateway, principal).name_of(server, name, principal.models)
            ):
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


async def _names(gateway: Gateway, principal: Principal) -> list[str]:
    """Configured models that the key may use; with `list_models: all` those that the providers list, too."""
    names = set(_routes(gateway, principal).public_names(principal.models))
    if gateway.services.settings.gateway.list_models == "all":
        names.update(
            *await asyncio.gather(
                *(_offered(gateway, principal, name) for name in _asked_for_lists(gateway, principal))
            )
        )
    return sorted(names)


def _asked_for_lists(gateway: Gateway, principal: Principal) -> list[str]:
    providers = _routes(gateway, principal).providers.values()
    return [one.name for one in providers if one.kind != "demo" and (one.local or one.api_key)]


async def _offered(gateway: Gateway, principal: Principal, provider: str) -> list[str]:
    """Names to ask for a provider's models by; none of one that does not answer."""
    routes = _routes(gateway, principal)
    ollama = routes.providers[provider].kind == "ollama"
    _, told = await _asked(gateway, provider, UpstreamRequest("GET", "/api/tags" if ollama else "/v1/models"))
    listed = told.get("models" if ollama else "data")
    ids = (
        [entry.get("name" if ollama else "id") for entry in listed if isinstance(entry, dict)]
        if isinstance(listed, list)
        else []
    )
    names = (routes.name_of(provider, name, principal.models) for name in ids if isinstance(name, str))
    return [name for name in names if name]
