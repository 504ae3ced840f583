"""Routes about finished reports: document, export, what the model saw, edits, links, differences."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem, UserRole
from reports.desk import Desk
from reports.document import ReportDocument
from reports.opening import now_ms
from reports.order import ExportFormat
from reports.reading import FactChange, differences
from reports.render import MEDIA_TYPES, render
from reports.render.brand import brand_of
from reports.shares import drop_share, find_share, list_shares, make_share
from reports.tables import ReportRunRow, ReportShareRow
from reports.views import (
    Changed,
    DiffQuery,
    DocumentQuery,
    EditBody,
    ExportQuery,
    PromptsView,
    RedoBody,
    ShareBody,
    ShareList,
    ShareView,
)

_TAG: Final = "reports"


class DocumentRoutes:
    """The handlers, over a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> Sequence[ConsoleRoute]:
        """All routes about documents."""
        edit: tuple[UserRole, ...] = ("editor",)
        return (
            ConsoleRoute(
                "GET", "/reports/{id}/document", self.document, "The report as data", _TAG, query=DocumentQuery,
                answer=ReportDocument,
            ),
            ConsoleRoute(
                "GET", "/reports/{id}/export", self.export, "The report as a file", _TAG, query=ExportQuery,
                streams=True,
            ),
            ConsoleRoute("GET", "/reports/{id}/prompts", self.prompts, "What the model saw", _TAG, answer=PromptsView),
            ConsoleRoute(
                "PUT", "/reports/{id}/sections/{section}", self.edit, "Edit a section's text", _TAG, edit, EditBody,
                answer=Changed,
            ),
            ConsoleRoute(
                "POST", "/reports/{id}/sections/{section}/redo", self.redo, "Have a section written again", _TAG, edit,
                RedoBody, answer=Changed,
            ),
            ConsoleRoute("GET", "/reports/{id}/shares", self.shares, "Links", _TAG, answer=ShareList),
            ConsoleRoute(
                "POST", "/reports/{id}/shares", self.share, "Make a link", _TAG, edit, ShareBody, answer=ShareView,
                status=201,
            ),
            ConsoleRoute(
                "DELETE", "/reports/{id}/shares/{share}", self.unshare, "Close a link", _TAG, edit, status=204
            ),
            ConsoleRoute("GET", "/shared/{secret}", self.shared, "A shared report", _TAG, roles=(), streams=True),
            ConsoleRoute(
                "GET", "/reports/{id}/diff", self.diff, "What differs from another report", _TAG, query=DiffQuery,
                answer=list[FactChange],
            ),
        )  # fmt: skip

    async def document(self, call: ConsoleCall) -> Any:  # noqa: ANN401 - handlers return plain data
        """The document; its version is the entity tag."""
        query: DocumentQuery = call.query
        row = await self._run(call)
        number, document = await self._desk.document_for(
            call.caller, row, version=query.version, original=query.original
        )
        return ConsoleAnswer(document, etag=str(number), originals=query.original)

    async def export(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """The report in one of its forms."""
        query: ExportQuery = call.query
        row = await self._run(call)
        _, document = await self._desk.document_for(call.caller, row, version=query.version, original=query.original)
        made = await self._file(row.tenant, document, query.format, attached=query.format != "html")
        return ConsoleAnswer(made, originals=query.original)

    async def prompts(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Every prompt as it left."""
        _, document = await self._desk.document(await self._run(call))
        seen = document.seen
        return PromptsView(
            items=list(seen.prompts),
            titles={section.id: section.title for section in document.sections},
            entities=seen.entities,
            policy=seen.policy,
            session=seen.session,
        )

    async def edit(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """A person's text for one section; `If-Match` guards against two editors."""
        row = await self._run(call)
        number, _ = await self._desk.document(row)
        if call.if_match is not None and call.if_match != str(number):
            raise Problem(412, "changed_meanwhile", "Somebody has changed the report meanwhile: load it again.")
        body: EditBody = call.body
        version = await self._desk.edit(call.caller, row, call.path["section"], body.text)
        return ConsoleAnswer(Changed(version=version), etag=str(version), subject=row.id)

    async def redo(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Have one section written again."""
        row = await self._run(call)
        body: RedoBody = call.body
        await self._desk.redo(row, call.path["section"], body.remark)
        return ConsoleAnswer(Changed(state="queued"), subject=row.id)

    async def shares(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Links that still open."""
        rows = await list_shares(self._desk.database, (await self._run(call)).id, now=now_ms())
        return ShareList(items=[_share_view(row) for row in rows])

    async def share(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """A link that opens the report with its tokens."""
        row = await self._run(call)
        await self._desk.document(row)
        body: ShareBody = call.body
        share, secret = await make_share(self._desk.database, row, call.caller.user, days=body.days, now=now_ms())
        url = f"{self._desk.settings.console_url}/api/v1/shared/{secret}"
        return ConsoleAnswer(_share_view(share, url), subject=share.id)

    async def unshare(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Close a link at once."""
        row = await self._run(call)
        if not await drop_share(self._desk.database, row.id, call.path["share"]):
            raise Problem(404, "no_such_link", "The report has no such link.")
        return ConsoleAnswer(None, subject=call.path["share"])

    async def shared(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """What a link opens: the page, with tokens; nobody behind it is asked who they are."""
        share = await find_share(self._desk.database, call.path["secret"], now=now_ms())
        row = await self._desk.store.run(share.run, share.tenant) if share is not None else None
        if row is None:
            raise Problem(404, "no_such_link", "This link does not open anything (any more). Ask for a new one.")
        _, document = await self._desk.document(row)
        return await self._file(
            row.tenant, document.model_copy(update={"seen": document.seen.model_copy(update={"prompts": ()})}), "html"
        )

    async def diff(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Figures that differ from an older report of the same tenant."""
        query: DiffQuery = call.query
        after = await self._run(call)
        before = await self._desk.run(call.caller, query.with_)
        return differences((await self._desk.document(before))[1], (await self._desk.document(after))[1])

    async def _file(self, tenant: str, document: ReportDocument, form: ExportFormat, *, attached: bool = False) -> Any:  # noqa: ANN401
        from aiohttp import web  # noqa: PLC0415 - the console's framework; the rest of this package does without

        brand = await asyncio.to_thread(brand_of, self._desk.settings.reports.of(tenant))
        content = await asyncio.to_thread(render, document, form, brand)
        media = MEDIA_TYPES[form]
        name = f"{document.template}-{document.id}.{form}"
        headers = {
            "Content-Type": f"{media}; charset=utf-8" if media.startswith("text/") else media,
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'{"attachment" if attached else "inline"}; filename="{name}"',
            # a report is a page of its own: nothing of it may run or load anything
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(body=content, headers=headers)

    async def _run(self, call: ConsoleCall) -> ReportRunRow:
        return await self._desk.run(call.caller, call.path["id"], change=call.request.method != "GET")


def _share_view(row: ReportShareRow, url: str | None = None) -> ShareView:
    return ShareView(id=row.id, created_at=row.created_at, expires_at=row.expires_at, url=url)
