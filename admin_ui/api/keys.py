"""`/keys`: virtual keys of the caller's tenant. A secret is in the answer that makes it, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import BaseModel, Field

from admin_ui.api.bodies import Body, Name
from admin_ui.parts import Parts
from policies.console_routes import (
    ConsoleAnswer,
    ConsoleCall,
    ConsoleRoute,
    Problem,
    require_version,
    version_of,
)
from policies.key_rows import (
    KeyProblem,
    KeyRequest,
    NewKey,
    assign_key,
    create_key,
    limit_key,
    list_keys,
    revoke_key,
    rotate_key,
)
from policies.keys import bootstrap_keys
from policies.permissions import all_granted, granted_on, may, require
from policies.principals import NO_LIMITS, VirtualKey, owner_of
from policies.sections import KeyLimits, Role
from policies.service_keys import RESERVED

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_PLAIN_ROLES = frozenset({"use", "restore"})


class NewKeyBody(Body):
    """A key to make; what is left out is as for `sting keys create`."""

    name: Name
    policy: Name | None = None
    policies: list[str] | None = Field(default=None, max_length=100)
    models: list[str] = Field(default=["*"], min_length=1, max_length=100)
    roles: list[Role] = Field(default=["use", "restore"], min_length=1)
    team: Name | None = None
    vault: Name | None = None
    expires_days: int | None = Field(default=None, ge=1, le=3650)
    limits: KeyLimits = NO_LIMITS


class RotateBody(Body):
    """How long the old secret goes on working beside the new one."""

    overlap_minutes: int = Field(default=0, ge=0, le=10_080)


class KeyChange(Body):
    """What may be changed of a key: its limits, and its policy (null: the default one). What is left out stays."""

    limits: KeyLimits | None = None
    policy: Name | None = None


class Key(BaseModel):
    """A virtual key without its secret. Times are UTC milliseconds. `system`: the console and the reports use it.

    `version`: of its limits and its policy, for `If-Match`.
    """

    id: str
    name: str
    tenant: str
    team: str
    owner: str
    prefix: str
    policy: str | None
    policies: list[str] | None
    models: list[str]
    roles: list[str]
    source: Literal["config", "database"]
    system: bool
    limits: KeyLimits
    state: Literal["valid", "expired", "revoked"]
    created_at: int | None
    expires_at: int | None
    revoked_at: int | None
    version: str


class Keys(BaseModel):
    """Some keys."""

    items: list[Key]
    next: str | None = None


class MadeKey(BaseModel):
    """A key with its secret, which is shown this once."""

    key: Key
    secret: str


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag, one = "keys", "/keys/{id}"
    change: tuple[Literal["editor"]] = ("editor",)
    return (
        ConsoleRoute("GET", "/keys", partial(_list, parts), "All keys", tag, answer=Keys),
        ConsoleRoute(
            "POST",
            "/keys",
            partial(_make, parts),
            "Make a key",
            tag,
            roles=change,
            body=NewKeyBody,
            answer=MadeKey,
            status=201,
        ),
        ConsoleRoute("GET", one, partial(_get, parts), "One key", tag, answer=Key),
        ConsoleRoute(
            "PATCH",
            one,
            partial(_change, parts),
            "Set a key's limits or its policy",
            tag,
            roles=change,
            body=KeyChange,
            answer=Key,
        ),
        ConsoleRoute("DELETE", one, partial(_revoke, parts), "Revoke a key", tag, roles=change, answer=Key),
        ConsoleRoute(
            "POST",
            f"{one}/rotate",
            partial(_rotate, parts),
            "Give a key a new secret",
            tag,
            roles=change,
            body=RotateBody,
            answer=MadeKey,
        ),
    )


def _told(key: VirtualKey, now: int) -> Key:
    principal = key.principal
    state = "revoked" if key.revoked_at is not None else "valid" if key.is_valid(now) else "expired"
    return Key(
        id=principal.key_id,
        name=principal.key_name,
        tenant=principal.tenant,
        team=principal.team,
        owner=principal.owner,
        prefix=key.prefix,
        policy=principal.policy,
        policies=None if principal.policies is None else list(principal.policies),
        models=list(principal.models),
        roles=sorted(principal.roles),
        source="config" if key.source == "config" else "database",
        system=principal.key_name in RESERVED and key.source == "database",
        limits=principal.limits,
        state=state,  # type: ignore[arg-type] # one of the three words above
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        version=version_of({"limits": principal.limits.model_dump(mode="json"), "policy": principal.policy}),
    )


async def _all(parts: Parts, tenant: str) -> list[Key]:
    configured = [key for key in bootstrap_keys(parts.settings.keys) if key.principal.tenant == tenant]
    return [_told(key, parts.now()) for key in [*configured, *await list_keys(parts.database, tenant)]]


async def _list(parts: Parts, call: ConsoleCall) -> Keys:
    granted = await all_granted(parts.database, call.caller.tenant, "key")
    found = await _all(parts, call.caller.tenant)
    return Keys(items=[key for key in found if may(call.caller, granted.get(key.id), "view")])


async def _found(parts: Parts, call: ConsoleCall) -> Key:
    key = next((key for key in await _all(parts, call.caller.tenant) if key.id == call.path["id"]), None)
    granted = await granted_on(parts.database, call.caller.tenant, "key", call.path["id"])
    if key is None or not may(call.caller, granted, "view"):
        raise Problem(404, "no_such_key", "There is no such key.")
    return key


async def _get(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    return _answer(await _found(parts, call))


def _answer(key: Key) -> ConsoleAnswer:
    return ConsoleAnswer(key, etag=key.version)


async def _make(parts: Parts, call: ConsoleCall) -> MadeKey:
    body: NewKeyBody = call.body
    if not _PLAIN_ROLES.issuperset(body.roles) and not call.caller.has_role("admin"):
        raise Problem(403, "forbidden", "Only an administrator gives a key more than the roles use and restore.")
    await _check_policies(parts, body.policy, body.policies)
    now = parts.now()
    request = KeyRequest(
        name=body.name,
        tenant=call.caller.tenant,
        vault=body.vault,
        policy=body.policy,
        policies=None if body.policies is None else tuple(body.policies),
        models=tuple(body.models),
        roles=tuple(body.roles),
        expires_at=now + body.expires_days * _DAY_MS if body.expires_days else None,
        limits=body.limits,
        team=body.team or "",
        made_by=call.caller.user,
    )
    await _check_vault(parts, call, body.vault)
    if RESERVED & {body.name, body.vault}:
        raise Problem(409, "name_taken", "This name belongs to the installation itself.")
    try:
        return _made(await create_key(parts.database, request, now=now), now)
    except KeyProblem as error:
        raise Problem(409, "name_taken", str(error)) from None


async def _check_vault(parts: Parts, call: ConsoleCall, vault: str | None) -> None:
    """Raise Problem where a restricted key uses the vault: a key of it would restore what that one has scrambled."""
    if vault is None:
        return
    granted = await all_granted(parts.database, call.caller.tenant, "key")
    owner = owner_of("", vault)
    for key in await _all(parts, call.caller.tenant):
        if key.owner == owner and not may(call.caller, granted.get(key.id), "edit"):
            raise Problem(403, "not_yours", "A key that is restricted to others uses this vault; name another one.")


async def _check_policies(parts: Parts, policy: str | None, others: Sequence[str] | None = None) -> None:
    known = await parts.policy_names()
    for name in [*([policy] if policy else []), *(name for name in others or () if name != "*")]:
        if name not in known:
            raise Problem(422, "no_such_policy", "There is no policy of this name.")


def _made(made: NewKey, now: int) -> MadeKey:
    return MadeKey(key=_told(made.key, now), secret=made.secret)


async def _changeable(parts: Parts, call: ConsoleCall) -> Key:
    """The key, which may be changed here. Raises Problem."""
    key = await _found(parts, call)
    if key.source == "config":
        raise Problem(409, "configured", "This key stands in the configuration; change it there.")
    if key.system:
        raise Problem(409, "system_key", "The console and the reports work with this key; it stays.")
    await require(parts.database, call.caller, "key", key.id, "edit")
    if not _PLAIN_ROLES.issuperset(key.roles) and not call.caller.has_role("admin"):
        raise Problem(403, "forbidden", "Only an administrator changes a key with such roles.")
    return key


async def _change(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    key, body, tenant = await _changeable(parts, call), call.body, call.caller.tenant
    require_version(call, key.version)
    if "policy" in body.model_fields_set:
        await _check_policies(parts, body.policy)
        await assign_key(parts.database, key.id, body.policy, tenant=tenant)
    if body.limits is not None:
        await limit_key(parts.database, key.id, body.limits, tenant=tenant)
    return _answer(await _found(parts, call))


async def _revoke(parts: Parts, call: ConsoleCall) -> Key:
    key, now = await _changeable(parts, call), parts.now()
    return _told(await revoke_key(parts.database, key.id, tenant=call.caller.tenant, now=now), now)


async def _rotate(parts: Parts, call: ConsoleCall) -> MadeKey:
    key, now = await _changeable(parts, call), parts.now()
    overlap = call.body.overlap_minutes * _MINUTE_MS
    try:
        made = await rotate_key(parts.database, key.id, tenant=call.caller.tenant, now=now, overlap_ms=overlap)
    except KeyProblem as error:
        raise Problem(409, "revoked", str(error)) from None
    return _made(made, now)
