"""What the commands `sting report ...` do: over the same stores as the console, as somebody who holds the data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.demo_jars import ensure_demo_jars
from connectors.jar_access import LOCAL
from connectors.jar_imports import TakenOver
from connectors.jars import Jars
from connectors.objects import open_store
from policies.console_routes import Caller, Problem
from policies.db import open_database
from policies.master_key import open_sealer
from policies.running import find_running
from policies.settings import Settings
from reports.commands_review import ask_reviewer, mark_missed, show_prompts
from reports.desk import Desk, open_desk
from reports.document import ReportDocument
from reports.opening import NoRedis, now_ms, redis_url
from reports.order import ExportFormat, Order
from reports.queue import BullQueue
from reports.ready import put_ready_reports
from reports.render import render
from reports.render.brand import brand_of
from reports.reviewing import let_go, preview_of
from reports.store import ENDED
from reports.tables import ReportRunRow
from reports.views import Estimate, run_view

_PATIENCE_MS: Final = 4_000
"""How long an ordered run may lie before the command works on it itself: there seems to be no worker."""
_TRIES, _PAUSE = 240, 0.5
"""How often, and after how many seconds each, it is looked whether another process has made the demo jars."""
_POLL_SECONDS: Final = 0.2
_DEMO_JARS: Final = ("techcorp", "healthcare", "financial")
_STEPS: Final = {
    "": "waiting",
    "map": "finding columns",
    "analyse": "computing",
    "protect": "protecting",
    "write": "writing",
    "document": "checking",
}


async def create_report(
    settings: Settings,
    order: Order,
    tenant: str,
    out: Path | None,
    *,
    originals: bool,
    where: Sequence[str],
    interactive: bool = False,
) -> dict[str, Any]:
    """Order a report, wait for it, write the file. Raises ClickException with what to do.

    `interactive`: somebody sits at the terminal and can be asked when the run waits for a review.
    """
    async with AsyncExitStack() as stack:
        if settings.redis.embedded and find_running(settings.data_dir) is None:
            click.echo("Starting a gateway for this report (sting up would keep one running) ...", err=True)
            await stack.enter_async_context(_gateway(where))
        desk = await stack.enter_async_context(_desk(settings))
        await _ensure_jar(settings, desk, order.jar, tenant)
        caller = _caller(tenant)
        try:
            row = await desk.create(caller, order)
            done = await _wait(stack, settings, desk, row, caller if interactive else None)
            if out is not None:
                await _write(desk, done, out, originals=originals)
        except Problem as problem:
            raise click.ClickException(problem.message) from None
    seconds = ((done.finished_at or done.created_at) - done.created_at) / 1000
    return {**_told(done), "seconds": round(seconds, 1), "tokens": done.tokens_in + done.tokens_out}


async def estimated(settings: Settings, order: Order, tenant: str) -> Estimate:
    """What an order would take, and which columns it would use. Raises ClickException with what to do."""
    async with _desk(settings, queue=False) as desk:
        await _ensure_jar(settings, desk, order.jar, tenant)
        try:
            await desk.rights(_caller(tenant), order.jar)
            return await desk.estimate(tenant, order)
        except Problem as problem:
            raise click.ClickException(problem.message) from None


async def cancelled(settings: Settings, tenant: str, identity: str) -> str:
    """Stop a run; its state afterwards: `running` until its worker has heard of it."""
    async with _desk(settings) as desk:
        return await desk.cancel(await _row(desk, tenant, identity))


async def retried(settings: Settings, tenant: str, identity: str) -> None:
    """Have an ended run made again; what was finished counts. Raises ClickException when it is under way."""
    async with _desk(settings) as desk:
        try:
            await desk.retry(await _row(desk, tenant, identity))
        except Problem as problem:
            raise click.ClickException(problem.message) from None


async def listed(settings: Settings, tenant: str) -> list[dict[str, Any]]:
    """The newest fifty runs."""
    async with _desk(settings, queue=False) as desk:
        return [_told(row) for row in await desk.store.runs(tenant)]


async def shown(settings: Settings, tenant: str, identity: str, *, prompts: bool) -> dict[str, Any]:
    """A run; with `prompts` what its models saw."""
    async with _desk(settings, queue=False) as desk:
        row = await _row(desk, tenant, identity)
        if not prompts:
            return _told(row)
        document = await _document(desk, row)
        return {"prompts": [prompt.model_dump() for prompt in document.seen.prompts], **document.seen.entities}


async def review(
    settings: Settings, tenant: str, identity: str, *, send: str | None, missed: str | None, entity_type: str
) -> str:
    """Show a run's prompts, let a version of them go, or mark words; returns what was done."""
    async with _desk(settings) as desk:
        row, caller = await _row(desk, tenant, identity), _caller(tenant)
        try:
            if send is not None:
                await let_go(desk, caller, row, send)
                return "the prompts may go: the report is made now"
            view = await preview_of(desk, row)
            if missed is not None:
                await mark_missed(desk, caller, row, view, missed, entity_type)
                return "marked: the prompts are made anew; look at them again"
            show_prompts(view)
        except Problem as problem:
            raise click.ClickException(problem.message) from None
    return f"sting report review {identity} --send {view.version}   lets these very prompts go" if view.waiting else ""


async def put_demo(settings: Settings, tenant: str) -> list[str]:
    """Put the reports that were made beforehand here; returns the ids of the new ones."""
    async with _desk(settings, queue=False) as desk:
        return await put_ready_reports(desk.store, tenant=tenant, now=now_ms())


async def export_report(settings: Settings, tenant: str, identity: str, out: Path, *, originals: bool) -> None:
    """Write a finished report to a file."""
    async with _desk(settings, queue=False) as desk:
        try:
            await _write(desk, await _row(desk, tenant, identity), out, originals=originals)
        except Problem as problem:
            raise click.ClickException(problem.message) from None


@asynccontextmanager
async def _desk(settings: Settings, *, queue: bool = True) -> AsyncIterator[Desk]:
    database = await open_database(settings)
    try:
        broker = BullQueue(redis_url(settings)) if queue else None
        try:
            yield open_desk(settings, database, open_sealer(settings), broker)
        finally:
            if broker is not None:
                await broker.close()
    except NoRedis as error:
        raise click.ClickException(str(error)) from None
    finally:
        await database.close()


@asynccontextmanager
async def _gateway(where: Sequence[str]) -> AsyncIterator[None]:
    """A gateway of our own on a free port, for as long as the block runs."""
    from policies.settings import environment
    from policies.supervising import Child, ChildEnded, Supervisor

    supervisor = Supervisor(environment())
    try:
        try:
            words = ("gateway", *where, "--port", "0", "--log-level", "error")
            await supervisor.start(Child("gateway", words, ("gateway",)))
        except ChildEnded:
            raise click.ClickException("the gateway did not start; its reason stands above") from None
        yield
    finally:
        await supervisor.stop()


async def _ensure_jar(settings: Settings, desk: Desk, jar: str, tenant: str) -> None:
    """The demo jars are made when one is asked for by name and is not there."""
    jars = Jars(desk.database, desk.sealer, open_store(settings), tenant)
    try:
        row = await jars.row(jar)
    except LookupError:
        row = None
    if jar in _DEMO_JARS and (row is None or not await jars.tables(row) or row.values_at is None):
        click.echo("Making the demo jars (once) ...", err=True)
        try:
            await ensure_demo_jars(settings, desk.database, desk.sealer, tenant=tenant)
        except TakenOver:  # `sting up --demo`, just started, makes them too
            await _made_elsewhere(jars, jar)


async def _made_elsewhere(jars: Jars, jar: str) -> None:
    """Wait until the process that makes the demo jars has made this one. Raises ClickException after two minutes."""
    for _ in range(_TRIES):
        with suppress(LookupError):
            row = await jars.row(jar)
            if row.values_at is not None and await jars.tables(row):
                return
        await asyncio.sleep(_PAUSE)
    raise click.ClickException("Another process makes the demo jars and has not ended yet. Try again when it has.")


def _caller(tenant: str) -> Caller:
    """Who has the data directory and its master key in hand."""
    return Caller(LOCAL.id, "command line", tenant, LOCAL.roles)


async def _wait(
    stack: AsyncExitStack, settings: Settings, desk: Desk, row: ReportRunRow, reviewer: Caller | None
) -> ReportRunRow:
    """The ended run, with a progress bar meanwhile. When no worker takes it, this process does.

    `reviewer`: who is asked at the terminal when the run waits for a review, None when nobody is there.
    """
    working = False
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("waiting", total=100)
        while True:
            found = await desk.store.run(row.id)
            if found is None:
                raise click.ClickException("the report was deleted meanwhile")
            name, _, detail = found.step.partition(":")
            bar.update(task, completed=found.progress, description=f"{_STEPS.get(name, name)} {detail}".strip())
            if found.state in ENDED:
                break
            if found.state == "waiting" and reviewer is not None:
                bar.stop()
                await ask_reviewer(desk, reviewer, found)
                bar.start()
                continue
            if found.state == "waiting":
                raise click.ClickException(
                    f"the report {row.id} waits for a review of its prompts, as the order or the jar's policy wants: "
                    f"sting report review {row.id}, or the console under Reports. sting report export writes the file "
                    "afterwards."
                )
            if found.state == "queued" and not working and now_ms() - found.created_at > _PATIENCE_MS:
                working = True
                await stack.enter_async_context(_own_worker(settings))
            await asyncio.sleep(_POLL_SECONDS)
    if found.state != "done":
        state = "was cancelled" if found.state == "cancelled" else found.state
        raise click.ClickException(f"the report {state}: {found.failure or 'no reason was noted'}")
    return found


@asynccontextmanager
async def _own_worker(settings: Settings) -> AsyncIterator[None]:
    from reports.serving import worker_parts
    from reports.working import ReportWorker

    async with worker_parts(settings) as parts, ReportWorker(parts).running(concurrency=1):
        yield


async def _row(desk: Desk, tenant: str, identity: str) -> ReportRunRow:
    row = await desk.store.run(identity, tenant)
    if row is None:
        raise click.ClickException(f"there is no report {identity!r}; `sting report list` shows them")
    return row


async def _document(desk: Desk, row: ReportRunRow) -> ReportDocument:
    try:
        return (await desk.document(row))[1]
    except Problem as problem:
        raise click.ClickException(problem.message) from None


async def _write(desk: Desk, row: ReportRunRow, out: Path, *, originals: bool) -> None:
    document = await _document(desk, row)
    if originals:
        document = await desk.with_originals(row, document)
    brand = await asyncio.to_thread(brand_of, desk.settings.reports.of(row.tenant))
    content = await asyncio.to_thread(render, document, cast("ExportFormat", out.suffix.lstrip(".")), brand)
    await asyncio.to_thread(out.write_bytes, content)


def _told(row: ReportRunRow) -> dict[str, Any]:
    created = datetime.fromtimestamp(row.created_at / 1000, UTC).isoformat(sep=" ", timespec="seconds")
    return {**run_view(row).model_dump(), "created": created.removesuffix("+00:00")}
