"""`sting report create --review` and `sting report review`: looking at prompts in a terminal before they leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import click

from policies.console_routes import Caller
from reports.desk import Desk
from reports.opening import now_ms
from reports.reviewing import add_marks, let_go, preview_of
from reports.tables import ReportRunRow
from reports.views import MarkBody, PreviewView

_CHOICES: Final = ("send", "mark", "cancel")
Ask = Callable[..., Any]


def show_prompts(view: PreviewView) -> None:
    """The prompts as they will leave, on standard error: what stands for personal values is bold."""
    click.echo(f"--- To every model first:\n{view.system}\n", err=True)
    for item in view.items:
        click.echo(f"--- {item.title} ({item.section}), to {', '.join(item.models)}", err=True)
        parts = (part.text if part.entity_type is None else click.style(part.text, bold=True) for part in item.parts)
        click.echo("".join(parts) + "\n", err=True)
    counts = ", ".join(f"{count} {name}" for name, count in view.entities.items()) or "nothing"
    click.echo(f"{len(view.items)} prompts; replaced: {counts}. Version: {view.version}", err=True)


async def ask_reviewer(desk: Desk, caller: Caller, row: ReportRunRow, *, ask: Ask = click.prompt) -> None:
    """Show a waiting run's prompts, then let them go, mark words in them, or cancel. Raises Problem."""
    view = await preview_of(desk, row)
    show_prompts(view)
    choice = await asyncio.to_thread(
        ask, "Let these very prompts go, mark words that must not, or cancel", type=click.Choice(_CHOICES), err=True
    )
    if choice == "send":
        await let_go(desk, caller, row, view.version)
    elif choice == "mark":
        text = await asyncio.to_thread(ask, "The words, as they stand in a prompt", err=True)
        entity = await asyncio.to_thread(ask, "What they are", default="PERSON", err=True)
        await mark_missed(desk, caller, row, view, text, entity)
    else:
        await desk.store.want_cancel(row.id, now=now_ms())


async def mark_missed(
    desk: Desk, caller: Caller, row: ReportRunRow, view: PreviewView, text: str, entity_type: str
) -> None:
    """Have words kept from the models wherever they stand; the prompts are made anew. Raises Problem."""
    section = next((item.section for item in view.items if text.strip() in item.prompt), "")
    if not section:
        raise click.ClickException("these words stand in no prompt: copy them as they are shown")
    await add_marks(
        desk, caller, row, view.version, [MarkBody(section=section, kind="missed", text=text, entity_type=entity_type)]
    )
