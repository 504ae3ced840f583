"""What a MySQL or MariaDB database holds, from its information schema."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from connectors.sql import ColumnClass, SqlColumn, SqlTable

_QUERY = """
SELECT t.TABLE_NAME, t.TABLE_TYPE, t.TABLE_ROWS, c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE,
       c.NUMERIC_PRECISION, c.NUMERIC_SCALE, c.IS_NULLABLE, c.COLUMN_KEY
FROM information_schema.TABLES t
JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY t.TABLE_NAME, c.ORDINAL_POSITION
"""
_INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
_BINARY = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "polygon"}
_CLASSES: dict[str, ColumnClass] = {"float": "number", "double": "number", "date": "date"}
MAX_PRECISION = 38


def quoted(name: str) -> str:
    """An identifier, whatever it holds."""
    return "`" + name.replace("`", "``") + "`"


async def catalog(cursor: Any) -> list[SqlTable]:  # noqa: ANN401 - asyncmy has no types for rows
    """The tables and views of the database that the account may see."""
    await cursor.execute(_QUERY)
    rows = await cursor.fetchall()
    tables = []
    for (name, kind), group in groupby(rows, key=lambda row: (row[0], row[1])):
        parts = list(group)
        is_view = kind != "BASE TABLE"
        tables.append(
            SqlTable(
                name,
                quoted(name),
                tuple(_column(row) for row in parts),
                key=tuple(row[3] for row in parts if row[9] == "PRI"),
                rows=None if is_view or parts[0][2] is None else int(parts[0][2]),
                note="view" if is_view else "",
            )
        )
    return tables


def _column(row: tuple[Any, ...]) -> SqlColumn:
    name, data_type, column_type = row[3], str(row[4]).lower(), str(row[5]).lower()
    nullable = row[8] == "YES"
    if data_type == "bigint" and "unsigned" in column_type:
        return SqlColumn(name, data_type, "decimal", 20, 0, nullable=nullable)
    if data_type == "decimal":
        precision, scale = int(row[6] or 10), int(row[7] or 0)
        if precision <= MAX_PRECISION:
            return SqlColumn(name, data_type, "decimal", precision, scale, nullable=nullable)
    if data_type in _INTEGERS:
        return SqlColumn(name, data_type, "integer", nullable=nullable)
    if data_type in ("datetime", "timestamp"):
        return SqlColumn(name, data_type, "time", nullable=nullable)
    return SqlColumn(name, data_type, _CLASSES.get(data_type, "text"), nullable=nullable)


def selected(column: SqlColumn) -> str:
    """The column in a SELECT list: bytes as hexadecimal, everything that is no number, date or text as text."""
    name = quoted(column.name)
    if column.kind != "text":
        return name
    return f"LOWER(HEX({name}))" if column.sql_type in _BINARY else f"CAST({name} AS CHAR)"
