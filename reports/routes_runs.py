"""Routes about runs: templates, estimate, order, list, progress, cancel, retry, review, approve, schedules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem, UserRole
from reports.desk import Desk
from reports.opening import now_ms, templates_dir
from reports.order import Order
from reports.schedules import BadSchedule, add_schedule, delete_schedule, list_schedules
from reports.store import ENDED, Person
from reports.tables import ReportRunRow, ReportScheduleRow
from reports.templates import ReportTemplate, template_names
from reports.views import (
    Changed,
    Estimate,
    ListQuery,
    RunList,
    RunView,
    ScheduleBody,
    ScheduleList,
    ScheduleView,
    TemplateView,
    run_view,
)

_TAG: Final = "reports"
_EVENT_SECONDS: Final = 0.4
_BEAT_SECONDS: Final = 15.0
_LONGEST_SECONDS: Final = 3600.0


class RunRoutes:
    """The handlers, over a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> Sequence[ConsoleRoute]:
        """All routes about runs."""
        edit: tuple[UserRole, ...] = ("editor",)
        return (
            ConsoleRoute("GET", "/templates", self.templates, "Report templates", _TAG, answer=list[TemplateView]),
            ConsoleRoute("GET", "/templates/{name}", self.template, "One template", _TAG, answer=ReportTemplate),
            ConsoleRoute(
                "POST", "/reports/estimate", self.estimate, "What a report would take", _TAG, edit, Order,
                answer=Estimate, act=False,
            ),
            ConsoleRoute("GET", "/reports", self.list, "Reports", _TAG, query=ListQuery, answer=RunList),
            ConsoleRoute(
                "POST", "/reports", self.create, "Order a report", _TAG, edit, Order, answer=RunView, status=201
            ),
            ConsoleRoute("GET", "/reports/{id}", self.show, "One report", _TAG, answer=RunView),
            ConsoleRoute("DELETE", "/reports/{id}", self.delete, "Delete a report", _TAG, edit, status=204),
            ConsoleRoute("GET", "/reports/{id}/events", self.events, "Progress, as events", _TAG, streams=True),
            ConsoleRoute("POST", "/reports/{id}/cancel", self.cancel, "Cancel", _TAG, edit, answer=Changed),
            ConsoleRoute("POST", "/reports/{id}/retry", self.retry, "Go on with it", _TAG, edit, answer=Changed),
            ConsoleRoute(
                "POST", "/reports/{id}/repeat", self.repeat, "The same report of today's data", _TAG, edit,
                answer=RunView, status=201,
            ),
            ConsoleRoute("POST", "/reports/{id}/approve", self.approve, "Publish", _TAG, edit, answer=RunView),
            ConsoleRoute("GET", "/report-schedules", self.schedules, "Schedules", _TAG, answer=ScheduleList),
            ConsoleRoute(
                "POST", "/report-schedules", self.schedule, "Make a report again and again", _TAG, edit, ScheduleBody,
                answer=ScheduleView, status=201,
            ),
            ConsoleRoute(
                "DELETE", "/report-schedules/{id}", self.unschedule, "Stop a schedule", _TAG, edit, status=204
            ),
        )  # fmt: skip

    async def templates(self, _call: ConsoleCall) -> Any:  # noqa: ANN401 - handlers return plain data
        """All templates."""
        directory = templates_dir(self._desk.settings)
        return [_template_view(self._desk.template(name)) for name in template_names(directory)]

    async def template(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """One template with its roles, sections and parameters."""
        return self._desk.template(call.path["name"])

    async def estimate(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Rows, tokens, cost, time and the proposed columns of an order."""
        order: Order = call.body
        self._desk.template(order.template, order.parameters)
        await self._desk.rights(call.caller, order.jar)
        return await self._desk.estimate(call.caller.tenant, order)

    async def list(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Reports of the tenant, newest first."""
        query: ListQuery = call.query
        rows = await self._desk.store.runs(
            call.caller.tenant, before=query.before, size=query.limit + 1, state=query.state
        )
        shown = [row for row in rows[: query.limit] if await self._may_see(call, row)]
        following = rows[query.limit - 1].created_at if len(rows) > query.limit else None
        return RunList(items=[run_view(row) for row in shown], next=following)

    async def _may_see(self, call: ConsoleCall, row: ReportRunRow) -> bool:
        try:
            await self._desk.run(call.caller, row.id)
        except Problem:
            return False
        return True

    async def create(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """A new run."""
        row = await self._desk.create(call.caller, call.body)
        return ConsoleAnswer(run_view(row), subject=row.id)

    async def show(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """A run's state."""
        return run_view(await self._run(call))

    async def delete(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Delete a report; its tokens can never be restored again."""
        row = await self._run(call)
        await self._desk.store.want_cancel(row.id, now=now_ms())
        async with self._desk.gateway_for(row.tenant, f"report-{row.id}", None, 60) as gateway:
            await gateway.forget()
        await self._desk.store.forget(row.id)
        return ConsoleAnswer(None, subject=row.id)

    async def events(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Progress until the run has ended, as server-sent events named `progress`; then one named `end`."""
        from aiohttp import web  # noqa: PLC0415 - the console's framework; the rest of this package does without

        row = await self._run(call)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(call.request)
        last, silent, waited = "", 0.0, 0.0
        while waited < _LONGEST_SECONDS:
            found = await self._desk.store.run(row.id, call.caller.tenant)
            if found is None:
                break
            told = run_view(found).model_dump_json()
            if told != last:
                await response.write(f"event: progress\ndata: {told}\n\n".encode())
                last, silent = told, 0.0
            elif silent >= _BEAT_SECONDS:
                await response.write(b": still here\n\n")
                silent = 0.0
            if found.state in {*ENDED, "waiting"}:
                await response.write(f"event: end\ndata: {json.dumps({'state': found.state})}\n\n".encode())
                break
            await asyncio.sleep(_EVENT_SECONDS)
            silent, waited = silent + _EVENT_SECONDS, waited + _EVENT_SECONDS
        await response.write_eof()
        return response

    async def cancel(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Stop a run: at once when it waits, else as soon as its worker hears of it."""
        row = await self._run(call)
        state = await self._desk.cancel(row)
        return ConsoleAnswer(Changed.model_validate({"state": state}), subject=row.id)

    async def retry(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Make an ended run again; what was finished counts."""
        row = await self._run(call)
        await self._desk.retry(row)
        return ConsoleAnswer(Changed(state="queued"), subject=row.id)

    async def repeat(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """The same order once more, of the data as it is now; `diff` tells what has changed."""
        before = await self._run(call)
        row = await self._desk.create(call.caller, self._desk.store.order(before))
        return ConsoleAnswer(run_view(row), subject=row.id)

    async def approve(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Publish a finished report."""
        row = await self._run(call)
        if not await self._desk.store.approve(row.id, call.caller.name, now=now_ms()):
            raise Problem(409, "not_finished", "Only a finished report can be published.")
        return ConsoleAnswer(run_view(await self._run(call)), subject=row.id)

    async def schedules(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Schedules of the tenant."""
        rows = await list_schedules(self._desk.store, call.caller.tenant)
        return ScheduleList(items=[self._schedule_view(row) for row in rows if await self._schedule_seen(call, row)])

    async def schedule(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """A new schedule."""
        body: ScheduleBody = call.body
        self._desk.template(body.order.template, body.order.parameters)
        jar_id = await self._desk.usable(call.caller, body.order.jar)
        person = Person(call.caller.user, call.caller.name)
        try:
            row = await add_schedule(
                self._desk.store, body.order, body.cron, call.caller.tenant, person, now=now_ms(), jar_id=jar_id
            )
        except BadSchedule as error:
            raise Problem(422, "bad_schedule", f"{error}.".capitalize()) from None
        return ConsoleAnswer(self._schedule_view(row), subject=row.id)

    async def unschedule(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Stop a schedule."""
        rows = await list_schedules(self._desk.store, call.caller.tenant)
        row = next((one for one in rows if one.id == call.path["id"]), None)
        if row is None or not await self._schedule_seen(call, row):
            raise Problem(404, "no_such_schedule", "There is no such schedule.")
        await delete_schedule(self._desk.store, row.id, row.tenant)
        return ConsoleAnswer(None, subject=call.path["id"])

    async def _schedule_seen(self, call: ConsoleCall, row: ReportScheduleRow) -> bool:
        """Whether the caller may know of it: their own, or one on a jar that they may see."""
        order = self._desk.store.open_order(row.sealed_request, row.id)
        return row.owner == call.caller.user or await self._desk.sees(call.caller, row.jar_id or order.jar)

    def _schedule_view(self, row: ReportScheduleRow) -> ScheduleView:
        order = self._desk.store.open_order(row.sealed_request, row.id)
        return ScheduleView(
            id=row.id, cron=row.cron, next_at=row.next_at, owner=row.owner_name, template=order.template, jar=order.jar
        )

    async def _run(self, call: ConsoleCall) -> ReportRunRow:
        return await self._desk.run(call.caller, call.path["id"], change=call.request.method != "GET")


def _template_view(template: ReportTemplate) -> TemplateView:
    return TemplateView(
        name=template.name,
        version=str(template.version),
        title=template.title,
        description=template.description,
        sections=[section.title for section in template.sections],
        parameters=template.defaults,
    )
