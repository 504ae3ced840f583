"""Looking at a run's prompts before they leave: what a reviewer sees, marks, and lets go."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final

from policies.console_routes import Caller, Problem
from policies.corrections import BadCorrection, Correction, CorrectionKind, propose
from policies.entity_types import ENTITY_TYPES
from policies.records import Editor
from reports.desk import Desk
from reports.gateway import GatewayFailed
from reports.marks import BadMark, Mark, marked, missed
from reports.numbers import TOKEN
from reports.opening import now_ms
from reports.previewing import Prepared
from reports.steps import Protected
from reports.tables import ReportRunRow
from reports.texts import REDACTED
from reports.views import MarkBody, MarkView, PreviewView, PromptPart, PromptPreview

MOST_MARKS: Final = 200
_REPLACED: Final = re.compile(f"{TOKEN.pattern}|{REDACTED.pattern}")


async def preview_of(desk: Desk, row: ReportRunRow) -> PreviewView:
    """The prompts of a run as they will leave (or left, the first time); with tokens."""
    prepared = await _prepared(desk, row)
    sealed = await desk.store.newest_step(row.id, "protect")
    instead = Protected.model_validate_json(sealed).missed if sealed else {}
    return PreviewView(
        version=prepared.digest,
        waiting=row.state == "waiting",
        system=prepared.system,
        items=[
            PromptPreview(
                section=one.section,
                title=one.title,
                models=list(one.models),
                prompt=one.prompt,
                parts=parts_of(one.prompt),
            )
            for one in prepared.prompts
        ],
        entities=prepared.entities,
        marks=[_mark_view(mark, instead) for mark in await desk.store.marks(row.id)],
    )


def parts_of(prompt: str) -> list[PromptPart]:
    """A prompt in pieces: what stands for personal values, and the text between."""
    parts: list[PromptPart] = []
    at = 0
    for match in _REPLACED.finditer(prompt):
        if match.start() > at:
            parts.append(PromptPart(text=prompt[at : match.start()]))
        text = match[0]
        token = TOKEN.fullmatch(text) is not None
        entity_type = text.rpartition("_")[0] if token else text.removeprefix("REDACTED_").strip("*")
        parts.append(PromptPart(text=text, entity_type=entity_type, redacted=not token))
        at = match.end()
    if at < len(prompt):
        parts.append(PromptPart(text=prompt[at:]))
    return parts


async def add_marks(desk: Desk, caller: Caller, row: ReportRunRow, version: str, wanted: Sequence[MarkBody]) -> bool:
    """Keep marks of a waiting run; True when its prompts are made anew because of them."""
    prepared = await _waiting(desk, row)
    if prepared.digest != version:
        raise Problem(412, "changed_meanwhile", "The prompts have changed meanwhile: load them again.")
    known = list(await desk.store.marks(row.id))
    fresh = [_mark(prepared, one, caller) for one in wanted]
    marks = [*known, *(mark for mark in fresh if not any(_same(mark, other) for other in known))]
    if len(marks) > MOST_MARKS:
        raise Problem(
            422, "too_many_marks", f"A report takes {MOST_MARKS} marks; change the policy or the jar instead."
        )
    return await _marked(desk, row, known, marks)


async def drop_mark(desk: Desk, row: ReportRunRow, identity: str) -> bool:
    """Take a mark back; True when the prompts are made anew because of it."""
    await _waiting(desk, row)
    known = await desk.store.marks(row.id)
    marks = [mark for mark in known if mark.id != identity]
    if len(marks) == len(known):
        raise Problem(404, "no_such_mark", "The report has no such mark.")
    return await _marked(desk, row, known, marks)


async def propose_mark(desk: Desk, caller: Caller, row: ReportRunRow, identity: str, policy: str | None) -> str:
    """Propose what a mark says as a correction; its id. A wrong token's word takes the right to see originals."""
    mark = next((one for one in await desk.store.marks(row.id) if one.id == identity), None)
    if mark is None:
        raise Problem(404, "no_such_mark", "The report has no such mark.")
    if mark.kind == "wrong" and policy is None:
        raise Problem(422, "policy_needed", "Name the policy whose allow-list takes the word.")
    value = mark.text if mark.kind == "missed" else await _stands_for(desk, caller, row, mark.text)
    kind: CorrectionKind = "known" if mark.kind == "missed" else "allow"
    entity_type = mark.entity_type if kind == "known" else ""
    wanted = Correction("", kind, entity_type, policy or "", row.id, "proposed")
    editor = Editor(caller.user, caller.name, now_ms())
    try:
        kept = await propose(desk.database, desk.sealer, row.tenant, value, wanted, editor)
    except BadCorrection as error:
        raise Problem(422, "bad_correction", f"This takes {error}.") from None
    return kept.correction.id


async def _stands_for(desk: Desk, caller: Caller, row: ReportRunRow, token: str) -> str:
    if "original" not in await desk.rights(caller, row.same_jar):
        raise Problem(403, "original_not_allowed", "What a token stands for takes the right `original` on the jar.")
    try:
        async with desk.gateway_for(row.tenant, f"report-{row.id}", None, 3600) as gateway:
            (word,) = await gateway.restore([token])
    except GatewayFailed as error:
        raise Problem(503, "gateway_failed", f"The word cannot be restored now: {error}.") from None
    if word == token:
        raise Problem(409, "not_restorable", "The gateway does not know (any more) what this token stands for.")
    return word


async def let_go(desk: Desk, caller: Caller, row: ReportRunRow, version: str | None) -> None:
    """Let a waiting run send its prompts, these very ones."""
    prepared = await _waiting(desk, row)
    if version is not None and prepared.digest != version:
        raise Problem(412, "changed_meanwhile", "The prompts have changed meanwhile: look at them again.")
    await desk.store.note_reviewed(row.id, prepared.digest, caller.user, now=now_ms())
    await _go_on(desk, row)


async def _marked(desk: Desk, row: ReportRunRow, before: Sequence[Mark], after: Sequence[Mark]) -> bool:
    await desk.store.keep_marks(row.id, after, now=now_ms())
    if missed(before) == missed(after):
        return False
    await _go_on(desk, row)
    return True


async def _go_on(desk: Desk, row: ReportRunRow) -> None:
    await desk.store.again(row.id)
    await desk.enqueue(row, 1)


async def _waiting(desk: Desk, row: ReportRunRow) -> Prepared:
    if row.state != "waiting":
        raise Problem(409, "not_waiting", f"The report does not wait for a review: it is {row.state}.")
    return await _prepared(desk, row)


async def _prepared(desk: Desk, row: ReportRunRow) -> Prepared:
    sealed = await desk.store.newest_step(row.id, "preview")
    if sealed is None:
        raise Problem(
            409, "no_preview", "Prompts are kept for reports that were ordered with `review`, once they are made."
        )
    return Prepared.model_validate_json(sealed)


def _mark(prepared: Prepared, wanted: MarkBody, caller: Caller) -> Mark:
    if wanted.entity_type not in ENTITY_TYPES:
        raise Problem(422, "no_such_entity_type", "There is no such entity type.")
    if wanted.text.strip() not in prepared.text(wanted.section):
        raise Problem(422, "not_in_prompt", "A marked text does not stand in the prompt of that section.")
    identity = f"mrk_{secrets.token_hex(6)}"
    try:
        return marked(identity, wanted.kind, wanted.section, wanted.text, wanted.entity_type, caller.user)
    except BadMark as error:
        raise Problem(422, "bad_mark", f"{error}.".capitalize()) from None


def _same(mark: Mark, other: Mark) -> bool:
    return (mark.kind, mark.text) == (other.kind, other.text)


def _mark_view(mark: Mark, instead: dict[str, str]) -> MarkView:
    shown = mark.text if mark.kind == "wrong" else instead.get(mark.text, "")
    return MarkView(id=mark.id, kind=mark.kind, section=mark.section, entity_type=mark.entity_type, shown=shown)
