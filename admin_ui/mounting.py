"""Turns ConsoleRoutes into aiohttp handlers: who calls, may they, is the body right, what to answer, what to record."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from admin_ui.callers import NOBODY, identify, refuse_foreign_pages, session_of
from admin_ui.demo_seats import RELOAD_SECONDS, DemoFull
from admin_ui.parts import Parts
from admin_ui.problems import invalid, problem_response, unexpected
from policies import pacing
from policies.console_routes import Caller, ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem
from policies.db import DatabaseUnavailable
from policies.logins import digest_of
from policies.store_trouble import Outage

PREFIX = "/api/v1"
MAX_BODY = 4 * 1024 * 1024
"""Bytes of a JSON body; routes that stream set their own bounds."""
_log = logging.getLogger("sting.console")
_outage = Outage(_log, "the console")
_BAD = 400
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def handler_of(route: ConsoleRoute, parts: Parts) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of one route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        caller = NOBODY
        try:
            caller = await _admitted(request, route, parts)
            answer = await route.handler(await _call(request, route, caller))
            response = _response(answer, route)
            looked = isinstance(answer, ConsoleAnswer) and answer.originals
            if (route.recorded or looked) and route.roles:
                outcome = "originals" if looked else "ok"
                await parts.acts.record(caller, request.method, request.path, response.status, outcome)
        except DemoFull as full:
            return problem_response(full, {"Retry-After": str(RELOAD_SECONDS)})
        except Problem as problem:
            return problem_response(problem)
        except DatabaseUnavailable as error:
            _outage.failed(error)
            return problem_response(Problem(503, "unavailable", "The database does not answer; try again in a moment."))
        except (web.HTTPException, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the client gets an answer without its text
            return problem_response(unexpected(error))
        return response

    return handle


async def _admitted(request: web.Request, route: ConsoleRoute, parts: Parts) -> Caller:
    """The caller, who may use the route. Raises Problem."""
    if not route.roles:
        if request.method != "GET":
            refuse_foreign_pages(request)
            return NOBODY
        return await identify(request, parts)
    caller = await identify(request, parts)
    if caller is NOBODY:
        raise Problem(401, "not_logged_in", "Log in first, or send an admin key as `Authorization: Bearer`.")
    if not any(caller.has_role(role) for role in route.roles):
        raise Problem(403, "forbidden", f"This takes the role {' or '.join(route.roles)}.")
    session = session_of(request)
    if parts.seats is not None and session is not None and (route.method, route.path) != ("DELETE", "/session"):
        number = parts.seats.number(digest_of(session.secret))
        if number:
            raise DemoFull(number)
    return caller


async def _call(request: web.Request, route: ConsoleRoute, caller: Caller) -> ConsoleCall:
    body = query = None
    if route.query is not None:
        try:
            query = route.query.model_validate(_plain_query(request))
        except ValidationError as error:
            raise invalid(error, "query", route.query) from None
    if route.body is not None and not route.streams:
        body = await _body(request, route.body)
    tag = request.headers.get("If-Match")
    return ConsoleCall(
        caller=caller,
        request=request,
        body=body,
        query=query,
        path=dict(request.match_info),
        if_match=tag.strip().removeprefix("W/").strip('"') if tag else None,
    )


def _plain_query(request: web.Request) -> dict[str, Any]:
    """Query values by name; a name that stands there more than once gives a list."""
    found: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        found[name] = values if len(values) > 1 else values[0]
    return found


async def _body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    if request.content_type not in {"application/json", "application/octet-stream"}:
        raise Problem(415, "not_json", "Send JSON with `Content-Type: application/json`.")
    try:
        async with asyncio.timeout(pacing.BODY_SECONDS):
            raw = await request.read()
    except TimeoutError:
        raise Problem(408, "too_slow", "The body did not come in time. Send it at once.") from None
    except web.HTTPRequestEntityTooLarge:
        raise Problem(413, "too_large", f"The body is over {MAX_BODY // 1024} KiB.") from None
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise invalid(error, "body", model) from None


def _response(answer: Any, route: ConsoleRoute) -> web.StreamResponse:  # noqa: ANN401 - handlers return plain data
    if isinstance(answer, web.StreamResponse):
        return answer
    wrapped = answer if isinstance(answer, ConsoleAnswer) else ConsoleAnswer(answer)
    if isinstance(wrapped.data, web.StreamResponse):
        return wrapped.data
    headers = {"Cache-Control": "no-store", **wrapped.headers}
    if wrapped.etag is not None:
        headers["ETag"] = f'"{wrapped.etag}"'
    if wrapped.data is None:
        return web.Response(status=wrapped.status or 204, headers=headers)
    body = json.dumps(wrapped.data, default=plain, ensure_ascii=False, separators=(",", ":")).encode()
    status = wrapped.status or route.status
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def plain(value: object) -> object:
    """What JSON can hold of a value that it cannot: models, dataclasses, sets."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a route answered with a {type(value).__name__}")
