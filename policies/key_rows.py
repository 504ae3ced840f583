"""Virtual keys in the database: make, find, list, revoke, rotate. Checking a request's key is `policies.keys`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.db import Database
from policies.principals import NO_LIMITS, Principal, VirtualKey, new_secret, owner_of, secret_digest, shown_prefix
from policies.sections import KeyLimits
from policies.tables import VirtualKeyRow


class KeyProblem(ValueError):
    """What was asked of a key cannot be done: no such key, a name that is taken."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made or rotated, with its secret: shown once, never again."""

    key: VirtualKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """What a new key shall be. See Principal for the fields; `expires_at` is UTC milliseconds.

    `made_by` is the id of the person who makes it.
    """

    name: str
    tenant: str = "default"
    vault: str | None = None
    policy: str | None = None
    policies: tuple[str, ...] | None = None
    models: tuple[str, ...] = ("*",)
    roles: tuple[str, ...] = ("use", "restore")
    expires_at: int | None = None
    limits: KeyLimits = NO_LIMITS
    team: str = ""
    made_by: str = ""


async def create_key(database: Database, request: KeyRequest, *, now: int) -> NewKey:
    """Make a key. Raises KeyProblem when the tenant already has one of this name, revoked ones included."""
    if request.name.startswith("key_"):
        raise KeyProblem("a key's name must not start with key_: ids do")
    secret = new_secret()
    key_id = f"key_{secrets.token_hex(8)}"
    row = VirtualKeyRow(
        id=key_id,
        name=request.name,
        tenant=request.tenant,
        digest=secret_digest(secret),
        prefix=shown_prefix(secret),
        owner=owner_of(key_id, request.vault),
        policy=request.policy,
        policies=None if request.policies is None else json.dumps(request.policies),
        models=json.dumps(request.models),
        roles=json.dumps(request.roles),
        limits=None if request.limits == NO_LIMITS else request.limits.model_dump_json(),
        team=request.team,
        made_by=request.made_by,
        created_at=now,
        expires_at=request.expires_at,
    )
    same_name = select(VirtualKeyRow.id).where(
        VirtualKeyRow.tenant == request.tenant, VirtualKeyRow.name == request.name
    )
    async with database.session(write=True) as session:
        if await session.scalar(same_name) is not None:
            raise KeyProblem(f"there is already a key {request.name!r} in the tenant {request.tenant!r}")
        session.add(row)
    return NewKey(_virtual_key(row), secret)


async def find_key(database: Database, secret: str, now: int) -> VirtualKey | None:
    """The key of `secret`, revoked and expired ones too; a rotated-out secret counts until its overlap ends.

    Raises DatabaseUnavailable.
    """
    digest = secret_digest(secret) if secret.isascii() else ""
    query = select(VirtualKeyRow).where(
        or_(
            VirtualKeyRow.digest == digest,
            (VirtualKeyRow.previous_digest == digest) & (VirtualKeyRow.previous_until > now),
        )
    )
    async with database.session() as session:
        row = await session.scalar(query)
    return _virtual_key(row) if row else None


async def list_keys(database: Database, tenant: str | None = None) -> Sequence[VirtualKey]:
    """All keys, or those of one tenant, by tenant and name."""
    query = select(VirtualKeyRow).order_by(VirtualKeyRow.tenant, VirtualKeyRow.name)
    if tenant is not None:
        query = query.where(VirtualKeyRow.tenant == tenant)
    async with database.session() as session:
        return [_virtual_key(row) for row in await session.scalars(query)]


async def revoke_key(database: Database, name: str, *, tenant: str = "default", now: int) -> VirtualKey:
    """Make the key useless for good. `name` is its name or id. Raises KeyProblem."""
    async with database.session(write=True) as session:
        row = await _row(session, name, tenant)
        row.revoked_at = row.revoked_at or now
        row.previous_digest = row.previous_until = None
    return _virtual_key(row)


async def limit_key(database: Database, name: str, limits: KeyLimits, *, tenant: str = "default") -> VirtualKey:
    """Set the key's limits; every gateway knows within two seconds. Raises KeyProblem."""
    async with database.session(write=True) as session:
        row = await _row(session, name, tenant)
        row.limits = None if limits == NO_LIMITS else limits.model_dump_json()
    return _virtual_key(row)


async def assign_key(database: Database, name: str, policy: str | None, *, tenant: str = "default") -> VirtualKey:
    """Set the key's policy, None for the default one; every gateway knows within two seconds. Raises KeyProblem."""
    async with database.session(write=True) as session:
        row = await _row(session, name, tenant)
        row.policy = policy
    return _virtual_key(row)


async def rotate_key(
    database: Database, name: str, *, tenant: str = "default", now: int, overlap_ms: int = 0
) -> NewKey:
    """Give the key a new secret; id, vault and rights stay, so tokens stay restorable. Raises KeyProblem.

    The old secret works for `overlap_ms` more.
    """
    secret = new_secret()
    async with database.session(write=True) as session:
        row = await _row(session, name, tenant)
        if row.revoked_at is not None:
            raise KeyProblem(f"the key {name!r} is revoked; make a new one")
        row.previous_digest, row.previous_until = (row.digest, now + overlap_ms) if overlap_ms > 0 else (None, None)
        row.digest, row.prefix = secret_digest(secret), shown_prefix(secret)
    return NewKey(_virtual_key(row), secret)


async def policies_of_keys(database: Database, now: int) -> frozenset[str]:
    """Names of the policies that valid keys work under. Raises DatabaseUnavailable."""
    valid = or_(VirtualKeyRow.expires_at.is_(None), VirtualKeyRow.expires_at > now)
    query = select(VirtualKeyRow.policy).where(VirtualKeyRow.revoked_at.is_(None), valid).distinct()
    async with database.session() as session:
        return frozenset(name for name in await session.scalars(query) if name)


async def _row(session: AsyncSession, name: str, tenant: str) -> VirtualKeyRow:
    """The key of this id, else of this name: somebody may have called theirs like another's id. Raises KeyProblem."""
    query = select(VirtualKeyRow).where(VirtualKeyRow.tenant == tenant).with_for_update()
    row = await session.scalar(query.where(VirtualKeyRow.id == name))
    if row is None:
        row = await session.scalar(query.where(VirtualKeyRow.name == name))
    if row is None:
        raise KeyProblem(
            f"there is no key {name!r} in the tenant {tenant!r}; `sting keys list` shows those that there are"
        )
    return row


def _virtual_key(row: VirtualKeyRow) -> VirtualKey:
    principal = Principal(
        key_id=row.id,
        key_name=row.name,
        tenant=row.tenant,
        owner=row.owner,
        policy=row.policy,
        policies=None if row.policies is None else tuple(json.loads(row.policies)),
        models=tuple(json.loads(row.models)),
        roles=frozenset(json.loads(row.roles)),
        limits=NO_LIMITS if row.limits is None else KeyLimits.model_validate_json(row.limits),
        team=row.team,
    )
    return VirtualKey(principal, row.prefix, "database", row.created_at, row.expires_at, row.revoked_at)
