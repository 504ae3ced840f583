"""Where the objects belong that a request names: a response, a conversation, a file that the provider keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from proxy.accounting import Exchange
from proxy.core.jsontext import Document, Path
from proxy.dialects.batches import READ_MARK
from proxy.errors import BadRequest, NotFound
from proxy.services import Services
from proxy.vault.base import Home

_MAY_NAME = ("file_id", "vector_store_ids", "\\u00")
"""What stands in a body that names files; a key may be written with escapes."""
_MOST_FILES = 64
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

    Of a file all was scrambled, so it may be named where other files cannot be looked into. What a tool of the provider
    is to look into must be this key's own: raises NotFound.
    """
    principal = exchange.principal
    if principal is None or not any(map(body.says, _MAY_NAME)):
        return {}
    named = {leaf.text for leaf in body.leaves if not leaf.is_key and leaf.path[-1:] == ("file_id",)}
    if len(named) > _MOST_FILES:
        raise BadRequest(f"The request names more than {_MOST_FILES} files. Nothing was sent.")
    found: dict[str, Home] = {}
    for name in named:
        if home := await services.objects.find(principal.tenant, principal.owner, f"{READ_MARK}{name}"):
            found[name] = home
    for name in {leaf.text for leaf in body.leaves if not leaf.is_key and _is_searched(leaf.path)}:
        found[f"own/{name}"] = await home_of(services, exchange, name, "tools")
    return found


def _is_searched(path: Path) -> bool:
    """Whether this is a store or a file that a tool of the provider is to look into."""
    return (path[-4:-3], path[-2:-1]) == (("tools",), ("vector_store_ids",)) or (path[-5:-4], path[-3:-1]) == (
        ("tools",),
        ("container", "file_ids"),
    )


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
