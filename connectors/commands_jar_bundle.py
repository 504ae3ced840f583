"""`sting jars export|import|search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors.commands_running import import_progress, tell_import, with_gateway, with_jars
from policies.cli_options import clear_failures, config_options, json_option, print_json, read_settings

if TYPE_CHECKING:
    from connectors.gateway_client import GatewayClient
    from connectors.jar_bundle import Bundled
    from connectors.jar_filling import Filled
    from connectors.jars import Jars

_PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.File("r"),
    default=None,
    help="A file whose first line is the passphrase; without one it is asked for.",
)


@click.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--no-rows", is_flag=True, help="Only tables, columns, classes and policy.")
@_PASSPHRASE
@config_options
@json_option
@clear_failures
def export_bundle(
    name: str,
    file: Path,
    passphrase_file: Any,  # noqa: ANN401 - click's file
    config: Path | None,
    data_dir: Path | None,
    *,
    no_rows: bool,
    as_json: bool,
) -> None:
    """Write a jar to one file, encrypted under a passphrase and signed.

    \b
    Example:
      sting jars export tickets tickets.stingjar
    """
    passphrase = _passphrase(passphrase_file, confirm=True)

    async def work(store: Jars) -> Bundled:
        from connectors.jar_access import LOCAL
        from connectors.jar_bundle import export_jar
        from connectors.jar_events import note_event

        row = await store.row(name)
        await note_event(store, row.id, LOCAL.id, "exported", {"rows": not no_rows})
        return await export_jar(store, row, file, passphrase, with_rows=not no_rows)

    made = with_jars(config, data_dir, work)
    if as_json:
        print_json({"jar": name, "file": str(file), "rows": made.rows, "signer": made.signer})
    else:
        click.echo(f"{made.rows:,} rows are in {file}. Whoever imports it can check the signer: {made.signer}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default=None, help="Another name than it had.")
@click.option("--signer", default=None, metavar="HEX", help="Only when signed by this key; its reviews count then.")
@_PASSPHRASE
@config_options
@json_option
@clear_failures
def import_bundle(
    file: Path,
    name: str | None,
    signer: str | None,
    passphrase_file: Any,  # noqa: ANN401 - click's file
    config: Path | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make a private jar of a file that `sting jars export` wrote.

    \b
    Example:
      sting jars import tickets.stingjar --name tickets-copy
    """
    passphrase = _passphrase(passphrase_file, confirm=False)
    with import_progress(quiet=as_json) as progress:

        async def work(store: Jars, gateway: GatewayClient) -> tuple[str, Filled]:
            from connectors.boundaries import Boundaries
            from connectors.jar_access import LOCAL
            from connectors.jar_bundle import import_jar
            from connectors.jar_sources import Reach
            from connectors.jar_values import known_values

            reach = Reach(Boundaries(), gateway, LOCAL.id, progress)
            row, filled = await import_jar(store, file, passphrase, reach, name=name, signer=signer)
            await known_values(store, row, gateway)
            return row.name, filled

        made, filled = with_gateway(config, data_dir, work)
    tell_import(made, filled, as_json=as_json)


def _passphrase(file: Any, *, confirm: bool) -> str:  # noqa: ANN401 - click's file
    if file is not None:
        return str(file.readline()).rstrip("\n")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))


@click.command()
@click.argument("name")
@click.argument("question", required=False)
@click.option("--build", is_flag=True, help="Build the index first.")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--table", default=None, help="Only in this table.")
@click.option("--original", is_flag=True, help="Originals too; the look is recorded.")
@config_options
@json_option
@clear_failures
def search(
    name: str,
    question: str | None,
    limit: int,
    table: str | None,
    config: Path | None,
    data_dir: Path | None,
    *,
    build: bool,
    original: bool,
    as_json: bool,
) -> None:
    """Search a jar's texts and documents by meaning.

    \b
    Example:
      sting jars search techcorp --build "customers who were charged twice"
    """
    from dataclasses import asdict

    if not build and not question:
        raise click.UsageError("Give a question, or --build to build the index.")
    model = read_settings(config, data_dir).connectors.embedding_model

    async def work(store: Jars, gateway: GatewayClient) -> dict[str, Any]:
        from connectors.embedders import embedder_for
        from connectors.jar_access import LOCAL
        from connectors.searching import build as indexed
        from connectors.searching import search as searched
        from connectors.searching import session_of

        row = await store.row(name)
        embedder = embedder_for(gateway, model, session_of(row), row.policy)
        counts = await indexed(store, row, gateway, embedder) if build else {}
        if not question:
            return {"indexed": counts, "hits": []}
        person = LOCAL.id if original else None
        hits = await searched(store, row, question, gateway, embedder, most=limit, table=table, person=person)
        return {"indexed": counts, "hits": [asdict(hit) for hit in hits]}

    found = with_gateway(config, data_dir, work)
    if as_json:
        print_json(found)
    else:
        _tell_hits(found)


def _tell_hits(found: dict[str, Any]) -> None:
    for one, count in found["indexed"].items():
        click.echo(f"{one}: {count:,} texts are indexed")
    for hit in found["hits"]:
        click.echo(f"\n{hit['score']:.2f}  {hit['table']}.{hit['column']} row {hit['row']}")
        click.echo(f"  {hit['original'] if hit['original'] is not None else hit['snippet']}")


def register(group: click.Group) -> None:
    """Add the commands to `sting jars`."""
    for command in (export_bundle, import_bundle, search):
        group.add_command(command)
