"""PostgreSQL: tables, views and own SELECTs, read through a cursor in one read-only transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import asyncpg
from pydantic import Field

from connectors.base import Batch, ConnectorProblem, Reached, Reading, SourceTable, chosen
from connectors.boundaries import Boundaries
from connectors.postgres_catalog import COUNTED, catalog, described_select, quoted
from connectors.sql import (
    FIRST_ROWS,
    SqlConfig,
    SqlTable,
    found_table,
    frame_of,
    rows_at_once,
    watermark_of,
)
from connectors.sql_select import plain_select
from connectors.ssh_tunnel import reached

CONNECT_TRIES = 3
GRACE_S = 5.0
"""Longer than the server's own time-out, so that the server's answer comes first."""
COUNT_TIMEOUT_MS = 2_000
COUNTED_TABLES = 100
"""A database with more tables shows its own estimates only."""


class PostgresConfig(SqlConfig):
    """How to reach a PostgreSQL database."""

    host: Annotated[
        str,
        Field(
            title="Host",
            description="Name or address; several, divided by commas, are tried in turn and a replica is preferred.",
            examples=["db.example.com", "replica.example.com,db.example.com"],
            min_length=1,
        ),
    ]


class Postgres:
    """The connector of PostgreSQL databases; each call has a connection of its own."""

    title: ClassVar[str] = "PostgreSQL"
    about: ClassVar[str] = "Tables, views and own SELECTs of a PostgreSQL database."
    Config = PostgresConfig

    def __init__(self, config: PostgresConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries
        self._hosts = [host.strip() for host in config.host.split(",")]
        if config.ssh is not None and len(self._hosts) > 1:
            raise ConnectorProblem(
                "An SSH tunnel leads to one host.", "Give the replica's, or leave the tunnel out.", code="config"
            )
        self._selects = [(item.name, plain_select(item.sql, "postgres")) for item in config.selects]

    async def ping(self) -> Reached:
        """Connect, and say who we are to the server."""
        async with self._transaction() as connection:
            is_super = await connection.fetchval("SELECT usesuper FROM pg_user WHERE usename = current_user")
            version = connection.get_server_version()
        advice = " This account is a superuser: take one that may only read." if is_super else ""
        return Reached(f"Connected, reading only.{advice}", f"PostgreSQL {version.major}.{version.minor}")

    async def describe(self) -> Sequence[SourceTable]:
        """All tables and views that the account may read, and the own SELECTs."""
        async with self._transaction() as connection:
            tables = await self._tables(connection)
            if len(tables) > COUNTED_TABLES:
                return [table.shown(self._config) for table in tables]
            return [(await self._counted(connection, table)).shown(self._config) for table in tables]

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The rows by primary key, or by the watermark where there is one; rows at the watermark come again."""
        async with self._transaction() as connection:
            table = found_table(await self._tables(connection), reading.table)
            names = chosen([column.name for column in table.columns], reading.columns, table.name)
            mark = watermark_of(self._config, table, reading)
            columns = [table.column(name) for name in names]
            last = [] if mark is None else [mark]
            cursor = await self._answer(connection.cursor(*_statement(table, [*columns, *last], mark, reading)))
            size, first = FIRST_ROWS, True
            while (rows := await self._answer(cursor.fetch(min(size, reading.batch_rows)))) or first:
                first = False
                frame = frame_of(columns, [row[: len(columns)] for row in (tuple(row) for row in rows)])
                size = rows_at_once(frame, reading.batch_rows)
                seen = _as_text(rows[-1][len(columns)]) if mark is not None and rows else reading.since
                yield Batch(frame, watermark=seen)

    async def close(self) -> None:
        """Nothing stays open between calls."""

    async def _tables(self, connection: Any) -> list[SqlTable]:  # noqa: ANN401 - asyncpg has no types
        wanted = set(self._config.tables)
        tables = [table for table in await catalog(connection) if not wanted or table.name in wanted]
        return tables + [await described_select(connection, name, sql) for name, sql in self._selects]

    async def _counted(self, connection: Any, table: SqlTable) -> SqlTable:  # noqa: ANN401 - asyncpg has no types
        """With the exact number of rows where counting is quick."""
        if table.rows is not None and table.rows > COUNTED:
            return table
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL statement_timeout = {COUNT_TIMEOUT_MS}")
                rows = await connection.fetchval(f"SELECT count(*) FROM {table.source}")  # noqa: S608 - quoted
        except asyncpg.PostgresError:
            return table
        return replace(table, rows=rows, exact=True)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Any]:
        """A read-only transaction with one view of the data; failures come out as ConnectorProblem."""
        connection = None
        try:
            async with self._places() as places:
                connection = await self._connected(places)
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield connection
                await connection.close(timeout=GRACE_S)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as error:
            raise _problem(error) from None
        finally:
            if connection is not None and not connection.is_closed():
                connection.terminate()

    @asynccontextmanager
    async def _places(self) -> AsyncIterator[list[tuple[str, int]]]:
        """Where to connect to; the tunnel, if there is one, is open meanwhile."""
        config = self._config
        async with AsyncExitStack() as stack:
            ways = [reached(config.ssh, host, config.port, timeout=config.connect_timeout_s) for host in self._hosts]
            yield [await stack.enter_async_context(way) for way in ways]

    async def _connected(self, places: list[tuple[str, int]]) -> Any:  # noqa: ANN401 - asyncpg has no types
        """A connection; trying again is safe before anything was asked."""
        for attempt in range(1, CONNECT_TRIES + 1):
            try:
                return await self._connect(places)
            except (ConnectionError, TimeoutError):
                if attempt == CONNECT_TRIES:
                    raise
                await asyncio.sleep(0.2 * attempt)
        raise AssertionError

    async def _connect(self, places: list[tuple[str, int]]) -> Any:  # noqa: ANN401 - asyncpg has no types
        config = self._config
        settings = {
            "default_transaction_read_only": "on",
            "statement_timeout": str(int(config.statement_timeout_s * 1000)),
            "idle_in_transaction_session_timeout": "3600000",
            "application_name": "sting",
        }
        return await asyncpg.connect(
            host=[host for host, _ in places],
            port=[port for _, port in places],
            database=config.database,
            user=config.user,
            password=config.secret(),
            ssl=config.ssl_context() or False,
            timeout=config.connect_timeout_s,
            command_timeout=config.statement_timeout_s + GRACE_S,
            statement_cache_size=0,
            target_session_attrs="prefer-standby" if len(places) > 1 else "any",
            server_settings=settings,
        )

    async def _answer(self, answer: Any) -> Any:  # noqa: ANN401 - asyncpg has no types
        """What the server answers, within the time for one statement: a server that went silent is noticed."""
        async with asyncio.timeout(self._config.statement_timeout_s + GRACE_S):
            return await answer


def _statement(table: SqlTable, columns: Sequence[Any], mark: Any, reading: Reading) -> tuple[str, ...]:  # noqa: ANN401
    """The SELECT and its one argument."""
    parts = []
    for column in columns:
        name = quoted(column.name)
        parts.append(f"{name}::text" if column.kind == "text" else name)
    sql = f"SELECT {', '.join(parts) or '1'} FROM {table.source}"  # noqa: S608 - quoted names
    if mark is not None:
        name = quoted(mark.name)
        if reading.since is not None:
            return (f"{sql} WHERE {name} >= $1::text::{mark.sql_type} ORDER BY {name}", reading.since)
        return (f"{sql} ORDER BY {name} NULLS FIRST",)
    order = ", ".join(quoted(name) for name in table.key)
    return (f"{sql} ORDER BY {order}" if order else sql,)


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


_ADVICE: tuple[tuple[type[Exception], str, str, str], ...] = (
    (asyncpg.InvalidAuthorizationSpecificationError, "refused", "The server refuses this user or password.",
     "Check both, and that the server's pg_hba.conf lets this machine in."),
    (asyncpg.InvalidCatalogNameError, "not_found", "The server has no such database.", "Check its name."),
    (asyncpg.QueryCanceledError, "timeout", "The server stopped the statement: it took too long.",
     "Read fewer rows, read from a replica, or allow more time."),
    (asyncpg.InsufficientPrivilegeError, "forbidden", "The account may not read this.",
     "Grant it SELECT on the table and USAGE on its schema."),
    (asyncpg.SyntaxOrAccessError, "changed", "The statement does not fit the database.",
     "Look at the source again: a table or column is gone, or the own SELECT has a mistake."),
    (asyncpg.DataError, "unreadable", "The server could not compute a value.",
     "Look for divisions, casts and dates in the view or the own SELECT."),
)  # fmt: skip


def _problem(error: Exception) -> ConnectorProblem:
    """What went wrong, without the server's words: they may quote a value."""
    for kind, code, what, advice in _ADVICE:
        if isinstance(error, kind):
            return ConnectorProblem(what, advice, code=code)
    if isinstance(error, TimeoutError):
        return ConnectorProblem(
            "The server did not answer in time.",
            "Check host, port and firewall; try again.",
            code="timeout",
            retryable=True,
        )
    name = getattr(error, "sqlstate", None) or type(error).__name__
    return ConnectorProblem(
        f"The connection failed or was lost ({name}).",
        "Check host, port, TLS and firewall; the reading can be started again.",
        code="unreachable",
        retryable=True,
    )
