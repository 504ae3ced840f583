"""The commands of the report engine, for the entry point `sting.commands`; import-light."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from policies.cli_options import (
    clear_failures,
    config_options,
    json_option,
    log_level_option,
    print_json,
    print_table,
    read_settings,
)
from reports.cli_orders import order_of, order_options, show_estimate

_FORMATS = ("html", "pdf", "md", "json", "xlsx", "docx")
_tenant = click.option("--tenant", default="default", show_default=True, help="Whose reports.")


@click.group()
def report() -> None:
    """Make reports from private data, and look at them.

    \b
    Example:
      sting report create --template customer-insights --jar techcorp --out insights.html
    """


@report.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .html, .pdf, .md, .json, .xlsx, .docx.",
)
@order_options
@click.option("--review", is_flag=True, help="Show the prompts and ask before anything leaves.")
@click.option("--tokens", is_flag=True, help="Keep tokens in the file instead of the originals.")
@_tenant
@config_options
@json_option
@clear_failures
def create(as_json: bool, config: Path | None, data_dir: Path | None, **options: Any) -> None:  # noqa: ANN401, FBT001 - click's
    """Make a report and wait for it. Uses a running `sting up`; else starts what it needs and ends it again.

    \b
    Example:
      sting report create --template customer-insights --jar techcorp --privacy-level aggregates --out report.html
    """
    from reports.commands import create_report

    out: Path | None = options["out"]
    if out is not None and out.suffix.lstrip(".") not in _FORMATS:
        raise click.ClickException(f"--out ends in one of: {', '.join(f'.{name}' for name in _FORMATS)}")
    settings = read_settings(config, data_dir)
    where = [*(("--config", str(config)) if config else ()), *(("--data-dir", str(data_dir)) if data_dir else ())]
    done = asyncio.run(
        create_report(
            settings,
            order_of(options),
            options["tenant"],
            out,
            originals=not options["tokens"],
            where=where,
            interactive=bool(options["review"]) and sys.stdin.isatty(),
        )
    )
    if as_json:
        print_json(done)
    elif out is None:
        click.echo(f"The report is {done['id']}: sting report export {done['id']} --out report.html")
    else:
        click.echo(f"{out}  ({done['id']}, {done['seconds']} s, {done['tokens']} tokens)")


@report.command("estimate")
@order_options
@_tenant
@config_options
@json_option
@clear_failures
def estimate_report(as_json: bool, config: Path | None, data_dir: Path | None, tenant: str, **options: Any) -> None:  # noqa: ANN401, FBT001 - click's
    """What a report would take: rows, tokens, cost, time, and the columns that it would use. Nothing leaves.

    \b
    Example:
      sting report estimate --template customer-insights --jar techcorp
    """
    from reports.commands import estimated

    told = asyncio.run(estimated(read_settings(config, data_dir), order_of(options), tenant))
    if as_json:
        print_json(told.model_dump())
    else:
        show_estimate(told)


@report.command("list")
@_tenant
@config_options
@json_option
@clear_failures
def list_reports(config: Path | None, data_dir: Path | None, tenant: str, *, as_json: bool) -> None:
    """Reports, newest first.

    \b
    Example:
      sting report list
    """
    from reports.commands import listed

    runs = asyncio.run(listed(read_settings(config, data_dir), tenant))
    if as_json:
        print_json(runs)
        return
    rows = [
        (run["id"], run["template"], run["jar"], run["level"], run["state"], f"{run['progress']} %", run["created"])
        for run in runs
    ]
    print_table("Reports", ("id", "template", "jar", "level", "state", "progress", "ordered (UTC)"), rows)


@report.command("show")
@click.argument("identity", metavar="ID")
@click.option("--prompts", is_flag=True, help="What the models saw and said, as it left.")
@_tenant
@config_options
@json_option
@clear_failures
def show_report(
    identity: str, config: Path | None, data_dir: Path | None, tenant: str, *, prompts: bool, as_json: bool
) -> None:
    """One report: its state, or what the models saw.

    \b
    Example:
      sting report show rpt_0123456789abcdef0123 --prompts
    """
    from reports.commands import shown

    told = asyncio.run(shown(read_settings(config, data_dir), tenant, identity, prompts=prompts))
    if as_json:
        print_json(told)
    elif prompts:
        for prompt in told["prompts"]:
            click.echo(f"--- {prompt['section']} ({prompt['model']}, {prompt['exchange']})\n{prompt['prompt']}\n")
            click.echo(f">>>\n{prompt['answer']}\n")
    else:
        for name, value in told.items():
            click.echo(f"{name}: {value}")


@report.command()
@click.argument("identity", metavar="ID")
@_tenant
@config_options
@clear_failures
def cancel(identity: str, config: Path | None, data_dir: Path | None, tenant: str) -> None:
    """Stop a report that waits or is being made; what is finished is kept for `retry`.

    \b
    Example:
      sting report cancel rpt_0123456789abcdef0123
    """
    from reports.commands import cancelled

    state = asyncio.run(cancelled(read_settings(config, data_dir), tenant, identity))
    told = {"running": "its worker is told to stop", "cancelled": "cancelled"}
    click.echo(told.get(state, f"nothing to stop: the report is {state}"))


@report.command()
@click.argument("identity", metavar="ID")
@_tenant
@config_options
@clear_failures
def retry(identity: str, config: Path | None, data_dir: Path | None, tenant: str) -> None:
    """Make an ended report again; what was finished counts.

    \b
    Example:
      sting report retry rpt_0123456789abcdef0123
    """
    from reports.commands import retried

    asyncio.run(retried(read_settings(config, data_dir), tenant, identity))
    click.echo(f"queued; sting report show {identity} tells how far it is")


@report.command()
@click.argument("identity", metavar="ID")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option("--tokens", is_flag=True, help="Keep tokens in the file instead of the originals.")
@_tenant
@config_options
@clear_failures
def export(identity: str, out: Path, config: Path | None, data_dir: Path | None, tenant: str, *, tokens: bool) -> None:
    """Write a finished report to a file; originals need a running gateway.

    \b
    Example:
      sting report export rpt_0123456789abcdef0123 --out report.pdf
    """
    from reports.commands import export_report

    if out.suffix.lstrip(".") not in _FORMATS:
        raise click.ClickException(f"--out ends in one of: {', '.join(f'.{name}' for name in _FORMATS)}")
    asyncio.run(export_report(read_settings(config, data_dir), tenant, identity, out, originals=not tokens))
    click.echo(str(out))


@report.command()
@click.argument("identity", metavar="ID")
@click.option("--send", metavar="VERSION", help="Let the prompts of this version go.")
@click.option("--missed", metavar="WORDS", help="Words in a prompt that must not leave; it is made anew without them.")
@click.option("--type", "entity_type", default="PERSON", show_default=True, help="What these words are.")
@_tenant
@config_options
@clear_failures
def review(identity: str, config: Path | None, data_dir: Path | None, tenant: str, **options: Any) -> None:  # noqa: ANN401 - click's
    """Look at the prompts of a report that was ordered with a review, mark words in them, or let them go.

    \b
    Example:
      sting report review rpt_0123456789abcdef0123
    """
    from reports.commands import review as reviewed

    said = asyncio.run(reviewed(read_settings(config, data_dir), tenant, identity, **options))
    if said:
        click.echo(said)


@report.command()
@_tenant
@config_options
@json_option
@clear_failures
def demo(config: Path | None, data_dir: Path | None, tenant: str, *, as_json: bool) -> None:
    """Put the reports here that were made beforehand of the demo sets; `sting up --demo` does.

    \b
    Example:
      sting report demo
    """
    from reports.commands import put_demo

    put = asyncio.run(put_demo(read_settings(config, data_dir), tenant))
    if as_json:
        print_json(put)
    else:
        click.echo(f"{len(put)} reports put here" if put else "there already")


DEMO_START = ("report", "demo", "--json")
"""The command that `sting up --demo` runs once everything serves (entry point `sting.demo`)."""


@click.command()
@config_options
@click.option("--concurrency", type=click.IntRange(1, 500), default=8, show_default=True, help="Runs at once.")
@click.option("--metrics-port", type=int, help="Serve Prometheus metrics on this port.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address that the metrics are served at.")
@log_level_option("info")
@clear_failures
def worker(
    config: Path | None,
    data_dir: Path | None,
    concurrency: int,
    metrics_port: int | None,
    metrics_host: str,
    log_level: str,
) -> None:
    """Work on ordered reports. Run as many as you like; a run whose worker dies goes on in another one.

    \b
    Example:
      sting worker --config config.yaml --concurrency 20
    """
    from policies.demo_claim import part_of_demo
    from policies.logs import set_up
    from reports.opening import NoRedis
    from reports.serving import serve_worker

    set_up(log_level)
    settings = read_settings(config, data_dir)
    try:
        metrics = None if metrics_port is None else (metrics_host, metrics_port)
        with part_of_demo(settings):
            asyncio.run(serve_worker(settings, concurrency=concurrency, metrics=metrics))
    except NoRedis as error:
        raise click.ClickException(str(error)) from None


COMMANDS: tuple[click.Command, ...] = (report, worker)
