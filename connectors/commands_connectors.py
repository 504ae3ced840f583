"""`sting connectors ...`: read-only ways into databases, files and APIs ("worker bees")."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors.commands_running import with_jars
from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from connectors.boundaries import Boundaries
    from connectors.jars import Jars


@click.group()
def connectors() -> None:
    """Connectors: read-only ways into databases, files and APIs.

    \b
    Example:
      sting connectors kinds
    """


@connectors.command()
@click.argument("kind", required=False)
@config_options
@json_option
@clear_failures
def kinds(kind: str | None, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """The kinds of connectors, or the settings of one.

    \b
    Example:
      sting connectors kinds postgres
    """
    from connectors.base import ConnectorProblem
    from connectors.registry import KINDS, schema_of

    del config, data_dir  # every command takes them
    try:
        schemas = {name: schema_of(name) for name in ([kind] if kind else KINDS)}
    except ConnectorProblem as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(schemas)
    elif kind is None:
        print_table("Connectors", ("kind", "", ""), [(k, s["title"], s["description"]) for k, s in schemas.items()])
    else:
        fields = schemas[kind]["properties"].items()
        rows = [(name, str(about.get("description") or about.get("title") or "")) for name, about in fields]
        print_table(schemas[kind]["title"], ("setting", ""), rows)


@connectors.command("list")
@config_options
@json_option
@clear_failures
def list_connectors(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """The connectors that are set up.

    \b
    Example:
      sting connectors list
    """

    async def work(store: Jars) -> list[dict[str, Any]]:
        from connectors.saved import all_saved

        return [{"id": one.id, "name": one.name, "kind": one.kind} for one in await all_saved(store)]

    found = with_jars(config, data_dir, work)
    if as_json:
        print_json(found)
    else:
        print_table("Connectors", ("name", "kind", "id"), [(one["name"], one["kind"], one["id"]) for one in found])


@connectors.command()
@click.argument("name")
@click.argument("kind")
@click.argument("settings_file", metavar="[SETTINGS.json]", type=click.File("r"), required=False)
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="One setting; may be repeated.")
@click.option("--secret", "secrets", multiple=True, metavar="KEY", help="A setting to be asked for without echo.")
@config_options
@json_option
@clear_failures
def add(
    name: str,
    kind: str,
    settings_file: Any,  # noqa: ANN401 - click's file
    given: tuple[str, ...],
    secrets: tuple[str, ...],
    config: Path | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Set up a connector; its settings are stored sealed.

    \b
    Example:
      sting connectors add warehouse postgres --set host=127.0.0.1 --set database=demo --secret password
    """
    settings = _settings(settings_file, given, secrets)

    async def work(store: Jars) -> dict[str, Any]:
        from connectors.jar_access import LOCAL
        from connectors.saved import save

        made = await save(store, name, kind, settings, person=LOCAL.id)
        return {"id": made.id, "name": made.name, "kind": made.kind}

    made = with_jars(config, data_dir, work)
    if as_json:
        print_json(made)
    else:
        click.echo(f"The connector {name} is set up. Try it: sting connectors test {name}")


def _settings(file: Any, given: tuple[str, ...], secrets: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - click's file
    settings: dict[str, Any] = {}
    if file is not None:
        try:
            settings = dict(json.load(file))
        except (ValueError, TypeError):
            raise click.UsageError("The settings file is no JSON object.") from None
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError("--set takes KEY=VALUE.")
        settings[key] = _value(value)
    if any("=" in key for key in secrets):
        # Not repeated: what was typed holds the secret, and so does the shell's history by now.
        raise click.UsageError("--secret takes only the name of a setting; its value is asked for, unseen.")
    for key in secrets:
        settings[key] = click.prompt(key, hide_input=True)
    return settings


def _value(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except ValueError:
        return text


@connectors.command()
@click.argument("name")
@config_options
@json_option
@clear_failures
def test(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Try a connector: can it be reached, may it read.

    \b
    Example:
      sting connectors test warehouse
    """

    async def work(store: Jars) -> dict[str, Any]:
        from connectors.saved import saved

        source = (await saved(store, name)).open(_limits(config, data_dir))
        try:
            reached = await source.ping()
        finally:
            await source.close()
        return {"ok": True, "message": reached.message, "server": reached.server}

    found = with_jars(config, data_dir, work)
    if as_json:
        print_json(found)
    else:
        click.echo(found["message"])


@connectors.command()
@click.argument("name")
@config_options
@json_option
@clear_failures
def tables(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """The tables that a connector can read.

    \b
    Example:
      sting connectors tables warehouse
    """

    async def work(store: Jars) -> list[dict[str, Any]]:
        from dataclasses import asdict

        from connectors.saved import saved

        source = (await saved(store, name)).open(_limits(config, data_dir))
        try:
            return [asdict(table) for table in await source.describe()]
        finally:
            await source.close()

    found = with_jars(config, data_dir, work)
    if as_json:
        print_json(found)
        return
    rows = [
        (one["name"], "?" if one["rows"] is None else f"{one['rows']:,}", ", ".join(c["name"] for c in one["columns"]))
        for one in found
    ]
    print_table(name, ("table", "rows", "columns"), rows)


@connectors.command()
@click.argument("name")
@config_options
@json_option
@clear_failures
def delete(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Forget a connector and its secrets.

    \b
    Example:
      sting connectors delete warehouse
    """

    async def work(store: Jars) -> None:
        from connectors.saved import forget

        await forget(store, name)

    with_jars(config, data_dir, work)
    if as_json:
        print_json({"connector": name, "deleted": True})
    else:
        click.echo(f"The connector {name} is deleted.")


@connectors.command("demo-postgres")
@config_options
@json_option
@clear_failures
def demo_postgres(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Run a PostgreSQL server with the demo sets and a read-only role until Ctrl-C; prints the connector's settings.

    \b
    Example:
      sting connectors demo-postgres
    """
    import asyncio
    import signal

    from connectors.demo_postgres import NoServer, demo_server
    from demo_data.databases import LoadFailed

    del config, data_dir  # every command takes them

    async def run() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        async with demo_server() as server:
            if as_json:
                print_json(server.form())
            else:
                for name, value in server.form().items():
                    click.echo(f"{name}: {value}")
            await ended.wait()

    try:
        asyncio.run(run())
    except (NoServer, LoadFailed) as error:
        raise click.ClickException(str(error)) from None


def _limits(config: Path | None, data_dir: Path | None) -> Boundaries:
    from connectors.boundaries import Boundaries

    return Boundaries.of(read_settings(config, data_dir).connectors)
