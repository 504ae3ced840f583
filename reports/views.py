"""What the report routes take and give, as data: the shapes of `/api/v1/reports`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reports.document import PrivacyLevel, PromptSeen
from reports.marks import Kind
from reports.order import ExportFormat, Order
from reports.results import ColumnRef
from reports.store import State
from reports.tables import ReportRunRow


class Body(BaseModel):
    """Base of what clients send: unknown fields are errors, values stay out of errors."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class RunView(BaseModel):
    """A run as lists and pages show it. Times are UTC milliseconds; `progress` is 0 to 100."""

    id: str
    template: str
    jar: str
    level: PrivacyLevel
    state: State
    step: str
    progress: int
    owner: str
    created_at: int
    started_at: int | None
    finished_at: int | None
    expires_at: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    degraded: bool
    approved_by: str | None
    approved_at: int | None
    failure_code: str | None
    failure: str | None


def run_view(row: ReportRunRow) -> RunView:
    """The view of a stored run."""
    fields = {name: getattr(row, name) for name in RunView.model_fields if name != "owner"}
    return RunView.model_validate({**fields, "owner": row.owner_name})


class RunList(BaseModel):
    """A page of runs, newest first; `next` goes into `before` of the next call."""

    items: list[RunView]
    next: int | None = None


class ListQuery(Body):
    """Which runs."""

    before: int | None = Field(default=None, ge=0)
    limit: int = Field(default=50, ge=1, le=200)
    state: State | None = None


class RoleView(BaseModel):
    """A role of a template, the column that was proposed for it and how sure that is (0 to 1)."""

    role: str
    title: str
    required: bool
    column: ColumnRef | None
    confidence: float
    reason: str = ""
    others: list[ColumnRef] = []


class StepView(BaseModel):
    """A step of a report: how many sections it writes (`revise`: looks at once more), by which models, at what cost.

    `models` are tried in order (none: by rules); `cost` None: no price is configured.
    """

    step: str
    sections: int
    models: list[str]
    cost: float | None


class Estimate(BaseModel):
    """What a report would take: rows, tokens, cost (None: no price is configured), seconds; and the proposed roles.

    `silent`: titles of the sections that could only tell what is missing in this data.
    """

    rows: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    seconds: float
    models: list[str]
    steps: list[StepView]
    explanation: str
    roles: list[RoleView]
    silent: list[str]
    possible: bool
    problem: str | None = None


class TemplateView(BaseModel):
    """A template in a list."""

    name: str
    version: str
    title: str
    description: str
    sections: list[str]
    parameters: dict[str, str | int | float | bool]


class PromptsView(BaseModel):
    """What the models saw and said, as it left: with tokens. `titles`: of the report's sections, by their ids."""

    items: list[PromptSeen]
    titles: dict[str, str]
    entities: dict[str, int]
    policy: str
    session: str


class PromptPart(BaseModel):
    """A piece of a prompt: text, or (with an entity type) what stands for a personal value; `redacted`: for good."""

    text: str
    entity_type: str | None = None
    redacted: bool = False


class PromptPreview(BaseModel):
    """The prompt of one section exactly as it will leave, whole and in pieces, and the models to be tried in order."""

    section: str
    title: str
    models: list[str]
    prompt: str
    parts: list[PromptPart]


class MarkView(BaseModel):
    """A mark. `shown`: what stands in the prompts for what was missed, or the token that was set wrongly."""

    id: str
    kind: Kind
    section: str
    entity_type: str
    shown: str


class PreviewView(BaseModel):
    """The prompts of a run before anything was sent. `waiting`: a person may mark, let go or cancel."""

    version: str
    waiting: bool
    system: str
    items: list[PromptPreview]
    entities: dict[str, int]
    marks: list[MarkView]


class ExportQuery(Body):
    """Which form; `original`: with originals, for those who may see them."""

    format: ExportFormat = "html"
    original: bool = False
    version: int | None = Field(default=None, ge=1)


class DocumentQuery(Body):
    """Which version; `original`: with originals, for those who may see them."""

    original: bool = False
    version: int | None = Field(default=None, ge=1)


class EditBody(Body):
    """A section's new text: paragraphs separated by empty lines, points on lines that begin with a hyphen."""

    text: str = Field(min_length=1, max_length=20_000)


class RedoBody(Body):
    """What should be different in a section that is written again."""

    remark: str = Field(default="", max_length=1_000)


class ShareBody(Body):
    """For how many days a link opens."""

    days: int = Field(default=7, ge=1, le=90)


class ShareView(BaseModel):
    """A link; `url` is told once, when it is made."""

    id: str
    created_at: int
    expires_at: int
    url: str | None = None


class ShareList(BaseModel):
    """The links of a report."""

    items: list[ShareView]


class DiffQuery(Body):
    """The older report."""

    with_: str = Field(alias="with", max_length=40, pattern=r"^[A-Za-z0-9_-]+$")
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True, populate_by_name=True)


class ScheduleBody(Body):
    """What to make, and when: five fields of cron, UTC."""

    order: Order
    cron: str = Field(max_length=120)


class ScheduleView(BaseModel):
    """A schedule."""

    id: str
    cron: str
    next_at: int
    owner: str
    template: str
    jar: str


class ScheduleList(BaseModel):
    """The schedules of a tenant."""

    items: list[ScheduleView]


class Changed(BaseModel):
    """The state of a run, or the version of its document, after a change."""

    state: State | None = None
    version: int | None = None


Decision = Literal["send", "cancel"]


class ReviewBody(Body):
    """What a reviewer decides about a run that waits before its first send, and about which version of its prompts."""

    decision: Decision
    version: str | None = Field(default=None, max_length=64)


class MarkBody(Body):
    """A span of a section's prompt: words that were missed, or a token that stands for nothing personal."""

    section: str = Field(max_length=64)
    kind: Kind
    text: str = Field(min_length=1, max_length=400, repr=False)
    entity_type: str = Field(default="PERSON", max_length=64)


class ProposeBody(Body):
    """For a token that was set wrongly: whose policy's allow-list takes the word that it stands for."""

    policy: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")


class Proposed(BaseModel):
    """The id of the correction that waits for approval (`/corrections/{id}`)."""

    correction: str


class MarksBody(Body):
    """Marks in one version of the prompts."""

    version: str = Field(max_length=64)
    marks: list[MarkBody] = Field(min_length=1, max_length=100)
