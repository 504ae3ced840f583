"""Examples with expected results, for policies: what would leave, of made-up texts, by the true detectors.

Nothing is sent and nothing is stored: texts run through the engines and the scrambler in this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from policies.documents import Document, suggestion, validate
from policies.model import TOKEN, Policy, Role
from policies.places import Passage, rules_at
from proxy.core.scrambler import Scrambler, edits_of
from proxy.core.slots import Kind
from proxy.core.surrogates import Naming, naming_key_of_session
from proxy.detectors.chain import Chain, load_engines
from proxy.detectors.operators import OneWay
from proxy.detectors.operators_realistic import Realistic
from proxy.outgoing import profile_of
from proxy.services import token_types

BUILTIN_CASES: Final = Path(__file__).parents[1] / "policies" / "builtin_cases"
"""Where the cases of the built-in policies are."""
_KEY: Final = b"the same tokens in every run, for nothing is sent"


class Case(BaseModel):
    """One text, the policy that it is sent under, and what is expected; what is not given is not checked.

    `role`, `tool`, `model`, `provider`: where the text stands and where it goes, for policies with `places`; a model or
    provider that is not given may be any.

    `leaves`: the whole text that leaves, tokens written with `*` for their core (`PERSON_*`). `found`: how often each
    entity type is found. `hidden`: what must not stand in what leaves; `stays`: what must. `restorable` and `lost`:
    originals that the answer can, or can never, bring back. `blocked`: nothing leaves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    policy: str
    role: Role = "user"
    tool: str = ""
    model: str | None = None
    provider: str | None = None
    leaves: str | None = None
    found: dict[str, int] | None = None
    hidden: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    restorable: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    blocked: bool = False

    @model_validator(mode="after")
    def _expects_something(self) -> Case:
        """A case that cannot fail proves nothing."""
        expected = self.model_fields_set - {"text", "policy", "role", "tool", "model", "provider"}
        if not expected:
            raise ValueError("a case expects something: leaves, found, hidden, stays, restorable, lost or blocked")
        return self


class Cases(BaseModel):
    """One file. `year`: which year it is, for what tells of an age over 89; without it the present one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int | None = Field(default=None, ge=2000, le=2999)
    cases: tuple[Case, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case: the file and line it stands at, what left, and each expectation that failed.

    Texts of cases are made up by whoever wrote them; they may be shown to that person.
    """

    where: str
    policy: str
    left: str = field(repr=False)
    faults: tuple[str, ...] = field(repr=False)


def run_cases(documents: Iterable[Document], policies: Mapping[str, Policy], this_year: int) -> list[Result]:
    """The results of all cases of these files, in order. Raises DocumentError for a file that cannot be used."""
    files = [(document, validate(Cases, document)) for document in documents]
    for document, cases in files:
        for number, case in enumerate(cases.cases):
            if case.policy not in policies:
                hint = suggestion(case.policy, policies)
                raise document.error(("cases", number, "policy"), f"unknown policy {case.policy!r}{hint}")
    engines = sorted(
        {name for _, file in files for one in file.cases for name in policies[one.policy].detection.engines}
    )
    chain = Chain(load_engines(engines))
    return [
        _run(
            f"{document.source}:{document.line(('cases', number))}",
            case,
            policies[case.policy],
            chain,
            cases.year or this_year,
        )
        for document, cases in files
        for number, case in enumerate(cases.cases)
    ]


def _run(where: str, case: Case, policy: Policy, chain: Chain, year: int) -> Result:
    naming = Naming(naming_key_of_session(_KEY, "cases"), inventor=Realistic())
    scrambler = Scrambler(policy, naming, OneWay(naming.key, year), token_types(policy))
    rules = rules_at(policy, _passage(case))
    findings = chain.find([case.text], profile_of(rules, "cases"))[0]
    decisions = scrambler.text(case.text, Kind.TEXT, findings, rules)
    left = case.text
    for edit in sorted(edits_of(decisions), key=lambda edit: -edit.start):
        left = left[: edit.start] + edit.new + left[edit.end :]
    tokens = [made.new for made in decisions if made.new in scrambler.issued or TOKEN.fullmatch(made.new or "")]
    shown = _without_cores(left, [token for token in tokens if token is not None])
    return Result(where, policy.name, left, tuple(_faults(case, scrambler, left, shown)))


def _passage(case: Case) -> Passage:
    models, providers = [None if name is None else frozenset({name}) for name in (case.model, case.provider)]
    tools = frozenset({case.tool} if case.tool else ())
    return Passage("request", frozenset({case.role}), tools, models, providers)


def _faults(case: Case, scrambler: Scrambler, left: str, shown: str) -> Iterable[str]:
    blocked = bool(scrambler.tally.blocked)
    if blocked != case.blocked:
        yield "nothing leaves: the policy blocks it" if blocked else "it leaves, and was to be blocked"
        return
    if case.leaves is not None and shown != case.leaves:
        yield f"what leaves is {shown!r}"
    if case.found is not None and dict(scrambler.tally.found) != case.found:
        yield f"found is {dict(sorted(scrambler.tally.found.items()))}"
    if not blocked:
        yield from (f"{value!r} leaves" for value in case.hidden if value in left)
    yield from (f"{value!r} does not leave" for value in case.stays if value not in left)
    originals = list(scrambler.issued.values())
    yield from (f"{value!r} cannot be restored" for value in case.restorable if value not in originals)
    yield from (f"{value!r} can be restored" for value in case.lost if any(value in one for one in originals))


def _without_cores(left: str, tokens: Iterable[str]) -> str:
    for token in tokens:
        left = left.replace(token, f"{token.rpartition('_')[0]}_*")
    return left


def failed(results: Sequence[Result]) -> list[Result]:
    """The results with a fault."""
    return [result for result in results if result.faults]
