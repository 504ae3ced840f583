"""Bodies and queries of the console routes of jars and connectors."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.jar_access import Access, JarKind
from connectors.jar_model import ColumnRole


class Body(BaseModel):
    """Base: unknown fields are errors, and no error repeats what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ConnectorBody(Body):
    """A connector to set up, or to try before that; `config` as the kind's schema says."""

    name: str = Field(default="", max_length=63)
    kind: str = Field(max_length=32)
    config: dict[str, Any] = Field(default_factory=dict, repr=False)


class ConfigBody(Body):
    """Another configuration; secrets that are left out, or null, stay as they are."""

    config: dict[str, Any] = Field(default_factory=dict, repr=False)


class JarBody(Body):
    """A jar to make."""

    name: str = Field(max_length=63)
    kind: JarKind = "private"
    description: str = Field(default="", max_length=2_000)
    tags: list[str] = Field(default_factory=list, max_length=20)
    policy: str | None = Field(default=None, max_length=64)
    review_required: bool = False
    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    refresh_minutes: int | None = Field(default=None, ge=5)


class JarChange(Body):
    """What to change of a jar; what is left out stays."""

    kind: JarKind | None = None
    description: str | None = Field(default=None, max_length=2_000)
    tags: list[str] | None = Field(default=None, max_length=20)
    policy: str | None = Field(default=None, max_length=64)
    review_required: bool | None = None
    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    refresh_minutes: int | None = Field(default=None, ge=5)


class StarterBody(Body):
    """What a jar of the gallery is to be called; null: like its starter."""

    name: str | None = Field(default=None, max_length=63)


class GrantBody(Body):
    """One right. `grantee`: a person's id, `role:ROLE`, or `*`."""

    grantee: str = Field(max_length=80)
    access: Access


class GrantsBody(Body):
    """All rights that others have, in place of those before."""

    grants: list[GrantBody] = Field(max_length=1_000)


class SourceBody(Body):
    """What to put into a jar: an upload, or tables (none: all) of a connector."""

    upload: str | None = Field(default=None, max_length=32)
    connector: str | None = Field(default=None, max_length=64)
    tables: list[str] = Field(default_factory=list, max_length=1_000)
    config: dict[str, Any] = Field(default_factory=dict, repr=False)


class ColumnBody(Body):
    """A word on a column: `confirm`, or its type (null: not personal) and role."""

    table: str
    name: str
    confirm: bool = False
    entity_type: str | None = None
    role: ColumnRole | None = None
    version: str | None = None


class ValueBody(Body):
    """A word on one value of a column."""

    table: str
    column: str
    value: str = Field(repr=False)
    entity_type: str | None = None


class ReviewBody(Body):
    """Words on columns and values."""

    columns: list[ColumnBody] = Field(default_factory=list, max_length=20_000)
    values: list[ValueBody] = Field(default_factory=list, max_length=1_000)


class PreviewBody(Body):
    """Which rows, and how. A table's name may come from a file's name, so it stands in no address."""

    table: str
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=20, ge=1, le=200)
    view: Literal["scrambled", "original"] = "scrambled"


class SearchBody(Body):
    """What to look for by meaning."""

    q: str = Field(min_length=1, max_length=2_000, repr=False)
    limit: int = Field(default=10, ge=1, le=50)
    table: str | None = None
    view: Literal["scrambled", "original"] = "scrambled"
