"""What `sting report create` and `estimate` have in common: the options of an order, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from policies.cli_options import print_table

if TYPE_CHECKING:
    from reports.order import Order
    from reports.views import Estimate

_LEVELS = ("aggregates", "scrambled", "local")
_OPTIONS = (
    click.option("--template", required=True, help="customer-insights, operational-efficiency, ..."),
    click.option("--jar", required=True, help="The honey jar with the data: techcorp, healthcare, or yours."),
    click.option("--privacy-level", "level", type=click.Choice(_LEVELS), default="aggregates", show_default=True),
    click.option("--title", help="Title instead of the template's."),
    click.option("--model", help="Model that writes; `none`: the rule-based writer."),
    click.option("--set", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the template."),
    click.option("--column", "columns", multiple=True, metavar="ROLE=TABLE.COLUMN", help="A column for a role."),
    click.option("--k", type=click.IntRange(2, 1000), default=5, show_default=True, help="Smallest group told."),
    click.option(
        "--evidence", is_flag=True, help="Quote texts near to each section from the jar's search index, scrambled."
    ),
    click.option("--language", default="en", show_default=True, help="de, fr, es, it, nl: see docs/reports.md."),
    click.option("--epsilon", type=click.FloatRange(0.001, 20), help="Noise on counts (aggregates only)."),
)


def order_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options of an order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def show_estimate(told: Estimate) -> None:
    """An estimate for people: what it takes, what leaves, and the columns with what could not be found."""
    if told.problem:
        click.echo(f"This order is not possible: {told.problem}")
    cost = "no price is configured" if told.cost is None else f"{told.cost:.4f}"
    click.echo(
        f"{told.rows:,} rows; about {told.tokens_in:,} tokens to the models and {told.tokens_out:,} back; "
        f"cost: {cost}; about {told.seconds:.0f} s"
    )
    click.echo(f"Models: {', '.join(told.models) or 'none, sentences are made by rules'}")
    click.echo(told.explanation)
    rows = [
        (role.role, f"{role.column.table}.{role.column.column}" if role.column else "-", role.title)
        for role in told.roles
    ]
    print_table("Columns (another one: --column ROLE=TABLE.COLUMN)", ("role", "column", "meaning"), rows)
    if told.silent:
        click.echo(f"Sections that could only say what is missing: {', '.join(told.silent)}")


def order_of(options: dict[str, Any]) -> Order:
    """The order that the options mean."""
    from pydantic import ValidationError  # noqa: PLC0415 - keeps `sting --help` quick

    from reports.order import Order  # noqa: PLC0415 - the same

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
        "review": options.get("review", False),
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
