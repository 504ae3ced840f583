"""What a honey jar is to those who read it: names, columns with their classification, rows as frames. Pure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

ColumnRole = Literal["identifier", "quasi_identifier", "text", "value"]
"""Direct identifier, quasi-identifier (k-anonymity counts it), free text, or a plain value."""


@dataclass(frozen=True, slots=True)
class JarColumn:
    """One column. `entity_type` None: nothing personal was found; `confidence` and `share` of rows are 0 to 1."""

    name: str
    dtype: str
    role: ColumnRole
    entity_type: str | None = None
    confidence: float = 0.0
    share: float = 0.0
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class JarTable:
    """One table of a jar, or its documents (columns `document`, `page`, `text`)."""

    name: str
    rows: int
    columns: tuple[JarColumn, ...]


@dataclass(frozen=True, slots=True)
class HoneyJar:
    """A named collection of private data; `policy` is the gateway policy that its texts leave under."""

    id: str
    name: str
    tenant: str
    policy: str | None
    tables: tuple[JarTable, ...]


class JarReader(Protocol):
    """Reads jars of one tenant; rows come as polars frames with originals in them, so handle with care."""

    async def jar(self, name: str) -> HoneyJar:
        """The jar of this name or id. Raises LookupError."""
        ...

    def batches(
        self, jar: HoneyJar, table: str, columns: Sequence[str] | None = None, *, rows: int = 50_000
    ) -> AsyncIterator[pl.DataFrame]:
        """The rows in order, at most `rows` at once, in bounded memory."""
        ...
