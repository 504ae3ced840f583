"""The commands of the report engine, for the entry point `sting.commands`; import-light."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from reports.order import Order

_FORMATS = ("html", "pdf", "md", "json", "xlsx", "docx")
_LEVELS = ("aggregates", "scrambled", "local")
_tenant = click.option("--tenant", default="default", show_default=True, help="Whose reports.")


@click.group()
def report() -> None:
    """Make reports from private data, and look at them.

    \b
    Example:
      sting report create --template customer-insights --jar techcorp --out insights.html
    """


@report.command()
@click.option("--template", required=True, help="customer-insights, operational-efficiency, compliance-audit, ...")
@click.option("--jar", required=True, help="The honey jar with the data: techcorp, healthcare, financial, or yours.")
@click.option("--privacy-level", "level", type=click.Choice(_LEVELS), default="aggregates", show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .html, .pdf, .md, .json, .xlsx, .docx.",
)
@click.option("--title", help="Title instead of the template's.")
@click.option("--model", help="Model that writes; `none`: the rule-based writer.")
@click.option("--set", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the template.")
@click.option("--column", "columns", multiple=True, metavar="ROLE=TABLE.COLUMN", help="A column for a role.")
@click.option("--k", type=click.IntRange(2, 1000), default=5, show_default=True, help="Smallest group that is told.")
@click.option(
    "--evidence", is_flag=True, help="Quote texts near to each section from the jar's search index, scrambled."
)
@click.option("--language", default="en", show_default=True, help="de, fr, es, it, nl: see docs/reports.md.")
@click.option("--review", is_flag=True, help="Show the prompts and ask before anything leaves.")
@click.option("--epsilon", type=click.FloatRange(0.001, 20), help="Differential privacy for counts (aggregates only).")
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
            _order(options),
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


def _order(options: dict[str, Any]) -> Order:
    """The order that the options mean."""
    from pydantic import ValidationError

    from reports.order import Order

    parameters = dict(_pair(text, "--set") for text in options["parameters"])
    roles = {}
    for text in options["columns"]:
        role, place = _pair(text, "--column")
        table, dot, column = place.partition(".")
        if not dot:
            raise click.ClickException("--column takes ROLE=TABLE.COLUMN, as in order.amount=sales.total")
        roles[role] = {"table": table, "column": column}
    wanted = {
        "template": options["template"],
        "jar": options["jar"],
        "level": options["level"],
        "title": options["title"],
        "parameters": parameters,
        "roles": roles,
        "models": {"write": options["model"]} if options["model"] else {},
        "k": options["k"],
        "epsilon": options["epsilon"],
        "evidence": options["evidence"],
        "language": options["language"],
        "review": options["review"],
        "priority": 1,
    }
    try:
        return Order.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise click.ClickException(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.ClickException(f"{option} takes NAME=VALUE")
    return name.strip(), value.strip()


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
