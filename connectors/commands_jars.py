"""`sting jars ...`: collections of private data with permissions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors.commands_running import (
    import_progress,
    tell_import,
    with_gateway,
    with_jars,
)
from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table

if TYPE_CHECKING:
    from connectors.gateway_client import GatewayClient
    from connectors.jar_filling import Filled
    from connectors.jars import Jars


@click.group()
def jars() -> None:
    """Honey jars: collections of private data, sealed, classified, previewed before anything leaves.

    \b
    Example:
      sting jars create tickets --policy balanced
      sting jars add tickets support_tickets.csv
    """


@jars.command()
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(("private", "team", "public")), default="private", show_default=True)
@click.option("--description", default="", help="What it holds.")
@click.option("--tag", "tags", multiple=True, help="May be repeated.")
@click.option("--policy", default=None, help="Gateway policy that its texts leave under (else the default one).")
@click.option("--review", "review", is_flag=True, help="Nothing of a column leaves before a person has confirmed it.")
@click.option("--retention-days", type=click.IntRange(1), default=None, help="Drop rows so long after their import.")
@click.option("--refresh-minutes", type=click.IntRange(5), default=None, help="Read its sources anew so often.")
@config_options
@json_option
@clear_failures
def create(config: Path | None, data_dir: Path | None, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - click's options
    """Make an empty jar.

    \b
    Example:
      sting jars create tickets --type team --policy balanced --review
    """
    from connectors.jar_access import LOCAL
    from connectors.jar_summary import head
    from connectors.jars import JarSpec

    spec = JarSpec(
        given["name"], given["kind"], given["description"], tuple(given["tags"]), given["policy"], given["review"],
        given["retention_days"], given["refresh_minutes"],
    )  # fmt: skip

    async def work(store: Jars) -> dict[str, Any]:
        return head(await store.create(spec, LOCAL.id))

    made = with_jars(config, data_dir, work)
    if as_json:
        print_json(made)
    else:
        click.echo(f"The jar {spec.name} is made. Put something into it: sting jars add {spec.name} FILE")


@jars.command("list")
@config_options
@json_option
@clear_failures
def list_jars(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """All jars.

    \b
    Example:
      sting jars list
    """
    from connectors.jar_summary import head

    async def work(store: Jars) -> list[dict[str, Any]]:
        return [
            {**head(row), "tables": len(tables), "rows": sum(table.rows for table in tables)}
            for row in await store.rows()
            for tables in [await store.tables(row)]
        ]

    found = with_jars(config, data_dir, work)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["name"],
            one["kind"],
            one["policy"] or "default",
            str(one["tables"]),
            f"{one['rows']:,}",
            one["description"],
        )
        for one in found
    ]
    print_table("Honey jars", ("name", "type", "policy", "tables", "rows", "description"), rows)


@jars.command()
@click.argument("name")
@config_options
@json_option
@clear_failures
def show(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """One jar: its tables, the class of each column, where it comes from.

    \b
    Example:
      sting jars show techcorp
    """
    from connectors.jar_summary import page

    async def work(store: Jars) -> dict[str, Any]:
        return await page(store, await store.row(name))

    found = with_jars(config, data_dir, work)
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['name']} ({found['kind']}, policy {found['policy'] or 'default'}): {found['description']}")
    for table in found["tables"]:
        k = table["k_anonymity"]
        figure = "no quasi-identifiers" if k["k"] is None else f"k = {k['k']} over {', '.join(k['columns'])}"
        rows = [_column_cells(column) for column in table["columns"]]
        print_table(
            f"{table['name']}: {table['rows']:,} rows, {figure}",
            ("column", "type", "class", "role", "sure", "filled", "reviewed"),
            rows,
        )


def _column_cells(column: dict[str, Any]) -> tuple[str, ...]:
    """A row of the table; the share of a text column is that of its texts with something personal in them."""
    share, text = f"{column['share']:.0%}", column["role"] == "text"
    return (
        column["name"], column["dtype"], f"in {share}" if text else column["entity_type"] or "-", column["role"],
        f"{column['confidence']:.0%}", "" if text else share, "yes" if column["reviewed"] else "",
    )  # fmt: skip


@jars.command()
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connector", default=None, help="A saved connector instead of files.")
@click.option("--table", "tables", multiple=True, help="Only this table of the connector; may be repeated.")
@config_options
@json_option
@clear_failures
def add(
    name: str,
    files: tuple[Path, ...],
    connector: str | None,
    tables: tuple[str, ...],
    config: Path | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Put files, or tables of a connector, into a jar; what was killed half-way goes on where it was.

    \b
    Examples:
      sting jars add tickets support_tickets.csv
      sting jars add shop --connector warehouse --table public.orders
    """
    if bool(files) == bool(connector):
        raise click.UsageError("Give files, or --connector with a saved connector.")
    with import_progress(quiet=as_json) as progress:

        async def work(store: Jars, gateway: GatewayClient) -> list[Filled]:
            from connectors.boundaries import Boundaries
            from connectors.documents import add_document, is_document
            from connectors.jar_access import LOCAL
            from connectors.jar_sources import Reach, add_file, add_tables
            from policies.cli_options import read_settings

            row = await store.row(name)
            if connector is not None:
                limits = Boundaries.of(read_settings(config, data_dir).connectors)
                reach = Reach(limits, gateway, LOCAL.id, progress)
                return [await add_tables(store, row, connector, tables, reach)]
            limits = Boundaries(folders=tuple(file.resolve().parent for file in files))
            reach = Reach(limits, gateway, LOCAL.id, progress)
            return [
                await (add_document if is_document(file.name) else add_file)(store, row, file, reach) for file in files
            ]

        filled = with_gateway(config, data_dir, work)
    for one in filled:
        tell_import(name, one, as_json=as_json)


@jars.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_options
@json_option
@clear_failures
def delete(name: str, config: Path | None, data_dir: Path | None, *, yes: bool, as_json: bool) -> None:
    """Shred a jar: its key first, then its rows, and what the gateway knows of it.

    \b
    Example:
      sting jars delete tickets --yes
    """
    if not yes:
        click.confirm(f"Shred the jar {name}? Nothing can bring it back", abort=True)

    async def work(store: Jars, gateway: GatewayClient) -> None:
        from connectors.jar_values import list_name

        row = await store.row(name)
        await store.delete(row)
        await gateway.delete_values(list_name(row))

    with_gateway(config, data_dir, work)
    if as_json:
        print_json({"jar": name, "deleted": True})
    else:
        click.echo(f"The jar {name} is shredded.")


@jars.command()
@click.option("--reset", is_flag=True, help="Make them anew when they are there.")
@config_options
@json_option
@clear_failures
def demo(config: Path | None, data_dir: Path | None, *, reset: bool, as_json: bool) -> None:
    """Make the demo jars techcorp (policy balanced), healthcare (hipaa) and financial (pci).

    \b
    Example:
      sting jars demo
    """
    from policies.cli_options import read_settings

    settings = read_settings(config, data_dir)
    with import_progress(quiet=as_json) as progress:

        async def work(store: Jars, gateway: GatewayClient) -> list[dict[str, Any]]:
            from connectors.demo_jars import ensure_demo_jars
            from connectors.jar_imports import TakenOver

            del gateway  # it has to run: the jars' values are told to it
            try:
                made = await ensure_demo_jars(settings, store.database, store.sealer, reset=reset, progress=progress)
            except TakenOver:  # a report was ordered meanwhile, say, and its process makes them
                click.echo("another process makes the demo jars now", err=True)
                return []
            return [
                {"jar": one.name, "made": one.made, "rows": sum(one.filled.tables.values()) if one.filled else None}
                for one in made
            ]

        found = with_gateway(config, data_dir, work)
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['jar']}: " + (f"{one['rows']:,} rows" if one["made"] else "there already"))


DEMO_START = ("jars", "demo", "--json")
"""The command that `sting up --demo` runs once everything serves (entry point `sting.demo`)."""
