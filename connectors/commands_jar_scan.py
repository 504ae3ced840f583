"""`sting jars scan`: what of a jar is personal, from the sample that was looked at, or from every row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors.commands_running import import_progress, with_gateway, with_jars
from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table

if TYPE_CHECKING:
    from connectors.gateway_client import GatewayClient
    from connectors.jars import Jars
    from connectors.whole_scan import Scanned

_WIDE = 180


@click.command()
@click.argument("name")
@click.option("--every-row", is_flag=True, help="Look at every row first, not at a sample only.")
@click.option("--dask", default=None, metavar="ADDRESS", help="The same on the workers of this Dask scheduler.")
@config_options
@json_option
@clear_failures
def scan(
    name: str, dask: str | None, config: Path | None, data_dir: Path | None, *, every_row: bool, as_json: bool
) -> None:
    """Summarise what of a jar is personal: per type, in free text, and how unique its rows are.

    \b
    Examples:
      sting jars scan techcorp
      sting jars scan techcorp --every-row
      sting jars scan techcorp --dask tls://scheduler.internal:8786
    """
    scanned = _every_row(name, dask, config, data_dir, quiet=as_json) if every_row or dask else None

    async def work(store: Jars) -> dict[str, Any]:
        from connectors.jar_summary import findings

        return await findings(store, await store.row(name))

    found = with_jars(config, data_dir, work)
    if as_json:
        print_json({**found, "rows_looked_at": scanned.rows} if scanned else found)
        return
    if scanned:
        changed = f"; their class is another now: {', '.join(scanned.changed)}" if scanned.changed else ""
        click.echo(f"{scanned.rows:,} rows were looked at{changed}")
    _tell(name, found)


def _every_row(name: str, dask: str | None, config: Path | None, data_dir: Path | None, *, quiet: bool) -> Scanned:
    from connectors.elsewhere import Task, on_dask
    from connectors.jar_access import LOCAL
    from connectors.whole_scan import Looked, here, parts_of, take

    # Workers on this machine have another working directory; those elsewhere have the same paths.
    task = Task(config.resolve() if config else None, data_dir.resolve() if data_dir else None)
    with import_progress(quiet=quiet) as progress:

        async def work(store: Jars, gateway: GatewayClient) -> Scanned:
            row = await store.row(name)
            parts = await parts_of(store, row)
            results = on_dask(dask, task, parts) if dask else here(store, row, gateway, parts)
            found: list[Looked] = []
            async for looked in results:
                found.append(looked)
                table = looked.part.table
                progress(table, sum(one.part.rows for one in found if one.part.table == table))
            return await take(store, row, gateway, found, person=LOCAL.id)

        return with_gateway(config, data_dir, work)


def _tell(name: str, found: dict[str, Any]) -> None:
    rows = [(one["entity_type"], str(one["columns"]), f"{one['cells']:,}") for one in found["entity_types"]]
    print_table(f"{name}: personal columns", ("type", "columns", "cells"), rows)
    texts = [
        (f"{one['table']}.{one['column']}", f"{one['share_with_findings']:.0%}", ", ".join(one["found"])[:_WIDE])
        for one in found["texts"]
    ]
    print_table("Free text", ("column", "texts with findings", "found"), texts)
    groups = [
        (one["table"], str(one["k"]), f"{one['share_below_5']:.0%}", ", ".join(one["columns"]))
        for one in found["k_anonymity"]
        if one["k"] is not None
    ]
    print_table("k-anonymity", ("table", "k", "rows in groups below 5", "quasi-identifiers"), groups)
    click.echo(f"{found['waiting_for_review']} columns wait for review: sting jars review {name}")


def register(group: click.Group) -> None:
    """Add the command to `sting jars`."""
    group.add_command(scan)
