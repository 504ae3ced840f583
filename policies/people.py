"""People who use the console: make, list, change, remove. Logging in is `policies.logins`."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policies.console_routes import UserRole
from policies.db import Database
from policies.passwords import hashed, password_fault
from policies.people_tables import LoginLinkRow, UserRow, UserSessionRow
from policies.quotas import QuotaExceeded, check_quota
from policies.tables import VirtualKeyRow

ROLES: tuple[UserRole, ...] = ("viewer", "auditor", "editor", "admin")
_EMAIL = re.compile(r"[^\s@\x00-\x1f]{1,64}@[^\s@\x00-\x1f]{1,189}")


class PersonProblem(ValueError):
    """What was asked cannot be done; the message says why. `code` is a stable word for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Person:
    """A person without secrets. Times are UTC milliseconds."""

    id: str
    email: str
    name: str
    tenant: str
    roles: tuple[str, ...]
    has_password: bool
    has_totp: bool
    disabled: bool
    locked_until: int | None
    created_at: int
    last_login_at: int | None
    version: int


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What shall become of a person; None leaves it as it is."""

    name: str | None = None
    roles: Sequence[str] | None = None
    disabled: bool | None = None


async def create_person(
    database: Database,
    email: str,
    *,
    name: str = "",
    tenant: str = "default",
    roles: Sequence[str] = ("viewer",),
    password: str | None = None,
    most: int | None = None,
    now: int,
) -> Person:
    """Make a person; without a password they come in by a link. Raises PersonProblem, DatabaseUnavailable.

    `most`: how many people the tenant may have (`policies.quotas`); None sets no limit.
    """
    email = checked_email(email)
    kept = None
    if password is not None:
        fault = password_fault(password, email)
        if fault:
            raise PersonProblem("weak_password", fault)
        kept = await hashed(password)
    row = UserRow(
        id=f"usr_{secrets.token_hex(8)}",
        email=email,
        name=name or email.partition("@")[0],
        tenant=tenant,
        roles=json.dumps(_checked_roles(roles)),
        password=kept,
        totp="none",
        totp_step=0,
        failures=0,
        disabled=0,
        created_at=now,
        version=1,
    )
    async with database.session(write=True) as session:
        if await session.scalar(select(UserRow.id).where(UserRow.email == email)) is not None:
            raise PersonProblem("email_taken", "There is already somebody with this e-mail address.")
        await room_for_one_more(session, tenant, most)
        session.add(row)
    return person_of(row)


async def room_for_one_more(session: AsyncSession, tenant: str, most: int | None) -> None:
    """Raise PersonProblem `quota_exceeded` when the tenant has all the people that it may have; None sets no limit."""
    if most is None:
        return
    people = await session.scalar(select(func.count()).select_from(UserRow).where(UserRow.tenant == tenant))
    try:
        check_quota(most, (people or 0) + 1, "people of the console")
    except QuotaExceeded as error:
        raise PersonProblem("quota_exceeded", f"{error}.".capitalize()) from None


async def list_people(database: Database, tenant: str | None = None) -> list[Person]:
    """Everybody, or those of one tenant, by e-mail address. Raises DatabaseUnavailable."""
    query = select(UserRow).order_by(UserRow.email)
    if tenant is not None:
        query = query.where(UserRow.tenant == tenant)
    async with database.session() as session:
        return [person_of(row) for row in await session.scalars(query)]


async def find_person(database: Database, wanted: str, tenant: str | None = None) -> Person:
    """The person of this id or e-mail address, in `tenant` when given. Raises PersonProblem, DatabaseUnavailable."""
    async with database.session() as session:
        return person_of(await _row(session, wanted, tenant))


async def change_person(
    database: Database,
    wanted: str,
    change: PersonChange,
    *,
    tenant: str | None = None,
    expected: int | None = None,
    revoke_at: int | None = None,
) -> Person:
    """Change a person. `expected` is the version that the change was made on.

    Who is disabled loses sessions and login links, and where `revoke_at` (UTC milliseconds) is given the virtual keys
    that they have made. Raises PersonProblem: `version_conflict` when somebody else was faster, `last_admin` when
    nobody could administrate any more.
    """
    async with database.session(write=True) as session:
        row, had = await _row_to_change(session, wanted, tenant)
        if expected is not None and row.version != expected:
            raise PersonProblem("version_conflict", "Somebody else has changed this person meanwhile.")
        if change.name is not None:
            row.name = change.name
        if change.roles is not None:
            row.roles = json.dumps(_checked_roles(change.roles))
        if change.disabled is not None:
            row.disabled = int(change.disabled)
            if change.disabled:
                await _take_away(session, row.id, revoke_at)
        row.version += 1
        await keep_an_admin(session, row.tenant, had=had)
    return person_of(row)


async def remove_person(
    database: Database, wanted: str, *, tenant: str | None = None, revoke_at: int | None = None
) -> Person:
    """Remove a person, and all that who is disabled loses. Raises PersonProblem, DatabaseUnavailable."""
    async with database.session(write=True) as session:
        row, had = await _row_to_change(session, wanted, tenant)
        await _take_away(session, row.id, revoke_at)
        await session.delete(row)
        await keep_an_admin(session, row.tenant, had=had)
    return person_of(row)


async def set_password(database: Database, wanted: str, password: str, *, keep: str = "") -> None:
    """Give a person a new password; all their sessions but the one of digest `keep` end. Raises PersonProblem."""
    person = await find_person(database, wanted)
    fault = password_fault(password, person.email)
    if fault:
        raise PersonProblem("weak_password", fault)
    kept = await hashed(password)
    async with database.session(write=True) as session:
        row = await _row(session, person.id, None)
        row.password, row.failures, row.locked_until = kept, 0, None
        await session.execute(
            delete(UserSessionRow).where(UserSessionRow.user == row.id, UserSessionRow.digest != keep)
        )
        await session.execute(delete(LoginLinkRow).where(LoginLinkRow.user == row.id))


def person_of(row: UserRow) -> Person:
    """The row without its secrets."""
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        tenant=row.tenant,
        roles=tuple(json.loads(row.roles)),
        has_password=row.password is not None,
        has_totp=row.totp == "on",
        disabled=bool(row.disabled),
        locked_until=row.locked_until,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
        version=row.version,
    )


def checked_email(email: str) -> str:
    """The address in lower case. Raises PersonProblem for what is none."""
    if not _EMAIL.fullmatch(email):
        raise PersonProblem("bad_email", "This is no e-mail address.")
    return email.lower()


def _checked_roles(roles: Sequence[str]) -> list[str]:
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise PersonProblem("unknown_role", f"Roles are {', '.join(ROLES)}; a person has at least one.")
    return [role for role in ROLES if role in roles]


async def _row(session: AsyncSession, wanted: str, tenant: str | None) -> UserRow:
    column = UserRow.email if "@" in wanted else UserRow.id
    query = select(UserRow).where(column == wanted.lower())
    if tenant is not None:
        query = query.where(UserRow.tenant == tenant)
    row = await session.scalar(query.with_for_update())
    if row is None:
        raise PersonProblem("no_such_user", "There is no such person.")
    return row


async def _take_away(session: AsyncSession, user: str, revoke_at: int | None) -> None:
    """Sessions, login links and, where a time is given, the keys that they have made: gateways know in two seconds."""
    await session.execute(delete(UserSessionRow).where(UserSessionRow.user == user))
    await session.execute(delete(LoginLinkRow).where(LoginLinkRow.user == user))
    if revoke_at is not None:
        theirs = VirtualKeyRow.made_by == user, VirtualKeyRow.revoked_at.is_(None)
        gone = {"revoked_at": revoke_at, "previous_digest": None, "previous_until": None}
        await session.execute(update(VirtualKeyRow).where(*theirs).values(gone))


async def _row_to_change(session: AsyncSession, wanted: str, tenant: str | None) -> tuple[UserRow, bool]:
    """The person's row, and whether their tenant had an administrator before. Raises PersonProblem."""
    column = UserRow.email if "@" in wanted else UserRow.id
    theirs = await session.scalar(select(UserRow.tenant).where(column == wanted.lower()))
    # The administrators' rows first, and in order: two who change each other would wait for one another otherwise.
    had = theirs is not None and await has_admin(session, theirs)
    return await _row(session, wanted, tenant), had


async def has_admin(session: AsyncSession, tenant: str) -> bool:
    """Whether anybody who is not disabled administrates the tenant, as the session has it now.

    It holds their rows until it ends: of several that take an administrator away the later ones see what the first did.
    """
    await session.flush()
    theirs = UserRow.tenant == tenant, UserRow.disabled == 0, UserRow.roles.contains('"admin"')
    rows = await session.scalars(select(UserRow.id).where(*theirs).order_by(UserRow.id).with_for_update())
    return bool(rows.all())


async def keep_an_admin(session: AsyncSession, tenant: str, *, had: bool) -> None:
    """Raise PersonProblem when the tenant's last administrator would go; `had`: there was one before.

    Where people never administrate, because keys and commands do, everybody may leave.
    """
    if had and not await has_admin(session, tenant):
        raise PersonProblem("last_admin", "This is the last administrator of the tenant; name another one first.")
