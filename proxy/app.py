"""The aiohttp application: which route leads where. An unknown route is refused, never forwarded."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from functools import partial
from http import HTTPStatus

from aiohttp import web
from yarl import URL

from policies.broken_requests import refusal
from policies.packed_bodies import is_packed, left_packed
from proxy import control, description, listing, values
from proxy.assembly import Gateway
from proxy.dialects import ollama
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.batches import BATCHES, MESSAGE_BATCHES
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_chat_stored import CHAT_CHANGES
from proxy.dialects.openai_decisions import DECISIONS
from proxy.dialects.openai_media import IMAGE_EDITS, IMAGES, SPEECH, TRANSCRIPTS
from proxy.dialects.openai_other import COMPLETIONS, EMBEDDINGS, MODERATIONS
from proxy.dialects.openai_other_refused import why_refused
from proxy.dialects.openai_responses import COMPACTION, CONVERSATIONS, INPUT_TOKENS, RESPONSES
from proxy.dialects.openai_sockets import Events, RealtimeEvents, ResponsesEvents
from proxy.dialects.openai_stores import VECTOR_STORES
from proxy.errors import BadRequest, BodyTooLarge, StingError, UnknownRoute
from proxy.exchange import handle
from proxy.sockets import refused, upgrading
from proxy.stored import ROUTES, answering
from proxy.uploads import upload

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GATEWAY = web.AppKey("gateway", Gateway)
"""The running gateway, for handlers that take nothing but a request."""
_DOUBLED = re.compile(r"^(?:/v1){2,}(?=/)")
_LONGEST_MEANT = 64
"""Letters of a path for which a route is looked for that resembles it: comparing takes time, and anybody may ask."""
_BY_PATH = web.AppKey("by_path", dict[str, Handler])
"""What answers a POST to exactly this path."""

_MIB = 1024 * 1024
_ANYTHING = "/{tail:.*}"
_NO_PATH = "The gateway answers requests for paths only."
_NOT_SO = "The gateway does not answer what is asked in this way; the only expectation that it meets is 100-continue."

EXCHANGES: dict[str, Dialect] = {
    "/chat/completions": CHAT,
    "/completions": COMPLETIONS,
    "/embeddings": EMBEDDINGS,
    "/moderations": MODERATIONS,
    "/responses": RESPONSES,
    "/responses/input_tokens": INPUT_TOKENS,
    "/responses/compact": COMPACTION,
    "/conversations": CONVERSATIONS,
    "/conversations/{object}": CONVERSATIONS,
    "/conversations/{object}/items": CONVERSATIONS,
    "/messages": MESSAGES,
    "/messages/count_tokens": MESSAGES,
    "/messages/batches": MESSAGE_BATCHES,
    "/batches": BATCHES,
    "/chat/completions/{object}": CHAT_CHANGES,
    "/vector_stores": VECTOR_STORES,
    "/vector_stores/{object}": VECTOR_STORES,
    "/vector_stores/{object}/search": VECTOR_STORES,
    "/vector_stores/{object}/files": VECTOR_STORES,
    "/vector_stores/{object}/files/{item}": VECTOR_STORES,
    "/vector_stores/{object}/file_batches": VECTOR_STORES,
    "/decisions": DECISIONS,
    "/images/generations": IMAGES,
    "/images/edits": IMAGE_EDITS,
    "/images/variations": IMAGE_EDITS,
    "/audio/speech": SPEECH,
    "/audio/transcriptions": TRANSCRIPTS,
    "/audio/translations": TRANSCRIPTS,
}
"""Routes of providers' APIs that are handled in full or scrambled only, each also under /v1."""
OLLAMA_EXCHANGES: dict[str, Dialect] = {
    "/api/chat": ollama.CHAT,
    "/api/generate": ollama.GENERATE,
    "/api/embed": ollama.EMBED,
    "/api/embeddings": ollama.EMBED,
}
"""The same of Ollama's own API."""


SOCKETS: dict[str, Callable[[], Events]] = {"/responses": ResponsesEvents, "/realtime": RealtimeEvents}
"""Routes that are taken over a WebSocket, where a policy lets it; each connection has a dialect of its own."""


def create_app(gateway: Gateway) -> web.Application:
    """The application over a running gateway."""
    limit = gateway.services.settings.gateway.max_body_mb * _MIB
    app = web.Application(client_max_size=limit)
    app[GATEWAY] = gateway
    app[_BY_PATH] = {}
    for path, dialect in EXCHANGES.items():
        for prefix in ("/v1", ""):
            _add_exchange(app, gateway, prefix + path, dialect, f"/v1{path}")
    for path, dialect in OLLAMA_EXCHANGES.items():
        _add_exchange(app, gateway, path, dialect, path)
    for stored in ROUTES:
        for prefix in ("/v1", ""):
            _add(app, stored.method, prefix + stored.path, answering(gateway.services, stored))
    for path, made in SOCKETS.items():
        for prefix in ("/v1", ""):
            answer = upgrading(gateway.services, made, f"/v1{path}")
            app.router.add_route("GET", prefix + path, partial(_upgraded, answer))
    for path in ("/v1/files", "/files"):
        _add(app, "POST", path, partial(upload, services=gateway.services))
    _add_control(app, gateway)
    _add(app, "*", _ANYTHING, _unknown)
    return app


def straight(
    app: web.Application, searching: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """What answers requests: exchanges at once, by the path as it was sent, all others by `searching` the routes.

    aiohttp's search would cost each exchange a detour. What asks for more than an answer takes it, too.
    """
    known = app[_BY_PATH]

    def answer(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        return packed(request) if is_packed(request) else found(request)

    async def searched(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await searching(request)
        except web.HTTPException as error:  # the router's own, in plain text, which quotes what was expected
            return refusal(error.status, _NO_PATH if error.status == HTTPStatus.NOT_FOUND else _NOT_SO)

    async def packed(request: web.BaseRequest) -> web.StreamResponse:
        return await left_packed(request, await found(request))

    def found(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        handler = known.get(request.raw_path) if request.method == "POST" else None
        asks_more = "Expect" in request.headers or "Upgrade" in request.headers
        if handler is None or asks_more or not isinstance(request, web.Request):
            return searched(request)
        return handler(request)

    return answer


def _add_exchange(app: web.Application, gateway: Gateway, path: str, dialect: Dialect, route: str) -> None:
    handler = partial(handle, services=gateway.services, dialect=dialect, route=route)
    _add(app, "POST", path, handler)
    if "{" not in path:
        app[_BY_PATH][path] = handler


def _add(app: web.Application, method: str, path: str, handler: Handler) -> None:
    """Have requests answered, upgrades refused. No aiohttp middleware: those cost each request a detour."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return _refused(request, refused()) if _upgrades(request) else await handler(request)

    app.router.add_route(method, path, answer)


def _add_control(app: web.Application, gateway: Gateway) -> None:
    routes: list[tuple[str, str, Callable[[web.Request, Gateway], Awaitable[web.Response]]]] = [
        ("GET", "/v1/models", listing.models),
        ("GET", "/models", listing.models),
        ("GET", "/v1/models/{model:.+}", listing.model),
        ("GET", "/models/{model:.+}", listing.model),
        ("GET", "/", listing.ollama_is_running),
        ("HEAD", "/", listing.ollama_is_running),
        ("GET", "/api/tags", listing.tags),
        ("GET", "/api/ps", listing.running_models),
        ("GET", "/api/version", listing.version),
        ("POST", "/api/show", listing.show),
        ("POST", "/sting/v1/analyze", control.analyze),
        ("POST", "/sting/v1/scramble", control.scramble_texts),
        ("POST", "/sting/v1/restore", control.restore_texts),
        ("GET", "/sting/v1/sessions/{session}", control.session_counts),
        ("DELETE", "/sting/v1/sessions/{session}", control.forget_session),
        ("PUT", "/sting/v1/values/{list}", values.put_values),
        ("GET", "/sting/v1/values/{list}", values.get_values),
        ("DELETE", "/sting/v1/values/{list}", values.delete_values),
        ("GET", "/sting/v1/exchanges", control.exchanges),
        ("GET", "/sting/v1/policies", control.effective_policies),
        ("GET", "/sting/v1/exchanges/{exchange}", control.one_exchange),
        ("GET", description.PATH, description.openapi),
        ("GET", "/healthz", control.healthz),
        ("GET", "/readyz", control.readyz),
        ("GET", "/metrics", control.metrics),
    ]
    for method, path, handler in routes:
        _add(app, method, path, _answered(handler, gateway))
        if method == "GET" and path != "/":
            _add(app, "HEAD", path, _answered(handler, gateway))


def _answered(handler: Callable[[web.Request, Gateway], Awaitable[web.Response]], gateway: Gateway) -> Handler:
    """The handler with its failures as answers."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request, gateway)
        except StingError as error:
            return _refused(request, error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(request, BodyTooLarge("The body is too large."))
        except web.RequestPayloadError:
            return _refused(request, BadRequest("The body is not what its content encoding says."))

    return answered


async def _unknown(request: web.Request) -> web.StreamResponse:
    if request.method == "OPTIONS" and (allowed := await _methods(request)):
        # No word about other origins: browsers keep to themselves, which is what is wanted.
        return web.Response(status=204, headers={"allow": ", ".join(allowed)})
    return _refused(request, UnknownRoute(f"{await _why(request)} docs/api-coverage.md lists the routes."))


async def _why(request: web.Request) -> str:
    """Why a route is refused, or what is meant, where it is only written or asked in another way."""
    written = f"/{'/'.join(filter(None, request.path.split('/')))}"
    plain = _DOUBLED.sub("/v1", written)
    served = await _served(request.clone(rel_url=URL.build(path=plain)))
    if request.method in served:
        asked = f"ask for `{request.method} {served[request.method]}`."
        if plain != written:
            return f"`/v1` stands here twice, so the base URL ends in one that the SDK adds: {asked}"
        return f"The path is not written as this route's: {asked}"
    why = why_refused(plain)
    if served and (why is None or (why.startswith("Lists") and request.method != "GET")):
        return f"This route is asked by {' or '.join(sorted(served.keys() - {'HEAD'}))}."
    return why or _nearest(request, plain)


def _nearest(request: web.Request, path: str) -> str:
    """That the route is not known, and which one that is may be meant. Never what was asked for: it may be anything."""
    if path in {"/v1", "/api"}:
        return f"`{path}` is a base URL: SDKs put the route behind it, as in `POST /v1/chat/completions`."
    if path.startswith("/api/v1/"):
        return "The gateway does not know this route: the console's API is asked at the console's own address."
    unknown = "The gateway does not know this route and refuses it, for it could not look into what passes."
    if len(path) > _LONGEST_MEANT:
        return unknown
    known = {one.canonical for one in request.app.router.resources() if "{" not in one.canonical}
    near = get_close_matches(path, sorted(known), n=1, cutoff=0.85)
    return f"{unknown} Is `{near[0]}` meant?" if near else unknown


async def _served(request: web.Request) -> dict[str, str]:
    """Methods by which the path is served, each with its route."""
    found: dict[str, str] = {}
    for resource in request.app.router.resources():
        if resource.canonical != "/{tail}":
            _, methods = await resource.resolve(request)
            found.update(dict.fromkeys(methods, resource.canonical))
    return found


async def _methods(request: web.Request) -> list[str]:
    """What the path can be asked by, other than refused."""
    found = await _served(request)
    return sorted({*found, "OPTIONS"}) if found else []


def _upgrades(request: web.Request) -> bool:
    return "Upgrade" in request.headers and request.headers["Upgrade"].lower() == "websocket"


async def _upgraded(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], request: web.Request
) -> web.StreamResponse:
    """What answers a route that is there for upgrades only."""
    return await (answer if _upgrades(request) else _unknown)(request)


def _refused(request: web.Request, error: StingError) -> web.Response:
    headers = {**error.headers, "content-type": "application/json", "cache-control": "private, no-store"}
    return web.Response(status=error.status, headers=headers, body=_spoken(request).error_body(error))


def _spoken(request: web.Request) -> Dialect:
    """The dialect whose errors the client understands."""
    if request.path.startswith("/api/"):
        return ollama.CHAT
    if control.speaks_anthropic(request) or request.path.removeprefix("/v1").startswith("/messages"):
        return MESSAGES
    return CHAT
