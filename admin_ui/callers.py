"""Who calls the console: a person by session cookie, a program by bearer key."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from admin_ui.parts import Parts
from policies.console_routes import Caller, Problem
from policies.logins import LIFE_MS, csrf_token
from policies.people import Person
from policies.running import find_running
from policies.sections import client_address

COOKIE = "sting_session"
NOBODY = Caller("", "", "", frozenset())
LOCAL = Caller("key_local", "local", "default", frozenset({"admin"}))
"""The caller who holds the local key of `run.json`."""
_SAFE = frozenset({"GET", "HEAD"})
_SENT = web.RequestKey("session", object)


@dataclass(frozen=True, slots=True)
class Session:
    """A person's session as a request carries it."""

    secret: str
    person: Person


def caller_of(person: Person) -> Caller:
    """The person as routes see them; who may change things may look at them."""
    return Caller(person.id, person.name, person.tenant, frozenset(person.roles) | {"viewer"})


async def identify(request: web.Request, parts: Parts) -> Caller:
    """Who calls; NOBODY without or with a dead credential.

    A cookie on a request that may change something counts only with the session's X-CSRF-Token. Raises Problem.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return await _by_key(secret.strip(), address_of(request, parts), parts)
    cookie = request.cookies.get(cookie_name(parts))
    if not cookie:
        return NOBODY
    person = await parts.logins.who(cookie)
    if person is None:
        return NOBODY
    if request.method not in _SAFE:
        sent = request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(sent.encode("utf-8", "replace"), csrf_token(cookie).encode()):
            raise Problem(403, "csrf", "The X-CSRF-Token is missing or old; GET /api/v1/session has the right one.")
    request[_SENT] = Session(cookie, person)
    return caller_of(person)


def session_of(request: web.Request) -> Session | None:
    """The session of an identified request; None for programs and strangers."""
    found = request.get(_SENT)
    return found if isinstance(found, Session) else None


def address_of(request: web.Request, parts: Parts) -> str:
    """From where the request comes: what a proxy of `gateway.trusted_proxies` says of its client counts."""
    forwarded = request.headers.get("X-Forwarded-For")
    return client_address(request.remote, forwarded, parts.settings.gateway.trusted_proxies)


async def _by_key(secret: str, address: str, parts: Parts) -> Caller:
    principal = await parts.keys.authenticate(secret)
    if principal is not None and not principal.limits.may_come_from(address):
        return NOBODY
    if principal is not None and principal.has_role("admin"):
        return Caller(principal.key_id, principal.key_name, principal.tenant, frozenset({"admin"}))
    if principal is not None and principal.has_role("audit"):
        return Caller(principal.key_id, principal.key_name, principal.tenant, frozenset({"auditor", "viewer"}))
    running = await asyncio.to_thread(find_running, parts.settings.data_dir)
    if running is not None and hmac.compare_digest(running.local_key.encode(), secret.encode("utf-8", "replace")):
        return LOCAL
    return NOBODY


def refuse_foreign_pages(request: web.Request) -> None:
    """Raise Problem when a page of another origin sends this request (logging somebody in unasked)."""
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site") == "cross-site" or (origin and urlsplit(origin).netloc != request.host):
        raise Problem(403, "foreign_origin", "This request comes from a page of another address.")


def cookie_name(parts: Parts) -> str:
    """With https the browser is told to take the cookie from this very host only."""
    return f"__Host-{COOKIE}" if is_https(parts) else COOKIE


def is_https(parts: Parts) -> bool:
    """Whether people reach the console over TLS."""
    return parts.settings.console_url.startswith("https://")


def set_cookie(response: web.StreamResponse, parts: Parts, secret: str) -> None:
    """Give the browser its session; scripts cannot read it, other sites cannot use it."""
    response.set_cookie(
        cookie_name(parts),
        secret,
        max_age=LIFE_MS // 1000,
        httponly=True,
        samesite="Strict",
        secure=is_https(parts),
        path="/",
    )


def drop_cookie(response: web.StreamResponse, parts: Parts) -> None:
    """Make the browser forget its session."""
    response.del_cookie(cookie_name(parts), path="/", httponly=True, samesite="Strict", secure=is_https(parts))
