"""A report as data: sections made of blocks, and the appendix "What the model saw". Versioned JSON; pure.

All texts may hold tokens; they are restored per reader when a report is shown or exported, never here.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from reports.facts import Fact, Plain, Value

VERSION: Final = 1
PrivacyLevel = Literal["aggregates", "scrambled", "local"]
Cell = Value | bool | None
Origin = Literal["model", "rules", "person"]
"""Who wrote a text: a language model, the rule-based writer, or a person who edited it."""


class TableColumn(Plain):
    """A column of a table that is shown: `unit` and `digits` as in a fact; `note` explains it in the head."""

    name: str
    unit: str = ""
    digits: int = 0
    note: str = ""


class DataTable(Plain):
    """A small table. `counts`: rows behind each row, for the suppression of small groups; None: not about groups.

    `personal`: columns whose cells are values of personal columns.
    """

    id: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    counts: tuple[int, ...] | None = None
    personal: tuple[str, ...] = ()


class Chart(Plain):
    """A chart: `spec` names a form of `reports/chart_data.py`, which draws it from `data`; `alt` says what it shows.

    `x`, `y` and `series` name columns of `data`; `options` are the form's own (`{"sort": "none"}`).
    """

    id: str
    spec: str
    title: str
    alt: str
    data: DataTable
    x: str
    y: tuple[str, ...]
    series: str | None = None
    options: dict[str, str] = Field(default_factory=dict)


class Paragraph(Plain):
    """Running text. `facts`: ids that it rests on; `doubts`: numbers in it that no fact bears out."""

    kind: Literal["paragraph"] = "paragraph"
    text: str
    origin: Origin = "rules"
    facts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Points(Plain):
    """A list of points, each a sentence or two."""

    kind: Literal["points"] = "points"
    items: tuple[str, ...]
    ordered: bool = False
    origin: Origin = "rules"
    facts: tuple[str, ...] = ()


class FactsTable(Plain):
    """Facts side by side: `figures` as large key figures, `table` as a table."""

    kind: Literal["facts"] = "facts"
    title: str = ""
    layout: Literal["figures", "table"] = "table"
    facts: tuple[Fact, ...]


class TableBlock(Plain):
    """A table of data."""

    kind: Literal["table"] = "table"
    table: DataTable


class ChartBlock(Plain):
    """A chart with its alternative text and its data."""

    kind: Literal["chart"] = "chart"
    chart: Chart


class Callout(Plain):
    """A remark that stands out. `rank` detail: one for the summary only where nothing weightier is found."""

    kind: Literal["callout"] = "callout"
    tone: Literal["info", "good", "warning", "critical", "recommendation"] = "info"
    rank: Literal["main", "detail"] = "main"
    title: str
    text: str
    facts: tuple[str, ...] = ()


class Quote(Plain):
    """Words out of the data, scrambled: personal values are tokens. `source` says which table, never which row."""

    kind: Literal["quote"] = "quote"
    text: str
    source: str


class MissingData(Plain):
    """What could not be computed, why, and what data would be needed."""

    kind: Literal["missing"] = "missing"
    what: str
    why: str
    needed: tuple[str, ...] = ()


Block = Annotated[
    Paragraph | Points | FactsTable | TableBlock | ChartBlock | Callout | Quote | MissingData,
    Field(discriminator="kind"),
]


class Section(Plain):
    """One section. `degraded`: why it was written without the wished model, for the reader; `edited`: by a person."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    degraded: str | None = None
    edited: bool = False


class PromptSeen(Plain):
    """One request to a model, as it left: with tokens, never originals. `cost` is in `SeenByModel.currency`."""

    step: str
    section: str
    model: str
    prompt: str
    answer: str
    exchange: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None


class SeenByModel(Plain):
    """The appendix "What the model saw". `entities`: scrambled values per entity type; `checkpoint`: of the audit."""

    level: PrivacyLevel
    explanation: str
    k: int
    suppressed: int = 0
    noise: str | None = None
    policy: str
    session: str
    entities: dict[str, int] = Field(default_factory=dict)
    prompts: tuple[PromptSeen, ...] = ()
    exchanges: tuple[str, ...] = ()
    checkpoint: str | None = None
    cost: float | None = None
    currency: str = ""


class ReportDocument(Plain):
    """A whole report. `created` is an ISO time in UTC; `parameters` are shown on the title page as they stand."""

    version: Literal[1] = VERSION
    id: str
    title: str
    subtitle: str = ""
    template: str
    template_version: str
    language: str = "en"
    created: str
    jars: tuple[str, ...] = ()
    level: PrivacyLevel
    parameters: dict[str, str] = Field(default_factory=dict)
    sections: tuple[Section, ...]
    seen: SeenByModel
    approved_by: str | None = None
