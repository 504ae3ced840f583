"""`/policies`: versions, edits that do not overwrite one another, checks before anything counts, dry runs."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field

from admin_ui.api.bodies import Body, require_installation, version_in
from admin_ui.parts import Parts
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem
from policies.documents import Document
from policies.key_rows import list_keys
from policies.live import PolicySources, policy_sources
from policies.loader import PolicyError
from policies.model import Policy
from policies.permissions import require
from policies.records import Editor, Kind, Record, VersionConflict, history, put_record

MAX_YAML = 200_000
_TAG = "policies"
_EDIT: tuple[Literal["editor"]] = ("editor",)


class PolicyBody(Body):
    """A policy as its YAML text, and a word about the change."""

    yaml: str = Field(max_length=MAX_YAML)
    note: str = Field(default="", max_length=500)


class LintBody(Body):
    """A policy's YAML text to check."""

    yaml: str = Field(max_length=MAX_YAML)


class DryRunBody(Body):
    """A draft, or the name of a policy, and texts to try it on."""

    yaml: str | None = Field(default=None, max_length=MAX_YAML)
    policy: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    texts: list[str] = Field(min_length=1, max_length=20, repr=False)


class RollbackBody(Body):
    """The version to go back to."""

    version: int = Field(ge=1, le=2**53)


class PolicyHead(BaseModel):
    """A policy in a list. `source` says where it counts from, `version` is 0 outside the database."""

    name: str
    description: str
    extends: str | None
    source: Literal["builtin", "file", "database"]
    version: int
    is_default: bool
    linkable: bool
    updated_at: int | None
    updated_by: str | None
    used_by: int


class PolicyHeads(BaseModel):
    """All policies."""

    items: list[PolicyHead]
    next: str | None = None


class PolicyAnswer(PolicyHead):
    """One policy: its own text, and everything that counts with what it inherits."""

    yaml: str
    effective: dict[str, Any]


class PolicyVersion(BaseModel):
    """One version; `diff` is unified, against the version before it."""

    version: int
    at: int
    who: str
    who_name: str
    note: str
    removed: bool
    yaml: str
    diff: str


class PolicyVersions(BaseModel):
    """The versions, newest first."""

    items: list[PolicyVersion]
    next: str | None = None


class Fault(BaseModel):
    """What is wrong, and in which line (1 is the first)."""

    line: int
    message: str


class LintAnswer(BaseModel):
    """Whether the text can be used; with what it would mean."""

    ok: bool
    faults: list[Fault]
    effective: dict[str, Any] | None = None


class DryRunAnswer(BaseModel):
    """Findings per text with what the policy would do; as `/playground/analyze`."""

    results: list[list[dict[str, Any]]]


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    one, edit = "/policies/{name}", _EDIT
    return (
        ConsoleRoute("GET", "/policies", partial(_list, parts), "All policies", _TAG, answer=PolicyHeads),
        ConsoleRoute("GET", one, partial(_get, parts), "One policy", _TAG, answer=PolicyAnswer),
        ConsoleRoute(
            "PUT", one, partial(_put, parts), "Keep a policy", _TAG, roles=edit, body=PolicyBody, answer=PolicyAnswer
        ),
        ConsoleRoute("DELETE", one, partial(_remove, parts), "Remove a policy", _TAG, roles=edit, status=204),
        ConsoleRoute("GET", f"{one}/versions", partial(_versions, parts), "Versions", _TAG, answer=PolicyVersions),
        ConsoleRoute(
            "POST",
            f"{one}/rollback",
            partial(_rollback, parts),
            "Go back to a version",
            _TAG,
            roles=edit,
            body=RollbackBody,
            answer=PolicyAnswer,
        ),
        *_trials(parts),
    )


def _trials(parts: Parts) -> Sequence[ConsoleRoute]:
    """Routes that change nothing and are no acts."""
    lint, dry = partial(_lint, parts), partial(_dry_run, parts)
    return (
        ConsoleRoute("POST", "/policies/lint", lint, "Check a text", _TAG, body=LintBody, answer=LintAnswer, act=False),
        ConsoleRoute(
            "POST", "/policies/dry-run", dry, "Try a draft", _TAG, body=DryRunBody, answer=DryRunAnswer, act=False
        ),
    )


async def sources_of(parts: Parts) -> PolicySources:
    """All policies with where they come from. Raises Problem."""
    try:
        return await policy_sources(parts.settings, parts.database)
    except PolicyError as error:
        raise Problem(500, "policy_files", f"The policy files cannot be used: {error}") from None


async def _uses(parts: Parts) -> dict[str, int]:
    """Keys that work under each policy (those of all tenants: a policy is everybody's)."""
    now, count = parts.now(), dict[str, int]()
    default = parts.settings.policies.default
    keys = [key for key in await list_keys(parts.database) if key.is_valid(now)]
    names = [key.principal.policy or default for key in keys] + [key.policy or default for key in parts.settings.keys]
    for name in names:
        count[name] = count.get(name, 0) + 1
    return count


def _head(parts: Parts, policy: Policy, sources: PolicySources, uses: dict[str, int]) -> PolicyHead:
    record = sources.records.get(policy.name)
    in_files = any(document.data.get("name") == policy.name for document in sources.files)
    return PolicyHead(
        name=policy.name,
        description=policy.description,
        extends=policy.extends,
        source="database" if record else "file" if in_files else "builtin",
        version=record.version if record else 0,
        is_default=policy.name == parts.settings.policies.default,
        linkable=policy.linkable,
        updated_at=record.at if record else None,
        updated_by=record.who_name if record else None,
        used_by=uses.get(policy.name, 0),
    )


async def _list(parts: Parts, _call: ConsoleCall) -> PolicyHeads:
    sources, uses = await sources_of(parts), await _uses(parts)
    found = await asyncio.to_thread(sources.compiled)
    return PolicyHeads(items=[_head(parts, policy, sources, uses) for policy in found.values()])


def own_text(name: str, sources: PolicySources) -> str:
    """The policy's own YAML; files are written anew from what was read, without comments."""
    if record := sources.records.get(name):
        return record.data
    documents: list[Document] = [*sources.files, *sources.builtin]
    data = next((document.data for document in documents if document.data.get("name") == name), {"name": name})
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


async def _answer(parts: Parts, name: str) -> ConsoleAnswer:
    sources = await sources_of(parts)
    policy = (await asyncio.to_thread(sources.compiled)).get(name)
    if policy is None:
        raise Problem(404, "no_such_policy", "There is no policy of this name.")
    head = _head(parts, policy, sources, await _uses(parts))
    effective = policy.model_dump(mode="json")
    answer = PolicyAnswer(**head.model_dump(), yaml=own_text(name, sources), effective=effective)
    return ConsoleAnswer(answer, etag=str(await _newest(parts, name)))


async def _newest(parts: Parts, name: str) -> int:
    """The number of the newest version, removed ones too: what an edit is made on."""
    versions = await history(parts.database, "policy", name)
    return versions[0].version if versions else 0


async def _get(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    return await _answer(parts, call.path["name"])


async def _checked(sources: PolicySources, name: str, text: str) -> Policy:
    """The draft with what it inherits; all others must stay usable too. Raises PolicyError."""
    return (await asyncio.to_thread(sources.compiled, draft=(name, text)))[name]


async def _put(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    require_installation(call)
    name, body = call.path["name"], call.body
    return await _kept(parts, call, name, body.yaml, body.note)


async def _kept(parts: Parts, call: ConsoleCall, name: str, text: str, note: str) -> ConsoleAnswer:
    await require(parts.database, call.caller, "policy", name, "edit")
    sources = await sources_of(parts)
    try:
        await _checked(sources, name, text)
    except PolicyError as error:
        raise refused(error) from None
    await put_checked(parts, call, ("policy", name), text, note, await edited_version(parts, call, "policy", name))
    return await _answer(parts, name)


async def edited_version(parts: Parts, call: ConsoleCall, kind: Kind, name: str) -> int | None:
    """The version that an edit is made on. Raises Problem when it is not said, though there is one.

    What was removed has no GET and so no ETag: it is added again without one.
    """
    versions = await history(parts.database, kind, name)
    if versions and versions[0].removed and call.if_match in (None, "0"):
        return versions[0].version
    if call.if_match is not None:
        return version_in(call)
    if versions:
        raise Problem(428, "version_needed", "Send the version that you edited as If-Match (the ETag of the GET).")
    return 0


async def put_checked(
    parts: Parts, call: ConsoleCall, what: tuple[Any, str], data: str | None, note: str, expected: int | None
) -> Record:
    """Add the version. Raises Problem when somebody else was faster."""
    kind, name = what
    editor = Editor(call.caller.user, call.caller.name, parts.now(), note)
    try:
        return await put_record(parts.database, kind, name, data, editor, expected=expected)
    except VersionConflict as conflict:
        message = f"Somebody else has changed this meanwhile (version {conflict.version}). Load it again and compare."
        raise Problem(412, "version_conflict", message) from None


def refused(error: PolicyError) -> Problem:
    """What to answer about a policy that cannot be used."""
    faults = _faults(error)
    return Problem(
        422,
        "bad_policy",
        "The policy cannot be used; nothing was changed.",
        errors=[{"field": f"line {fault.line}", "message": fault.message} for fault in faults],
    )


def _faults(error: PolicyError) -> list[Fault]:
    """`source:line: message` per fault."""
    found = []
    for line in str(error).splitlines():
        source, _, rest = line.partition(":")
        number, _, message = rest.partition(": ")
        found.append(
            Fault(line=int(number), message=message) if source and number.isdigit() else Fault(line=1, message=line)
        )
    return found


async def _remove(parts: Parts, call: ConsoleCall) -> None:
    require_installation(call)
    name, sources = call.path["name"], await sources_of(parts)
    await require(parts.database, call.caller, "policy", name, "edit")
    if name not in sources.records:
        raise Problem(404, "no_such_policy", "The database has no policy of this name; files are changed in place.")
    try:
        left = await asyncio.to_thread(sources.compiled, without=name)
    except PolicyError as error:
        raise refused(error) from None
    if name not in left and (name == parts.settings.policies.default or (await _uses(parts)).get(name)):
        raise Problem(409, "in_use", "Keys work under this policy, or it is the default one; change those first.")
    await put_checked(parts, call, ("policy", name), None, "", version_in(call))


async def _versions(parts: Parts, call: ConsoleCall) -> PolicyVersions:
    found = await history(parts.database, "policy", call.path["name"])
    if not found:  # a policy of a file, or none: the database has no version of it
        return PolicyVersions(items=[])
    before = [*(record.data for record in found[1:]), ""]
    return PolicyVersions(items=[_version(record, old) for record, old in zip(found, before, strict=True)])


def _version(record: Record, before: str) -> PolicyVersion:
    lines = difflib.unified_diff(
        before.splitlines(),
        record.data.splitlines(),
        f"version {record.version - 1}",
        f"version {record.version}",
        lineterm="",
    )
    return PolicyVersion(
        version=record.version,
        at=record.at,
        who=record.who,
        who_name=record.who_name,
        note=record.note,
        removed=record.removed,
        yaml=record.data,
        diff="\n".join(lines),
    )


async def _rollback(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    require_installation(call)
    name, wanted = call.path["name"], call.body.version
    found = await history(parts.database, "policy", name)
    record = next((one for one in found if one.version == wanted and not one.removed), None)
    if record is None:
        raise Problem(404, "no_such_version", "There is no such version to go back to.")
    return await _kept(parts, call, name, record.data, f"back to version {wanted}")


async def _lint(parts: Parts, call: ConsoleCall) -> LintAnswer:
    try:
        policy = await draft_of(parts, call.body.yaml)
    except PolicyError as error:
        return LintAnswer(ok=False, faults=_faults(error))
    return LintAnswer(ok=True, faults=[], effective=policy.model_dump(mode="json"))


async def draft_of(parts: Parts, text: str) -> Policy:
    """The policy of a draft, whatever its name. Raises PolicyError."""
    from policies.documents import DocumentError, read_document  # noqa: PLC0415 - beside what it is for

    try:
        name = read_document("draft", text).data.get("name")
    except DocumentError as error:
        raise PolicyError(str(error)) from None
    if not isinstance(name, str):
        raise PolicyError("draft:1: 'name' is missing")
    return await _checked(await sources_of(parts), name, text)


async def _dry_run(parts: Parts, call: ConsoleCall) -> Any:  # noqa: ANN401 - the gateway's JSON
    body: DryRunBody = call.body
    if (body.yaml is None) == (body.policy is None):
        raise Problem(422, "invalid", "Send either a draft's `yaml` or the name of a `policy`.")
    asked: dict[str, Any] = {"texts": body.texts}
    if body.yaml is None:
        asked["policy"] = body.policy
    else:
        try:
            asked["draft"] = (await draft_of(parts, body.yaml)).model_dump(mode="json")
        except PolicyError as error:
            raise refused(error) from None
    return (await parts.gateway.ask(call.caller.tenant, "POST", "/sting/v1/analyze", asked)).data
