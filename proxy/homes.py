"""Where the objects belong that a request names: a response, a conversation, a file that the provider keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from proxy.accounting import Exchange
from proxy.core.jsontext import Document, Path
from proxy.dialects.batches import READ_MARK
from proxy.errors import NotFound
from proxy.services import Services
from proxy.vault.base import Home

MOST_SESSIONS = 15
"""Sessions besides its own that an exchange restores from: each costs a look-up."""


async def homes_of(request: web.Request, services: Services, exchange: Exchange, body: Document) -> list[Home]:
    """Where the objects of the provider belong that a request names; raises NotFound for one of another owner."""
    state = exchange.dialect.traits.state
    if state is None:
        return []
    named = [*state.named(body), *(("id", name) for name in objects_of(request, exchange))]
    places = {object_id: place for place, object_id in named if object_id}
    homes = [await home_of(services, exchange, object_id, place) for object_id, place in places.items()]
    if exchange.principal is not None:
        tenant, owner = exchange.principal.tenant, exchange.principal.owner
        known = [await services.objects.find(tenant, owner, object_id) for object_id in state.brought(body)]
        homes += [home for home in known if home is not None]
    return homes


def objects_of(request: web.Request, exchange: Exchange) -> list[str]:
    """Ids of the provider's objects that stand in the address, where the route has places for some."""
    return [request.match_info[name] for name in ("object", "item") if f"{{{name}}}" in exchange.route]


async def files_of(services: Services, exchange: Exchange, body: Document) -> dict[str, Home]:
    """Files and vector stores that a body names and that came through the gateway, with where they belong.

    Of a file all was scrambled, so it may be named where other files cannot be looked into.
    """
    if exchange.principal is None or not ('"file_id' in body.text or '"vector_store_ids"' in body.text):
        return {}
    found: dict[str, Home] = {}
    named = [leaf for leaf in body.leaves if not leaf.is_key and not leaf.is_number and _names_file(leaf.path)]
    tenant, owner = exchange.principal.tenant, exchange.principal.owner
    for name in dict.fromkeys(leaf.text for leaf in named):
        mark = "" if name.startswith("vs_") else READ_MARK
        if len(found) < MOST_SESSIONS and (home := await services.objects.find(tenant, owner, f"{mark}{name}")):
            found[name] = home
    return found


def _names_file(path: Path) -> bool:
    return path[-1:] == ("file_id",) or path[-2:-1] in (("file_ids",), ("vector_store_ids",))


async def home_of(services: Services, exchange: Exchange, object_id: str, place: str) -> Home:
    """Where an object of the provider belongs; raises NotFound for another owner's, as for one that nobody knows."""
    principal = exchange.principal
    found = principal and await services.objects.find(principal.tenant, principal.owner, object_id)
    if not found:
        raise NotFound(
            "The gateway knows no such object of this key: it was made with another key or without the gateway, it was "
            "not stored, or its session has ended. Nothing was sent. Begin anew and send what matters as input.",
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
