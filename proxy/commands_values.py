"""Commands on lists of known values: what is registered is found in every text, whatever a model thinks."""

from __future__ import annotations

import asyncio
import csv
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from proxy.client import LocalGateway

_LINES_AT_ONCE = 5_000


@click.group()
def values() -> None:
    """Known values: names, mail addresses, numbers that must never leave.

    \b
    Example:
      sting values add customers customers.csv --column name=PERSON --column email=EMAIL_ADDRESS
    """


@values.command()
@config_options
@json_option
@click.argument("list_name", metavar="LIST")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"), default="-")
@click.option("--column", "columns", multiple=True, metavar="NAME=TYPE", help="Column of a CSV file with a heading.")
@click.option("--type", "entity_type", metavar="TYPE", help="Entity type of a file with one value per line.")
@click.option("--replace", is_flag=True, help="Instead of what the list holds, not beside it.")
@clear_failures
def add(
    config: Path | None,
    data_dir: Path | None,
    list_name: str,
    file: IO[str],
    columns: tuple[str, ...],
    entity_type: str | None,
    *,
    replace: bool,
    as_json: bool,
) -> None:
    """Add the values of a file (or standard input) to a list.

    Without --column or --type the file holds a JSON object per line: {"value": ..., "entity_type": ...}.

    \b
    Examples:
      sting values add customers customers.csv --column name=PERSON --column email=EMAIL_ADDRESS
      sting values add staff staff.txt --type PERSON --replace
    """
    if columns and entity_type:
        raise click.UsageError("--column is for CSV files, --type for files with one value per line: use one of them.")
    lines = _lines(file, columns, entity_type)
    path = f"{_path(list_name)}?add={'false' if replace else 'true'}"
    answer = _run(config, data_dir, lambda reached: reached.upload("PUT", path, _encoded(lines)))
    _tell(answer, as_json=as_json)
    if answer["skipped"] and not as_json:
        click.echo(f"{answer['skipped']} values were left out: too short, or too long, to be known by.", err=True)


@values.command()
@config_options
@json_option
@click.argument("list_name", metavar="LIST")
@clear_failures
def count(config: Path | None, data_dir: Path | None, list_name: str, *, as_json: bool) -> None:
    """Show how many values a list holds, never the values.

    \b
    Example:
      sting values count customers
    """
    _tell(_run(config, data_dir, lambda reached: reached.call("GET", _path(list_name))), as_json=as_json)


@values.command()
@config_options
@json_option
@click.argument("list_name", metavar="LIST")
@clear_failures
def delete(config: Path | None, data_dir: Path | None, list_name: str, *, as_json: bool) -> None:
    """Shred a list.

    \b
    Example:
      sting values delete customers
    """
    answer = _run(config, data_dir, lambda reached: reached.call("DELETE", _path(list_name)))
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{list_name} is deleted.")


def _run(config: Path | None, data_dir: Path | None, work: Callable[[LocalGateway], Awaitable[Any]]) -> Any:  # noqa: ANN401 - JSON
    """The result of `work` on a gateway: the running one, else one started for it."""
    from policies.logs import set_up
    from proxy.client import CallFailed, local_gateway
    from proxy.errors import StingError

    async def on_gateway() -> Any:  # noqa: ANN401 - JSON
        async with local_gateway(read_settings(config, data_dir)) as reached:
            return await work(reached)

    set_up("error")
    try:
        return asyncio.run(on_gateway())
    except (CallFailed, StingError) as error:
        raise click.ClickException(str(error)) from None


def _path(list_name: str) -> str:
    from policies.values import is_list_name

    if not is_list_name(list_name):
        raise click.UsageError("A list's name has 1 to 64 letters, digits, `_`, `.` and `-`.")
    return f"/sting/v1/values/{list_name}"


def _lines(file: IO[str], columns: tuple[str, ...], entity_type: str | None) -> Iterator[str]:
    """The file's values as NDJSON lines."""
    if columns:
        return _of_columns(file, dict(_pair(column) for column in columns))
    if entity_type:
        return (_line(line.strip(), entity_type) for line in file if line.strip())
    return (line.rstrip("\n") for line in file)


def _of_columns(file: IO[str], types: dict[str, str]) -> Iterator[str]:
    rows = csv.DictReader(file)
    missing = [column for column in types if column not in (rows.fieldnames or ())]
    if missing:
        raise click.UsageError(f"The file's heading has no column {missing[0]!r}.")
    return (_line(row[column], entity_type) for row in rows for column, entity_type in types.items() if row[column])


def _pair(column: str) -> tuple[str, str]:
    name, equals, entity_type = column.rpartition("=")
    if not equals or not name:
        raise click.UsageError("--column takes NAME=TYPE, for example name=PERSON.")
    return name, entity_type


def _line(value: str, entity_type: str) -> str:
    return json.dumps({"value": value, "entity_type": entity_type})


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    while some := list(itertools.islice(lines, _LINES_AT_ONCE)):
        yield "".join(f"{line}\n" for line in some).encode()


def _tell(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    rows = tuple((entity_type, f"{number:,}") for entity_type, number in answer["counts"].items())
    print_table(f"{answer['list']}: {answer['total']:,} values, version {answer['version']}", ("type", "values"), rows)
