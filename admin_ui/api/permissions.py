"""`/permissions`: who besides administrators may see or change one policy, key or report. For administrators."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from admin_ui.api.bodies import Body, require_installation
from admin_ui.api.policies import edited_version, put_checked
from admin_ui.parts import Parts
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem
from policies.key_rows import list_keys
from policies.permissions import Access, ObjectKind, Permission, granted_on, read, record_name, stored
from policies.records import newest_record

_IDS: dict[str, str] = {"policy": "no_such_policy", "key": "no_such_key", "report": "no_such_report"}
Grantee = Annotated[str, Field(pattern=r"^((usr|key)_[0-9a-f]{16}|role:(viewer|auditor|editor)|\*)$")]


class Right(Body):
    """One right: `grantee` is the id of a person or key, `role:ROLE` or `*`; `edit` includes `view`."""

    grantee: Grantee
    access: Access


class Rights(Body):
    """All rights on the object; with none of them it is for administrators alone."""

    items: list[Right] = Field(max_length=200)


class RightsAnswer(BaseModel):
    """The rights; `restricted` false: roles alone decide."""

    restricted: bool
    items: list[Right]


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag, path = "permissions", "/permissions/{kind}/{id}"
    roles: tuple[Literal["admin"]] = ("admin",)
    return (
        ConsoleRoute("GET", path, partial(_get, parts), "Rights on one object", tag, roles=roles, answer=RightsAnswer),
        ConsoleRoute(
            "PUT", path, partial(_put, parts), "Restrict it", tag, roles=roles, body=Rights, answer=RightsAnswer
        ),
        ConsoleRoute("DELETE", path, partial(_remove, parts), "Leave it to roles", tag, roles=roles, status=204),
    )


async def _object(parts: Parts, call: ConsoleCall) -> tuple[ObjectKind, str]:
    """Kind and id of an object that is there; reports are known to the report engine alone. Raises Problem."""
    given, identity = call.path["kind"], call.path["id"]
    kind: ObjectKind | None = next((one for one in ("policy", "key", "report") if one == given), None)
    if kind == "policy":
        require_installation(call)
        known = identity in await parts.policy_names()
    elif kind == "key":
        known = any(key.principal.key_id == identity for key in await list_keys(parts.database, call.caller.tenant))
    else:
        known = kind is not None and identity.isascii() and identity.replace("_", "").isalnum() and len(identity) <= 32  # noqa: PLR2004 - the length of their ids
    if kind is None or not known:
        raise Problem(404, _IDS.get(given, "no_such_object"), "There is no such policy, key of the database or report.")
    return kind, identity


async def _answer(parts: Parts, call: ConsoleCall, kind: ObjectKind, identity: str) -> ConsoleAnswer:
    record = await newest_record(parts.database, "permission", record_name(call.caller.tenant, kind, identity))
    granted = [] if record is None or record.removed else read(record.data)
    items = [Right(grantee=one.grantee, access=one.access) for one in granted]
    answer = RightsAnswer(restricted=record is not None and not record.removed, items=items)
    return ConsoleAnswer(answer, etag=str(record.version if record else 0), subject=identity)


async def _get(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    return await _answer(parts, call, *await _object(parts, call))


async def _put(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    kind, identity = await _object(parts, call)
    body: Rights = call.body
    data = stored(Permission(one.grantee, one.access) for one in body.items)
    await _kept(parts, call, kind, identity, data)
    return await _answer(parts, call, kind, identity)


async def _remove(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    kind, identity = await _object(parts, call)
    if await granted_on(parts.database, call.caller.tenant, kind, identity) is None:
        raise Problem(404, "not_restricted", "Nobody has restricted this; roles alone decide.")
    await _kept(parts, call, kind, identity, None)
    return ConsoleAnswer(None, subject=identity)


async def _kept(parts: Parts, call: ConsoleCall, kind: ObjectKind, identity: str, data: str | None) -> None:
    name = record_name(call.caller.tenant, kind, identity)
    expected = await edited_version(parts, call, "permission", name)
    await put_checked(parts, call, ("permission", name), data, "", expected)
