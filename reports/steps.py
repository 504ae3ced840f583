"""The steps of a run, in order: map columns, analyse, protect, write each section, put the document together.

Each step is a function of its inputs whose result is kept, sealed, under the digest of these inputs: a run that is
taken up again, or made again with another remark, pays only for what has changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic import BaseModel, Field

from connectors.jar_model import HoneyJar, JarReader
from policies.settings import Settings
from reports.aliases import names_for, personal_strings, renamed, without_marked
from reports.analytics import ANALYSES
from reports.analytics.mapping import (
    columns_to_read,
    other_inputs,
    other_tables,
    propose,
    read_inputs,
    role_columns,
)
from reports.analytics.tidying import Unread
from reports.assembly import findings_of, in_full, joined
from reports.audit_frames import EXCHANGE, exchange_columns, exchange_frame
from reports.document import MissingData
from reports.document_texts import texts_of, with_texts
from reports.evidence import Found, NoEvidence, question_of
from reports.facts import Fact, Plain, number_format
from reports.gate import holds_any
from reports.gateway import ReportGateway
from reports.jars import DataMissing, personal_values, read_frames, sample_frames
from reports.lacking import nothing, with_headings
from reports.language import in_language, told_in, words_in
from reports.marks import Mark, missed, surrogates, withheld
from reports.models import cost, revisers, writers
from reports.order import Order
from reports.privacy import may_leave, protect
from reports.prompts import SectionPlan
from reports.results import AnalysisContext, AnalysisResult, ColumnRef, Inputs
from reports.store import Lease, RunStore
from reports.templates import ReportTemplate, TemplateSection
from reports.writing import Chains, Writing, Written

STEPS_VERSION: Final = 4
"""Part of every digest: raised when what a step computes changes."""
_OVERVIEW: Final = "overview"
_UNREAD: Final = "data.unread."
"""The analysis that also looks at tables which are no kind of row that the template knows."""
_log = logging.getLogger("sting.reports")
Result = TypeVar("Result", bound=Plain)


@dataclass(slots=True)
class RunTools:
    """What the steps of one run work with. `now` gives UTC milliseconds."""

    run: str
    order: Order
    template: ReportTemplate
    jar: HoneyJar
    reader: JarReader
    gateway: ReportGateway
    settings: Settings
    store: RunStore
    lease: Lease
    now: Callable[[], int]
    marks: tuple[Mark, ...] = ()
    evidence: Callable[[str], Awaitable[Found]] | None = None
    finished: Callable[[str, float], None] = field(default=lambda _name, _seconds: None)


class Mapped(Plain):
    """Role to column, and how sure the proposal is."""

    roles: dict[str, ColumnRef]
    confidence: dict[str, float] = Field(default_factory=dict)
    chosen: tuple[str, ...] = ()


class Analysed(Plain):
    """Results per analysis, rows read per table, roles whose columns identify people."""

    results: dict[str, AnalysisResult]
    rows: dict[str, int]


class Protected(Plain):
    """Results that may be told, scrambled samples per analysis (text and table), and what stands for what.

    `missed`: what stands for the texts that a reviewer has marked.
    """

    results: dict[str, AnalysisResult]
    samples: dict[str, tuple[tuple[str, str], ...]] = Field(default_factory=dict)
    aliases: dict[str, str] = Field(default_factory=dict, repr=False)
    missed: dict[str, str] = Field(default_factory=dict, repr=False)
    entities: dict[str, int] = Field(default_factory=dict)
    suppressed: int = 0
    noise: str | None = None


def digest_of(*parts: str) -> str:
    """SHA-256 over texts, each with its length."""
    whole = hashlib.sha256(str(STEPS_VERSION).encode())
    for part in parts:
        whole.update(f"\n{len(part)}:".encode() + part.encode())
    return whole.hexdigest()


async def kept(
    tools: RunTools, name: str, digest: str, model: type[Result], make: Callable[[], Awaitable[Result]]
) -> Result:
    """The step's result as it was kept, or made now and kept."""
    known = await tools.store.step(tools.run, name, digest)
    if known is not None:
        return model.model_validate_json(known)
    begun = tools.now()
    result = await make()
    spent = tools.now() - begun
    await tools.store.keep_step(
        tools.lease, name, digest, result.model_dump_json().encode(), now=tools.now(), ms=float(spent)
    )
    tools.finished(name.partition(":")[0], spent / 1000)
    return result


def fingerprint(jar: HoneyJar) -> str:
    """What a jar looks like from outside: tables, rows, columns. New data changes it."""
    tables = ((table.name, table.rows, [column.name for column in table.columns]) for table in jar.tables)
    return f"{jar.id} {jar.policy} {list(tables)}"


async def map_columns(tools: RunTools) -> Mapped:
    """Which column plays which role: the proposal, with what the order says instead."""
    roles = [need for need in tools.template.roles if not need.name.startswith(f"{EXCHANGE}.")]
    proposals = propose(tools.jar, await sample_frames(tools.reader, tools.jar), roles)
    found = {proposal.role: proposal.column for proposal in proposals if proposal.column is not None}
    return Mapped(
        roles={**found, **tools.order.roles},
        confidence={p.role: p.confidence for p in proposals if p.column is not None},
        chosen=tuple(tools.order.roles),
    )


async def analyse(tools: RunTools, mapped: Mapped) -> Analysed:
    """All analyses of the template over the frames of the jar, and of the gateway's audit when it is asked for.

    Raises DataMissing when there is nothing that any of them could look at.
    """
    template = tools.template
    read = await _read(tools, mapped)
    made, columns, unread = dict(read.inputs), dict(read.columns), read.unread
    if any(need.name.startswith(f"{EXCHANGE}.") for need in template.roles):
        made[EXCHANGE] = await exchange_frame(tools.gateway)
        columns |= exchange_columns()
    if not any(frame.height for frame in made.values()):
        raise await _nothing(tools, mapped)
    identifying = {
        (table.name, column.name)
        for table in tools.jar.tables
        for column in table.columns
        if column.role == "identifier"
    }
    context = AnalysisContext(
        parameters={**template.defaults, **tools.order.parameters},
        columns=columns,
        personal=frozenset(name for name, ref in mapped.roles.items() if (ref.table, ref.column) in identifying),
        k=tools.order.k,
        seed=tools.order.seed,
    )
    names = dict.fromkeys(name for section in template.sections for name in section.analyses)

    def work() -> dict[str, AnalysisResult]:
        results = {name: _analysed(name, made, context) for name in names}
        if unread and results:
            first = next(iter(results))
            results[first] = joined([results[first], unread_cells(unread)])
        language = tools.order.language
        there = {name: in_language(result, name, language) for name, result in results.items()}
        return {name: with_headings(result, made, template.roles, language) for name, result in there.items()}

    results = await asyncio.to_thread(work)
    told = [fact for result in results.values() for fact in result.facts if not fact.id.startswith(_UNREAD)]
    if results and not told:
        raise await _nothing(tools, mapped)
    return Analysed(results=results, rows=read.rows)


async def _nothing(tools: RunTools, mapped: Mapped) -> DataMissing:
    """Why nothing can be computed of a jar, and what to do."""
    roles = [need for need in tools.template.roles if not need.name.startswith(f"{EXCHANGE}.")]
    samples = await sample_frames(tools.reader, tools.jar)
    return nothing(tools.jar, tools.template.name, roles, mapped.roles, samples, tools.order.k)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a jar: a frame per kind of row, where its columns come from, cells that could not be read."""

    inputs: Inputs
    columns: dict[str, str]
    unread: tuple[tuple[str, Unread], ...]
    rows: dict[str, int]


async def _read(tools: RunTools, mapped: Mapped) -> _Read:
    jar, template = tools.jar, tools.template
    overseen = any(_OVERVIEW in section.analyses for section in template.sections)
    others = other_tables(jar, mapped.roles, template.roles) if overseen else {}
    frames = await read_frames(tools.reader, jar, columns_to_read(jar, mapped.roles) | others)
    inputs, unread = await asyncio.to_thread(read_inputs, frames, mapped.roles, template.roles)
    rest, places, more = await asyncio.to_thread(other_inputs, frames, others)
    return _Read(
        inputs={**rest, **inputs},
        columns=role_columns(frames, mapped.roles, template.roles) | places,
        unread=(*unread, *more),
        rows={name: frame.height for name, frame in frames.items()},
    )


def unread_cells(cells: Sequence[tuple[str, Unread]]) -> AnalysisResult:
    """How many cells could not be read as what their column is: they count as missing, and the report says so."""
    facts, notes = [], []
    for number, (table, one) in enumerate(cells, start=1):
        identity = f"{_UNREAD}{number}"
        label = f"cells of {table}.{one.column} that cannot be read as {one.kind}"
        facts.append(Fact(id=identity, label=label, value=one.cells, rank="detail", columns=(f"{table}.{one.column}",)))
        notes.append(f"C{label[1:]}, counted as missing: {{{identity}}}.")
    return AnalysisResult(facts=tuple(facts), notes=tuple(notes))


def _analysed(name: str, made: Inputs, context: AnalysisContext) -> AnalysisResult:
    """One analysis; a fault of it costs the report this analysis only, and the report says so."""
    try:
        return ANALYSES[name](made, context)
    except Exception as error:  # noqa: BLE001 - data that nobody prepared may break anything; the text may hold values
        _log.warning("an analysis failed", extra={"analysis": name, "fault": type(error).__name__})
        why = f"the computation failed on this data ({type(error).__name__})"
        return AnalysisResult(missing=(MissingData(what=name.replace("_", " "), why=why),))


async def protect_results(tools: RunTools, analysed: Analysed) -> Protected:
    """Small groups out, noise in, names replaced, samples scrambled: what is left may be told to a model."""
    order = tools.order
    entities: Counter[str] = Counter()
    done = protect(analysed.results, order.level, order.k, epsilon=order.epsilon)
    results = dict(done.results)
    instead = await _instead_of_missed(tools)
    hide = withheld(instead)
    strings = personal_strings(list(results.values()))
    scrambled = await tools.gateway.scramble(strings) if strings else None
    names = names_for(strings, scrambled.texts) if scrambled else {}
    entities.update(scrambled.entities if scrambled else {})
    originals = await personal_values(tools.reader, tools.jar)
    told = {name: [(sample.text, sample.source) for sample in result.samples] for name, result in results.items()}
    evidence, problem = await _evidence(tools)
    samples: dict[str, tuple[tuple[str, str], ...]] = {}
    for name, texts in {**told, **evidence}.items():
        if texts:
            found = await tools.gateway.scramble([text for text, _ in texts])
            entities.update(found.entities)
            pairs = zip(map(hide, found.texts), (source for _, source in texts), strict=True)
            # what the gateway has missed does not leave either
            samples[name] = tuple(pair for pair in pairs if not holds_any(pair[0], originals))
    if problem is not None and results:
        first = next(iter(results))
        lacking = MissingData(what="Texts of the jar as evidence", why=problem.rstrip("."))
        results[first] = results[first].model_copy(update={"missing": (*results[first].missing, lacking)})
    return Protected(
        results={
            name: clean(
                with_texts(without_marked(renamed(told_in(result, order.language), names), instead), hide), originals
            )
            for name, result in results.items()
        },
        samples=samples,
        aliases={alias: original for original, alias in names.items() if alias.startswith("Person ")},
        missed=instead,
        entities=dict(entities),
        suppressed=done.suppressed,
        noise=words_in(done.noise, order.language) if done.noise else None,
    )


async def _evidence(tools: RunTools) -> tuple[dict[str, Found], str | None]:
    """Texts per section (`section:` and its id), and why there are none though they were wanted."""
    if not tools.order.evidence:
        return {}, None
    if tools.order.level == "aggregates":
        return {}, "at the privacy level aggregates no text leaves the data; order the report at another level"
    if tools.evidence is None:
        return {}, "this worker cannot search in jars"
    try:
        return {
            f"section:{section.id}": await tools.evidence(question_of(section)) for section in tools.template.sections
        }, None
    except NoEvidence as error:
        return {}, str(error)


async def _instead_of_missed(tools: RunTools) -> dict[str, str]:
    """What stands for the texts that a reviewer has marked: from now on the gateway knows them."""
    texts = missed(tools.marks)
    if not texts:
        return {}
    await tools.gateway.know(texts)
    return surrogates(texts, (await tools.gateway.scramble(list(texts))).texts)


def clean(result: AnalysisResult, originals: frozenset[str]) -> AnalysisResult:
    """The result without whatever a personal value stands in (a theme named after a person)."""

    def fine(part: BaseModel) -> bool:
        return not holds_any("\n".join(texts_of(part)), originals)

    if fine(result):
        return result
    return result.model_copy(
        update={
            "facts": tuple(filter(fine, result.facts)),
            "callouts": tuple(filter(fine, result.callouts)),
            "tables": tuple(filter(fine, result.tables)),
            "charts": tuple(filter(fine, result.charts)),
        }
    )


def section_result(protected: Protected, section: TemplateSection) -> AnalysisResult:
    """What the analyses of one section found."""
    return joined([protected.results[name] for name in section.analyses if name in protected.results])


def section_quotes(protected: Protected, section: TemplateSection) -> list[tuple[str, str]]:
    """Scrambled samples of one section, evidence first, with the tables that they are from."""
    evidence = protected.samples.get(f"section:{section.id}", ())
    return [*evidence] + [sample for name in section.analyses for sample in protected.samples.get(name, ())]


def plan_of(
    tools: RunTools, protected: Protected, section: TemplateSection, remark: str = "", prepared: str = ""
) -> SectionPlan:
    """What the model is told for one section."""
    result = section_result(protected, section)
    facts = {fact.id: fact for fact in result.facts}
    noised = tools.order.epsilon is not None and tools.order.level == "aggregates"
    form = number_format(tools.order.language)
    findings = [] if noised else [in_full(finding) for finding in findings_of(result, facts, form)]
    return SectionPlan(
        id=section.id,
        title=section.title,
        report=tools.order.title or tools.template.title,
        purpose=section.purpose,
        facts=tuple(may_leave(result.facts, noised=noised)),
        findings=tuple(findings),
        samples=tuple(text for text, _ in section_quotes(protected, section)),
        language=tools.order.language,
        form=form,
        remark=remark,
        missed=protected.missed,
        prepared=prepared,
        typed=bool(remark or tools.order.title) or any(map(_worded, tools.order.parameters.values())),
    )


def _worded(parameter: object) -> bool:
    """Whether a parameter of an order holds words; a terminal sends numbers as texts."""
    return isinstance(parameter, str) and any(map(str.isalpha, parameter))


async def write_section(tools: RunTools, plan: SectionPlan, role: str) -> Written:
    """One section, by the models of its role's chain or by rules. Raises GatewayFailed, NoLocalModel."""
    settings = tools.settings
    chains = Chains(
        write=writers(settings, tools.order, role),
        revise=revisers(settings, tools.order),
        cost=lambda model, tokens_in, tokens_out: cost(settings, model, tokens_in, tokens_out),
    )
    return await Writing(tools.gateway, plan, chains).write()
