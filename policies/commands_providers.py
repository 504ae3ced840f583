"""`sting providers`: the providers that people keep in the database, their keys, and those of tenants."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from policies.db import Database
    from policies.records import Kind
    from policies.sealing import Sealer
    from policies.sections_providers import Provider
    from policies.settings import Settings

T = TypeVar("T")
_tenant = click.option("--tenant", help="The tenant that it belongs to; without one all tenants share it.")


@click.group()
def providers() -> None:
    """Providers of models, their keys, and what tenants have of their own.

    \b
    Example:
      sting providers set-key openai < key.txt
    """


@providers.command("list")
@_tenant
@config_options
@json_option
@clear_failures
def list_all(tenant: str | None, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """All providers, those of tenants as NAME@TENANT; with --tenant what its requests can go to.

    \b
    Example:
      sting providers list --tenant acme
    """
    from policies.sections_providers import full_name

    settings = _run(read_settings(config, data_dir), _live)
    if tenant is not None:
        found = dict(settings.seen_by(tenant).providers)
    else:
        own = {
            (name, owner): one for owner, section in settings.tenants.items() for name, one in section.providers.items()
        }
        found = settings.providers | {full_name(name, owner): one for (name, owner), one in own.items()}
    shown = [
        {
            "name": name,
            "kind": one.kind,
            "base_url": one.base_url,
            "region": one.region,
            "local": one.local,
            "has_key": one.api_key is not None,
        }
        for name, one in sorted(found.items())
    ]
    if as_json:
        print_json(shown)
        return
    rows = [tuple("" if value is None else str(value) for value in one.values()) for one in shown]
    print_table("Providers", ("name", "kind", "address", "region", "local", "key"), rows)


@providers.command("set")
@click.argument("name")
@_tenant
@click.option("--kind", required=True, help="openai, azure_openai, anthropic, bedrock, vertex or ollama.")
@click.option("--base-url", help="Where it answers.")
@click.option("--region", help="Where it promises to work; policies go by that.")
@click.option("--retention-days", type=click.IntRange(0), help="How long it keeps what it is sent.")
@click.option("--trains/--no-training", "trains_on_data", default=None, help="Whether it learns from it.")
@click.option("--local", is_flag=True, default=None, help="It runs on this site.")
@click.option("--api-version", help="Azure's.")
@config_options
@clear_failures
def keep(name: str, tenant: str | None, config: Path | None, data_dir: Path | None, **given: Any) -> None:  # noqa: ANN401 - click passes the options above
    """Keep a provider in the database; one of the same name in the configuration no longer counts.

    \b
    Example:
      sting providers set openai --tenant acme --kind openai --base-url https://eu.api.openai.com/v1 --region eu
    """
    from pydantic import ValidationError

    from policies.sections_providers import Provider

    wanted = {option: value for option, value in given.items() if value is not None}
    try:
        Provider.model_validate(wanted)
    except ValidationError as error:
        fault = error.errors()[0]
        raise click.ClickException(f"this cannot be used: {'.'.join(map(str, fault['loc']))} {fault['msg']}") from None
    settings = read_settings(config, data_dir)
    _put(settings, tenant, name, json.dumps(wanted))
    click.echo(f"{_called(name, tenant)} counts in running gateways within two seconds.")


@providers.command("remove")
@click.argument("name")
@_tenant
@config_options
@clear_failures
def remove(name: str, tenant: str | None, config: Path | None, data_dir: Path | None) -> None:
    """Remove a provider from the database, with its key.

    \b
    Example:
      sting providers remove openai --tenant acme
    """
    settings = read_settings(config, data_dir)
    _put(settings, tenant, name, None)
    click.echo(f"{_called(name, tenant)} is removed from the database.")


@providers.command("share")
@click.argument("tenant")
@click.argument("patterns", nargs=-1)
@config_options
@clear_failures
def share(tenant: str, patterns: tuple[str, ...], config: Path | None, data_dir: Path | None) -> None:
    """Say which of the shared providers a tenant may use besides its own; without PATTERNS none.

    \b
    Example:
      sting providers share acme ollama 'eu-*'
    """
    _record(
        read_settings(config, data_dir),
        "tenant",
        _record_name(tenant, None),
        json.dumps({"shared_providers": patterns}),
        "share",
    )
    click.echo(f"{tenant} may use: {', '.join(patterns) or 'its own providers only'}.")


@providers.command("set-key")
@click.argument("name")
@_tenant
@click.option("--no-test", is_flag=True, help="Keep it without asking the provider.")
@config_options
@clear_failures
def set_key(name: str, tenant: str | None, config: Path | None, data_dir: Path | None, *, no_test: bool) -> None:
    """Read a provider's key from the terminal or the standard input, try it, and keep it in the place of the old one.

    \b
    Example:
      sting providers set-key openai --tenant acme < key.txt
    """
    secret = (click.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.read(16_384)).strip()
    settings = read_settings(config, data_dir)

    async def work(settings: Settings, database: Database, sealer: Sealer) -> None:
        import aiohttp

        from policies.live import keep_provider_key
        from policies.provider_tests import KeyNotTaken, check_form, try_key

        provider = _provider(await _live(settings, database, sealer), name, tenant)
        try:
            check_form(provider, secret)
            if not no_test:
                async with aiohttp.ClientSession() as http:
                    await try_key(http, settings, provider, secret)
        except KeyNotTaken as fault:
            anyway = "" if fault.code in {"bad_key", "no_key_needed"} else " `--no-test` keeps it anyway."
            raise click.ClickException(f"Nothing was kept. {fault}{anyway}") from None
        await keep_provider_key(database, sealer, _record_name(name, tenant), secret)
        await _noted(database, "provider_key", _record_name(name, tenant), "{}")

    _run(settings, work, "providers set-key")
    click.echo(f"The key of {_called(name, tenant)} is kept{'' if no_test else ': the provider takes it'}.")


@providers.command("test")
@click.argument("name")
@_tenant
@config_options
@clear_failures
def test(name: str, tenant: str | None, config: Path | None, data_dir: Path | None) -> None:
    """Ask a provider, without any text, whether it answers and takes its key.

    \b
    Example:
      sting providers test openai --tenant acme
    """
    keyless: list[str] = []

    async def work(settings: Settings, database: Database, sealer: Sealer) -> None:
        import aiohttp

        from policies.provider_tests import KeyNotTaken, try_key

        provider = _provider(await _live(settings, database, sealer), name, tenant)
        if not provider.has_credential and provider.kind != "demo":
            raise click.ClickException(f"{_called(name, tenant)} has no key; `sting providers set-key` keeps one.")
        secret = provider.api_key.get_secret_value() if provider.api_key is not None else ""
        try:
            async with aiohttp.ClientSession() as http:
                await try_key(http, settings, provider, secret)
        except KeyNotTaken as fault:
            if fault.code != "no_key_needed":
                raise click.ClickException(str(fault)) from None
            keyless.append(str(fault))

    _run(read_settings(config, data_dir), work)
    click.echo(keyless[0] if keyless else f"{_called(name, tenant)} answers and takes its key.")


@providers.command("forget-key")
@click.argument("name")
@_tenant
@config_options
@clear_failures
def forget_key(name: str, tenant: str | None, config: Path | None, data_dir: Path | None) -> None:
    """Forget the key of a provider that the database holds.

    \b
    Example:
      sting providers forget-key openai --tenant acme
    """

    async def work(_settings: Settings, database: Database, sealer: Sealer) -> None:
        from policies.live import keep_provider_key, provider_keys

        if _record_name(name, tenant) not in await provider_keys(database, sealer):
            raise click.ClickException(f"the database has no key of {_called(name, tenant)}")
        await keep_provider_key(database, sealer, _record_name(name, tenant), None)
        await _noted(database, "provider_key", _record_name(name, tenant), None)

    _run(read_settings(config, data_dir), work, "providers forget-key")
    click.echo(f"The key of {_called(name, tenant)} is forgotten.")


def _called(name: str, tenant: str | None) -> str:
    return f"{name}@{tenant}" if tenant else name


def _record_name(name: str, tenant: str | None) -> str:
    """What records and keys are called by. Raises ClickException for what is no name."""
    if not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", part) for part in (name, tenant or name)):
        raise click.ClickException("a name has 1 to 64 letters, digits, _ . and -, and begins with a letter or digit")
    return f"{tenant}/{name}" if tenant else name


def _provider(live: Settings, name: str, tenant: str | None) -> Provider:
    """The provider, of the tenant or shared. Raises ClickException."""
    found = live.section_of(_called(name, tenant))
    if found is None:
        raise click.ClickException(f"there is no provider {_called(name, tenant)}; see `sting providers list`")
    return found


def _put(settings: Settings, tenant: str | None, name: str, data: str | None) -> None:
    kind: Kind = "tenant_provider" if tenant else "provider"
    _record(settings, kind, _record_name(name, tenant), data, "remove" if data is None else "set")


def _record(settings: Settings, kind: Kind, name: str, data: str | None, act: str) -> None:
    """Add a version of a record that fits the rest. Raises ClickException."""

    async def work(settings: Settings, database: Database, sealer: Sealer) -> None:
        from policies.live import RecordFault, forget_orphan, laid_records, with_records
        from policies.records import Record

        records = await laid_records(database)
        if data is None and name not in records[kind]:
            raise click.ClickException("the database has no such provider; the configuration is changed in its file")
        changed = {one: record for one, record in records[kind].items() if one != name}
        if data is not None:
            changed[name] = Record(kind, name, 0, data, removed=False, at=0, who="", who_name="", note="")
        try:
            fits = with_records(settings, {**records, kind: changed}, {})
        except RecordFault as fault:
            raise click.ClickException(f"nothing was changed: {fault}") from None
        await _noted(database, kind, name, data)
        if data is None:
            await forget_orphan(database, sealer, fits, name)

    _run(settings, work, f"providers {act}")


async def _live(settings: Settings, database: Database, sealer: Sealer) -> Settings:
    from policies.live import laid_records, provider_keys, with_records

    return with_records(settings, await laid_records(database), await provider_keys(database, sealer))


async def _noted(database: Database, kind: Kind, name: str, data: str | None) -> None:
    from policies.records import Editor, put_record

    await put_record(database, kind, name, data, Editor("cli", "command line", time.time_ns() // 1_000_000))


def _run(settings: Settings, work: Callable[[Settings, Database, Sealer], Awaitable[T]], act: str | None = None) -> T:
    """Run `work` over the opened database; `act` is the command to record in the audit when it changes something."""
    from policies.acts import record_command
    from policies.db import open_database
    from policies.live import RecordFault
    from policies.master_key import open_sealer

    async def run() -> T:
        database = await open_database(settings)
        try:
            done = await work(settings, database, open_sealer(settings))
            if act is not None:
                await record_command(settings, database, act)
        except RecordFault as fault:
            raise click.ClickException(f"the database and the configuration do not fit: {fault}") from None
        else:
            return done
        finally:
            await database.close()

    return asyncio.run(run())
