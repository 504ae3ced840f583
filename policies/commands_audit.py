"""`sting audit`: verify the chain, export the trail."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, read_settings

if TYPE_CHECKING:
    from policies.audit import Verdict
    from policies.audit_export import Form
    from policies.audit_query import AuditFilter
    from policies.settings import Settings


@click.group()
def audit() -> None:
    """The audit trail: one row per exchange, hash-chained and signed; never a text.

    \b
    Example:
      sting audit verify
    """


@audit.command("verify")
@config_options
@json_option
@clear_failures
def verify(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Check every row and signature; exit status 1 and the first bad row when the chain is broken.

    \b
    Example:
      sting audit verify
    """
    verdict = asyncio.run(_verify(read_settings(config, data_dir)))
    if as_json:
        print_json(
            {
                "intact": verdict.intact,
                "rows": verdict.rows,
                "checkpoints": verdict.checkpoints,
                "bad_row": verdict.bad_row,
                "reason": verdict.reason,
            }
        )
    elif verdict.intact:
        click.echo(f"The chain is intact: {verdict.rows} rows, {verdict.checkpoints} signed checkpoints.")
    else:
        click.echo(f"The chain is broken at row {verdict.bad_row}: {verdict.reason}.")
    if not verdict.intact:
        sys.exit(1)


async def _verify(settings: Settings) -> Verdict:
    from policies.audit import load_signing_key
    from policies.audit_retention import verify_trail
    from policies.db import open_database
    from policies.master_key import open_sealer

    database = await open_database(settings)
    try:
        key = await load_signing_key(database, open_sealer(settings))
        return await verify_trail(database, key.public_key().public_bytes_raw().hex(), settings.data_dir)
    finally:
        await database.close()


_DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@audit.command("export")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "cef"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write (default: stdout).")
@click.option("--since", type=_DATE, help="First moment, UTC.")
@click.option("--until", type=_DATE, help="First moment that is not included, UTC.")
@click.option("--tenant", help="Only this tenant.")
@config_options
@json_option
@clear_failures
def export(
    *,
    form: Form,
    out: Path | None,
    since: datetime | None,
    until: datetime | None,
    tenant: str | None,
    config: Path | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Write the trail, oldest row first, with numbers and digests. `--json` is the same as `--format jsonl`.

    \b
    Example:
      sting audit export --since 2026-11-01 --format csv --out november.csv
    """
    from policies.audit_query import AuditFilter

    wanted = AuditFilter(since=_ms(since), until=_ms(until), tenant=tenant)
    with ExitStack() as stack:
        file = stack.enter_context(out.open("w", encoding="utf-8", newline="")) if out else sys.stdout
        form = "jsonl" if as_json else form
        count = asyncio.run(_export(read_settings(config, data_dir), wanted, form, file))
    click.echo(f"{count} rows.", err=True)


async def _export(settings: Settings, wanted: AuditFilter, form: Form, file: IO[str]) -> int:
    from policies.audit_export import exported_line
    from policies.audit_query import export as exported
    from policies.db import open_database

    database = await open_database(settings)
    if form == "csv":
        file.write(exported_line("csv", None).decode())
    count = 0
    try:
        async for row in exported(database, wanted):
            count += 1
            file.write(exported_line(form, row).decode())
    finally:
        await database.close()
    return count


def _ms(moment: datetime | None) -> int | None:
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000) if moment else None
