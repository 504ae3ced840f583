"""What PostgreSQL and MySQL connectors share: configuration, tables with their columns, rows as frames."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from connectors.base import ConnectorConfig, ConnectorProblem, Reading, Secret, SourceColumn, SourceTable
from connectors.ssh_tunnel import SshTunnel
from connectors.tls import TlsMode, tls_context

BATCH_BYTES = 64 << 20
FIRST_ROWS = 500
"""Rows of the first fetch; their size says how many may come at once after that."""


class NamedSelect(ConnectorConfig):
    """An own SELECT under a name."""

    name: Annotated[str, Field(title="Name", description="Shown as a table.", min_length=1, max_length=100)]
    sql: Annotated[
        str,
        Field(
            title="SELECT",
            description="One plain SELECT; anything else is refused.",
            examples=["SELECT id, subject, body FROM support.tickets WHERE created_at >= '2026-01-01'"],
        ),
    ]


class SqlConfig(ConnectorConfig):
    """How to reach a database, and what to take from it. Reading only, whatever the account may do."""

    host: Annotated[
        str,
        Field(title="Host", description="Name or address of the server, best a replica.", examples=["db.example.com"]),
    ]
    port: Annotated[int, Field(title="Port", ge=1, le=65_535)] = 5432
    database: Annotated[str, Field(title="Database", examples=["crm"], min_length=1)]
    user: Annotated[str, Field(title="User", description="An account that may only read.", examples=["sting_reader"])]
    password: Annotated[Secret | None, Field(title="Password")] = None
    tls: Annotated[
        TlsMode,
        Field(
            title="TLS",
            description="`auto`: verify-full, but nothing on this very machine. `require` encrypts without knowing "
            "whom it talks to; `verify-ca` checks the certificate, `verify-full` its name too.",
        ),
    ] = "auto"
    ca: Annotated[str, Field(title="CA certificates", description="PEM; empty: those of the system.")] = ""
    client_certificate: Annotated[str, Field(title="Client certificate", description="PEM, when asked for.")] = ""
    client_key: Annotated[Secret | None, Field(title="Key of the client certificate", description="PEM.")] = None
    ssh: Annotated[
        SshTunnel | None,
        Field(title="SSH tunnel", description="Host and port of the database are then as the SSH server sees them."),
    ] = None
    tables: Annotated[
        tuple[str, ...],
        Field(title="Tables", description="Which tables and views to show, with their schema; empty: all."),
    ] = ()
    selects: Annotated[tuple[NamedSelect, ...], Field(title="Own SELECTs", max_length=50)] = ()
    watermarks: Annotated[
        dict[str, str],
        Field(
            title="Watermarks",
            description="Table -> column that grows with every change, for refreshing only what is new. The table "
            "needs a primary key, by which rows that come again are replaced.",
            examples=[{"public.tickets": "updated_at"}],
        ),
    ] = Field(default_factory=dict)
    connect_timeout_s: Annotated[float, Field(title="Time for connecting, in seconds", gt=0, le=120)] = 10
    statement_timeout_s: Annotated[float, Field(title="Time for one statement, in seconds", gt=0, le=3_600)] = 300

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS settings; None is a plain connection. Raises ConnectorProblem."""
        key = self.client_key.get_secret_value() if self.client_key else ""
        pair = {"certificate": self.client_certificate, "key": key}
        return tls_context(self.tls, self.host, ca=self.ca, **pair, tunnelled=self.ssh is not None)

    def secret(self) -> str:
        """The password, empty when there is none."""
        return self.password.get_secret_value() if self.password else ""


ColumnClass = Literal["integer", "number", "decimal", "boolean", "date", "time", "text"]


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """A column: `sql_type` as the server writes it; `scale` and `precision` of decimals."""

    name: str
    sql_type: str
    kind: ColumnClass
    precision: int = 38
    scale: int = 0
    nullable: bool = True

    @property
    def dtype(self) -> pl.DataType:
        """The polars type of its values."""
        if self.kind == "decimal":
            return pl.Decimal(self.precision, self.scale)
        return _DTYPES[self.kind]


_DTYPES: dict[str, pl.DataType] = {
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "time": pl.Datetime("us", "UTC"),
    "text": pl.String(),
}


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table, a view, or an own SELECT. `source`: what stands behind FROM, quoted. `rows` is the server's estimate."""

    name: str
    source: str
    columns: tuple[SqlColumn, ...]
    key: tuple[str, ...] = ()
    rows: int | None = None
    exact: bool = False
    note: str = ""

    def shown(self, config: SqlConfig) -> SourceTable:
        """As it is shown to people."""
        columns = tuple(SourceColumn(c.name, str(c.dtype), c.nullable) for c in self.columns)
        mark = config.watermarks.get(self.name, "") if self.key else ""
        return SourceTable(self.name, columns, self.rows, self.exact, self.key, self.note, mark)

    def column(self, name: str) -> SqlColumn:
        """The column of this name. Raises ConnectorProblem."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ConnectorProblem(
            f"The table {self.name!r} has no column {name!r}.", "Look at the source again.", code="changed"
        )


def watermark_of(config: SqlConfig, table: SqlTable, reading: Reading) -> SqlColumn | None:
    """The table's watermark column; None without one. Raises ConnectorProblem when the reading cannot be done."""
    name = config.watermarks.get(table.name)
    if name is None:
        if reading.since is not None:
            raise ConnectorProblem(
                f"The table {table.name!r} has no watermark.", "Set its column under Watermarks.", code="config"
            )
        return None
    if not table.key:
        raise ConnectorProblem(
            f"The table {table.name!r} has no primary key, so rows that come again cannot be told apart.",
            "Take the watermark away (all rows are read then), or give the table a primary key.",
            code="config",
        )
    return table.column(name)


def found_table(tables: Sequence[SqlTable], name: str) -> SqlTable:
    """The table of this name. Raises ConnectorProblem."""
    for table in tables:
        if table.name == name:
            return table
    raise ConnectorProblem(
        f"There is no table {name!r} that may be read.",
        "Look at the source again, and at the account's rights.",
        code="not_found",
    )


def frame_of(columns: Sequence[SqlColumn], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows of a driver as a frame. What is no value, such as NaN or a zero date, becomes null."""
    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pl.DataFrame([_series(column, values) for column, values in zip(columns, cells, strict=True)])


def _series(column: SqlColumn, values: Sequence[Any]) -> pl.Series:
    if column.kind == "decimal":
        values = [Decimal(v) if isinstance(v, int) else v for v in values]
        values = [v if isinstance(v, Decimal) and v.is_finite() else None for v in values]
    elif column.kind == "number":
        values = [None if v is None else float(v) for v in values]
    elif column.kind == "time":
        values = [_moment(v) if isinstance(v, dt.datetime) else None for v in values]
    elif column.kind == "date":
        values = [v if isinstance(v, dt.date) else None for v in values]
    return pl.Series(column.name, values, dtype=column.dtype)


def _moment(value: dt.datetime) -> dt.datetime:
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def rows_at_once(frame: pl.DataFrame, most: int) -> int:
    """How many rows like these fit into the memory of a batch."""
    size = max(1, frame.estimated_size()) / max(1, len(frame))
    return max(1, min(most, int(BATCH_BYTES / size)))
