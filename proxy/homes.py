"""Where the objects belong that a request names: a response, a conversation, a file that the provider keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType

from aiohttp import web

from proxy.accounting import Exchange
from proxy.core.jsontext import Document, Leaf, Path
from proxy.dialects.base import Dialect, where
from proxy.dialects.batches import READ_MARK
from proxy.errors import BadRequest, NotFound
from proxy.services import Services
from proxy.vault.base import Home

_MOST_NAMED = 512
"""Objects of the provider that one request may name: each costs a look-up."""
_NONE: Mapping[str, str] = MappingProxyType({})
MOST_SESSIONS = 15
"""Sessions besides its own that an exchange restores from: each costs a look-up."""


async def homes_of(request: web.Request, services: Services, exchange: Exchange, body: Document) -> list[Home]:
    """Where the objects of the provider belong that a request goes on from; raises NotFound for another owner's."""
    named = dict.fromkeys(objects_of(request, exchange), "id") if exchange.dialect.traits.state is not None else {}
    return await gone_on_from(services, exchange, exchange.dialect, body, named)


async def gone_on_from(
    services: Services, exchange: Exchange, dialect: Dialect, body: Document, named: Mapping[str, str] = _NONE
) -> list[Home]:
    """The same of a body that is one of many in a request; `named`: objects named elsewhere, and where."""
    state, principal = dialect.traits.state, exchange.principal
    if state is None or principal is None:
        return []
    places = {object_id: place for place, object_id in state.named(body) if object_id} | dict(named)
    brought = state.brought(body)
    _refuse_too_many(len(places) + len(brought))
    homes = await asyncio.gather(*(home_of(services, exchange, name, place) for name, place in places.items()))
    find = services.objects.find
    known = await asyncio.gather(*(find(principal.tenant, principal.owner, name) for name in brought))
    return [*homes, *(home for home in known if home is not None)]


def _refuse_too_many(named: int) -> None:
    if named > _MOST_NAMED:
        raise BadRequest(f"The request names more than {_MOST_NAMED} objects of the provider. Nothing was sent.")


def objects_of(request: web.Request, exchange: Exchange) -> list[str]:
    """Ids of the provider's objects that stand in the address, where the route has places for some."""
    return [request.match_info[name] for name in ("object", "item") if f"{{{name}}}" in exchange.route]


async def owned_by(services: Services, exchange: Exchange, owned: Sequence[Leaf]) -> dict[str, Home]:
    """Objects that a body names besides those that it goes on from: containers, stores, files; with their homes.

    Each must be this key's own, or one that the configuration lists; raises NotFound. Of a file that came through the
    gateway all was scrambled, so it may be named where others cannot be looked into: whether these may is the policy's
    to say, and comes later.
    """
    principal, policy = exchange.principal, exchange.policy
    if principal is None or policy is None or not owned:
        return {}
    places = {leaf.text: where(leaf.path) for leaf in owned}
    checked = {leaf.text for leaf in owned if policy.unscannable == "allow" or leaf.path[-1:] != ("file_id",)}
    _refuse_too_many(len(places))

    async def found(name: str) -> tuple[str, Home | None]:
        read = await services.objects.find(principal.tenant, principal.owner, f"{READ_MARK}{name}")
        if read is not None or name not in checked or _is_listed(services, principal.tenant, name):
            return name, read
        return f"own/{name}", await home_of(services, exchange, name, places[name])

    homes = await asyncio.gather(*map(found, places))
    return {name: home for name, home in homes if home is not None}


def _is_listed(services: Services, tenant: str, name: str) -> bool:
    """Whether the configuration says that a tenant may name this object, which was made without the gateway."""
    listed = services.settings.provider_objects
    return any(fnmatchcase(name, pattern) for who in (tenant, "*") for pattern in listed.get(who, ()))


async def home_of(services: Services, exchange: Exchange, object_id: str, place: str) -> Home:
    """Where an object of the provider belongs; raises NotFound for another owner's, as for one that nobody knows."""
    principal = exchange.principal
    found = principal and await services.objects.find(principal.tenant, principal.owner, object_id)
    if not found:
        raise NotFound(
            "The gateway knows no such object of this key: it was made with another key or without the gateway, it was "
            "not stored, or its session has ended. Nothing was sent. Begin anew and send what matters as input. What "
            "the operator made at the provider (a prompt, a skill) is listed in `provider_objects`.",
            param=place,
            headers={"x-should-retry": "false"},
        )
    return found


def sessions_of(homes: Iterable[Home]) -> list[str]:
    """Sessions that objects belong to, each once."""
    return list(dict.fromkeys(session for home in homes for session in home.sessions))


def was_read(files: Mapping[str, Home], body: Document, path: Path) -> bool:
    """Whether a file stands there that came through the gateway, which read all of it."""
    if path[-1:] != ("file_id",):
        return False
    return all(leaf.text in files for leaf in body.leaves if leaf.path == path and not leaf.is_key)
