"""`/scim/v2`: what an identity provider calls with its bearer token. Every change is an act of the audit."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from admin_ui.parts import Parts
from admin_ui.scim.filters import BadFilter, matches, parse_filter
from admin_ui.scim.patching import BadPatch, patched
from admin_ui.scim.resources import (
    CONFIG,
    ERROR,
    GROUP,
    LIST,
    USER,
    BadResource,
    group_of,
    user_of,
    wanted_group,
    wanted_user,
)
from policies import pacing
from policies.console_routes import Caller
from policies.db import DatabaseUnavailable
from policies.people import PersonProblem
from policies.quotas import quota_of
from policies.scim import Directory, Group
from policies.sections_console import Scim

PREFIX: Final = "/scim/v2"
MOST: Final = 200
"""Resources of one page."""
_STATUS: Final = {
    "no_such_user": 404, "no_such_group": 404, "email_taken": 409, "name_taken": 409, "last_admin": 409,
    "quota_exceeded": 403,
}  # fmt: skip
_UNIQUE: Final = ("email_taken", "name_taken")


class _Refused(Exception):
    """An answer in SCIM's form of errors."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind


class ScimHandler:
    """Answers all calls below `/scim/v2`."""

    def __init__(self, parts: Parts, section: Scim) -> None:
        self._parts = parts
        self._section = section
        most = quota_of(parts.settings.quotas).users
        self._directory = Directory(parts.database, section, most=most)
        self._base = f"{parts.settings.console_url}{PREFIX}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call, whatever comes of it."""
        status, data = 500, None
        try:
            self._admit(request)
            status, data = await self._answer(request)
        except _Refused as refused:
            status, data = refused.status, _error(refused.status, refused.detail, refused.kind)
        except (BadFilter, BadPatch, BadResource) as error:
            kind = "invalidFilter" if isinstance(error, BadFilter) else "invalidValue"
            status, data = 400, _error(400, f"{error}.".capitalize(), kind)
        except PersonProblem as problem:
            status = _STATUS.get(problem.code, 400)
            kind = "uniqueness" if problem.code in _UNIQUE else "" if status != 400 else "invalidValue"  # noqa: PLR2004
            data = _error(status, str(problem), kind)
        except DatabaseUnavailable:
            status, data = 503, _error(503, "The database does not answer; try again.")
        headers = {"Cache-Control": "no-store"}
        if status == 201 and data is not None:  # noqa: PLR2004 - created
            headers["Location"] = str(data["meta"]["location"])
        if request.method != "GET" and status < 400:  # noqa: PLR2004 - refusals change nothing
            await self._record(request, status)
        body = b"" if data is None else json.dumps(data).encode()
        return web.Response(status=status, body=body, content_type="application/scim+json", headers=headers)

    def _admit(self, request: web.Request) -> None:
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        token = self._section.token.get_secret_value() if self._section.token else ""
        good = hmac.compare_digest(sent.strip().encode("utf-8", "replace"), token.encode())
        if scheme.lower() != "bearer" or not token or not good:
            raise _Refused(401, "This takes the bearer token of `console.scim`.")

    async def _record(self, request: web.Request, status: int) -> None:
        caller = Caller("scim", "SCIM", self._section.tenant, frozenset())
        await self._parts.acts.record(caller, request.method, request.path, status)

    async def _answer(self, request: web.Request) -> tuple[int, dict[str, Any] | None]:
        kind, _, identity = request.match_info["tail"].strip("/").partition("/")
        if request.method == "GET" and not identity and kind in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
            return 200, self._described(kind)
        if kind not in ("Users", "Groups") or "/" in identity:
            raise _Refused(404, "There is no such resource.")
        if request.method in ("POST", "PUT", "PATCH"):
            body = await _body(request)
        if not identity:
            if request.method == "GET":
                return 200, await self._list(kind, request.query)
            if request.method == "POST":
                return 201, await self._make(kind, body)
        elif request.method == "GET":
            return 200, await self._one(kind, identity, request.query)
        elif request.method in ("PUT", "PATCH"):
            return 200, await self._change(kind, identity, body, patch=request.method == "PATCH")
        elif request.method == "DELETE":
            await self._remove(kind, identity)
            return 204, None
        raise _Refused(405, "This resource does not take this method.")

    async def _resources(self, kind: str, *, members: bool = True) -> list[dict[str, Any]]:
        if kind == "Users":
            return [user_of(one, self._base) for one in await self._directory.members()]
        return [group_of(one, self._base, members=members) for one in await self._directory.groups()]

    async def _list(self, kind: str, asked: Mapping[str, str]) -> dict[str, Any]:
        clauses = parse_filter(asked["filter"]) if asked.get("filter") else ()
        found = [one for one in await self._resources(kind) if matches(one, clauses)]
        begin, count = _number(asked.get("startIndex"), 1, 1), min(_number(asked.get("count"), MOST, 0), MOST)
        page = found[begin - 1 : begin - 1 + count]
        return {
            "schemas": [LIST],
            "totalResults": len(found),
            "startIndex": begin,
            "itemsPerPage": len(page),
            "Resources": [_without(one, asked) for one in page],
        }

    async def _one(self, kind: str, identity: str, asked: Mapping[str, str]) -> dict[str, Any]:
        if kind == "Users":
            return _without(user_of(await self._directory.member(identity), self._base), asked)
        return _without(group_of(await self._directory.group(identity), self._base), asked)

    async def _make(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if kind == "Users":
            made = await self._directory.add(wanted_user(body), now=self._parts.now())
            return user_of(made, self._base)
        return group_of(await self._directory.put_group(wanted_group(body)), self._base)

    async def _change(self, kind: str, identity: str, body: Mapping[str, Any], *, patch: bool) -> dict[str, Any]:
        if kind == "Users":
            before = user_of(await self._directory.member(identity), self._base)
            wanted = wanted_user(patched(before, body) if patch else body, before if patch else None)
            return user_of(await self._directory.change(identity, wanted, now=self._parts.now()), self._base)
        group: Group = await self._directory.group(identity)
        sent = patched(group_of(group, self._base), body) if patch else body
        return group_of(await self._directory.put_group(wanted_group(sent, group)), self._base)

    async def _remove(self, kind: str, identity: str) -> None:
        if kind == "Users":
            await self._directory.remove(identity, now=self._parts.now())
        else:
            await self._directory.remove_group(identity)

    def _described(self, kind: str) -> dict[str, Any]:
        if kind == "ServiceProviderConfig":
            off = {"supported": False}
            return {
                "schemas": [CONFIG],
                "patch": {"supported": True},
                "bulk": {**off, "maxOperations": 0, "maxPayloadSize": 0},
                "filter": {"supported": True, "maxResults": MOST},
                "changePassword": off,
                "sort": off,
                "etag": off,
                "authenticationSchemes": [
                    {"type": "oauthbearertoken", "name": "Bearer token", "description": "console.scim.token"}
                ],
            }
        types = (("User", "Users", USER), ("Group", "Groups", GROUP))
        items: Sequence[dict[str, Any]] = [
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": name, "name": name,
             "endpoint": f"/{path}", "schema": schema}
            if kind == "ResourceTypes"
            else {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": schema, "name": name,
                  "attributes": [{"name": one, "type": "string", "multiValued": False, "required": first}
                                 for one, first in _ATTRIBUTES[name]]}
            for name, path, schema in types
        ]  # fmt: skip
        return {
            "schemas": [LIST],
            "totalResults": len(items),
            "startIndex": 1,
            "itemsPerPage": len(items),
            "Resources": list(items),
        }


_ATTRIBUTES: Final[Mapping[str, Sequence[tuple[str, bool]]]] = {
    "User": (("userName", True), ("displayName", False), ("externalId", False)),
    "Group": (("displayName", True), ("externalId", False)),
}


def _error(status: int, detail: str, kind: str = "") -> dict[str, Any]:
    told = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return {**told, "scimType": kind} if kind else told


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        async with asyncio.timeout(pacing.BODY_SECONDS):
            body = json.loads(await request.read())
    except TimeoutError:
        raise _Refused(408, "The body did not come in time.") from None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _Refused(400, "The body is no JSON object.", "invalidSyntax")
    return body


def _without(resource: dict[str, Any], asked: Mapping[str, str]) -> dict[str, Any]:
    """The resource without what a client says that it does not want (`excludedAttributes`)."""
    unwanted = {one.strip().lower() for one in asked.get("excludedAttributes", "").split(",")} - {"id", "schemas"}
    return {name: value for name, value in resource.items() if name.lower() not in unwanted}


def _number(text: str | None, default: int, least: int) -> int:
    """A number of paging; what is too small counts as the least (RFC 7644, 3.4.2.4)."""
    if text is None or text == "":
        return default
    if not text.lstrip("-").isdecimal() or len(text) > 9:  # noqa: PLR2004 - more than there are people
        raise _Refused(400, "startIndex and count are numbers.", "invalidValue")
    return max(least, int(text))
