"""What goes into an analysis and what comes out of it. Pure: an analysis reads frames and opens nothing.

The columns that an analysis needs are asked for as roles, `order.amount`: the part before the dot is a kind of row
(all its roles come from one table), the part behind it a column. An analysis gets one frame per kind of row, whose
columns bear the names of the roles (`inputs["order"]["amount"]`) in the types of `RoleNeed.kind`; optional roles that
nothing was mapped to are absent, and so are kinds of rows without a table. Columns of these tables that no role was
mapped to, and which are neither identifiers nor texts, are there as `other.<column>`: drivers are sought among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl
from pydantic import Field

from reports.document import Callout, Chart, DataTable, MissingData
from reports.facts import Fact, Plain

ColumnKind = Literal["id", "category", "number", "boolean", "date", "datetime", "text"]
"""Type of a role's column in the frame: String for id, category, text; Float64 for number; Boolean, Date, Datetime."""
Inputs = Mapping[str, pl.DataFrame]


class RoleNeed(Plain):
    """A column that a template wants. `words`: parts of column names that point at it, the best ones first."""

    name: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")
    title: str
    kind: ColumnKind
    words: tuple[str, ...] = ()
    required: bool = False


class ColumnRef(Plain):
    """A column of a jar."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """What an analysis may know beside its frames: parameters, where columns come from, k, the seed of chance.

    `columns` maps a role to `table.column` (for `Fact.columns`). `personal`: roles whose columns hold personal values.
    """

    parameters: Mapping[str, str | int | float | bool]
    columns: Mapping[str, str]
    personal: frozenset[str] = frozenset()
    k: int = 5
    seed: int = 0


class Sample(Plain):
    """A text out of the data, with originals: it never leaves in this form, and not at all at level `aggregates`."""

    id: str
    text: str = Field(repr=False)
    source: str
    about: str = ""


class AnalysisResult(Plain):
    """The outcome of one analysis. Texts of callouts and missing data cite numbers as `{fact.id}` only.

    `callouts` are findings and recommendations, the most important first. `notes` say how it was computed and where
    its limits are. `suppressed`: groups that were left out because fewer than k stand behind them.
    """

    facts: tuple[Fact, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[DataTable, ...] = ()
    callouts: tuple[Callout, ...] = ()
    missing: tuple[MissingData, ...] = ()
    samples: tuple[Sample, ...] = ()
    notes: tuple[str, ...] = ()
    suppressed: int = 0


class Analysis(Protocol):
    """An analysis by its name in templates: `reports.analytics.ANALYSES["rfm_segments"](inputs, context)`."""

    def __call__(self, inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
        """Facts, charts and tables; what the data does not allow is told in `missing`, not raised."""
        ...
