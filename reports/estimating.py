"""What a report would take before it is ordered: rows, tokens, cost, time, and which columns would be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import cache
from typing import Final

from connectors.jar_model import JarReader
from policies.settings import Settings
from reports.analytics.mapping import Proposal, propose
from reports.audit_frames import EXCHANGE
from reports.jars import sample_frames
from reports.language import spoken
from reports.models import DEMO_MODEL, NoLocalModel, cost, revisers, writers
from reports.order import Order
from reports.privacy import announcement
from reports.results import AnalysisContext
from reports.templates import ReportTemplate
from reports.views import Estimate, RoleView, StepView

_PROMPT_TOKENS: Final = 1_400
"""Of one section: task, principles, up to sixty facts. Measured on the demo reports, rounded up."""
_ANSWER_TOKENS: Final = 450
_SECONDS_PER_SECTION: Final = 6.0
_DEMO_SECONDS_PER_SECTION: Final = 0.8
_ROWS_PER_SECOND: Final = 40_000


async def estimate(order: Order, template: ReportTemplate, reader: JarReader, settings: Settings) -> Estimate:
    """Rough figures, rather too high. Raises LookupError when there is no such jar."""
    jar = await reader.jar(order.jar)
    needs = [need for need in template.roles if not need.name.startswith(f"{EXCHANGE}.")]
    proposals = {proposal.role: proposal for proposal in propose(jar, await sample_frames(reader, jar), needs)}
    found = {name: proposal.column for name, proposal in proposals.items() if proposal.column is not None}
    used = {ref.table for ref in (*order.roles.values(), *found.values())}
    rows = sum(table.rows for table in jar.tables if table.name in used)
    problem = None
    steps: list[StepView] = []
    try:
        steps = steps_of(order, template, settings)
    except NoLocalModel as error:
        problem = str(error)
    models = list(dict.fromkeys(name for step in steps for name in step.models))
    writing = sum(step.sections for step in steps if step.models)
    if not used and not any(need.name.startswith(f"{EXCHANGE}.") for need in template.roles):
        problem = problem or "No column of this jar fits the template; map columns by hand or choose another template."
    per_section = _DEMO_SECONDS_PER_SECTION if models and models[0] == DEMO_MODEL else _SECONDS_PER_SECTION
    costs = [step.cost for step in steps]
    there = spoken(order.language)
    titles = there.roles if there else {}
    return Estimate(
        rows=rows,
        tokens_in=writing * _PROMPT_TOKENS,
        tokens_out=writing * _ANSWER_TOKENS,
        cost=None if None in costs else round(sum(cost or 0.0 for cost in costs), 6),
        seconds=round(3 + rows / _ROWS_PER_SECOND + len(template.sections) * per_section, 1),
        models=models,
        steps=steps,
        explanation=announcement(order.level, order.k, order.language),
        silent=silent_sections(template.in_language(order.language), {*order.roles, *found}),
        roles=[
            _role(need.name, titles.get(need.title, need.title), proposals[need.name], order, required=need.required)
            for need in needs
        ],
        possible=problem is None,
        problem=problem,
    )


def silent_sections(template: ReportTemplate, columns: Collection[str]) -> list[str]:
    """Titles of the sections that could only tell what is missing when just these roles have a column.

    Rather too few: a section counts as soon as one of its analyses has some of what it asks for.
    """
    needs = [need for need in template.roles if need.name not in columns and need.required]
    absent = {_row_of(need.name) for need in needs} - {EXCHANGE}
    there = {name for name in columns if _row_of(name) not in absent}
    return [section.title for section in template.sections if not any(_speaks(one, there) for one in section.analyses)]


def _speaks(analysis: str, there: Collection[str]) -> bool:
    asked = _asked_by(analysis)
    return not asked or any(name in there or _row_of(name) == EXCHANGE for name in asked)


@cache
def _asked_by(analysis: str) -> frozenset[str]:
    """The roles that an analysis asks for, as it says itself when it is given nothing."""
    from reports.analytics import ANALYSES  # noqa: PLC0415 - slow to import

    given_nothing = ANALYSES[analysis]({}, AnalysisContext(parameters={}, columns={}))
    return frozenset(name for one in given_nothing.missing for name in one.needed)


def _row_of(role: str) -> str:
    """The kind of row that a role belongs to."""
    return role.partition(".")[0]


def steps_of(order: Order, template: ReportTemplate, settings: Settings) -> list[StepView]:
    """The steps that a model may do, in the order of the report, the revision last. Raises NoLocalModel."""
    counts = Counter(section.model for section in template.sections)
    chains = {role: writers(settings, order, role) for role in counts}
    made = [_step(role, counts[role], chains[role], settings) for role in counts]
    return [*made, _step("revise", len(template.sections), revisers(settings, order), settings)]


def _step(name: str, sections: int, models: list[str], settings: Settings) -> StepView:
    spent = cost(settings, models[0], sections * _PROMPT_TOKENS, sections * _ANSWER_TOKENS) if models else 0.0
    return StepView(step=name, sections=sections, models=models, cost=spent)


def _role(name: str, title: str, proposal: Proposal, order: Order, *, required: bool) -> RoleView:
    chosen = order.roles.get(name)
    return RoleView(
        role=name,
        title=title,
        required=required,
        column=chosen or proposal.column,
        confidence=1.0 if chosen else proposal.confidence,
        reason="chosen by hand" if chosen else proposal.reason,
        others=list(proposal.others),
    )
