"""An order: what somebody wants a report to be. It is kept sealed, since parameters are words of people. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reports.document import PrivacyLevel
from reports.facts import Plain
from reports.results import ColumnRef

DEFAULT_K = 5
DEFAULT_RETENTION_DAYS = 30
ExportFormat = Literal["html", "pdf", "md", "json", "xlsx", "docx"]


class Order(Plain):
    """One report as it was ordered.

    `roles` overrides the proposed mapping of role names to columns. `models` maps steps (`write`, `revise`) to model
    names; a step without one takes the template's. `k`: smallest group that is told. `epsilon`: differential privacy
    for counts at level `aggregates`, None without. `review`: the run waits for a person before anything leaves.
    `link_days`: when it is ready, those who are told of reports get a link that opens it for so many days.
    `evidence`: texts near to a section's subject are looked for in the jar's search index and quoted, scrambled.
    """

    template: str = Field(min_length=1, max_length=64)
    jar: str = Field(min_length=1, max_length=200)
    level: PrivacyLevel = "aggregates"
    title: str | None = Field(default=None, max_length=200)
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict, max_length=50)
    roles: dict[str, ColumnRef] = Field(default_factory=dict, max_length=200)
    models: dict[str, str] = Field(default_factory=dict, max_length=10)
    language: str = Field(default="en", pattern="^[a-z]{2}$")
    k: int = Field(default=DEFAULT_K, ge=2, le=1000)
    epsilon: float | None = Field(default=None, gt=0, le=20)
    review: bool = False
    evidence: bool = False
    link_days: int | None = Field(default=None, ge=1, le=90)
    priority: int = Field(default=10, ge=1, le=100)
    retention_days: int = Field(default=DEFAULT_RETENTION_DAYS, ge=1, le=3650)
    seed: int = Field(default=0, ge=0, le=2**31)
