"""`sting demo load|reset|export`: the demo sets into SQLite, PostgreSQL, CSV or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import (
    Decorated,
    clear_failures,
    config_options,
    json_option,
    log_level_option,
    print_json,
    read_settings,
)

if TYPE_CHECKING:
    from demo_data import DataSet

_SETS = ("techcorp", "healthcare", "financial")


def _set_options(command: Decorated) -> Decorated:
    """Add `--set` and `--seed`; the function receives `names` and `seed`."""
    command = click.option("--seed", type=int, default=None, help="Another seed than the usual one.")(command)
    return click.option(
        "--set", "names", multiple=True, type=click.Choice(_SETS), help="Only this set; may be repeated."
    )(command)


def _postgres_option(command: Decorated) -> Decorated:
    """Add `--postgres URL`; the function receives `postgres`."""
    return click.option(
        "--postgres",
        metavar="URL",
        envvar="STING_DEMO_POSTGRES",
        show_envvar=True,
        help="Into this PostgreSQL database, a schema per set (else SQLite files in the data directory).",
    )(command)


def _folder(config: Path | None, data_dir: Path | None) -> Path:
    return read_settings(config, data_dir).data_dir / "demo"


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error; what is yielded takes the name of the next step."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("demo data", total=total)

        def step(text: str) -> None:
            bar.update(task, description=text)
            bar.advance(task)

        yield step


def _each(names: tuple[str, ...], seed: int | None, *, quiet: bool, use: Callable[[DataSet], object]) -> list[object]:
    """Make each set and hand it to `use`; returns what that answered."""
    from demo_data import DEFAULT_SEED, generate

    results: list[object] = []
    chosen = names or _SETS
    with _progress(2 * len(chosen), quiet=quiet) as step:
        for name in chosen:
            dataset = generate(name, DEFAULT_SEED if seed is None else seed)
            step(f"{name}: made")
            results.append(use(dataset))
            step(f"{name}: written")
    return results


def _load(names: tuple[str, ...], seed: int | None, postgres: str | None, folder: Path, *, as_json: bool) -> None:
    from demo_data.databases import LoadFailed, load_postgres, load_sqlite

    def store(dataset: DataSet) -> object:
        if postgres is not None:
            return {"set": dataset.name, "schema": dataset.name, "rows": load_postgres(dataset, postgres)}
        path = folder / f"{dataset.name}.db"
        return {"set": dataset.name, "file": str(path), "rows": load_sqlite(dataset, path)}

    try:
        results = _each(names, seed, quiet=as_json, use=store)
    except (LoadFailed, OSError) as error:
        raise click.ClickException(str(error)) from None
    _report(results, as_json=as_json)


def _report(results: list[object], *, as_json: bool) -> None:
    if as_json:
        print_json(results)
        return
    for result in results:
        if isinstance(result, dict):
            where = result.get("file") or f"schema {result.get('schema')}"
            click.echo(f"{result['set']}: {result['rows']:,} rows in {where}")


@click.group()
def demo() -> None:
    """Demo data: a shop, a clinic and a bank full of invented people.

    \b
    Example:
      sting demo export --format csv --out demo
    """


@demo.command()
@config_options
@_postgres_option
@_set_options
@json_option
@clear_failures
def load(
    config: Path | None,
    data_dir: Path | None,
    postgres: str | None,
    names: tuple[str, ...],
    seed: int | None,
    *,
    as_json: bool,
) -> None:
    """Load the demo sets into databases; what was there of them before is replaced.

    \b
    Example:
      sting demo load --set techcorp
    """
    folder = Path() if postgres else _folder(config, data_dir)
    _load(names, seed, postgres, folder, as_json=as_json)


@demo.command()
@click.option("--empty", is_flag=True, help="Only remove the sets.")
@config_options
@_postgres_option
@_set_options
@json_option
@clear_failures
def reset(
    config: Path | None,
    data_dir: Path | None,
    postgres: str | None,
    names: tuple[str, ...],
    seed: int | None,
    *,
    as_json: bool,
    empty: bool,
) -> None:
    """Remove the demo sets and load them anew.

    \b
    Example:
      sting demo reset --postgres postgresql://demo@localhost/demo
    """
    from demo_data.databases import LoadFailed, drop_postgres

    folder = Path() if postgres else _folder(config, data_dir)
    try:
        for name in names or _SETS:
            if postgres:
                drop_postgres(name, postgres)
            else:
                (folder / f"{name}.db").unlink(missing_ok=True)
    except (LoadFailed, OSError) as error:
        raise click.ClickException(str(error)) from None
    if not empty:
        _load(names, seed, postgres, folder, as_json=as_json)
    elif as_json:
        print_json([])


@demo.command()
@config_options
@json_option
@clear_failures
def stats(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """What visitors of a public demo have said: clicks, and who asked for a pilot. Resets leave it.

    \b
    Example:
      sting demo stats --data-dir demo-data
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from policies.demo_kept import demo_stats

    told = demo_stats(read_settings(config, data_dir).data_dir)
    if as_json:
        print_json(asdict(told))
        return
    click.echo(f"liked: {sum(told.liked.values())}, not: {sum(told.disliked.values())}")
    for place in sorted({*told.liked, *told.disliked}):
        click.echo(f"  {place}: {told.liked.get(place, 0)} / {told.disliked.get(place, 0)}")
    click.echo(f"requests for pilots: {len(told.pilots)}")
    for pilot in told.pilots:
        day = datetime.fromtimestamp(pilot.at / 1000, UTC).date()
        click.echo(f"  {day} {pilot.email} ({pilot.organisation or 'no organisation'}): {pilot.wish}")


@demo.command()
@config_options
@log_level_option("info")
@clear_failures
def keep(config: Path | None, data_dir: Path | None, log_level: str) -> None:
    """Reset a public demo on an external PostgreSQL and Redis whenever it is due; runs beside its other parts.

    \b
    Example:
      sting demo keep --config config.yaml
    """
    import asyncio

    from redis.exceptions import RedisError

    from demo_data.keeping import keep as keep_demo
    from policies.demo_reset import NoDemoFolder
    from policies.logs import set_up

    set_up(log_level)
    settings = read_settings(config, data_dir)
    words = (("--config", str(config)) if config else ()) + (("--data-dir", str(data_dir)) if data_dir else ())
    try:
        asyncio.run(keep_demo(settings, words, lambda: click.echo("demo: ready")))
    except NoDemoFolder as error:
        raise click.ClickException(str(error)) from None
    except RedisError as error:
        raise click.ClickException(f"redis.url does not answer as it must: {type(error).__name__}") from None
    except OSError as error:
        raise click.ClickException(f"{settings.data_dir} cannot be used: {error.strerror}") from None


@demo.command()
@click.option("--format", "kind", type=click.Choice(("csv", "parquet")), default="csv", show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into.")
@config_options
@_set_options
@json_option
@clear_failures
def export(
    kind: str,
    out: Path,
    config: Path | None,
    data_dir: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    *,
    as_json: bool,
) -> None:
    """Write the demo sets as files: a folder per set, a file per table, labels.jsonl and schema.json beside them.

    \b
    Example:
      sting demo export --format csv --out demo
    """
    from demo_data.export import export_csv, export_parquet

    del config, data_dir  # every command takes them; files need neither
    write = export_csv if kind == "csv" else export_parquet

    def store(dataset: DataSet) -> object:
        files = write(dataset, out)
        rows = sum(len(table.rows) for table in dataset.tables.values())
        return {"set": dataset.name, "file": str(out / dataset.name), "rows": rows, "files": len(files)}

    try:
        results = _each(names, seed, quiet=as_json, use=store)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    _report(results, as_json=as_json)


COMMANDS: tuple[click.Command, ...] = (demo,)
