"""What a report would take before it is ordered: rows, tokens, cost, time, and which columns would be used."""

from __future__ import annotations

from typing import Final

from connectors.jar_model import JarReader
from policies.settings import Settings
from reports.analytics.mapping import Proposal, propose
from reports.audit_frames import EXCHANGE
from reports.jars import sample_frames
from reports.models import NoLocalModel, chain, cost
from reports.order import Order
from reports.privacy import explanation
from reports.templates import ReportTemplate
from reports.views import Estimate, RoleView

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
    used = {ref.table for ref in order.roles.values()} | {
        proposal.column.table for proposal in proposals.values() if proposal.column is not None
    }
    rows = sum(table.rows for table in jar.tables if table.name in used)
    problem = None
    try:
        models = chain(settings, order.models.get("write"), "write", order.level)
    except NoLocalModel as error:
        models, problem = [], str(error)
    sections = len(template.sections)
    tokens_in, tokens_out = (2 * sections * _PROMPT_TOKENS, sections * _ANSWER_TOKENS) if models else (0, 0)
    if not used and not any(need.name.startswith(f"{EXCHANGE}.") for need in template.roles):
        problem = problem or "No column of this jar fits the template; map columns by hand or choose another template."
    per_section = _DEMO_SECONDS_PER_SECTION if models and models[0] == "sting-demo" else _SECONDS_PER_SECTION
    return Estimate(
        rows=rows,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost=cost(settings, models[0], tokens_in, tokens_out) if models else 0.0,
        seconds=round(3 + rows / _ROWS_PER_SECOND + sections * per_section, 1),
        models=models,
        explanation=explanation(order.level, order.k, order.language),
        roles=[_role(need.name, need.title, proposals[need.name], order, required=need.required) for need in needs],
        possible=problem is None,
        problem=problem,
    )


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
