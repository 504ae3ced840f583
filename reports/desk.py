"""What people do with reports, the same for the console's routes and the commands: order, look, edit, publish.

Everybody reads runs of their own tenant only. A report needs the right `use` on its jar; its originals need `original`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.jar_access import Access
from connectors.jar_access import Person as JarPerson
from policies.console_routes import Caller, Problem
from policies.db import Database
from policies.documents import DocumentError
from policies.permissions import granted_on, may
from policies.sealing import Sealer
from policies.settings import Settings
from reports.document import Paragraph, Points, ReportDocument, Section
from reports.estimating import estimate
from reports.gate import holds_any, text_faults
from reports.gateway import GatewayFailed
from reports.jars import personal_values
from reports.opening import gateways, jar_access, now_ms, readers, templates_dir
from reports.order import Order
from reports.own_words import tokens_of
from reports.queue import RunQueue
from reports.reading import restored
from reports.steps import Protected
from reports.store import Person, Remark, RunStore
from reports.tables import ReportRunRow
from reports.templates import ReportTemplate, UnknownTemplate, load_template
from reports.texts import read_draft
from reports.views import Estimate
from reports.working import GatewayFor, ReaderFor


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts behind the routes. All methods raise Problem for what a person can mend, DatabaseUnavailable else."""

    settings: Settings
    database: Database
    sealer: Sealer
    store: RunStore
    queue: RunQueue | None
    reader_for: ReaderFor
    gateway_for: GatewayFor

    async def rights(self, caller: Caller, jar: str) -> frozenset[Access]:
        """What the caller may do with a jar; one that they may not see is not there."""
        return (await self._jar(caller, jar))[1]

    async def usable(self, caller: Caller, jar: str) -> str:
        """The id of a jar that the caller may use in reports."""
        identity, rights = await self._jar(caller, jar)
        if "use" not in rights:
            raise Problem(403, "jar_not_allowed", "Reports on this jar take the right `use`; its owner can grant it.")
        return identity

    async def _jar(self, caller: Caller, jar: str) -> tuple[str, frozenset[Access]]:
        person = JarPerson(caller.user, caller.roles)
        try:
            found = await jar_access(self.settings, self.database, self.sealer, caller.tenant, jar, person)
        except LookupError:
            found = "", frozenset()
        if "metadata" not in found[1]:
            raise Problem(404, "no_such_jar", "There is no such jar for you. `sting jars list` shows yours.")
        return found

    def template(self, name: str, parameters: Mapping[str, str | int | float | bool] | None = None) -> ReportTemplate:
        """A template, its texts filled with parameters."""
        try:
            return load_template(name, parameters, directory=templates_dir(self.settings))
        except UnknownTemplate as error:
            raise Problem(404, "no_such_template", f"{error}.".capitalize()) from None
        except DocumentError as error:
            raise Problem(422, "bad_template", f"{error}.".capitalize()) from None

    async def create(self, caller: Caller, order: Order) -> ReportRunRow:
        """Order a report."""
        self.template(order.template, order.parameters)
        person, jar_id = Person(caller.user, caller.name), await self.usable(caller, order.jar)
        row = await self.store.create(order, caller.tenant, person, now=now_ms(), jar_id=jar_id)
        await self.enqueue(row, order.priority)
        return row

    async def estimate(self, tenant: str, order: Order) -> Estimate:
        """What an order would take, and which columns it would use. The right on the jar is to be asked before."""
        template = self.template(order.template, order.parameters)
        return await estimate(order, template, self.reader_for(tenant), self.settings.seen_by(tenant))

    async def cancel(self, row: ReportRunRow) -> str:
        """Stop a run: at once when it waits, else as soon as its worker hears of it. Returns its state."""
        state = await self.store.want_cancel(row.id, now=now_ms())
        if self.queue is not None and state == "running":
            await self.queue.cancel(row.id)
        return state

    async def retry(self, row: ReportRunRow) -> None:
        """Make an ended run again; what was finished counts."""
        if not await self.store.again(row.id):
            raise Problem(409, "under_way", "The report is being made already.")
        await self.enqueue(row)

    async def enqueue(self, row: ReportRunRow, priority: int = 10) -> None:
        """Tell the queue at once. Without it the run is found in the database by any worker within seconds."""
        if self.queue is not None:
            try:
                await self.queue.add(row.id, priority=priority)
            except Exception:  # noqa: BLE001 - whatever broker there is: the run is safe in the database
                return

    async def run(self, caller: Caller, identity: str, *, change: bool = False) -> ReportRunRow:
        """A run of the caller's tenant that they ordered, or may see; `change`: may change.

        A report that somebody has restricted is for those who are named on it; any other for who sees its jar.
        """
        row = await self.store.run(identity, caller.tenant)
        if row is not None and row.owner != caller.user:
            granted = await granted_on(self.database, caller.tenant, "report", row.id)
            seen = may(caller, granted, "view") if granted is not None else await self.sees(caller, row.same_jar)
            row = row if seen else None
            if row is not None and change and not may(caller, granted, "edit"):
                raise Problem(403, "not_yours", "Only those named on this report, and administrators, may change it.")
        if row is None:
            raise Problem(404, "no_such_report", "There is no such report.")
        return row

    async def sees(self, caller: Caller, jar: str) -> bool:
        """Whether the caller may know of a jar; administrators, too, when it is gone."""
        try:
            await self.rights(caller, jar)
        except Problem:
            return caller.has_role("admin")
        return True

    async def document(self, row: ReportRunRow, *, version: int | None = None) -> tuple[int, ReportDocument]:
        """A version of a finished report, with tokens."""
        found = await self.store.document(row.id, version)
        if found is None:
            raise Problem(409, "not_finished", f"The report is not finished: it is {row.state}.")
        number, sealed = found
        document = ReportDocument.model_validate_json(sealed)
        return number, document.model_copy(update={"approved_by": row.approved_by})

    async def document_for(
        self, caller: Caller, row: ReportRunRow, *, version: int | None, original: bool
    ) -> tuple[int, ReportDocument]:
        """A version for the caller: with originals only when they ask for them and may see them."""
        number, document = await self.document(row, version=version)
        if not original:
            return number, document
        if "original" not in await self.rights(caller, row.same_jar):
            raise Problem(403, "original_not_allowed", "Originals take the right `original` on the jar.")
        return number, await self.with_originals(row, document)

    async def with_originals(self, row: ReportRunRow, document: ReportDocument) -> ReportDocument:
        """The document with what its tokens stand for. Ask for the right before."""
        try:
            async with self.gateway_for(row.tenant, document.seen.session, None, 3600) as gateway:
                return await restored(document, gateway, await self.aliases(row))
        except GatewayFailed as error:
            raise Problem(503, "gateway_failed", f"Originals cannot be restored now: {error}.") from None

    async def aliases(self, row: ReportRunRow) -> Mapping[str, str]:
        """What the run's own aliases stand for."""
        sealed = await self.store.newest_step(row.id, "protect")
        return Protected.model_validate_json(sealed).aliases if sealed else {}

    async def edit(self, caller: Caller, row: ReportRunRow, section: str, text: str) -> int:
        """A section's text as a person wrote it, in a new version; its figures and charts stay."""
        _, document = await self.document(row)
        found = next((one for one in document.sections if one.id == section), None)
        if found is None:
            raise Problem(404, "no_such_section", "The report has no such section.")
        async with self.gateway_for(row.tenant, document.seen.session, document.seen.policy, 86_400) as gateway:
            gateway.speak(document.language)
            try:
                scrambled = (await gateway.scramble([text])).texts[0]
            except GatewayFailed as error:
                raise Problem(503, "gateway_failed", f"The text cannot be scrambled now: {error}.") from None
        await self._check_typed(row, document, text, scrambled)
        changed = _with_text(found, scrambled)
        sections = tuple(changed if one.id == section else one for one in document.sections)
        fresh = document.model_copy(update={"sections": sections, "approved_by": None})
        return await self.store.keep_document(row.id, fresh.model_dump_json().encode(), caller.user, now=now_ms())

    async def _check_typed(self, row: ReportRunRow, document: ReportDocument, typed: str, scrambled: str) -> None:
        """The release gate for what a person wrote. Raises Problem."""
        made = tokens_of([scrambled]) - tokens_of([typed])
        faults = text_faults(scrambled, tokens_of([document.model_dump_json()]) | made)
        reader = self.reader_for(row.tenant)
        try:
            values = await personal_values(reader, await reader.jar(row.same_jar))
        except LookupError:  # the jar is gone, its values with it
            values = frozenset()
        if holds_any(scrambled, values):
            faults.add("a value of a personal column that the gateway does not find")
        if not read_draft(scrambled).text:
            faults.add("no sentence")
        if faults:
            raise Problem(
                422, "not_released", f"The text cannot stand in a report: it holds {'; '.join(sorted(faults))}."
            )

    async def redo(self, row: ReportRunRow, section: str, remark: str) -> None:
        """Have one section written again, with a remark for the writer."""
        template = self.template(row.template)
        if section not in {one.id for one in template.sections}:
            raise Problem(404, "no_such_section", "The report has no such section.")
        under_way = Problem(409, "under_way", "The report is being made; wait or cancel it first.")
        if row.state in {"queued", "running"}:
            raise under_way
        await self._unedit(row, section)
        if not await self.store.again(row.id, remark=Remark(section, remark, now_ms())):
            raise under_way
        await self.enqueue(row, 1)

    async def _unedit(self, row: ReportRunRow, section: str) -> None:
        """A person's text gives way when they ask for the section again."""
        found = await self.store.document(row.id)
        if found is None:
            return
        document = ReportDocument.model_validate_json(found[1])
        if any(one.id == section and one.edited for one in document.sections):
            sections = tuple(
                one.model_copy(update={"edited": False}) if one.id == section else one for one in document.sections
            )
            fresh = document.model_copy(update={"sections": sections})
            await self.store.keep_document(row.id, fresh.model_dump_json().encode(), row.id, now=now_ms())


def _with_text(section: Section, text: str) -> Section:
    draft = read_draft(text)
    blocks = [Paragraph(text=part, origin="person") for part in draft.paragraphs]
    points = [Points(items=draft.points, origin="person")] if draft.points else []
    rest = [block for block in section.blocks if not isinstance(block, Paragraph | Points)]
    first = [block for block in rest[:1] if block.kind == "facts"]
    return section.model_copy(
        update={
            "blocks": (*first, *blocks, *points, *rest[len(first) :]),
            "edited": True,
            "degraded": None,
        }
    )


def open_desk(settings: Settings, database: Database, sealer: Sealer, queue: RunQueue | None) -> Desk:
    """The desk over these stores."""
    return Desk(
        settings=settings,
        database=database,
        sealer=sealer,
        store=RunStore(database, sealer),
        queue=queue,
        reader_for=readers(settings, database, sealer),
        gateway_for=gateways(settings, database, sealer),
    )
