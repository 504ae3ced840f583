"""Demo sets in databases: an SQLite file per set, or a PostgreSQL schema per set."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from demo_data.model import Cell, DataSet, Table, as_text

_POSTGRES = {
    "text": "text",
    "integer": "bigint",
    "real": "double precision",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
}
_SQLITE = {**_POSTGRES, "real": "real", "integer": "integer", "datetime": "text", "date": "text", "boolean": "integer"}


class LoadFailed(RuntimeError):
    """The database could not be reached or refused the data. The message holds no address and no password."""


def load_sqlite(dataset: DataSet, path: Path) -> int:
    """Write the set into the file at `path`, replacing it at once when all is written; returns the number of rows.

    Dates are ISO text, booleans 0 and 1.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(fresh)) as connection, connection:
            for table in dataset.tables.values():
                connection.execute(_create(table, _SQLITE, table.name))
                marks = ", ".join("?" * len(table.columns))
                connection.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', _sqlite_rows(table))  # noqa: S608 - names of our own tables
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return _row_count(dataset)


def load_postgres(dataset: DataSet, url: str) -> int:
    """Replace the schema named like the set in the database at `url`; all of it or nothing; returns the row count.

    `url` is postgresql://user:password@host:port/database (postgresql+asyncpg:// too). Raises LoadFailed.
    """
    return asyncio.run(_load_postgres(dataset, url))


def drop_postgres(name: str, url: str) -> None:
    """Remove the set's schema from the database at `url`. Raises LoadFailed."""
    asyncio.run(_execute(url, [f'DROP SCHEMA IF EXISTS "{name}" CASCADE']))


async def _load_postgres(dataset: DataSet, url: str) -> int:
    import asyncpg  # noqa: PLC0415 - loaded when needed

    try:
        connection = await asyncpg.connect(_plain(url), timeout=20)
        try:
            async with connection.transaction():
                await connection.execute(f'DROP SCHEMA IF EXISTS "{dataset.name}" CASCADE')
                await connection.execute(f'CREATE SCHEMA "{dataset.name}"')
                for table in dataset.tables.values():
                    await connection.execute(_create(table, _POSTGRES, table.name, schema=dataset.name))
                    await connection.copy_records_to_table(table.name, schema_name=dataset.name, records=table.rows)
        finally:
            await connection.close()
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise LoadFailed(f"PostgreSQL did not take the set {dataset.name}: {type(error).__name__}") from None
    return _row_count(dataset)


async def _execute(url: str, statements: Iterable[str]) -> None:
    import asyncpg  # noqa: PLC0415 - loaded when needed

    try:
        connection = await asyncpg.connect(_plain(url), timeout=20)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise LoadFailed(f"PostgreSQL could not be reached: {type(error).__name__}") from None


def _plain(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def _create(table: Table, types: dict[str, str], name: str, schema: str | None = None) -> str:
    """The CREATE TABLE statement with primary and foreign keys."""
    prefix = f'"{schema}".' if schema else ""
    lines: list[str] = []
    for column in table.columns:
        line = f'"{column.name}" {types[column.type]}'
        if column.key:
            line += " PRIMARY KEY"
        if column.references:
            target, _, key = column.references.partition(".")
            line += f' REFERENCES {prefix}"{target}" ("{key}")'
        lines.append(line)
    return f'CREATE TABLE {prefix}"{name}" ({", ".join(lines)})'


def _sqlite_rows(table: Table) -> Iterable[list[Cell]]:
    dated = [position for position, column in enumerate(table.columns) if column.type in {"date", "datetime"}]
    for row in table.rows:
        cells = list(row)
        for position in dated:
            if cells[position] is not None:
                cells[position] = as_text(cells[position])
        yield cells


def _row_count(dataset: DataSet) -> int:
    return sum(len(table.rows) for table in dataset.tables.values())
