"""What every connector ("worker bee") is: a typed configuration, and a read-only way to look at a source and read it.

A connector never writes to its source. Rows travel as polars frames in batches of bounded size; a batch also
carries the rows that could not be read, so that nothing is lost in silence. A failure is a ConnectorProblem: it says
what happened and what to do next, and holds neither a value of the source nor a secret.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Protocol, runtime_checkable

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors.boundaries import Boundaries

Secret = Annotated[SecretStr, Field(json_schema_extra={"x-sealed": True})]
"""A field that is stored sealed and shown to nobody; the JSON schema marks it with `x-sealed`."""

BATCH_ROWS = 50_000


class ConnectorProblem(Exception):
    """A source that cannot be used as configured: what happened and what to do next, without any value of it.

    `retryable`: the same may work later. `code` is stable: `config`, `unreachable`, `refused`, `timeout`, `not_found`,
    `unreadable`, `too_large`, `forbidden`, `changed`.
    """

    def __init__(self, what: str, advice: str, *, code: str = "unreadable", retryable: bool = False) -> None:
        super().__init__(f"{what} {advice}")
        self.what, self.advice, self.code, self.retryable = what, advice, code, retryable


class ConnectorConfig(BaseModel):
    """Base of all configurations: unknown fields are errors, and no error repeats what was typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the source declares it; `dtype` is the polars type in its short form (`String`, `Int64`, ...)."""

    name: str
    dtype: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table, view, sheet, collection or file. `rows` None: the source cannot say without reading everything.

    `exact` False: `rows` is the source's own estimate. `key`: the columns that name a row, empty when unknown.
    `watermark`: the column by which `Reading.since` goes on where it ended; empty without one.
    """

    name: str
    columns: tuple[SourceColumn, ...]
    rows: int | None = None
    exact: bool = True
    key: tuple[str, ...] = ()
    note: str = ""
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that was set aside. `line` counts from 1 in the source; `raw` is what stood there, cut, kept from repr."""

    line: int
    reason: str
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows in the source's order. `watermark`: the position up to which has been read, for `Reading.since`."""

    frame: pl.DataFrame = field(repr=False)
    set_aside: tuple[BrokenRow, ...] = ()
    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read: a table, all or some columns, at most `batch_rows` at once.

    `since` is the `watermark` of an earlier batch: rows up to it are left out. Only tables with a watermark column take
    it; others raise ConnectorProblem.
    """

    table: str
    columns: tuple[str, ...] | None = None
    batch_rows: int = BATCH_ROWS
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """What a connection test saw: a sentence for the person, and the server's own name and version when it has one."""

    message: str
    server: str = ""


@runtime_checkable
class Connector(Protocol):
    """One opened source. Used by one task at a time; `close` gives back what it holds and may be called twice."""

    async def ping(self) -> Reached:
        """Test the connection with the configured rights. Raises ConnectorProblem."""
        ...

    async def describe(self) -> Sequence[SourceTable]:
        """The tables of the source with columns, types and row counts. Raises ConnectorProblem."""
        ...

    def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The rows in a stable order where the source has one, in bounded memory; close the iterator to cancel.

        At least one batch comes, with the columns, also from an empty table. Raises ConnectorProblem.
        """
        ...

    async def close(self) -> None:
        """Give back connections and files."""
        ...


class ConnectorKind(Protocol):
    """The class of a connector as the registry wants it; `title` and `about` are shown to people."""

    title: ClassVar[str]
    about: ClassVar[str]
    Config: ClassVar[type[ConnectorConfig]]

    def __call__(self, config: Any, boundaries: Boundaries) -> Connector:  # noqa: ANN401 - each kind has its own
        """Open nothing yet: the first use does."""
        ...


def chosen(columns: Sequence[str], wanted: Sequence[str] | None, table: str) -> list[str]:
    """`wanted` in its own order when all of it is there, else everything. Raises ConnectorProblem."""
    if wanted is None:
        return list(columns)
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise ConnectorProblem(
            f"The table {table!r} has no column {missing[0]!r}.",
            "Look at the source again: its columns have changed, or the name is misspelt.",
            code="changed",
        )
    return list(wanted)
