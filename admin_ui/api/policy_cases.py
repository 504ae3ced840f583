"""`/policies/{name}/cases`: sentences that a policy must treat as written, kept sealed, run against it or a draft."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter

from admin_ui.api.bodies import Body, require_installation, version_in
from admin_ui.api.policies import draft_of, put_checked, refused
from admin_ui.parts import Parts
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem
from policies.loader import PolicyError
from policies.permissions import require
from policies.records import Record, history
from policies.sealing import SealBroken

_TAG: Final = "policies"
CONTEXT: Final = "policy-cases"
_AT_ONCE: Final = 20
"""Texts per call of the gateway."""
_UNCHANGED: Final = frozenset({"keep", "observe"})
_MAX_YAML: Final = 200_000


class Case(Body):
    """A text, and what must become of it: `[PERSON]` for what is scrambled, `[PERSON: redact]` for other actions."""

    text: str = Field(min_length=1, max_length=2_000, repr=False)
    expected: str = Field(max_length=10_000, repr=False)


class CasesBody(Body):
    """All cases of a policy, in place of those before."""

    items: list[Case] = Field(max_length=200)


class RunBody(Body):
    """A draft to run the cases against; without it the policy as it is kept. `items`: other cases than those kept."""

    yaml: str | None = Field(default=None, max_length=_MAX_YAML)
    items: list[Case] | None = Field(default=None, max_length=200)


class Cases(BaseModel):
    """The cases of a policy."""

    items: list[Case]
    next: str | None = None


class CaseResult(BaseModel):
    """What became of one case; `passed` when it is what was expected."""

    text: str = Field(repr=False)
    expected: str = Field(repr=False)
    shown: str = Field(repr=False)
    passed: bool


class CaseResults(BaseModel):
    """The results, in the order of the cases."""

    items: list[CaseResult]
    next: str | None = None


_STORED: Final = TypeAdapter(list[Case])


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    path = "/policies/{name}/cases"
    roles: tuple[Literal["editor"]] = ("editor",)
    return (
        ConsoleRoute("GET", path, partial(_get, parts), "Test cases", _TAG, roles=roles, answer=Cases),
        ConsoleRoute(
            "PUT", path, partial(_put, parts), "Keep test cases", _TAG, roles=roles, body=CasesBody, answer=Cases
        ),
        ConsoleRoute(
            "POST", f"{path}/run", partial(_run, parts), "Run the test cases", _TAG, roles=roles, body=RunBody,
            answer=CaseResults, act=False,
        ),
    )  # fmt: skip


def shown(text: str, findings: Sequence[dict[str, Any]]) -> str:
    """The text with a word for each finding that the policy acts on. Offsets count characters."""
    pieces, at = list[str](), 0
    for finding in sorted(findings, key=lambda one: int(one["start"])):
        start, end, action = int(finding["start"]), int(finding["end"]), str(finding["action"])
        if action in _UNCHANGED or start < at:
            continue
        note = "" if action == "scramble" else f": {action}"
        pieces += [text[at:start], f"[{finding['entity_type']}{note}]"]
        at = end
    return "".join([*pieces, text[at:]])


async def _newest(parts: Parts, name: str) -> Record | None:
    versions = await history(parts.database, "cases", name)
    return versions[0] if versions else None


def _opened(parts: Parts, record: Record | None) -> list[Case]:
    """The stored cases. Raises Problem when the master key is another one."""
    if record is None or record.removed:
        return []
    try:
        data = parts.sealer.open(bytes.fromhex(record.data), CONTEXT)
    except (SealBroken, ValueError):
        raise Problem(500, "sealed", "The test cases were sealed with another master key.") from None
    return _STORED.validate_json(data)


async def _answer(parts: Parts, name: str) -> ConsoleAnswer:
    record = await _newest(parts, name)
    return ConsoleAnswer(Cases(items=_opened(parts, record)), etag=str(record.version if record else 0))


async def _known(parts: Parts, call: ConsoleCall) -> str:
    require_installation(call)
    name = call.path["name"]
    if name not in await parts.policy_names():
        raise Problem(404, "no_such_policy", "There is no policy of this name.")
    return name


async def _get(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    return await _answer(parts, await _known(parts, call))


async def _put(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    name, body = await _known(parts, call), call.body
    await require(parts.database, call.caller, "policy", name, "edit")
    expected = version_in(call)
    if expected is None:
        raise Problem(428, "version_needed", "Send the version that you edited as If-Match (the ETag of the GET).")
    plain = json.dumps([case.model_dump() for case in body.items]).encode()
    await put_checked(parts, call, ("cases", name), parts.sealer.seal(plain, CONTEXT).hex(), "", expected)
    return await _answer(parts, name)


async def _run(parts: Parts, call: ConsoleCall) -> CaseResults:
    name, body = await _known(parts, call), call.body
    cases: list[Case] = body.items if body.items is not None else _opened(parts, await _newest(parts, name))
    under: dict[str, Any] = {"policy": name}
    if body.yaml is not None:
        try:
            under = {"draft": (await draft_of(parts, body.yaml)).model_dump(mode="json")}
        except PolicyError as error:
            raise refused(error) from None
    results: list[CaseResult] = []
    for at in range(0, len(cases), _AT_ONCE):
        some = cases[at : at + _AT_ONCE]
        asked = {"texts": [case.text for case in some], **under}
        found = (await parts.gateway.ask(call.caller.tenant, "POST", "/sting/v1/analyze", asked)).data["results"]
        results += [_result(case, findings) for case, findings in zip(some, found, strict=True)]
    return CaseResults(items=results)


def _result(case: Case, findings: Sequence[dict[str, Any]]) -> CaseResult:
    became = shown(case.text, findings)
    return CaseResult(text=case.text, expected=case.expected, shown=became, passed=became == case.expected)
