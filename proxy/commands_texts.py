"""Commands on texts: what is in them, scramble them, restore them."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from proxy.client import LocalGateway

_SHOWN = 60


def on_gateway(config: Path | None, data_dir: Path | None, work: Callable[[LocalGateway], Awaitable[Any]]) -> Any:  # noqa: ANN401 - JSON
    """The result of `work` on a gateway: the running one, else one started for it."""
    from policies.logs import set_up
    from proxy.client import CallFailed, local_gateway
    from proxy.errors import StingError

    async def work_done() -> Any:  # noqa: ANN401 - JSON
        async with local_gateway(read_settings(config, data_dir)) as reached:
            return await work(reached)

    set_up("error")
    try:
        return asyncio.run(work_done())
    except (CallFailed, StingError) as error:
        raise click.ClickException(str(error)) from None


@click.command()
@config_options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--policy", help="Policy instead of the default one.")
@click.option("--format", "shape", type=click.Choice(["table", "json", "html"]), default="table", show_default=True)
@json_option
@clear_failures
def scan(
    config: Path | None, data_dir: Path | None, file: Path, policy: str | None, shape: str, *, as_json: bool
) -> None:
    """Show what a file (text, CSV, JSONL) holds, with offsets in characters.

    \b
    Example:
      sting scan letter.txt --format html > findings.html
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    body = {"texts": [text], **({"policy": policy} if policy else {})}
    answer = on_gateway(config, data_dir, lambda reached: reached.call("POST", "/sting/v1/analyze", body))
    findings: list[dict[str, Any]] = answer["results"][0]
    if as_json or shape == "json":
        print_json({"file": str(file), "findings": findings})
    elif shape == "html":
        click.echo(_as_html(file.name, text, findings))
    else:
        _as_table(file.name, text, findings)


def _as_table(name: str, text: str, findings: list[dict[str, Any]]) -> None:
    rows = [
        (
            f"{row['start']}-{row['end']}",
            str(row["entity_type"]),
            f"{row['score']:.2f}",
            str(row["action"]),
            " ".join(text[row["start"] : row["end"]].split())[:_SHOWN],
        )
        for row in findings
    ]
    print_table(f"{len(findings)} findings in {name}", ("offsets", "type", "score", "action", "text"), tuple(rows))


def _as_html(name: str, text: str, findings: list[dict[str, Any]]) -> str:
    """A page with the findings marked in the text."""
    pieces: list[str] = []
    position = 0
    for row in findings:
        pieces.append(html.escape(text[position : row["start"]]))
        marked = html.escape(text[row["start"] : row["end"]])
        pieces.append(f"<mark title='{row['score']:.2f}'>{marked}<sub>{row['entity_type']}</sub></mark>")
        position = row["end"]
    pieces.append(html.escape(text[position:]))
    style = (
        "body{font:16px/1.6 sans-serif;max-width:50em;margin:2em auto}"
        "mark{border-radius:4px;padding:0 2px}sub{font-size:.6em}pre{white-space:pre-wrap}"
    )
    title = html.escape(name)
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title><style>{style}</style>"
        f"<h1>{title}: {len(findings)} findings</h1><pre>{''.join(pieces)}</pre></html>"
    )
