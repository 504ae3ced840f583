"""One run from its first step to its document: resumed where it stopped, cancelled between and within steps."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from reports.assembly import fresh, section_of
from reports.document import PromptSeen, ReportDocument, Section, SeenByModel
from reports.document_texts import texts_of, with_texts
from reports.facts import NumberFormat, number_format, write_number
from reports.gate import check, section_faults
from reports.jars import personal_values
from reports.language import spoken
from reports.marks import missed, withheld
from reports.own_words import tokens_of
from reports.previewing import Prepared, prepare
from reports.privacy import explanation
from reports.render.words import words
from reports.results import AnalysisResult
from reports.second_look import scrambled_again
from reports.steps import (
    Analysed,
    Mapped,
    Protected,
    RunTools,
    analyse,
    digest_of,
    fingerprint,
    kept,
    map_columns,
    plan_of,
    protect_results,
    section_quotes,
    section_result,
    write_section,
)
from reports.templates import TemplateSection
from reports.writing import Chains, Writing, Written

_SECTIONS_AT_ONCE: Final = 2
_WEIGHTS: Final = {"map": 5, "analyse": 25, "protect": 10, "write": 50, "document": 10}
"""Share of the progress bar per step, in percent."""


class WaitForReview(Exception):
    """The order wants a person to look before anything leaves; the run waits."""


async def make_report(tools: RunTools, *, reviewed: str | None, checkpoint: str | None) -> ReportDocument:
    """The document of a run, checked by the release gate. `reviewed`: digest of the prompts that a person let go.

    Raises WaitForReview, DataMissing, NoLocalModel, NoiseMissing, NotReleased, GatewayFailed, LeaseLost.
    """
    base = digest_of(tools.order.model_dump_json(), tools.template.model_dump_json(), fingerprint(tools.jar))
    await _note(tools, "map", 0)
    mapped = await kept(tools, "map", base, Mapped, lambda: map_columns(tools))
    await _note(tools, "analyse", 5)
    second = digest_of(base, mapped.model_dump_json())
    analysed = await kept(tools, "analyse", second, Analysed, lambda: analyse(tools, mapped))
    await _note(tools, "protect", 30)
    third = digest_of(second, "protect", json.dumps(missed(tools.marks)))
    protected = await kept(tools, "protect", third, Protected, lambda: protect_results(tools, analysed))
    asked = {section.id: await _asked(tools, section) for section in tools.template.sections}
    prepared = await _reviewed(tools, protected, third, asked, reviewed) if tools.order.review else None
    written = await _write_all(tools, protected, third, asked, prepared)
    await _note(tools, "document", 90)
    document = _document(tools, analysed, protected, written, checkpoint)
    document, fresh = await scrambled_again(tools, protected, document, asked)
    document = _mended(tools, protected, document.model_copy(update=_hidden(document, protected)))
    check(
        document,
        tokens=_issued(protected, document) | fresh,
        originals={*await personal_values(tools.reader, tools.jar), *protected.missed},
        form=number_format(tools.order.language),
        words=_given_words(tools, protected),
    )
    await _keep(tools, document)
    return document


async def _reviewed(
    tools: RunTools, protected: Protected, before: str, asked: Mapping[str, str], reviewed: str | None
) -> Prepared:
    """The prompts, which a person has let go exactly as they are. Raises WaitForReview when nobody has."""
    told = {section: text.partition(" ")[2] for section, text in asked.items()}
    digest = digest_of(before, *asked.values())
    prepared = await kept(tools, "preview", digest, Prepared, lambda: prepare(tools, protected, told))
    if prepared.prompts and prepared.digest != reviewed:
        raise WaitForReview
    return prepared


def _hidden(document: ReportDocument, protected: Protected) -> dict[str, object]:
    """What a reviewer has marked as missed, out of the parts of the document that people read."""
    hide = withheld(protected.missed)
    return {
        "title": hide(document.title),
        "parameters": {name: hide(value) for name, value in document.parameters.items()},
        "sections": tuple(with_texts(section, hide) for section in document.sections),
    }


async def _keep(tools: RunTools, document: ReportDocument) -> None:
    """Store the document as a new version, unless the newest one says the same: a run may be killed right here.

    Sections that a person has edited stay as they are.
    """
    found = await tools.store.document(tools.run)
    version = 1
    if found is not None:
        version, newest = found[0] + 1, ReportDocument.model_validate_json(found[1])
        edited = {section.id: section for section in newest.sections if section.edited}
        sections = tuple(edited.get(section.id, section) for section in document.sections)
        if sections == newest.sections:
            return
        document = document.model_copy(update={"sections": sections})
    await tools.store.keep_document(
        tools.run, document.model_dump_json().encode(), tools.run, now=tools.now(), version=version
    )


async def _note(tools: RunTools, step: str, progress: int) -> None:
    await tools.store.note(tools.lease, step=step, progress=progress, now=tools.now())


async def _write_all(
    tools: RunTools, protected: Protected, before: str, asked: Mapping[str, str], prepared: Prepared | None
) -> dict[str, Written]:
    """All sections, a few at once; each is a step of its own."""
    sections = tools.template.sections
    gate = asyncio.Semaphore(_SECTIONS_AT_ONCE)
    done = 0
    written: dict[str, Written] = {}

    async def one(section: TemplateSection) -> None:
        nonlocal done
        told = asked[section.id]
        text = prepared.text(section.id) if prepared else ""
        plan = plan_of(tools, protected, section, told.partition(" ")[2], text)
        async with gate:
            digest = digest_of(before, section.id, told)
            written[section.id] = await kept(
                tools, f"write:{section.id}", digest, Written, lambda: write_section(tools, plan, section.model)
            )
        done += 1
        await _note(tools, f"write:{section.id}", 40 + 50 * done // max(1, len(sections)))

    await _note(tools, "write", 40)
    try:
        async with asyncio.TaskGroup() as group:
            for section in sections:
                group.create_task(one(section))
    except ExceptionGroup as several:  # the first to fail ended the others; who asked knows what it means, by its type
        raise several.exceptions[0] from None
    return {section.id: written[section.id] for section in sections}


async def _asked(tools: RunTools, section: TemplateSection) -> str:
    """When a person asked for this section again, and what to change in it; empty when nobody did."""
    known = await tools.store.step(tools.run, f"remark:{section.id}", "remark")
    return known.decode() if known else ""


def _document(
    tools: RunTools, analysed: Analysed, protected: Protected, written: dict[str, Written], checkpoint: str | None
) -> ReportDocument:
    order, template = tools.order, tools.template
    form = number_format(order.language)
    said = words(order.language)
    sections: list[Section] = []
    results = _results(tools, protected)
    for section in template.sections:
        result, text = results[section.id], written[section.id]
        made = section_of(
            section.id, section.title, result, text, section_quotes(protected, section), form, order.language
        )
        sections += [made] if made.blocks else []
    rows = sum(analysed.rows.values())
    return ReportDocument(
        id=tools.run,
        title=order.title or template.title,
        subtitle=template.description,
        template=template.name,
        template_version=str(template.version),
        language=order.language,
        created=datetime.fromtimestamp(tools.now() / 1000, UTC).isoformat(timespec="seconds"),
        jars=(tools.jar.name,),
        level=order.level,
        parameters={
            said["source"]: said["rows_of" if len(analysed.rows) != 1 else "rows_of_one"].format(
                jar=tools.jar.name, rows=write_number(rows, 0, form), tables=len(analysed.rows)
            ),
            **_parameters(tools, said, form),
        },
        sections=tuple(sections),
        seen=_seen(tools, protected, list(written.values()), checkpoint),
    )


def _parameters(tools: RunTools, said: Mapping[str, str], form: NumberFormat) -> dict[str, str]:
    """Titles of the template's parameters and their values, with units in the language of the report."""
    values = {**tools.template.defaults, **tools.order.parameters}
    there = spoken(tools.order.language)
    units = there.units if there else {}
    return {
        one.title: _shown(values[name], units.get(one.unit, one.unit), said, form)
        for name, one in tools.template.parameters.items()
    }


def _shown(value: float | str | bool, unit: str, said: Mapping[str, str], form: NumberFormat) -> str:  # noqa: FBT001 - a parameter's value
    """A parameter's value as people write it; numbers have no more decimals than they need."""
    if isinstance(value, bool):
        return said["yes" if value else "no"]
    if isinstance(value, str):
        return value
    digits = len(f"{value:f}".rstrip("0").partition(".")[2])
    return f"{write_number(value, digits, form)} {unit}".strip()


def _results(tools: RunTools, protected: Protected) -> dict[str, AnalysisResult]:
    """What each section shows: nothing that stands in an earlier one."""
    shown: set[str] = set()
    return {section.id: fresh(section_result(protected, section), shown) for section in tools.template.sections}


def _mended(tools: RunTools, protected: Protected, document: ReportDocument) -> ReportDocument:
    """Sections whose text the release gate would refuse are told by rules instead, and say so."""
    given, form = _given_words(tools, protected), number_format(tools.order.language)
    sections = []
    for section in document.sections:
        faults = section_faults(section, document, form, given)
        if faults:
            planned = next(one for one in tools.template.sections if one.id == section.id)
            reason = words(document.language)["last_check"]
            text = Writing(tools.gateway, plan_of(tools, protected, planned), Chains(())).by_rules(reason)
            quotes = section_quotes(protected, planned)
            result = _results(tools, protected)[section.id]
            sections.append(section_of(section.id, section.title, result, text, quotes, form, document.language))
        else:
            sections.append(section)
    return document.model_copy(update={"sections": tuple(sections)})


def _seen(tools: RunTools, protected: Protected, written: Sequence[Written], checkpoint: str | None) -> SeenByModel:
    order = tools.order
    prompts: list[PromptSeen] = [prompt for one in written for prompt in one.prompts]
    entities = Counter(protected.entities)
    for one in written:
        entities.update(one.entities)
    costs = [prompt.cost for prompt in prompts]
    return SeenByModel(
        level=order.level,
        explanation=explanation(order.level, order.k, order.language),
        k=order.k,
        suppressed=protected.suppressed,
        noise=protected.noise,
        policy=tools.gateway.policy or tools.settings.policies.default,
        session=tools.gateway.session,
        entities=dict(sorted(entities.items())),
        prompts=tuple(prompts),
        exchanges=tuple(prompt.exchange for prompt in prompts if prompt.exchange),
        checkpoint=checkpoint,
        cost=sum(cost for cost in costs if cost is not None) if any(cost is not None for cost in costs) else None,
    )


def _issued(protected: Protected, document: ReportDocument) -> frozenset[str]:
    """Tokens that may stand in the document: those in what was scrambled for this run."""
    results = (text for result in protected.results.values() for text in texts_of(result))
    samples = (text for pairs in protected.samples.values() for text, _ in pairs)
    return tokens_of([*results, *samples, *(prompt.prompt for prompt in document.seen.prompts)])


def _given_words(tools: RunTools, protected: Protected) -> list[str]:
    """Texts whose numbers are given, not claimed: parameters, findings of the analyses, samples."""
    words = [str(value) for value in {**tools.template.defaults, **tools.order.parameters}.values()]
    words += [text for pairs in protected.samples.values() for text, _ in pairs]
    return words
