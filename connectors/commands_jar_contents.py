"""`sting jars preview|review|rescan|refresh`: what a jar holds, and what would leave of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from connectors.commands_running import import_progress, shown_import, tell_import, with_gateway, with_jars
from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from connectors.gateway_client import GatewayClient
    from connectors.jar_filling import Filled
    from connectors.jars import Jars

_WIDE = 60


@click.command()
@click.argument("name")
@click.argument("table")
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--limit", type=click.IntRange(1, 200), default=5, show_default=True)
@click.option("--original", is_flag=True, help="Originals beside what would leave; the look is recorded.")
@config_options
@json_option
@clear_failures
def preview(
    name: str,
    table: str,
    offset: int,
    limit: int,
    config: Path | None,
    data_dir: Path | None,
    *,
    original: bool,
    as_json: bool,
) -> None:
    """Show rows as they would leave, under the jar's policy.

    \b
    Example:
      sting jars preview techcorp support_tickets --limit 3
    """
    from dataclasses import asdict

    async def work(store: Jars, gateway: GatewayClient) -> dict[str, Any]:
        from connectors.jar_access import LOCAL
        from connectors.jar_preview import Window
        from connectors.jar_preview import preview as looked

        row, window = await store.row(name), Window(table, offset, limit)
        return asdict(await looked(store, row, window, gateway, person=LOCAL.id, originals=original, unreviewed=True))

    found = with_gateway(config, data_dir, work)
    if as_json:
        print_json(found)
        return
    for number, cells in enumerate(found["rows"], start=offset):
        click.echo(f"\nrow {number}")
        for column, cell in zip(found["columns"], cells, strict=True):
            click.echo(f"  {column}: {'' if cell['scrambled'] is None else cell['scrambled']}")
            if original and cell["original"] != cell["scrambled"]:
                click.echo(f"  {' ' * len(column)}  was: {cell['original']}")


@click.command()
@click.argument("name")
@click.option("--confirm", "confirmed", multiple=True, metavar="TABLE.COLUMN", help="It is as classified.")
@click.option("--confirm-all", is_flag=True, help="All columns are as classified.")
@click.option("--set", "settled", multiple=True, metavar="TABLE.COLUMN=TYPE", help="Its type; `none` for not personal.")
@config_options
@json_option
@clear_failures
def review(
    name: str,
    confirmed: tuple[str, ...],
    settled: tuple[str, ...],
    config: Path | None,
    data_dir: Path | None,
    *,
    confirm_all: bool,
    as_json: bool,
) -> None:
    """Show the columns that wait for review, confirm or correct them.

    \b
    Examples:
      sting jars review tickets
      sting jars review tickets --confirm tickets.email --set tickets.code=ACCOUNT_NUMBER
    """

    async def work(store: Jars) -> list[dict[str, Any]]:
        from connectors.jar_access import LOCAL
        from connectors.jar_review import ColumnWord, decide, waiting
        from connectors.jar_summary import shown_column

        row = await store.row(name)
        words = [_word(text, confirm=True) for text in confirmed] + [_word(text, confirm=False) for text in settled]
        if confirm_all:
            words += [ColumnWord(one.table_name, one.name, confirm=True) for one in await waiting(store, row)]
        if words:
            await decide(store, row, words, [], person=LOCAL.id)
        return [shown_column(column) for column in await waiting(store, row)]

    left = with_jars(config, data_dir, work)
    if as_json:
        print_json(left)
        return
    rows = [
        (f"{one['table']}.{one['name']}", one["entity_type"] or "-", one["role"], f"{one['confidence']:.0%}")
        for one in left
    ]
    print_table(f"{name}: {len(left)} columns wait for review", ("column", "class", "role", "sure"), rows)
    if confirmed or settled or confirm_all:
        click.echo(f"Tell the gateway what changed: sting jars rescan {name}")


def _word(text: str, *, confirm: bool) -> Any:  # noqa: ANN401 - a ColumnWord; its module is imported late
    from connectors.jar_model import ColumnRole
    from connectors.jar_review import ColumnWord

    place, equals, entity_type = text.partition("=")
    table, dot, column = place.rpartition(".")
    if not dot or bool(equals) == confirm:
        raise click.UsageError("Name columns as TABLE.COLUMN, and for --set with =TYPE behind.")
    if confirm:
        return ColumnWord(table, column, confirm=True)
    for role in get_args(ColumnRole):
        if role == entity_type:
            return ColumnWord(table, column, role=role)
    return ColumnWord(table, column, entity_type=None if entity_type == "none" else entity_type)


@click.command()
@click.argument("name")
@config_options
@json_option
@clear_failures
def rescan(name: str, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Classify a jar anew and tell the gateway its personal values; what people have confirmed stays.

    \b
    Example:
      sting jars rescan techcorp
    """

    async def work(store: Jars, gateway: GatewayClient) -> dict[str, Any]:
        from connectors.jar_access import LOCAL
        from connectors.jar_review import rescan as scanned

        result = await scanned(store, await store.row(name), gateway, person=LOCAL.id)
        return {"jar": name, "changed": list(result.changed), "known_values": result.known}

    found = with_gateway(config, data_dir, work)
    if as_json:
        print_json(found)
        return
    click.echo(f"{len(found['changed'])} columns have another class now{': ' if found['changed'] else '.'}")
    for column in found["changed"]:
        click.echo(f"  {column}")
    click.echo(f"{found['known_values'] or 0:,} values are known to the gateway.")


@click.command()
@click.argument("name")
@click.option("--whole", is_flag=True, help="All rows, also of tables with a watermark.")
@config_options
@json_option
@clear_failures
def refresh(name: str, config: Path | None, data_dir: Path | None, *, whole: bool, as_json: bool) -> None:
    """Read the sources of a jar anew: files of this machine and connectors.

    Of database tables with a watermark and a primary key only what changed is read, and what is gone is dropped.

    \b
    Example:
      sting jars refresh shop
    """
    settings = read_settings(config, data_dir)
    with import_progress(quiet=as_json) as progress:

        async def work(store: Jars, gateway: GatewayClient) -> list[Filled]:
            from connectors.boundaries import Boundaries
            from connectors.jar_access import LOCAL
            from connectors.jar_members import members
            from connectors.jar_sources import Reach
            from connectors.upkeep import refresh as refreshed

            row = await store.row(name)
            own = [Path(one.spec["path"]).parent for one in await members(store, row) if one.kind == "file"]
            limits = Boundaries.of(settings.connectors)
            reach = Reach(replace(limits, folders=(*limits.folders, *own)), gateway, LOCAL.id, progress)
            return await refreshed(store, row, reach, whole=whole)

        filled = with_gateway(config, data_dir, work)
    if as_json:
        print_json([shown_import(name, one) for one in filled])
    for one in () if as_json else filled:
        tell_import(name, one, as_json=False)
    if not filled and not as_json:
        click.echo("Nothing here can be read again: uploads and documents are read once.")


def register(group: click.Group) -> None:
    """Add the commands to `sting jars`."""
    for command in (preview, review, rescan, refresh):
        group.add_command(command)
