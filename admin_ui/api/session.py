"""`/session`: log in and out, who am I, own password and one-time codes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from admin_ui.api.bodies import Body
from admin_ui.callers import Session, address_of, caller_of, drop_cookie, session_of, set_cookie
from admin_ui.mounting import plain
from admin_ui.parts import Parts
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.logins import Login, LoginRefused, csrf_token, digest_of
from policies.passwords import MAX_LENGTH, matches
from policies.people import Person, PersonProblem, set_password


class LoginBody(Body):
    """An e-mail address with its password, and the authenticator app's code when one is in use."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=MAX_LENGTH, repr=False)
    code: str | None = Field(default=None, max_length=12, repr=False)


class LinkBody(Body):
    """The token of a login link."""

    token: str = Field(max_length=128, repr=False)


class PasswordBody(Body):
    """A new password, and the current one when there is one."""

    password: str = Field(max_length=MAX_LENGTH, repr=False)
    current: str | None = Field(default=None, max_length=MAX_LENGTH, repr=False)


class CodeBody(Body):
    """A code of the authenticator app."""

    code: str = Field(max_length=12, repr=False)


class Me(BaseModel):
    """Who is logged in."""

    id: str
    name: str
    email: str | None = None
    tenant: str
    roles: list[str]
    has_password: bool = True
    has_totp: bool = False


class SessionAnswer(BaseModel):
    """Who is logged in, and the X-CSRF-Token for this session's requests (empty for programs)."""

    user: Me
    csrf: str


class TotpAnswer(BaseModel):
    """What an authenticator app needs: the secret in base32 and the same as an address for a QR code."""

    secret: str
    uri: str


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag = "session"
    return (
        ConsoleRoute("GET", "/session", _me, "Who is logged in", tag, answer=SessionAnswer),
        ConsoleRoute(
            "POST", "/session", partial(_login, parts), "Log in", tag, roles=(), body=LoginBody, answer=SessionAnswer
        ),
        ConsoleRoute(
            "POST",
            "/session/link",
            partial(_login_by_link, parts),
            "Log in by a link",
            tag,
            roles=(),
            body=LinkBody,
            answer=SessionAnswer,
        ),
        ConsoleRoute("DELETE", "/session", partial(_logout, parts), "Log out", tag, status=204, act=False),
        ConsoleRoute(
            "PUT", "/session/password", partial(_password, parts), "Own password", tag, body=PasswordBody, status=204
        ),
        ConsoleRoute("POST", "/session/totp", partial(_begin_totp, parts), "Begin with codes", tag, answer=TotpAnswer),
        ConsoleRoute(
            "PUT", "/session/totp", partial(_confirm_totp, parts), "Switch codes on", tag, body=CodeBody, status=204
        ),
        ConsoleRoute(
            "DELETE", "/session/totp", partial(_drop_totp, parts), "Switch codes off", tag, body=CodeBody, status=204
        ),
    )


async def _me(call: ConsoleCall) -> SessionAnswer:
    session = session_of(call.request)
    if session is None:
        caller = call.caller
        me = Me(id=caller.user, name=caller.name, tenant=caller.tenant, roles=sorted(caller.roles))
        return SessionAnswer(user=me, csrf="")
    return _told(session)


def _told(session: Session) -> SessionAnswer:
    person = session.person
    me = Me(
        id=person.id,
        name=person.name,
        email=person.email,
        tenant=person.tenant,
        roles=list(person.roles),
        has_password=person.has_password,
        has_totp=person.has_totp,
    )
    return SessionAnswer(user=me, csrf=csrf_token(session.secret))


async def _login(parts: Parts, call: ConsoleCall) -> web.StreamResponse:
    _count_try(parts, call.request)
    body: LoginBody = call.body
    try:
        login = await parts.logins.by_password(body.email, body.password, body.code)
    except LoginRefused as error:
        raise Problem(401, error.code, str(error)) from None
    return await _entered(parts, call, login)


async def _login_by_link(parts: Parts, call: ConsoleCall) -> web.StreamResponse:
    _count_try(parts, call.request)
    try:
        login = await parts.logins.by_link(call.body.token)
    except LoginRefused as error:
        raise Problem(401, error.code, str(error)) from None
    return await _entered(parts, call, login)


def _count_try(parts: Parts, request: web.Request) -> None:
    wait = parts.tries.wait(address_of(request, parts))
    if wait:
        seconds = int(wait) + 1
        raise Problem(429, "too_many_tries", f"Too many tries; wait {seconds} seconds.", retry_after=seconds)


async def _entered(parts: Parts, call: ConsoleCall, login: Login) -> web.StreamResponse:
    await parts.acts.record(caller_of(login.person), call.request.method, call.request.path, 200)
    response = web.json_response(plain(_told(Session(login.secret, login.person))))
    response.headers["Cache-Control"] = "no-store"
    set_cookie(response, parts, login.secret)
    return response


async def _logout(parts: Parts, call: ConsoleCall) -> web.StreamResponse:
    session = session_of(call.request)
    if session is not None:
        await parts.logins.end(session.secret)
        if parts.seats is not None:
            parts.seats.leave(digest_of(session.secret))
    response = web.Response(status=204)
    drop_cookie(response, parts)
    return response


def _own(call: ConsoleCall) -> Session:
    session = session_of(call.request)
    if session is None:
        raise Problem(409, "no_person", "Only people who are logged in have a password and codes; keys do not.")
    return session


async def _password(parts: Parts, call: ConsoleCall) -> Any:  # noqa: ANN401 - a handler's answer
    session = _own(call)
    _count_try(parts, call.request)
    if session.person.has_password:
        await _prove(parts, session.person, call.body.current)
    try:
        await set_password(parts.database, session.person.id, call.body.password, keep=digest_of(session.secret))
    except PersonProblem as error:
        raise Problem(422, error.code, str(error)) from None


async def _prove(parts: Parts, person: Person, password: str | None) -> None:
    """Raise Problem when it is not the person's current password: an unwatched screen must not be enough."""
    if not await matches(await parts.logins.kept_password(person.id), password or ""):
        raise Problem(403, "wrong_password", "The current password is wrong.")


async def _begin_totp(parts: Parts, call: ConsoleCall) -> TotpAnswer:
    from pyotp import TOTP  # noqa: PLC0415 - needed here only

    person = _own(call).person
    try:
        secret = await parts.logins.begin_totp(person)
    except PersonProblem as error:
        raise Problem(409, error.code, str(error)) from None
    return TotpAnswer(secret=secret, uri=TOTP(secret).provisioning_uri(name=person.email, issuer_name="STING-CE"))


async def _confirm_totp(parts: Parts, call: ConsoleCall) -> None:
    try:
        await parts.logins.confirm_totp(_own(call).person, call.body.code)
    except PersonProblem as error:
        raise Problem(422, error.code, str(error)) from None


async def _drop_totp(parts: Parts, call: ConsoleCall) -> None:
    person = _own(call).person
    _count_try(parts, call.request)
    try:
        await parts.logins.confirm_totp(person, call.body.code)
    except PersonProblem as error:
        raise Problem(422, error.code, str(error)) from None
    await parts.logins.drop_totp(person)
