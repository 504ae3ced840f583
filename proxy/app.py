"""The aiohttp application: which route leads where. An unknown route is refused, never forwarded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from proxy import control
from proxy.assembly import Gateway
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.openai_chat import CHAT
from proxy.errors import StingError, UnknownRoute
from proxy.exchange import handle

GATEWAY = web.AppKey("gateway", Gateway)
"""The running gateway, for handlers that take nothing but a request."""

_MIB = 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

EXCHANGES: dict[str, Dialect] = {
    "/chat/completions": CHAT,
    "/messages": MESSAGES,
    "/messages/count_tokens": MESSAGES,
}
"""Routes of providers' APIs that are handled in full, each also under /v1."""


def create_app(gateway: Gateway) -> web.Application:
    """The application over a running gateway."""
    limit = gateway.services.settings.gateway.max_body_mb * _MIB
    app = web.Application(client_max_size=limit)
    app[GATEWAY] = gateway
    for path, dialect in EXCHANGES.items():
        for prefix in ("/v1", ""):
            app.router.add_post(
                prefix + path, partial(handle, services=gateway.services, dialect=dialect, route=f"/v1{path}")
            )
    _add_control(app, gateway)
    app.router.add_route("*", "/{tail:.*}", _unknown)
    return app


def _add_control(app: web.Application, gateway: Gateway) -> None:
    routes: list[tuple[str, str, Callable[[web.Request, Gateway], Awaitable[web.Response]]]] = [
        ("GET", "/v1/models", control.models),
        ("GET", "/models", control.models),
        ("GET", "/v1/models/{model:.+}", control.model),
        ("GET", "/models/{model:.+}", control.model),
        ("POST", "/sting/v1/analyze", control.analyze),
        ("POST", "/sting/v1/scramble", control.scramble_texts),
        ("POST", "/sting/v1/restore", control.restore_texts),
        ("GET", "/sting/v1/sessions/{session}", control.session_counts),
        ("DELETE", "/sting/v1/sessions/{session}", control.forget_session),
        ("GET", "/sting/v1/exchanges", control.exchanges),
        ("GET", "/sting/v1/exchanges/{exchange}", control.one_exchange),
        ("GET", "/healthz", control.healthz),
        ("GET", "/readyz", control.readyz),
        ("GET", "/metrics", control.metrics),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, _answered(handler, gateway))


def _answered(handler: Callable[[web.Request, Gateway], Awaitable[web.Response]], gateway: Gateway) -> Handler:
    """The handler with its failures as answers."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request, gateway)
        except StingError as error:
            return _refused(error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(StingError("The body is too large."))

    return answered


async def _unknown(_request: web.Request) -> web.StreamResponse:
    return _refused(
        UnknownRoute(
            "The gateway does not know this route and refuses it, for it could not look into what passes. "
            "docs/api-coverage.md lists the routes."
        )
    )


def _refused(error: StingError) -> web.Response:
    headers = {**error.headers, "content-type": "application/json", "cache-control": "private, no-store"}
    return web.Response(status=error.status, headers=headers, body=CHAT.error_body(error))
