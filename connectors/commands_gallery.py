"""`sting jars gallery`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connectors.commands_running import import_progress, tell_import, with_gateway
from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table

if TYPE_CHECKING:
    from connectors.gateway_client import GatewayClient
    from connectors.jar_filling import Filled
    from connectors.jars import Jars


@click.command()
@click.argument("starter", required=False)
@click.option("--name", default=None, help="Another name for the jar than its starter's.")
@config_options
@json_option
@clear_failures
def gallery(
    starter: str | None, name: str | None, config: Path | None, data_dir: Path | None, *, as_json: bool
) -> None:
    """Show the ready-made jars with invented rows, or make one of them.

    \b
    Examples:
      sting jars gallery
      sting jars gallery helpdesk --name tickets
    """
    if starter is None:
        _tell_gallery(as_json=as_json)
        return
    from connectors.gallery import add_starter, shown_starters

    if starter not in {one["name"] for one in shown_starters()}:
        raise click.UsageError("There is no starter of this name: `sting jars gallery` lists them.")
    with import_progress(quiet=as_json) as progress:

        async def work(store: Jars, gateway: GatewayClient) -> tuple[str, Filled]:
            from connectors.boundaries import Boundaries
            from connectors.jar_access import LOCAL
            from connectors.jar_sources import Reach

            reach = Reach(Boundaries(), gateway, LOCAL.id, progress)
            row, filled = await add_starter(store, starter, reach, name=name)
            return row.name, filled

        made, filled = with_gateway(config, data_dir, work)
    tell_import(made, filled, as_json=as_json)
    if not as_json:
        click.echo(f"What would leave: sting jars preview {made} {next(iter(filled.tables))}")


def _tell_gallery(*, as_json: bool) -> None:
    from connectors.gallery import shown_starters

    found = shown_starters()
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["name"],
            one["policy"],
            ", ".join(f"{table['name']} ({table['rows']})" for table in one["tables"]),
            one["about"],
        )
        for one in found
    ]
    print_table("Ready-made jars", ("name", "policy", "tables (rows)", "about"), rows)
    click.echo("Make one: sting jars gallery NAME")


def register(group: click.Group) -> None:
    """Add the command to `sting jars`."""
    group.add_command(gallery)
