"""`/session/oidc`: log in by an identity provider; the browser is sent there and comes back to the callback."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from admin_ui.callers import address_of, caller_of, is_https, set_cookie
from admin_ui.oidc import OidcClient, OidcFailed
from admin_ui.parts import Parts
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.logins import LoginRefused
from policies.people import PersonProblem
from policies.quotas import quota_of
from policies.sealing import SealBroken

_COOKIE = "sting_oidc"
_CONTEXT = "oidc-login"
_PATH = "/api/v1/session/oidc"
_LIFE_MS = 600_000
_log = logging.getLogger("sting.console")


class LoginMethods(BaseModel):
    """How people can log in; `oidc` is what stands on the button, None without one."""

    password: bool
    oidc: str | None


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag = "session"
    return (
        ConsoleRoute(
            "GET", "/session/methods", partial(_methods, parts), "Ways to log in", tag, roles=(), answer=LoginMethods
        ),
        ConsoleRoute(
            "GET",
            "/session/oidc",
            partial(_begin, parts),
            "Go to the provider",
            tag,
            roles=(),
            status=302,
            streams=True,
        ),
        ConsoleRoute(
            "GET",
            "/session/oidc/callback",
            partial(_callback, parts),
            "Come back from the provider",
            tag,
            roles=(),
            status=302,
            streams=True,
        ),
    )


async def _methods(parts: Parts, _call: ConsoleCall) -> LoginMethods:
    section = parts.settings.console.oidc
    return LoginMethods(password=True, oidc=None if section is None else section.name)


def _client(parts: Parts) -> OidcClient:
    section = parts.settings.console.oidc
    if section is None:
        raise Problem(404, "no_oidc", "No identity provider is configured (console.oidc).")
    return OidcClient(section, f"{parts.settings.console_url}{_PATH}/callback", parts.http)


async def _begin(parts: Parts, call: ConsoleCall) -> web.StreamResponse:
    if wait := parts.tries.wait(address_of(call.request, parts)):
        seconds = int(wait) + 1
        raise Problem(429, "too_many_tries", f"Too many tries; wait {seconds} seconds.", retry_after=seconds)
    try:
        begun = await _client(parts).begin()
    except OidcFailed as error:
        return _failed(parts, str(error))
    kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "until": parts.now() + _LIFE_MS}
    response = web.Response(status=302, headers={"Location": begun.url, "Cache-Control": "no-store"})
    # the provider's redirect comes from another site: Lax lets this one cookie come along
    response.set_cookie(
        _COOKIE,
        parts.sealer.seal(json.dumps(kept).encode(), _CONTEXT).hex(),
        max_age=_LIFE_MS // 1000,
        httponly=True,
        samesite="Lax",
        secure=is_https(parts),
        path=_PATH,
    )
    return response


async def _callback(parts: Parts, call: ConsoleCall) -> web.StreamResponse:
    client, query = _client(parts), call.request.query
    begun = _remembered(parts, call.request)
    state = query.get("state", "")
    if begun is None or not hmac.compare_digest(state.encode("utf-8", "replace"), begun["state"].encode()):
        return _failed(parts, "not_begun_here")
    code = query.get("code")
    if not code:
        return _failed(parts, "provider_refused")
    try:
        who = await client.end(code, begun["nonce"], begun["verifier"])
        login = await parts.logins.by_identity(who, most=quota_of(parts.settings.quotas).users)
    except OidcFailed as error:
        return _failed(parts, str(error))
    except (LoginRefused, PersonProblem) as error:
        return _failed(parts, error.code)
    await parts.acts.record(caller_of(login.person), "GET", f"{_PATH}/callback", 302)
    response = web.Response(status=302, headers={"Location": "/", "Cache-Control": "no-store"})
    set_cookie(response, parts, login.secret)
    response.del_cookie(_COOKIE, path=_PATH)
    return response


def _remembered(parts: Parts, request: web.Request) -> dict[str, Any] | None:
    try:
        sealed = bytes.fromhex(request.cookies.get(_COOKIE, ""))
        kept: dict[str, Any] = json.loads(parts.sealer.open(sealed, _CONTEXT))
    except (SealBroken, ValueError):
        return None
    return kept if kept["until"] > parts.now() else None


def _failed(parts: Parts, why: str) -> web.Response:
    """Back to the login page with a word that it explains; what the provider said is not repeated."""
    _log.warning("a login by the identity provider failed", extra={"why": why})
    word = (
        why
        if why in {"no_role", "no_verified_email", "not_begun_here", "login_refused", "quota_exceeded"}
        else "oidc_failed"
    )
    response = web.Response(status=302, headers={"Location": f"/login#error={word}", "Cache-Control": "no-store"})
    response.del_cookie(_COOKIE, path=_PATH, secure=is_https(parts))
    return response
