"""Requests about what a provider keeps: a response, its input, a conversation. No text leaves; answers are restored.

The object's id leads to its provider and to the sessions whose tokens may stand in it; the id of another owner's object
is unknown here, so nothing of it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web

from proxy.accounting import Exchange, intent_of
from proxy.auth import session_ttl
from proxy.choosing import answerable, gets_own, routes_for
from proxy.core.jsontext import parse
from proxy.dialects.base import Dialect
from proxy.dialects.batches import (
    LINE_CONTENT,
    MESSAGE_RESULTS,
    READ_MARK,
    STORED_ANTHROPIC,
    STORED_OPENAI,
    TEXT_CONTENT,
    TEXT_MARK,
)
from proxy.dialects.openai_chat_stored import STORED_CHATS
from proxy.dialects.openai_responses import StoredResponses
from proxy.dialects.openai_responses_fields import INCLUDABLE
from proxy.dialects.openai_stores import STORED_STORES
from proxy.errors import BadRequest, NotFound, StingError
from proxy.exchange import enter, handle
from proxy.homes import home_of
from proxy.outgoing import naming_key, scramble
from proxy.receiving import path_and_query
from proxy.responding import respond
from proxy.runs import Run
from proxy.services import Services
from proxy.session_names import session_mark
from proxy.upstream.base import Answer, Target, UpstreamRequest
from proxy.upstream.sending import send_with_fallbacks

_ID: Final = r"[A-Za-z]{1,12}[_-][A-Za-z0-9_-]{1,160}"
_INCLUDE: Final = rf"include(?:\[\]|%5[Bb]%5[Dd])?=(?:{'|'.join(map(re.escape, INCLUDABLE.split()))})"
_SWITCH: Final = r"(?:stream|include_obfuscation)=(?:true|false)|starting_after=\d{1,9}"
_PAGING: Final = rf"(?:after|before)={_ID}|limit=\d{{1,4}}|order=(?:asc|desc)"
_FILTER: Final = "filter=(?:in_progress|completed|failed|cancelled)"
_STARTING_AFTER: Final = re.compile(r"(?:\A|&)starting_after=(\d+)")


def _openai() -> Dialect:
    return STORED_OPENAI


def _stores() -> Dialect:
    return STORED_STORES


def _anthropic() -> Dialect:
    return STORED_ANTHROPIC


@dataclass(frozen=True, slots=True)
class StoredRoute:
    """One route: method, path with `{object}` for the id, what may stand behind the `?`, and whether the id ends.

    `dialect` makes the one of its answers; `lines`: they come as lines of JSON, whatever their content type.
    """

    method: str
    path: str
    query: str = ""
    forgets: bool = False
    dialect: Callable[[], Dialect] = StoredResponses
    lines: bool = False


ROUTES: Final = (
    StoredRoute("GET", "/responses/{object}", f"{_INCLUDE}|{_SWITCH}"),
    StoredRoute("DELETE", "/responses/{object}", forgets=True),
    StoredRoute("POST", "/responses/{object}/cancel"),
    StoredRoute("GET", "/responses/{object}/input_items", f"{_INCLUDE}|{_PAGING}"),
    StoredRoute("GET", "/conversations/{object}"),
    StoredRoute("DELETE", "/conversations/{object}", forgets=True),
    StoredRoute("GET", "/conversations/{object}/items", f"{_INCLUDE}|{_PAGING}"),
    StoredRoute("GET", "/conversations/{object}/items/{item}", _INCLUDE),
    StoredRoute("DELETE", "/conversations/{object}/items/{item}"),
    StoredRoute("GET", "/batches/{object}", dialect=_openai),
    StoredRoute("POST", "/batches/{object}/cancel", dialect=_openai),
    StoredRoute("GET", "/files/{object}", dialect=_openai),
    StoredRoute("DELETE", "/files/{object}", dialect=_openai, forgets=True),
    StoredRoute("GET", "/files/{object}/content", dialect=lambda: LINE_CONTENT, lines=True),
    StoredRoute("GET", "/chat/completions/{object}", dialect=lambda: STORED_CHATS),
    StoredRoute("DELETE", "/chat/completions/{object}", dialect=lambda: STORED_CHATS, forgets=True),
    StoredRoute("GET", "/chat/completions/{object}/messages", _PAGING, dialect=lambda: STORED_CHATS),
    StoredRoute("GET", "/vector_stores/{object}", dialect=_stores),
    StoredRoute("DELETE", "/vector_stores/{object}", dialect=_stores, forgets=True),
    StoredRoute("GET", "/vector_stores/{object}/files", f"{_PAGING}|{_FILTER}", dialect=_stores),
    StoredRoute("GET", "/vector_stores/{object}/files/{item}", dialect=_stores),
    StoredRoute("DELETE", "/vector_stores/{object}/files/{item}", dialect=_stores),
    StoredRoute("GET", "/vector_stores/{object}/files/{item}/content", dialect=_stores),
    StoredRoute("GET", "/vector_stores/{object}/file_batches/{item}", dialect=_stores),
    StoredRoute("POST", "/vector_stores/{object}/file_batches/{item}/cancel", dialect=_stores),
    StoredRoute("GET", "/vector_stores/{object}/file_batches/{item}/files", f"{_PAGING}|{_FILTER}", dialect=_stores),
    StoredRoute("GET", "/messages/batches/{object}", "beta=true", dialect=_anthropic),
    StoredRoute("DELETE", "/messages/batches/{object}", "beta=true", dialect=_anthropic, forgets=True),
    StoredRoute("POST", "/messages/batches/{object}/cancel", "beta=true", dialect=_anthropic),
    StoredRoute("GET", "/messages/batches/{object}/results", "beta=true", dialect=lambda: MESSAGE_RESULTS, lines=True),
)


def answering(services: Services, route: StoredRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What answers requests of a route."""

    async def answer(request: web.Request) -> web.StreamResponse:
        line = partial(_run, route)
        return await handle(request, services, route.dialect(), f"/v1{route.path}", line)

    return answer


async def _run(route: StoredRoute, request: web.Request, services: Services, exchange: Exchange) -> web.StreamResponse:
    await enter(request, services, exchange)
    principal, policy = exchange.principal, exchange.policy
    if principal is None or policy is None:
        raise StingError("A request reached its line without a principal.")
    path, query, after = _checked(route, request)
    object_id = request.match_info["object"]
    home = await home_of(services, exchange, object_id, "id")
    if home.provider not in routes_for(services, exchange).providers:
        raise NotFound("The provider that keeps this object is no longer configured. Nothing was sent.", param="id")
    lines = route.lines
    if lines and await services.objects.find(principal.tenant, principal.owner, f"{TEXT_MARK}{object_id}"):
        exchange.dialect, lines = TEXT_CONTENT, False
    exchange.target = Target(home.provider, "")
    ttl = session_ttl(request, policy, lasting=True)
    key = await naming_key(services, principal)
    run = Run(principal, policy, key, home.sessions[0], ttl, stored=True, others=home.sessions[1:])
    exchange.session = run.session
    exchange.session_mark = session_mark(run.key, run.session)
    exchange.scrambled = await scramble(services, run, (), lambda tally: intent_of(exchange, tally))
    exchange.recorded = True
    answerable(services, exchange, [exchange.target])
    own = exchange.credential if gets_own(services, exchange, exchange.target) else None
    asked = UpstreamRequest(request.method, path, query, request.headers, credential=own)
    exchange.target, answer = await send_with_fallbacks(
        services.upstream, [exchange.target], lambda _: asked, health=services.health
    )
    exchange.tls_provider = answer.secured
    try:
        shown = _Lines(answer) if lines and answer.status < HTTPStatus.BAD_REQUEST else answer
        response = await respond(request, services, exchange, run, parse("{}"), shown, after=after)
    finally:
        answer.close()
    if route.forgets and response.status < HTTPStatus.BAD_REQUEST:
        for mark in ("", READ_MARK, TEXT_MARK):
            await services.objects.unlink(principal.tenant, principal.owner, f"{mark}{object_id}")
    return response


class _Lines:
    """An answer of JSON lines under a name that says so: providers call them files."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.secured = answer.secured
        self.headers: Mapping[str, str] = {**answer.headers, "content-type": "application/x-ndjson"}

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._answer.status

    async def body(self, limit: int) -> bytes:
        """The whole body."""
        return await self._answer.body(limit)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; its last line ends, too."""
        last = b"\n"
        async for chunk in self._answer.chunks():
            last = chunk[-1:] or last
            yield chunk
        if last != b"\n":
            yield b"\n"

    def close(self) -> None:
        """End the call."""
        self._answer.close()


def _checked(route: StoredRoute, request: web.Request) -> tuple[str, str, int | None]:
    """Path and query that may leave, and the number of the event behind which a stream is taken up again."""
    path, query = path_and_query(request)
    if not all(re.fullmatch(_ID, name) for name in request.match_info.values()):
        raise BadRequest("This is no id of a stored object. Nothing was sent.", param="id")
    if query and not re.fullmatch(rf"(?:(?:{route.query or '(?!)'})(?:&|\Z))+", query):
        raise BadRequest("This route takes no such query: what stands there would leave unscanned. Nothing was sent.")
    after = _STARTING_AFTER.search(query)
    kept = "&".join(part for part in query.split("&") if not part.startswith("starting_after="))
    return path if path.startswith("/v1/") else f"/v1{path}", kept, int(after[1]) if after else None
