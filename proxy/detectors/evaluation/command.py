"""The command `sting eval`: files in, figures out, as a table or as JSON."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from policies.cli_options import clear_failures, config_options, json_option, read_settings
from proxy.detectors.base import Profile
from proxy.detectors.chain import UnknownEngine
from proxy.detectors.evaluation.datasets import UnreadableDataset, read_dataset
from proxy.detectors.evaluation.evaluate import chain_of, evaluate, lower_cased, presidio_defaults

if TYPE_CHECKING:
    from policies.settings import Settings


@click.command("eval")
@click.argument("datasets", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--policy", help="Look as this policy does (engines, least scores, repeats) instead of with bare engines."
)
@click.option("--engines", default="patterns,names", show_default=True, help="Engines to run, comma-separated.")
@click.option("--place", "places", multiple=True, help="ENGINE=FOLDER or ENGINE=URL of weights or service.")
@click.option("--language", "languages", multiple=True, help="ISO 639-1 code; with several each text's is told (en).")
@click.option("--min-score", default=0.0, show_default=True, help="Findings below this score do not count.")
@click.option("--limit", default=0, help="Take only the first N messages of each file (0: all).")
@click.option("--lower", is_flag=True, help="Lower-case the text first: how much depends on capitals?")
@click.option("--compare", is_flag=True, help="Also run Presidio's defaults with the small spaCy model.")
@config_options
@json_option
@click.option("--markdown", is_flag=True, help="Print Markdown tables, as in docs/detection.md.")
@clear_failures
def EVAL_COMMAND(  # noqa: N802 - the name that the command line imports
    datasets: tuple[Path, ...],
    policy: str | None,
    engines: str,
    places: tuple[str, ...],
    languages: tuple[str, ...],
    min_score: float,
    limit: int,
    config: Path | None,
    data_dir: Path | None,
    *,
    lower: bool,
    compare: bool,
    as_json: bool,
    markdown: bool,
) -> None:
    """Measure detection on labelled text: recall per type with its 95 % interval, leak, over-scrub, speed.

    Reads Presidio-research JSON, string-labelled JSON, PUPA CSV, CoNLL and JSONL with `text` and `spans`. Recall
    counts a labelled span as found when any of its characters is covered, `full` when all are. Leak is the share of
    labelled characters that nothing covers, over-scrub the share of all others that something covers.

    \b
    Example:
      sting eval people.jsonl --engines patterns,names --compare
    """  # noqa: D301 - click's mark for lines that must not be wrapped
    names = tuple(part.strip() for part in engines.split(",") if part.strip())
    profile = _of_policy(policy, read_settings(config, data_dir)) if policy else Profile(engines=names)
    if languages:
        profile = replace(profile, languages=languages)
    label = policy or ",".join(names)
    try:
        finders = {label: chain_of(profile.engines, _pairs(places))} | (
            {"presidio defaults": presidio_defaults()} if compare else {}
        )
        results: list[dict[str, Any]] = []
        for path in datasets:
            messages = read_dataset(path)[: limit or None]
            if lower:
                messages = lower_cased(messages)
            for label, finder in finders.items():
                ours = bool(policy) and label == policy
                figures = evaluate(messages, finder, profile, min_score=min_score, repeats=ours)
                results.append({"dataset": path.name, "engines": label, **figures.summary()})
    except (UnknownEngine, UnreadableDataset) as error:
        raise click.ClickException(str(error)) from error
    _told(results, as_json=as_json, markdown=markdown)


def _told(results: list[dict[str, Any]], *, as_json: bool, markdown: bool) -> None:
    if as_json:
        click.echo(json.dumps(results, indent=2))
    elif markdown:
        click.echo(as_markdown(results))
    else:
        _print(results)


def _pairs(places: tuple[str, ...]) -> dict[str, str]:
    """`ENGINE=PLACE` of each option."""
    pairs = [place.partition("=") for place in places]
    if not all(name and value for name, _, value in pairs):
        raise click.UsageError("write --place ENGINE=FOLDER, or ENGINE=URL for presidio_remote")
    return {name: value for name, _, value in pairs}


def _of_policy(name: str, settings: Settings) -> Profile:
    """How a policy of this installation looks; those that come with the product are of every one."""
    from policies.live import stored_sources  # noqa: PLC0415 - keeps `sting --help` quick
    from policies.resolve import detection_rules  # noqa: PLC0415

    policies = asyncio.run(stored_sources(settings)).compiled()
    if name not in policies:
        raise click.ClickException(f"there is no policy {name!r}: {', '.join(policies)}")
    rules, others = detection_rules(policies[name])
    detection = policies[name].detection
    return Profile(
        engines=detection.engines,
        languages=detection.languages,
        regions=detection.regions,
        allow=detection.allow,
        rules=rules,
        others=others,
    )


def as_markdown(results: list[dict[str, Any]]) -> str:
    """The overall figures and one table of labelled types per set, engines side by side (recall / whole)."""
    lines = [
        "| set | engines | messages | leak % | over-scrub % | clean messages % | ms per message | characters/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in results:
        shares = " | ".join(_percent(row[name]) for name in ("leak", "over_scrub", "clean_messages"))
        speed = f"{row['ms_per_message']:.2f} | {row['characters_per_second']:,.0f}"
        lines.append(f"| {row['dataset']} | {row['engines']} | {row['messages']} | {shares} | {speed} |")
    for name in dict.fromkeys(row["dataset"] for row in results):
        rows = [row for row in results if row["dataset"] == name]
        lines += [
            "",
            f"{name}: recall in percent, in brackets its 95 % interval, behind it the share covered whole",
            "",
        ]
        lines.append("| type | n | " + " | ".join(row["engines"] for row in rows) + " |")
        lines.append("|---" * (2 + len(rows)) + "|")
        for kind, first in rows[0]["types"].items():
            cells = " | ".join(_type_cell(row["types"][kind]) for row in rows)
            lines.append(f"| {kind} | {first['n']} | {cells} |")
    return "\n".join(lines)


def _type_cell(one: dict[str, float]) -> str:
    interval = f"{_percent(one['recall_low'])} to {_percent(one['recall_high'])}"
    return f"{_percent(one['recall'])} ({interval}), {_percent(one['full'])}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _print(results: list[dict[str, Any]]) -> None:
    console = Console(width=max(120, Console().width))
    overall = Table(title="Overall (percent; ms are CPU milliseconds)")
    columns = ("set", "engines", "messages", "leak", "over-scrub", "clean", "precision", "ms/message", "chars/s")
    for column in columns:
        overall.add_column(column)
    for row in results:
        shares = (_percent(row[name]) for name in ("leak", "over_scrub", "clean_messages", "precision"))
        speed = (f"{row['ms_per_message']:.2f}", f"{row['characters_per_second']:,.0f}")
        overall.add_row(row["dataset"], row["engines"], str(row["messages"]), *shares, *speed)
    console.print(overall)
    for row in results:
        types = Table(title=f"{row['dataset']} - {row['engines']}: labelled types (percent)")
        for column in ("type", "n", "recall", "95 % interval", "full"):
            types.add_column(column)
        for name, one in row["types"].items():
            interval = f"{_percent(one['recall_low'])} to {_percent(one['recall_high'])}"
            types.add_row(name, str(one["n"]), _percent(one["recall"]), interval, _percent(one["full"]))
        console.print(types)
        reported = Table(title=f"{row['dataset']} - {row['engines']}: reported types (percent)")
        for column in ("type", "n", "precision"):
            reported.add_column(column)
        for name, one in row["reported"].items():
            reported.add_row(name, str(one["n"]), _percent(one["precision"]))
        console.print(reported)
