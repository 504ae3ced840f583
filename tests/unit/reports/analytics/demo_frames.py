"""Demo sets as a report run sees them: frames, a jar with its classification, and the planted truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

import demo_data
from connectors.jar_model import ColumnRole, HoneyJar, JarColumn, JarTable
from reports.analytics.mapping import inputs, propose, role_columns
from reports.analytics.roles import known_roles, role
from reports.results import AnalysisContext, AnalysisResult, Inputs
from tests.demo_sets import demo_set

REQUIRED = {
    "customer.id", "order.customer", "order.time", "order.amount", "ticket.text", "stage.case", "stage.name",
    "stage.start", "stage.end", "shift.group", "shift.paid", "shift.busy", "cost.month", "cost.amount", "access.time",
    "access.user", "access.action", "employee.id", "case.id", "case.kind", "payment.account", "payment.time",
    "payment.kind", "payment.amount", "lab.value", "lab.high", "appointment.status", "appointment.start", "patient.id",
    "patient.birth_date", "loan.defaulted", "response.campaign", "response.converted", "campaign.id", "product.id",
    "product.category", "account.id", "account.balance",
}  # fmt: skip
ROLES = tuple(role(name, required=name in REQUIRED) for name in known_roles() if not name.startswith("exchange."))


@dataclass(frozen=True)
class Demo:
    """One demo set, mapped without a hand."""

    inputs: Inputs
    columns: dict[str, str]
    truth: Any
    planted: dict[str, list[str]]
    frames: dict[str, pl.DataFrame]
    jar: HoneyJar

    def context(self, k: int = 5, seed: int = 0, **parameters: float | str | bool) -> AnalysisContext:
        return AnalysisContext(parameters=parameters, columns=self.columns, k=k, seed=seed)


def classified(column: demo_data.Column) -> ColumnRole:
    if column.free_text:
        return "text"
    if column.personal or column.key:
        return "identifier"
    return "quasi_identifier" if column.quasi else "value"


def load(name: str) -> Demo:
    dataset = demo_set(name)
    frames = {
        table.name: pl.DataFrame(
            table.rows, schema=[column.name for column in table.columns], orient="row", infer_schema_length=None
        )
        for table in dataset.tables.values()
    }
    tables = tuple(
        JarTable(
            table.name,
            len(table.rows),
            tuple(JarColumn(c.name, c.type, classified(c), c.personal) for c in table.columns),
        )
        for table in dataset.tables.values()
    )
    jar = HoneyJar(name, name, "default", None, tables)
    found = propose(jar, {key: frame.head(500) for key, frame in frames.items()}, ROLES)
    mapping = {proposal.role: proposal.column for proposal in found if proposal.column}
    return Demo(
        inputs(frames, mapping, ROLES),
        role_columns(frames, mapping, ROLES),
        dataset.truth,
        dict(dataset.planted),
        frames,
        jar,
    )


def values(result: AnalysisResult) -> dict[str, Any]:
    return {fact.id: fact.value for fact in result.facts}
