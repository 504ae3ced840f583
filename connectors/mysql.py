"""MySQL and MariaDB: tables, views and own SELECTs, streamed row by row in one read-only transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import asyncmy
from asyncmy.cursors import SSCursor
from asyncmy.errors import MySQLError
from pydantic import Field

from connectors.base import Batch, ConnectorProblem, Reached, Reading, SourceTable, chosen
from connectors.boundaries import Boundaries
from connectors.mysql_catalog import catalog, quoted, selected
from connectors.sql import (
    FIRST_ROWS,
    SqlColumn,
    SqlConfig,
    SqlTable,
    found_table,
    frame_of,
    rows_at_once,
    watermark_of,
)
from connectors.sql_select import plain_select
from connectors.ssh_tunnel import reached

COUNTED = 200_000
COUNTED_TABLES = 100
COUNT_TIMEOUT_S = 2.0
CONNECT_TRIES = 3


class MysqlConfig(SqlConfig):
    """How to reach a MySQL or MariaDB database."""

    port: Annotated[int, Field(title="Port", ge=1, le=65_535)] = 3306


class Mysql:
    """The connector of MySQL and MariaDB databases; each call has a connection of its own."""

    title: ClassVar[str] = "MySQL or MariaDB"
    about: ClassVar[str] = "Tables, views and own SELECTs of a MySQL or MariaDB database."
    Config = MysqlConfig

    def __init__(self, config: MysqlConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries
        self._selects = [(item.name, plain_select(item.sql, "mysql")) for item in config.selects]

    async def ping(self) -> Reached:
        """Connect, and say who we are to the server."""
        async with self._transaction() as connection:
            return Reached("Connected, reading only.", connection.get_server_info())

    async def describe(self) -> Sequence[SourceTable]:
        """All tables and views that the account may read, and the own SELECTs."""
        async with self._transaction() as connection:
            tables = await self._tables(connection)
        if len(tables) > COUNTED_TABLES:
            return [table.shown(self._config) for table in tables]
        return [(await self._counted(table)).shown(self._config) for table in tables]

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The rows by primary key, or by the watermark where there is one; rows at the watermark come again."""
        async with self._transaction() as connection:
            table = found_table(await self._tables(connection), reading.table)
            names = chosen([column.name for column in table.columns], reading.columns, table.name)
            mark = watermark_of(self._config, table, reading)
            columns = [table.column(name) for name in names]
            cursor = connection.cursor(SSCursor)
            await self._answer(cursor.execute(*_statement(table, columns, mark, reading)))
            size, first = FIRST_ROWS, True
            while (rows := await self._fetched(connection, cursor, min(size, reading.batch_rows))) or first:
                first = False
                frame = frame_of(columns, [row[: len(columns)] for row in rows])
                size = rows_at_once(frame, reading.batch_rows)
                seen = str(rows[-1][len(columns)]) if mark is not None and rows else reading.since
                yield Batch(frame, watermark=seen)

    async def close(self) -> None:
        """Nothing stays open between calls."""

    async def _tables(self, connection: Any) -> list[SqlTable]:  # noqa: ANN401 - asyncmy has no types
        wanted = set(self._config.tables)
        async with connection.cursor() as cursor:
            tables = [table for table in await self._answer(catalog(cursor)) if not wanted or table.name in wanted]
            own = [await self._answer(self._described(cursor, name, sql)) for name, sql in self._selects]
        return tables + own

    async def _described(self, cursor: Any, name: str, sql: str) -> SqlTable:  # noqa: ANN401 - asyncmy has no types
        """An own SELECT as a table; its columns are text but for the plain numbers and dates."""
        await cursor.execute(f"SELECT * FROM ({sql}) AS own LIMIT 0")  # noqa: S608 - the guarded SELECT
        columns = tuple(_own_column(part) for part in cursor.description)
        return SqlTable(name, f"({sql}) AS own", columns, note="own SELECT")

    async def _counted(self, table: SqlTable) -> SqlTable:
        """With the exact number of rows where counting is quick."""
        if table.rows is not None and table.rows > COUNTED:
            return table
        try:
            async with self._transaction() as connection, asyncio.timeout(COUNT_TIMEOUT_S):
                cursor = connection.cursor()
                await cursor.execute(f"SELECT count(*) FROM {table.source}")  # noqa: S608 - quoted
                [rows] = await cursor.fetchone()
        except ConnectorProblem:
            return table
        return replace(table, rows=rows, exact=True)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Any]:
        """A read-only transaction with one view of the data; failures come out as ConnectorProblem."""
        connection = None
        config = self._config
        try:
            async with reached(config.ssh, config.host, config.port, timeout=config.connect_timeout_s) as place:
                connection = await self._connected(place)
                yield connection
        except (MySQLError, OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
            raise _problem(error) from None
        finally:
            if connection is not None:
                connection.close()

    async def _connected(self, place: tuple[str, int]) -> Any:  # noqa: ANN401 - asyncmy has no types
        """A connection; trying again is safe before anything was asked."""
        for attempt in range(1, CONNECT_TRIES + 1):
            try:
                async with asyncio.timeout(self._config.connect_timeout_s):
                    return await self._connect(*place)
            except (ConnectionError, TimeoutError):
                if attempt == CONNECT_TRIES:
                    raise
                await asyncio.sleep(0.2 * attempt)
        raise AssertionError

    async def _connect(self, host: str, port: int) -> Any:  # noqa: ANN401 - asyncmy has no types
        config = self._config
        connection = await asyncmy.connect(
            host=host,
            port=port,
            database=config.database,
            user=config.user,
            password=config.secret(),
            ssl=config.ssl_context(),
            connect_timeout=config.connect_timeout_s,
            charset="utf8mb4",
            local_infile=False,
        )
        try:
            async with connection.cursor() as cursor:
                await cursor.execute("SET SESSION net_write_timeout = 3600, SESSION time_zone = '+00:00'")
                await cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                await cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        except BaseException:
            connection.close()
            raise
        return connection

    async def _fetched(self, connection: Any, cursor: Any, rows: int) -> Any:  # noqa: ANN401 - asyncmy has no types
        """The next rows; between two calls nothing is taken from the network, or all of it would gather in memory."""
        transport = connection._transport  # noqa: SLF001 - the driver has no back-pressure of its own
        transport.resume_reading()
        try:
            return await self._answer(cursor.fetchmany(rows))
        finally:
            transport.pause_reading()

    async def _answer(self, answer: Any) -> Any:  # noqa: ANN401 - asyncmy has no types
        """What the server answers, within the time for one statement."""
        async with asyncio.timeout(self._config.statement_timeout_s):
            return await answer


def _statement(
    table: SqlTable, columns: Sequence[SqlColumn], mark: SqlColumn | None, reading: Reading
) -> tuple[Any, ...]:
    """The SELECT and its argument, if it has one."""
    last = [] if mark is None else [quoted(mark.name)]
    parts = [*(selected(column) for column in columns), *last]
    sql = f"SELECT {', '.join(parts) or '1'} FROM {table.source}"  # noqa: S608 - quoted names
    if mark is not None:
        name = quoted(mark.name)
        if reading.since is not None:
            return (f"{sql.replace('%', '%%')} WHERE {name} >= %s ORDER BY {name}", (reading.since,))
        return (f"{sql} ORDER BY {name}",)
    order = ", ".join(quoted(name) for name in table.key)
    return (f"{sql} ORDER BY {order}" if order else sql,)


_FIELD_KINDS = {1: "integer", 2: "integer", 3: "integer", 9: "integer", 13: "integer", 4: "number", 5: "number"}
_FIELD_KINDS |= {0: "number", 246: "number", 10: "date", 7: "time", 12: "time"}
"""Type numbers of MySQL's protocol; a whole number of eight bytes may be unsigned, so it comes as a decimal."""


def _own_column(part: Sequence[Any]) -> SqlColumn:
    kind: Any = "decimal" if part[1] == 8 else _FIELD_KINDS.get(part[1], "text")  # noqa: PLR2004 - MYSQL_TYPE_LONGLONG
    return SqlColumn(str(part[0]), "", kind, 20, 0)


_CODES = {
    1045: ("refused", "The server refuses this user or password.", "Check both, and from where the user may connect."),
    1044: ("forbidden", "The account may not use this database.", "Grant it SELECT on the database."),
    1049: ("not_found", "The server has no such database.", "Check its name."),
    1142: ("forbidden", "The account may not read this.", "Grant it SELECT on the table."),
    1143: ("forbidden", "The account may not read this.", "Grant it SELECT on the table."),
    1792: ("forbidden", "The statement would write.", "Take the writing function out of the view or the own SELECT."),
    1146: ("changed", "A table is gone.", "Look at the source again."),
    1054: ("changed", "A column is gone.", "Look at the source again, and at the own SELECT."),
    1064: ("config", "The statement does not fit this server.", "Mend the own SELECT."),
}


def _problem(error: Exception) -> ConnectorProblem:
    """What went wrong, without the server's words: they may quote a value."""
    number = error.args[0] if isinstance(error, MySQLError) and error.args else None
    if number in _CODES:
        code, what, advice = _CODES[number]
        return ConnectorProblem(what, advice, code=code)
    if isinstance(error, TimeoutError):
        return ConnectorProblem(
            "The server did not answer in time.",
            "Check host and firewall; read fewer rows.",
            code="timeout",
            retryable=True,
        )
    name = number if isinstance(number, int) else type(error).__name__
    return ConnectorProblem(
        f"The connection failed or was lost ({name}).",
        "Check host, port, TLS and firewall; the reading can be started again.",
        code="unreachable",
        retryable=True,
    )
