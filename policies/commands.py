"""Commands about the configuration, the policies and the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings
from policies.commands_audit import audit
from policies.commands_keys import keys
from policies.commands_master_key import master_key
from policies.commands_providers import providers
from policies.commands_support import bundle
from policies.commands_up import up
from policies.commands_users import users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.resealing import Resealed
    from policies.settings import Settings

_SHORT_SECRET = 20


@click.command("check-config")
@config_options
@json_option
@clear_failures
def check_config(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Check the configuration and the policies; nothing is started or written.

    \b
    Example:
      sting check-config --config config.yaml
    """
    from policies.loader import load_policies
    from policies.master_key import check_written
    from policies.settings import Settings, check_policy_names

    settings = read_settings(config, data_dir)
    check_written(settings)
    policies = load_policies(settings.policies.directory)
    check_policy_names(settings, policies)
    warnings = _warnings(settings)
    if as_json:
        print_json(
            {"ok": True, "policies": list(policies), "providers": list(settings.providers), "warnings": warnings}
        )
        return
    given = [name for name in Settings.model_fields if name in settings.model_fields_set]
    click.echo(f"The configuration is right ({config or 'defaults'}; sections: {', '.join(given)}).")
    click.echo(f"{len(policies)} policies: {', '.join(policies)}; default {settings.policies.default}.")
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def _warnings(settings: Settings) -> list[str]:
    warnings = []
    for key in settings.keys:
        if key.secret is None:
            warnings.append(f"key {key.name!r} has no secret (its variable is not set), so it does not exist")
        elif len(key.secret.get_secret_value()) < _SHORT_SECRET:
            warnings.append(f"key {key.name!r} has a short secret; `sting keys create` makes one of 256 bits")
    if settings.fallback_provider != settings.default_provider:
        warnings.append(
            f"provider {settings.default_provider!r} has no api_key: the demo model answers for models without a route"
        )
    if not settings.audit.required:
        warnings.append("audit.required is off: prompts leave even when the audit trail cannot be written")
    return warnings


@click.group()
def policies() -> None:
    """List, show and check policies.

    \b
    Example:
      sting policies lint my-policies/
    """


@policies.command("list")
@config_options
@json_option
@clear_failures
def list_policies(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """All policies: the built-in ones, those of the configured folder, and those that people made in the console.

    \b
    Example:
      sting policies list
    """
    from policies.live import stored_sources

    sources = asyncio.run(stored_sources(read_settings(config, data_dir)))
    found = sources.compiled()
    if as_json:
        print_json(
            [
                {"name": p.name, "description": p.description, "digest": p.digest, "source": sources.place(p.name)}
                for p in found.values()
            ]
        )
        return
    rows = [
        (p.name, p.description, p.default.action.value, ", ".join(p.detection.engines), sources.place(p.name))
        for p in found.values()
    ]
    print_table("Policies", ("name", "description", "default action", "engines", "from"), rows)


@policies.command("show")
@click.argument("name")
@config_options
@json_option
@clear_failures
def show_policy(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """One policy with all that it inherits, as it takes effect.

    \b
    Example:
      sting policies show hipaa
    """
    import yaml

    from policies.documents import suggestion
    from policies.live import stored_sources

    found = asyncio.run(stored_sources(read_settings(config, data_dir))).compiled()
    if name not in found:
        raise click.ClickException(f"there is no policy {name!r}{suggestion(name, found)}")
    content: dict[str, Any] = found[name].model_dump(mode="json")
    if as_json:
        print_json(content)
    else:
        click.echo(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), nl=False)


@policies.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_options
@json_option
@clear_failures
def lint_policies(paths: tuple[Path, ...], config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Check policy files or folders (without any: those of the configuration). Exit status 1 on a fault.

    What is allowed and seldom meant is told, and changes no exit status.

    \b
    Example:
      sting policies lint my-policies/
    """
    from policies.documents import read_document
    from policies.lint import doubts
    from policies.loader import builtin_documents, compile_policies, directory_documents

    configured = read_settings(config, data_dir).policies.directory
    documents = []
    for path in paths or ((configured,) if configured else ()):
        if path.is_dir():
            documents += directory_documents(path)
        else:
            documents.append(read_document(str(path), path.read_text(encoding="utf-8")))
    found = compile_policies(builtin_documents(), documents)
    named = {str(document.data.get("name")) for document in documents}
    said = [doubt for name in sorted(named & found.keys()) for doubt in doubts(found[name])]
    if as_json:
        files = [document.source for document in documents]
        print_json({"ok": True, "files": files, "policies": list(found), "doubts": said})
    else:
        for doubt in said:
            click.echo(doubt)
        click.echo(f"{len(documents)} files are right; {len(found)} policies with the built-in ones.")


@click.group()
def db() -> None:
    """The database of keys, policies and audit.

    \b
    Example:
      sting db upgrade --config config.yaml
    """


@db.command("upgrade")
@config_options
@clear_failures
def upgrade(config: Path | None, data_dir: Path | None) -> None:
    """Bring the tables of the database to this version.

    \b
    Example:
      sting db upgrade --config config.yaml
    """
    settings = read_settings(config, data_dir)
    click.echo(f"The tables are at {', '.join(asyncio.run(_upgrade(settings)))}.")


@db.command("reseal")
@config_options
@json_option
@clear_failures
def reseal_all(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Seal everything again under the new master key, so that the old one can go (docs/operations/key-rotation.md).

    \b
    Example:
      sting db reseal --config config.yaml
    """
    done = asyncio.run(_resealed(read_settings(config, data_dir)))
    if as_json:
        print_json({"renewed": done.renewed, "lost": done.lost})
    else:
        click.echo(f"{done.renewed} values were sealed anew.")
    if done.lost:
        raise click.ClickException(f"{done.lost} values open with none of the configured keys; keep every older key")


@db.command("shred-tenant")
@click.argument("tenant")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_options
@json_option
@clear_failures
def shred_one(tenant: str, config: Path | None, data_dir: Path | None, *, yes: bool, as_json: bool) -> None:
    """Delete all that a tenant has, for good: keys, sessions, known values, jars, reports, people. The audit stays.

    Older copies of Redis and of the object storage cannot be read any more. Older copies of the database can.

    \b
    Example:
      sting db shred-tenant acme --yes
    """
    if not yes:
        click.confirm(f"Delete all that the tenant {tenant!r} has? Nothing brings it back", abort=True)
    gone = asyncio.run(_shredded(read_settings(config, data_dir), tenant))
    if as_json:
        print_json({"tenant": tenant, "deleted": dict(gone)})
        return
    told = ", ".join(f"{name} {count}" for name, count in gone.items()) or "nothing was there"
    click.echo(f"The tenant {tenant} is shredded: {told}.")


async def _shredded(settings: Settings, tenant: str) -> Mapping[str, int]:
    import time

    from policies.acts import record_command
    from policies.db import open_database
    from policies.resealing import sealed_columns
    from policies.shredding import shred_tenant

    database = await open_database(settings)
    try:
        gone = await shred_tenant(database, tenant, sealed_columns(), time.time_ns() // 1_000_000)
        await record_command(settings, database, f"db shred-tenant {tenant}")
        return gone
    finally:
        await database.close()


async def _resealed(settings: Settings) -> Resealed:
    from policies.db import open_database
    from policies.master_key import open_sealer
    from policies.resealing import reseal, sealed_columns

    database = await open_database(settings)
    try:
        return await reseal(database, open_sealer(settings), sealed_columns())
    finally:
        await database.close()


async def _upgrade(settings: Settings) -> list[str]:
    from policies.db import Database, database_url, open_database

    if settings.database.embedded:
        database = await open_database(settings)
    else:
        database = Database(database_url(settings))
    try:
        await database.migrate()
        return sorted(await database.revisions())
    finally:
        await database.close()


COMMANDS: tuple[click.Command, ...] = (
    up,
    check_config,
    keys,
    providers,
    master_key,
    users,
    policies,
    audit,
    db,
    bundle,
)
