"""Failures as problem details (RFC 9457): `type`, `title`, `status`, `detail`, `code`, `errors`, `incident`."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ValidationError

from policies.console_routes import Problem
from policies.documents import fields_at, suggestion

_log = logging.getLogger("sting.console")
_OURS = 500
INTERNAL = "internal"
"""The code of a fault that has been written down already, with an id in its message."""


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer that tells the problem; a failure of the installation has an id that the log knows, too."""
    more = dict(headers or {})
    if problem.retry_after is not None:
        more["Retry-After"] = str(problem.retry_after)
    if problem.status >= _OURS and problem.code not in (INTERNAL, "demo_full"):
        more["X-Request-Id"] = _noted(problem)
    content = {
        "type": f"urn:sting:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.message,
        "errors": list(problem.errors),
    }
    return web.Response(
        status=problem.status,
        body=json.dumps(content).encode(),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **more},
    )


def _noted(problem: Problem) -> str:
    """Write down that it failed, never the message: it may repeat what another part said of a text."""
    incident = secrets.token_hex(6)
    _log.warning("refused", extra={"incident": incident, "status": problem.status, "code": problem.code})
    return incident


def unexpected(error: Exception) -> Problem:
    """A fault of ours: its type goes into the log beside an id that the person can tell; its text may be anybody's."""
    incident = secrets.token_hex(6)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}" if frame else ""
    _log.error("unexpected fault", extra={"incident": incident, "fault": type(error).__name__, "place": place})
    return Problem(500, INTERNAL, f"Something went wrong here. The log has more under the incident {incident}.")


def invalid(error: ValidationError, where: str, model: type[BaseModel]) -> Problem:
    """What a body or query does not fulfil, by field; never the values, never names that the client made up."""
    return Problem(422, "invalid", f"The {where} is not what this route takes.", errors=faults(error, model))


def faults(error: ValidationError, model: type[BaseModel]) -> Sequence[dict[str, str]]:
    """Field and message per fault."""
    found = []
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        steps = list(detail["loc"])
        message = str(detail["msg"]).removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = _unknown_field(steps.pop(), fields_at(model, detail["loc"][:-1]))
        found.append({"field": ".".join(str(step)[:64] for step in steps), "message": message})
    return found


def _unknown_field(name: object, known: Sequence[str]) -> str:
    """Of a field that is not known, what there is instead: its own name is a client's text and may be anybody's."""
    there = f" It takes: {', '.join(known)}." if known else ""
    return f"There is a field in it that is not known here{suggestion(name, known)}.{there}"
