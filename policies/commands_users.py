"""`sting users`: the people of the console, also when nobody can log in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from policies.db import Database
    from policies.logins import Logins
    from policies.people import Person
    from policies.settings import Settings

T = TypeVar("T")
_ROLES = ("viewer", "auditor", "editor", "admin")
_tenant = click.option("--tenant", default="default", show_default=True, help="The tenant that the person belongs to.")

_keep_keys = click.option("--keep-keys", is_flag=True, help="Virtual keys that the person has made go on working.")


@click.group()
def users() -> None:
    """People who use the console, and links to log them in.

    \b
    Example:
      sting users create ada@example.com --role editor
    """


@users.command("create")
@click.argument("email")
@click.option("--name", default="", help="Name to show.")
@click.option("--role", "roles", multiple=True, type=click.Choice(_ROLES), default=("viewer",), show_default=True)
@_tenant
@config_options
@json_option
@clear_failures
def create(
    email: str,
    name: str,
    roles: tuple[str, ...],
    tenant: str,
    config: Path | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make a person and print a link that logs them in once.

    \b
    Example:
      sting users create ada@example.com --role editor
    """
    from policies.people import create_person
    from policies.quotas import quota_of

    settings = read_settings(config, data_dir)

    async def work(tools: _Tools) -> tuple[Person, str]:
        most = quota_of(settings.quotas).users
        person = await create_person(
            tools.database, email, name=name, tenant=tenant, roles=roles, most=most, now=_now()
        )
        return person, await tools.logins.make_link(person)

    person, token = _with_tools(settings, "users create", work)
    if as_json:
        print_json({**asdict(person), "link": _link(settings, token)})
    else:
        click.echo(_link(settings, token))
        click.echo(f"{person.email} ({', '.join(person.roles)}): the link works once, within 30 minutes.", err=True)


@users.command("list")
@click.option("--tenant", help="Only people of this tenant.")
@config_options
@json_option
@clear_failures
def list_all(tenant: str | None, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Everybody who may use the console.

    \b
    Example:
      sting users list
    """
    from policies.people import list_people

    found = _with_tools(read_settings(config, data_dir), None, lambda tools: list_people(tools.database, tenant))
    if as_json:
        print_json([asdict(person) for person in found])
        return
    rows = [
        (person.email, person.name, person.tenant, ", ".join(person.roles), "disabled" if person.disabled else "active")
        for person in found
    ]
    print_table("People", ("e-mail", "name", "tenant", "roles", "state"), rows)


@users.command("link")
@click.argument("email")
@config_options
@clear_failures
def link(email: str, config: Path | None, data_dir: Path | None) -> None:
    """Print a new link that logs a person in once: the way back in without password or codes.

    \b
    Example:
      sting users link ada@example.com
    """
    from policies.people import find_person

    settings = read_settings(config, data_dir)

    async def work(tools: _Tools) -> str:
        return await tools.logins.make_link(await find_person(tools.database, email))

    click.echo(_link(settings, _with_tools(settings, "users link", work)))


@users.command("change")
@click.argument("email")
@click.option("--role", "roles", multiple=True, type=click.Choice(_ROLES), help="The roles from now on.")
@click.option(
    "--disable/--enable", default=None, help="Whether the person may log in; disabling ends sessions and revokes keys."
)
@_keep_keys
@click.option("--drop-codes", is_flag=True, help="Forget the authenticator app.")
@config_options
@clear_failures
def change(
    email: str,
    roles: tuple[str, ...],
    config: Path | None,
    data_dir: Path | None,
    *,
    disable: bool | None,
    keep_keys: bool,
    drop_codes: bool,
) -> None:
    """Change a person's roles, lock them out or let them in again.

    \b
    Example:
      sting users change ada@example.com --role auditor --role editor
    """
    from policies.people import PersonChange, change_person

    async def work(tools: _Tools) -> Person:
        wanted = PersonChange(roles=roles or None, disabled=disable)
        person = await change_person(tools.database, email, wanted, revoke_at=None if keep_keys else _now())
        if drop_codes:
            await tools.logins.drop_totp(person)
        return person

    person = _with_tools(read_settings(config, data_dir), "users change", work)
    click.echo(f"{person.email}: {', '.join(person.roles)}{', disabled' if person.disabled else ''}.")


@users.command("remove")
@click.argument("email")
@_keep_keys
@config_options
@clear_failures
def remove(email: str, config: Path | None, data_dir: Path | None, *, keep_keys: bool) -> None:
    """Remove a person; their sessions end at once, and the virtual keys that they have made in the console.

    \b
    Example:
      sting users remove ada@example.com
    """
    from policies.people import remove_person

    settings, revoke_at = read_settings(config, data_dir), None if keep_keys else _now()
    person = _with_tools(
        settings, "users remove", lambda tools: remove_person(tools.database, email, revoke_at=revoke_at)
    )
    click.echo(f"{person.email} is removed.")


@dataclass(frozen=True, slots=True)
class _Tools:
    database: Database
    logins: Logins


def _with_tools(settings: Settings, act: str | None, work: Callable[[_Tools], Awaitable[T]]) -> T:
    """Run `work` over the opened database and record it as an act of the local administrator."""
    from policies.acts import record_command
    from policies.db import open_database
    from policies.logins import Logins
    from policies.master_key import open_sealer
    from policies.people import PersonProblem

    async def run() -> T:
        sealer = open_sealer(settings)
        database = await open_database(settings)
        try:
            done = await work(_Tools(database, Logins(database, sealer)))
            if act is not None:
                await record_command(settings, database, act)
        except PersonProblem as error:
            raise click.ClickException(str(error)) from None
        else:
            return done
        finally:
            await database.close()

    return asyncio.run(run())


def _link(settings: Settings, token: str) -> str:
    from policies.logins import link_address
    from policies.running import console_address

    return link_address(console_address(settings), token)


def _now() -> int:
    return time.time_ns() // 1_000_000
