"""People and groups as an identity provider keeps them in step (SCIM): made, changed, taken away, with what they had.

Who leaves - is set inactive or deleted - loses sessions, login links and the virtual keys that they have made. Roles
follow groups; nobody can take the tenant's last administrator away.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.db import Database
from policies.people import (
    Person,
    PersonChange,
    PersonProblem,
    change_person,
    checked_email,
    create_person,
    has_admin,
    keep_an_admin,
    list_people,
    remove_person,
)
from policies.people_tables import UserRow
from policies.scim_tables import ScimGroupRow, ScimMemberRow, ScimUserRow
from policies.sections_console import Scim


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person as the provider wants them. `email` may be the user name."""

    user_name: str
    email: str
    name: str
    active: bool
    external_id: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person with what the provider calls them, and the groups they are in, by id and name."""

    person: Person
    user_name: str
    external_id: str
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """A group; `members` are ids of people."""

    id: str
    name: str
    external_id: str
    members: Sequence[str] = ()


class Directory:
    """The people and groups of one tenant. All methods raise PersonProblem, DatabaseUnavailable."""

    def __init__(self, database: Database, section: Scim, *, most: int | None = None) -> None:
        self._database = database
        self._section = section
        self._tenant = section.tenant
        self._most = most

    async def members(self) -> list[Member]:
        """Everybody, by e-mail address."""
        people = await list_people(self._database, self._tenant)
        groups = await self.groups()
        async with self._database.session() as session:
            rows = {row.user: row for row in await session.scalars(select(ScimUserRow))}
        found = []
        for person in people:
            row = rows.get(person.id)
            named = {group.id: group.name for group in groups if person.id in group.members}
            found.append(Member(person, row.user_name if row else person.email, row.external_id if row else "", named))
        return found

    async def member(self, identity: str) -> Member:
        """One of them."""
        found = next((one for one in await self.members() if one.person.id == identity), None)
        if found is None:
            raise PersonProblem("no_such_user", "There is no such person.")
        return found

    async def add(self, wanted: Wanted, *, now: int) -> Member:
        """Somebody new; without a password they come in by single sign-on or a link."""
        person = await create_person(
            self._database,
            wanted.email,
            name=wanted.name,
            tenant=self._tenant,
            roles=(self._section.default_role,),
            most=self._most,
            now=now,
        )
        await self._name(person.id, wanted)
        if not wanted.active:
            await self._leave(person.id, now)
        return await self.member(person.id)

    async def change(self, identity: str, wanted: Wanted, *, now: int) -> Member:
        """What shall become of a person."""
        before = await self.member(identity)
        if not wanted.active:
            await self._leave(identity, now)
        elif before.person.disabled:
            await change_person(self._database, identity, PersonChange(disabled=False), tenant=self._tenant)
        await self._name(identity, wanted)
        return await self.member(identity)

    async def remove(self, identity: str, *, now: int) -> None:
        """A person goes, with their sessions and keys."""
        await self.member(identity)
        await remove_person(self._database, identity, tenant=self._tenant, revoke_at=self._revoke_at(now))

    async def groups(self) -> list[Group]:
        """All groups by name."""
        query = select(ScimGroupRow).where(ScimGroupRow.tenant == self._tenant).order_by(ScimGroupRow.name)
        async with self._database.session() as session:
            rows = (await session.scalars(query)).all()
            members: dict[str, list[str]] = {}
            for group, user in await session.execute(
                select(ScimMemberRow.group, ScimMemberRow.user).order_by(ScimMemberRow.user)
            ):
                members.setdefault(group, []).append(user)
        return [Group(row.id, row.name, row.external_id, members.get(row.id, [])) for row in rows]

    async def group(self, identity: str) -> Group:
        """One of them."""
        found = next((one for one in await self.groups() if one.id == identity), None)
        if found is None:
            raise PersonProblem("no_such_group", "There is no such group.")
        return found

    async def put_group(self, wanted: Group) -> Group:
        """Make (without an id) or change a group; its members, old and new, get the roles of their groups."""
        known = {person.id for person in await list_people(self._database, self._tenant)}
        if not known.issuperset(wanted.members):
            raise PersonProblem("no_such_user", "A member of the group is not known here.")
        before: Collection[str] = (await self.group(wanted.id)).members if wanted.id else ()
        made = wanted if wanted.id else replace(wanted, id=f"grp_{secrets.token_hex(8)}")
        async with self._database.session(write=True) as session:
            same = select(ScimGroupRow.id).where(ScimGroupRow.tenant == self._tenant, ScimGroupRow.name == made.name)
            if await session.scalar(same.where(ScimGroupRow.id != made.id)) is not None:
                raise PersonProblem("name_taken", "There is already a group of this name.")
            await session.merge(
                ScimGroupRow(id=made.id, tenant=self._tenant, name=made.name, external_id=made.external_id)
            )
            await session.flush()
            await session.execute(delete(ScimMemberRow).where(ScimMemberRow.group == made.id))
            session.add_all(ScimMemberRow(group=made.id, user=user) for user in dict.fromkeys(made.members))
            await session.flush()
            await self._give_roles(session, {*before, *made.members})
        return await self.group(made.id)

    async def remove_group(self, identity: str) -> None:
        """A group goes; its members get the roles of the others that they are in."""
        before = (await self.group(identity)).members
        async with self._database.session(write=True) as session:
            await session.execute(delete(ScimMemberRow).where(ScimMemberRow.group == identity))
            await session.execute(delete(ScimGroupRow).where(ScimGroupRow.id == identity))
            await self._give_roles(session, before)

    async def _give_roles(self, session: AsyncSession, users: Collection[str]) -> None:
        """The roles of all groups of each of them, or the default one. Raises PersonProblem: the last admin stays."""
        pairs = (
            select(ScimMemberRow.user, ScimGroupRow.name)
            .join(ScimGroupRow, ScimGroupRow.id == ScimMemberRow.group)
            .where(ScimMemberRow.user.in_(users))
        )
        had = await has_admin(session, self._tenant)
        named: dict[str, set[str]] = {}
        for user, name in await session.execute(pairs):
            named.setdefault(user, set()).add(name)
        for row in await session.scalars(select(UserRow).where(UserRow.id.in_(users)).with_for_update()):
            given = {self._section.roles[name] for name in named.get(row.id, ()) if name in self._section.roles}
            roles = json.dumps([one for one in ("viewer", "auditor", "editor", "admin") if one in given])
            row.roles = roles if given else json.dumps([self._section.default_role])
            row.version += 1
        await keep_an_admin(session, self._tenant, had=had)

    async def _name(self, identity: str, wanted: Wanted) -> None:
        email = checked_email(wanted.email)
        async with self._database.session(write=True) as session:
            taken = select(UserRow.id).where(UserRow.email == email, UserRow.id != identity)
            if await session.scalar(taken) is not None:
                raise PersonProblem("email_taken", "There is already somebody with this e-mail address.")
            row = await session.get(UserRow, identity)
            if row is not None:
                row.email, row.name = email, wanted.name or row.name
            await session.merge(
                ScimUserRow(user=identity, user_name=wanted.user_name[:254], external_id=wanted.external_id[:200])
            )

    async def _leave(self, identity: str, now: int) -> None:
        change = PersonChange(disabled=True)
        await change_person(self._database, identity, change, tenant=self._tenant, revoke_at=self._revoke_at(now))

    def _revoke_at(self, now: int) -> int | None:
        return now if self._section.revoke_keys else None
