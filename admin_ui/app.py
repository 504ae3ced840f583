"""The aiohttp application of the console: API routes, pages, security headers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import aiohttp
from aiohttp import web

from admin_ui.api import (
    about,
    alerts,
    audit,
    corrections,
    demo,
    keys,
    metrics,
    oidc,
    permissions,
    playground,
    policies,
    policy_cases,
    policy_trials,
    provider_keys,
    session,
    upstreams,
    users,
)
from admin_ui.api import settings as settings_api
from admin_ui.callers import identify, session_of
from admin_ui.demo_seats import Seats, full_page
from admin_ui.gateway_calls import WAIT, GatewayCalls
from admin_ui.limiter import Limiter
from admin_ui.mounting import MAX_BODY, PREFIX, handler_of
from admin_ui.openapi import describe
from admin_ui.pages import SECURITY_HEADERS, page_handler
from admin_ui.paging import paged
from admin_ui.parts import Parts, utc_ms
from admin_ui.problems import problem_response
from admin_ui.scim.routes import PREFIX as SCIM
from admin_ui.scim.routes import ScimHandler
from policies.acts import Acts
from policies.audit import AuditChain, load_signing_key
from policies.cli import installed_version
from policies.console_routes import GROUP, ConsoleContext, ConsoleRoute, Mounted, Problem
from policies.db import DatabaseUnavailable, open_database
from policies.keys import VirtualKeys
from policies.logins import Logins, digest_of
from policies.master_key import open_sealer
from policies.packed_bodies import is_packed, left_packed
from policies.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PARTS = web.AppKey("parts", Parts)
_OWN = (
    session,
    oidc,
    users,
    policies,
    policy_cases,
    policy_trials,
    keys,
    upstreams,
    provider_keys,
    audit,
    alerts,
    metrics,
    playground,
    permissions,
    corrections,
    settings_api,
    about,
    demo,
)
LOGIN_TRIES, LOGIN_SECONDS = 20, 60.0
"""Tries to log in per address and minute."""


@asynccontextmanager
async def console(
    settings: Settings, *, mounts: Sequence[Mounted] | None = None, static: Path | None = None
) -> AsyncIterator[web.Application]:
    """The console's application over opened stores, with the routes of all packages (`mounts` None).

    Raises SettingsError, DatabaseUnavailable.
    """
    async with AsyncExitStack() as stack:
        sealer = open_sealer(settings)
        database = await open_database(settings)
        stack.push_async_callback(database.close)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=WAIT))
        keys = VirtualKeys(database, settings.keys)
        stack.push_async_callback(keys.close)
        chain = AuditChain(database, await load_signing_key(database, sealer))
        parts = Parts(
            settings=settings,
            database=database,
            sealer=sealer,
            logins=Logins(database, sealer),
            keys=keys,
            acts=Acts(chain, utc_ms),
            tries=Limiter(LOGIN_TRIES, LOGIN_SECONDS),
            gateway=GatewayCalls(settings, database, sealer, http),
            http=http,
            seats=_seats(settings),
        )
        context = ConsoleContext(settings, database, sealer)
        routes = [route for module in _OWN for route in module.routes(parts)]
        for mount in _installed() if mounts is None else mounts:
            routes += await stack.enter_async_context(mount(context))
        yield create_app(parts, [paged(route) for route in routes], static=static)


def create_app(parts: Parts, routes: Sequence[ConsoleRoute], *, static: Path | None = None) -> web.Application:
    """The application over these routes."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_headers])
    app[PARTS] = parts
    app.router.add_get(f"{PREFIX}/openapi.json", _description(routes))
    for route in sorted(routes, key=lambda route: "{" in route.path):  # `/policies/lint` before `/policies/{name}`
        app.router.add_route(route.method, PREFIX + route.path, handler_of(route, parts))
    app.router.add_get("/healthz", _alive)
    if parts.settings.console.scim.token is not None:
        app.router.add_route("*", SCIM + "/{tail:.*}", ScimHandler(parts, parts.settings.console.scim).handle)
    app.router.add_route("*", "/api/{tail:.*}", _no_route(routes))
    for path in ("/v1/{tail:.*}", "/metrics", "/readyz"):
        app.router.add_route("*", path, _meant_for_the_gateway)
    app.router.add_get("/{tail:.*}", _seated(parts, page_handler(static)))
    app.router.add_route("*", "/{tail:.*}", _meant_for_the_gateway)
    return app


def _description(routes: Sequence[ConsoleRoute]) -> Handler:
    """Tells what all routes are; put together when somebody asks for it first, for it takes a moment."""
    whole = cache(lambda: json.dumps(describe(routes, installed_version())).encode())

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=await asyncio.to_thread(whole), content_type="application/json")

    return openapi


def _seats(settings: Settings) -> Seats | None:
    """The seats of a public demo that has a number of them."""
    demo = settings.demo
    return Seats(demo.users, demo.idle_minutes * 60) if settings.demo_mode and demo.users else None


def _seated(parts: Parts, pages: Handler) -> Handler:
    """`pages`, and for who is logged in and has no seat in the demo the page that says so."""
    seats = parts.seats
    if seats is None:
        return pages

    async def page(request: web.Request) -> web.StreamResponse:
        if "text/html" in request.headers.get("Accept", ""):
            with suppress(Problem, DatabaseUnavailable):  # the page itself tells of these
                await identify(request, parts)
            session = session_of(request)
            number = seats.number(digest_of(session.secret)) if session is not None else 0
            if number:
                return full_page(number)
        return await pages(request)

    return page


def _installed() -> list[Mounted]:
    return [point.load() for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]


async def _alive(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _no_route(routes: Sequence[ConsoleRoute]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    patterns = [(re.compile(PREFIX + re.sub(r"\{\w+(:[^}]*)?\}", ".+", route.path)), route.method) for route in routes]

    async def unknown(request: web.Request) -> web.StreamResponse:
        methods = sorted({method for pattern, method in patterns if pattern.fullmatch(request.path)})
        if methods:
            problem = Problem(405, "method_not_allowed", f"This path takes {', '.join(methods)}.")
            return problem_response(problem, {"Allow": ", ".join(methods)})
        return problem_response(Problem(404, "no_such_route", "There is no such route; /api/v1/openapi.json has all."))

    return unknown


async def _meant_for_the_gateway(_request: web.Request) -> web.StreamResponse:
    """For SDKs and monitors that have the console's address and would get a page. It tells strangers no address."""
    detail = (
        "This is the console. SDKs and Prometheus ask the gateway: `sting up` prints its address, and the page About "
        "has it."
    )
    return problem_response(Problem(404, "no_such_route", detail))


@web.middleware
async def _headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = problem_response(Problem(error.status, "http", error.reason))
    if not response.prepared:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return await left_packed(request, response) if is_packed(request) else response
