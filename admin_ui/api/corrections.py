"""`/corrections`: words that were missed or wrongly found; approved ones become known values or allow-list entries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Literal

import yaml
from pydantic import BaseModel, Field, model_validator

from admin_ui.api.bodies import Body, require_installation, version_in
from admin_ui.api.policies import own_text, put_checked, refused, sources_of
from admin_ui.parts import Parts
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem
from policies.corrections import (
    LONGEST,
    BadCorrection,
    Correction,
    CorrectionKind,
    Kept,
    State,
    corrections,
    find,
    moved,
    propose,
    steps,
    value_of,
)
from policies.entity_types import ENTITY_TYPES
from policies.loader import PolicyError
from policies.permissions import require
from policies.records import Editor, VersionConflict, history
from policies.sealing import SealBroken

_TAG = "corrections"


class Proposal(Body):
    """A word that was missed (`known`, with its entity type) or that is nobody's (`allow`, for one policy)."""

    kind: CorrectionKind
    value: str = Field(min_length=1, max_length=2 * LONGEST, repr=False)
    entity_type: str | None = Field(default=None, max_length=40)
    policy: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")

    @model_validator(mode="after")
    def _whole(self) -> Proposal:
        if self.kind == "known" and self.entity_type not in ENTITY_TYPES:
            raise ValueError("a known value takes an entity_type of the vocabulary")
        if self.kind == "allow" and self.policy is None:
            raise ValueError("an allow-list entry takes a policy")
        return self


class CorrectionStep(BaseModel):
    """One version: the state, who brought it there and when (UTC milliseconds)."""

    version: int
    state: State
    at: int
    who: str
    who_name: str


class CorrectionAnswer(CorrectionStep):
    """A correction without its word."""

    id: str
    kind: CorrectionKind
    entity_type: str
    policy: str
    source: str
    policy_version: int


class CorrectionList(BaseModel):
    """Corrections, the newest change first."""

    items: list[CorrectionAnswer]
    next: str | None = None


class WholeCorrection(CorrectionAnswer):
    """With its word, while nobody has decided, and its history, newest first."""

    value: str | None = Field(default=None, repr=False)
    steps: list[CorrectionStep]


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    one = "/corrections/{id}"
    roles: tuple[Literal["editor"]] = ("editor",)
    return (
        ConsoleRoute(
            "GET", "/corrections", partial(_list, parts), "Corrections", _TAG, roles=roles, answer=CorrectionList
        ),
        ConsoleRoute(
            "POST", "/corrections", partial(_propose, parts), "Propose one", _TAG, roles=roles, body=Proposal,
            answer=CorrectionAnswer, status=201,
        ),
        ConsoleRoute("GET", one, partial(_get, parts), "One, with its word", _TAG, roles=roles, answer=WholeCorrection),
        ConsoleRoute(
            "POST", f"{one}/approve", partial(_approve, parts), "Let it count", _TAG, roles=roles,
            answer=CorrectionAnswer,
        ),
        ConsoleRoute(
            "POST", f"{one}/reject", partial(_reject, parts), "Drop it", _TAG, roles=roles, answer=CorrectionAnswer
        ),
        ConsoleRoute(
            "POST", f"{one}/undo", partial(_undo, parts), "Take an approved one back", _TAG, roles=roles,
            answer=CorrectionAnswer,
        ),
    )  # fmt: skip


def _told(kept: Kept) -> CorrectionAnswer:
    return CorrectionAnswer(
        **asdict(kept.correction), version=kept.version, at=kept.at, who=kept.who, who_name=kept.who_name
    )


def _answer(kept: Kept) -> ConsoleAnswer:
    return ConsoleAnswer(_told(kept), etag=str(kept.version), subject=kept.correction.id)


def _editor(parts: Parts, call: ConsoleCall) -> Editor:
    return Editor(call.caller.user, call.caller.name, parts.now())


async def _list(parts: Parts, call: ConsoleCall) -> CorrectionList:
    return CorrectionList(items=[_told(one) for one in await corrections(parts.database, call.caller.tenant)])


async def _propose(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    body: Proposal = call.body
    wanted = Correction("", body.kind, body.entity_type or "", body.policy or "", "", "proposed")
    try:
        kept = await propose(parts.database, parts.sealer, call.caller.tenant, body.value, wanted, _editor(parts, call))
    except BadCorrection as error:
        raise Problem(422, "bad_correction", f"This takes {error}.") from None
    return _answer(kept)


async def _found(parts: Parts, call: ConsoleCall, state: State | None = None) -> Kept:
    """The correction, in this state when one is given, and at the version that the caller has seen. Raises Problem."""
    kept = await find(parts.database, call.caller.tenant, call.path["id"])
    if kept is None:
        raise Problem(404, "no_such_correction", "There is no such correction.")
    if state is not None and kept.correction.state != state:
        raise Problem(409, "decided", f"This correction is {kept.correction.state}, not {state}.")
    expected = version_in(call)
    if expected is not None and expected != kept.version:
        raise Problem(412, "version_conflict", "Somebody else has decided meanwhile. Load it again.")
    return kept


async def _get(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    kept = await _found(parts, call)
    value = await _value(parts, call, kept)
    versions = await steps(parts.database, call.caller.tenant, kept.correction.id)
    told = [
        CorrectionStep(version=one.version, state=one.correction.state, at=one.at, who=one.who, who_name=one.who_name)
        for one in versions
    ]
    whole = WholeCorrection(**_told(kept).model_dump(), value=value, steps=told)
    return ConsoleAnswer(whole, etag=str(kept.version), originals=value is not None)


async def _value(parts: Parts, call: ConsoleCall, kept: Kept) -> str | None:
    try:
        return await value_of(parts.database, parts.sealer, call.caller.tenant, kept.correction.id)
    except SealBroken:
        raise Problem(
            409, "sealed", "The word was sealed under a master key that is not configured any more."
        ) from None


async def _approve(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    kept = await _found(parts, call, "proposed")
    value = await _value(parts, call, kept)
    if value is None:
        raise Problem(409, "decided", "Somebody else is deciding. Load it again.")
    wanted = replace(kept.correction, state="approved")
    if wanted.kind == "known":
        await _know(parts, call, wanted, value)
    else:
        wanted = replace(wanted, policy_version=await _allow(parts, call, wanted.policy, value))
    return await _moved(parts, call, kept, wanted)


async def _reject(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    kept = await _found(parts, call, "proposed")
    return await _moved(parts, call, kept, replace(kept.correction, state="rejected"))


async def _undo(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    kept = await _found(parts, call, "approved")
    await _take_back(parts, call, kept.correction)
    return await _moved(parts, call, kept, replace(kept.correction, state="undone"))


async def _moved(parts: Parts, call: ConsoleCall, kept: Kept, wanted: Correction) -> ConsoleAnswer:
    """The next state; when somebody else was faster, what was just done for it is taken back. Raises Problem."""
    try:
        return _answer(await moved(parts.database, call.caller.tenant, kept, wanted, _editor(parts, call)))
    except VersionConflict:
        newest = await _found(parts, call)
        if wanted.state == "approved" and newest.correction.state != "approved":
            await _take_back(parts, call, wanted)
        raise Problem(412, "version_conflict", "Somebody else has decided meanwhile. Load it again.") from None


async def _know(parts: Parts, call: ConsoleCall, wanted: Correction, value: str) -> None:
    """Have the gateway keep the word in a list of its own. Raises Problem."""
    line = {"value": value, "entity_type": wanted.entity_type}
    path = f"/sting/v1/values/{wanted.id}"
    told = (await parts.gateway.ask(call.caller.tenant, "PUT", path, line)).data
    if told.get("skipped"):
        await parts.gateway.ask(call.caller.tenant, "DELETE", path)
        raise Problem(422, "bad_correction", "This cannot be a known value: it is too short, or nothing but digits.")


async def _take_back(parts: Parts, call: ConsoleCall, done: Correction) -> None:
    if done.kind == "known":
        try:
            await parts.gateway.ask(call.caller.tenant, "DELETE", f"/sting/v1/values/{done.id}")
        except Problem as problem:
            if problem.status != 404:  # noqa: PLR2004 - somebody has deleted the list
                raise
    else:
        await _disallow(parts, call, done)


async def _allow(parts: Parts, call: ConsoleCall, name: str, word: str) -> int:
    """Add the word at the end of what the policy allows; that version of it, 0 if it was there. Raises Problem."""
    allowed = await _allowed(parts, call, name)
    return 0 if word in allowed else await _with_allowed(parts, call, name, [*allowed, word])


async def _disallow(parts: Parts, call: ConsoleCall, done: Correction) -> None:
    """Take out of the policy what that version of it had brought in. Raises Problem."""
    versions = {one.version: one for one in await history(parts.database, "policy", done.policy)}
    if done.policy_version in versions:
        brought = yaml.safe_load(versions[done.policy_version].data)["detection"]["allow"][-1]
        allowed = await _allowed(parts, call, done.policy)
        if brought in allowed:
            await _with_allowed(parts, call, done.policy, [word for word in allowed if word != brought])


async def _allowed(parts: Parts, call: ConsoleCall, name: str) -> list[str]:
    require_installation(call)
    await require(parts.database, call.caller, "policy", name, "edit")
    policy = (await asyncio.to_thread((await sources_of(parts)).compiled)).get(name)
    if policy is None:
        raise Problem(404, "no_such_policy", "There is no policy of this name (any more).")
    return list(policy.detection.allow)


async def _with_allowed(parts: Parts, call: ConsoleCall, name: str, words: Sequence[str]) -> int:
    sources = await sources_of(parts)
    data = yaml.safe_load(own_text(name, sources))
    if name not in sources.records and not any(one.data.get("name") == name for one in sources.files):
        data = {"name": name, "extends": name}  # a built-in one stays what it is beneath
    data.setdefault("detection", {})["allow"] = list(words)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    try:
        await asyncio.to_thread(sources.compiled, draft=(name, text))
    except PolicyError as error:
        raise refused(error) from None
    versions = await history(parts.database, "policy", name)
    note = f"correction {call.path['id']}"
    kept = await put_checked(parts, call, ("policy", name), text, note, versions[0].version if versions else 0)
    return kept.version
