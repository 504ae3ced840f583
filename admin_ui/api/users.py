"""`/users`: the people of the caller's tenant, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from admin_ui.api.bodies import Body, version_in
from admin_ui.parts import Parts
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem, UserRole
from policies.logins import link_address
from policies.passwords import MAX_LENGTH
from policies.people import (
    Person,
    PersonChange,
    PersonProblem,
    change_person,
    create_person,
    find_person,
    list_people,
    remove_person,
)
from policies.quotas import quota_of

_STATUS = {"no_such_user": 404, "email_taken": 409, "last_admin": 409, "version_conflict": 412}
Name = Annotated[str, Field(min_length=1, max_length=200)]


class NewUser(Body):
    """A person to make; without a password they get a link."""

    email: str = Field(max_length=254)
    name: str = Field(default="", max_length=200)
    roles: list[UserRole] = Field(min_length=1)
    password: str | None = Field(default=None, max_length=MAX_LENGTH, repr=False)


class UserChange(Body):
    """What to change of a person. `keep_keys`: who is disabled does not lose the virtual keys that they have made."""

    name: Name | None = None
    roles: list[UserRole] | None = Field(default=None, min_length=1)
    disabled: bool | None = None
    keep_keys: bool = False


class Removal(Body):
    """`keep_keys`: the virtual keys that the person has made go on working."""

    keep_keys: bool = False


class User(BaseModel):
    """A person as administrators see them. Times are UTC milliseconds."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    email: str
    name: str
    tenant: str
    roles: list[str]
    has_password: bool
    has_totp: bool
    disabled: bool
    locked_until: int | None
    created_at: int
    last_login_at: int | None
    version: int


class MadeUser(BaseModel):
    """A new person, and the login link to hand over when they have no password."""

    user: User
    link: str | None


class Users(BaseModel):
    """Some people."""

    items: list[User]
    next: str | None = None


class Link(BaseModel):
    """A login link, to be used once within half an hour."""

    link: str


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag = "users"
    admin: tuple[UserRole, ...] = ("admin",)
    one = "/users/{id}"
    return (
        ConsoleRoute("GET", "/users", partial(_list, parts), "All people", tag, roles=admin, answer=Users),
        ConsoleRoute(
            "POST",
            "/users",
            partial(_make, parts),
            "Make a person",
            tag,
            roles=admin,
            body=NewUser,
            answer=MadeUser,
            status=201,
        ),
        ConsoleRoute("GET", one, partial(_get, parts), "One person", tag, roles=admin, answer=User),
        ConsoleRoute(
            "PATCH", one, partial(_change, parts), "Change a person", tag, roles=admin, body=UserChange, answer=User
        ),
        ConsoleRoute(
            "DELETE", one, partial(_remove, parts), "Remove a person", tag, roles=admin, query=Removal, status=204
        ),
        ConsoleRoute("POST", f"{one}/link", partial(_link, parts), "A new login link", tag, roles=admin, answer=Link),
        ConsoleRoute(
            "DELETE",
            f"{one}/totp",
            partial(_drop_totp, parts),
            "Forget the person's codes",
            tag,
            roles=admin,
            status=204,
        ),
    )


async def _list(parts: Parts, call: ConsoleCall) -> Users:
    people = await list_people(parts.database, call.caller.tenant)
    return Users(items=[User.model_validate(person) for person in people])


async def _make(parts: Parts, call: ConsoleCall) -> MadeUser:
    body: NewUser = call.body
    try:
        person = await create_person(
            parts.database,
            body.email,
            name=body.name,
            tenant=call.caller.tenant,
            roles=body.roles,
            password=body.password,
            most=quota_of(parts.settings.quotas).users,
            now=parts.now(),
        )
    except PersonProblem as error:
        raise _problem(error) from None
    link = None if body.password else link_address(parts.settings.console_url, await parts.logins.make_link(person))
    return MadeUser(user=User.model_validate(person), link=link)


async def _found(parts: Parts, call: ConsoleCall) -> Person:
    try:
        return await find_person(parts.database, call.path["id"], call.caller.tenant)
    except PersonProblem as error:
        raise _problem(error) from None


async def _get(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    person = await _found(parts, call)
    return ConsoleAnswer(User.model_validate(person), etag=str(person.version))


async def _change(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    body: UserChange = call.body
    change = PersonChange(name=body.name, roles=body.roles, disabled=body.disabled)
    try:
        person = await change_person(
            parts.database,
            call.path["id"],
            change,
            tenant=call.caller.tenant,
            expected=version_in(call),
            revoke_at=None if body.keep_keys else parts.now(),
        )
    except PersonProblem as error:
        raise _problem(error) from None
    return ConsoleAnswer(User.model_validate(person), etag=str(person.version))


async def _remove(parts: Parts, call: ConsoleCall) -> None:
    query: Removal = call.query
    revoke_at = None if query.keep_keys else parts.now()
    try:
        await remove_person(parts.database, call.path["id"], tenant=call.caller.tenant, revoke_at=revoke_at)
    except PersonProblem as error:
        raise _problem(error) from None


async def _link(parts: Parts, call: ConsoleCall) -> Link:
    return Link(link=link_address(parts.settings.console_url, await parts.logins.make_link(await _found(parts, call))))


async def _drop_totp(parts: Parts, call: ConsoleCall) -> None:
    await parts.logins.drop_totp(await _found(parts, call))


def _problem(error: PersonProblem) -> Problem:
    return Problem(_STATUS.get(error.code, 422), error.code, str(error))
