"""`sting keys`: make, list, revoke and rotate virtual keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from policies.db import Database
    from policies.key_rows import NewKey
    from policies.principals import VirtualKey
    from policies.sections import KeyLimits
    from policies.settings import Settings

T = TypeVar("T")
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_ROLES = ("use", "restore", "values", "audit", "admin")


@click.group()
def keys() -> None:
    """Virtual keys: what applications use instead of the providers' keys.

    \b
    Example:
      sting keys create my-app --policy strict
    """


_tenant = click.option("--tenant", default="default", show_default=True, help="The tenant that the key belongs to.")


def _limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a key's limits."""
    for option in (
        click.option("--network", "networks", multiple=True, help="Network that it works from, e.g. 192.0.2.0/24."),
        click.option("--provider", "providers", multiple=True, default=("*",), help="Provider that it may use."),
        click.option("--user-budget", type=click.FloatRange(0, min_open=True), help="The same for each end user."),
        click.option("--budget-per", type=click.Choice(["day", "month", "ever"]), default="month"),
        click.option("--budget-unit", type=click.Choice(["cost", "tokens"]), default="cost"),
        click.option("--budget", type=click.FloatRange(0, min_open=True), help="What it may spend; see `prices`."),
        click.option("--concurrent", type=click.IntRange(1), help="Requests that may run at once."),
        click.option("--tokens-per-minute", type=click.IntRange(1)),
        click.option("--requests-per-minute", type=click.IntRange(1)),
    ):
        command = option(command)
    return command


def _wanted_limits(wanted: dict[str, Any]) -> KeyLimits:
    from pydantic import ValidationError

    from policies.sections import Budget, KeyLimits

    budgets = {
        name: Budget(amount=wanted[name], unit=wanted["budget_unit"], per=wanted["budget_per"])
        for name in ("budget", "user_budget")
        if wanted[name]
    }
    names = ("requests_per_minute", "tokens_per_minute", "concurrent", "providers", "networks")
    try:
        return KeyLimits.model_validate({name: wanted[name] for name in names} | budgets)
    except ValidationError as error:
        raise click.ClickException(f"the limits cannot be: {error.errors()[0]['msg']}") from None


@keys.command("create")
@click.argument("name")
@_tenant
@click.option("--vault", help="Shared vault: keys of one tenant with the same vault restore each other's tokens.")
@click.option("--team", help="Who pays, by name: usage is told by team, and floors may be set for one.")
@click.option("--policy", help="The key's policy (default: the configuration's).")
@click.option("--may-use", "may_use", multiple=True, help="Further policy that X-Sting-Policy may name; * for all.")
@click.option("--model", "models", multiple=True, default=("*",), help="Model name or pattern that it may use.")
@click.option("--role", "roles", multiple=True, type=click.Choice(_ROLES), default=("use", "restore"))
@_limits
@click.option("--expires-days", type=click.IntRange(1, 3650), help="Days until the key stops working.")
@config_options
@json_option
@clear_failures
def create(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool, **wanted: Any) -> None:  # noqa: ANN401 - click passes the options above
    """Make a key and print its secret. It is shown this once.

    \b
    Example:
      sting keys create support-bot --policy strict --model 'gpt-4o*'
      sting keys create trial --requests-per-minute 60 --budget 20 --budget-per month
    """
    from policies.key_rows import KeyRequest, create_key

    _refuse_ours(name, wanted["vault"])
    settings = read_settings(config, data_dir)
    named = (wanted["policy"] or settings.policies.default, *(name for name in wanted["may_use"] if name != "*"))
    now = _now()
    request = KeyRequest(
        name=_checked_name("NAME", name),
        tenant=_checked_name("--tenant", wanted["tenant"]),
        vault=_checked_name("--vault", wanted["vault"]) if wanted["vault"] else None,
        team=_checked_name("--team", wanted["team"]) if wanted["team"] else "",
        policy=wanted["policy"],
        policies=wanted["may_use"] or None,
        models=wanted["models"],
        roles=wanted["roles"],
        limits=_wanted_limits(wanted),
        expires_at=now + wanted["expires_days"] * _DAY_MS if wanted["expires_days"] else None,
    )

    async def make(database: Database) -> NewKey:
        await _check_policies(settings, database, named)
        return await create_key(database, request, now=now)

    _show_new(_with_database(settings, make, "keys create"), as_json=as_json)


async def _check_policies(settings: Settings, database: Database, names: Iterable[str]) -> None:
    """Raise ClickException for the name of no policy, whether it stands in a file or was made in the console."""
    from policies.documents import suggestion
    from policies.live import policy_sources

    found = (await policy_sources(settings, database)).compiled()
    for name in names:
        if name not in found:
            raise click.ClickException(f"there is no policy {name!r}{suggestion(name, found)}")


@keys.command("list")
@click.option("--tenant", help="Only keys of this tenant.")
@config_options
@json_option
@clear_failures
def list_all(tenant: str | None, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """All keys, without their secrets.

    \b
    Example:
      sting keys list --json
    """
    from policies.key_rows import list_keys
    from policies.keys import bootstrap_keys
    from policies.service_keys import OWN_KEYS

    settings = _with_the_demo_key(read_settings(config, data_dir))
    stored = _with_database(settings, lambda database: list_keys(database, tenant))
    found = [key for key in bootstrap_keys(settings.keys) if tenant in (None, key.principal.tenant)] + list(stored)
    if as_json:
        print_json([_described(key) for key in found])
        return
    rows = [
        (
            key.principal.key_name,
            key.principal.tenant,
            key.prefix + "…",
            key.principal.policy or "(default)",
            ", ".join(key.principal.models),
            ", ".join(sorted(key.principal.roles)),
            "sting itself" if _is_ours(key) else key.source,
            _state(key),
        )
        for key in found
    ]
    print_table("Keys", ("name", "tenant", "secret", "policy", "models", "roles", "from", "state"), rows)
    ours = {key.principal.key_name: OWN_KEYS[key.principal.key_name] for key in found if _is_ours(key)}
    for name, use in ours.items():
        click.echo(f"{name}: a key of the installation itself, one per tenant; {use}.")
    if ours:
        click.echo("Their secrets are sealed and shown to nobody; they cannot be revoked.")


@keys.command("revoke")
@click.argument("name")
@_tenant
@config_options
@clear_failures
def revoke(name: str, tenant: str, config: Path | None, data_dir: Path | None) -> None:
    """Make a key useless for good; running gateways notice within two seconds.

    \b
    Example:
      sting keys revoke support-bot
    """
    from policies.key_rows import revoke_key

    async def end(database: Database) -> VirtualKey:
        await _refuse_ours_by_id(database, name, tenant)
        return await revoke_key(database, name, tenant=tenant, now=_now())

    key = _with_database(read_settings(config, data_dir), end, "keys revoke")
    click.echo(f"The key {key.principal.key_name} ({key.principal.key_id}) is revoked.")


@keys.command("rotate")
@click.argument("name")
@_tenant
@click.option(
    "--overlap-minutes",
    type=click.IntRange(0, 10_080),
    default=0,
    show_default=True,
    help="How long the old secret works beside the new one.",
)
@config_options
@json_option
@clear_failures
def rotate(
    name: str, tenant: str, overlap_minutes: int, config: Path | None, data_dir: Path | None, *, as_json: bool
) -> None:
    """Give a key a new secret; its id, rights and vault stay, so nothing becomes unreadable.

    \b
    Example:
      sting keys rotate support-bot --overlap-minutes 60
    """
    from policies.key_rows import rotate_key

    async def renew(database: Database) -> NewKey:
        await _refuse_ours_by_id(database, name, tenant)
        return await rotate_key(database, name, tenant=tenant, now=_now(), overlap_ms=overlap_minutes * _MINUTE_MS)

    _show_new(_with_database(read_settings(config, data_dir), renew, "keys rotate"), as_json=as_json)


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]], act: str | None = None) -> T:
    """Run `work` over the opened database; `act` is the command to record in the audit when it changes something."""
    from policies.acts import record_command
    from policies.db import open_database

    async def run() -> T:
        database = await open_database(settings)
        try:
            done = await work(database)
            if act is not None:
                await record_command(settings, database, act)
            return done
        finally:
            await database.close()

    return asyncio.run(run())


def _with_the_demo_key(settings: Settings) -> Settings:
    """Settings with the key that `sting up` printed, where it has made one."""
    from policies.commands_up import DEMO_KEY_FILE, with_demo_key

    return with_demo_key(settings) if (settings.data_dir / DEMO_KEY_FILE).exists() else settings


def _is_ours(key: VirtualKey) -> bool:
    from policies.service_keys import OWN_KEYS

    return key.principal.key_name in OWN_KEYS and key.source == "database"


def _refuse_ours(*names: str | None) -> None:
    """Raise ClickException for the names of keys and vaults that belong to the installation itself."""
    from policies.service_keys import OWN_KEYS

    for name in names:
        if name is not None and name in OWN_KEYS:
            raise click.ClickException(
                f"{name} belongs to the installation itself: {OWN_KEYS[name]}. It is made at first use and stays; "
                "name another one."
            )


async def _refuse_ours_by_id(database: Database, wanted: str, tenant: str) -> None:
    """The same for a key that is there, by its name or id."""
    from policies.key_rows import list_keys

    for key in await list_keys(database, tenant):
        if wanted in (key.principal.key_id, key.principal.key_name):
            _refuse_ours(key.principal.key_name)


def _checked_name(option: str, value: str) -> str:
    import re

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
        raise click.BadParameter(
            "use 1 to 64 letters, digits, _ . and -, starting with a letter or digit", param_hint=option
        )
    return value


def _show_new(made: NewKey, *, as_json: bool) -> None:
    if as_json:
        print_json({**_described(made.key), "secret": made.secret})
        return
    click.echo(made.secret)
    click.echo(
        f"Key {made.key.principal.key_name} ({made.key.principal.key_id}): keep the secret, it is not shown again.",
        err=True,
    )


def _described(key: VirtualKey) -> dict[str, object]:
    principal = key.principal
    return {
        "id": principal.key_id,
        "name": principal.key_name,
        "tenant": principal.tenant,
        "team": principal.team,
        "owner": principal.owner,
        "policy": principal.policy,
        "policies": principal.policies,
        "models": principal.models,
        "roles": sorted(principal.roles),
        "prefix": key.prefix,
        "source": key.source,
        "system": _is_ours(key),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "valid": key.is_valid(_now()),
    }


def _state(key: VirtualKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if not key.is_valid(_now()):
        return "expired"
    if key.expires_at is not None:
        return f"until {datetime.fromtimestamp(key.expires_at / 1000, UTC):%Y-%m-%d}"
    return "valid"


def _now() -> int:
    return time.time_ns() // 1_000_000
