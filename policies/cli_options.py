"""What commands of all packages share: where the configuration is, JSON output, failures as one clear line."""

from __future__ import annotations

import errno
import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from policies.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
Decorated = Callable[..., Any]
_LONGEST_WHOLE = 32
"""Characters of a table's first column that are still not wrapped, for they are there to be copied."""


def config_options(command: Decorated) -> Decorated:
    """Add `--config FILE` and `--data-dir DIR`; the function receives `config` and `data_dir`."""
    command = click.option(
        "--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Where embedded stores and keys are kept."
    )(command)
    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="STING_CONFIG",
        show_envvar=True,
        help="Configuration file; without one the defaults count.",
    )(command)


def log_level_option(default: str) -> Callable[[Decorated], Decorated]:
    """Adds --log-level to a command that runs on."""
    return click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default=default)


def json_option(command: Decorated) -> Decorated:
    """Add `--json`; the function receives `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def read_settings(
    config: Path | None, data_dir: Path | None = None, overrides: Mapping[str, object] | None = None
) -> Settings:
    """The settings that the options mean. `overrides` by dotted name; those that are None are left out."""
    from policies.settings import environment, load_settings  # noqa: PLC0415 - keeps `sting --help` quick

    wanted = {"data_dir": data_dir, **(overrides or {})}
    given = {name: value for name, value in wanted.items() if value is not None}
    return load_settings(config, environ=environment(), overrides=given)


def clear_failures(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the failures of the ground floor into one line on stderr and exit status 1, without a traceback."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        from policies.db import DatabaseUnavailable  # noqa: PLC0415 - keeps `sting --help` quick
        from policies.documents import DocumentError  # noqa: PLC0415
        from policies.key_rows import KeyProblem  # noqa: PLC0415
        from policies.sealing import SealBroken  # noqa: PLC0415

        try:
            return command(*args, **kwargs)
        except (DocumentError, DatabaseUnavailable, KeyProblem, SealBroken) as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(why_not("command", error, "")) from None

    return guarded


def why_not(part: str, error: OSError, listens: str) -> str:
    """What the machine has refused to a part that starts or runs, and what to do; `listens` is its host and port."""
    reason = error.strerror or type(error).__name__
    if error.errno == errno.ENOSPC:
        return f"the {part} stopped: {error.filename or 'the disk'}: {reason}. Free space and start it again"
    if error.filename is not None:
        return (
            f"the {part} cannot use {error.filename}: {reason}. It must be writable for this user (uid {os.geteuid()})"
        )
    if error.errno == errno.EADDRINUSE:
        return (
            f"the {part} cannot listen at {listens}: something else does. Stop that (`ss -ltnp` names it), or choose "
            f"another port: `--port`, `sting up --{part}-port`, or `{part}.port` of the configuration"
        )
    if error.errno in {errno.EACCES, errno.EADDRNOTAVAIL}:
        return f"the {part} cannot listen at {listens}: {reason}. Ports below 1024 are root's, the host is this machine"
    return f"the {part} cannot listen at {listens}: {reason}"


def print_json(value: object) -> None:
    """`value` as one JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table for people on stdout; long cells wrap, nothing is cut. Names and ids, which come first, stay whole."""
    from rich.console import Console  # noqa: PLC0415 - keeps `sting --help` quick
    from rich.table import Table  # noqa: PLC0415

    table = Table(header_style="bold")
    whole = max((len(row[0]) for row in rows), default=0) <= _LONGEST_WHOLE
    for index, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=index == 0 and whole)
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    console = Console()
    console.print(title, style="italic", markup=False, highlight=False)
    console.print(table)
