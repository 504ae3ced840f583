"""What a PostgreSQL database holds, from its catalogue: tables, views, columns, keys, estimates."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from connectors.sql import ColumnClass, SqlColumn, SqlTable

COUNTED = 200_000
"""Tables with more rows than this, by the server's estimate, are not counted."""

_QUERY = """
SELECT n.nspname, c.relname, c.relkind::text AS relkind, c.reltuples::bigint AS estimate, a.attname,
       format_type(a.atttypid, a.atttypmod) AS sql_type, NOT a.attnotnull AS nullable,
       coalesce(a.attnum = ANY(i.indkey), false) AS in_key
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY n.nspname, c.relname, a.attnum
"""
_NOTES = {"v": "view", "m": "materialized view", "f": "foreign table", "p": "partitioned", "r": ""}
_DECIMAL = re.compile(r"numeric\((\d+),(\d+)\)\Z")
_CLASSES: dict[str, ColumnClass] = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "real": "number",
    "double precision": "number",
    "numeric": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp with time zone": "time",
    "timestamp without time zone": "time",
}
MAX_PRECISION = 38


def quoted(name: str) -> str:
    """An identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


async def catalog(connection: Any) -> list[SqlTable]:  # noqa: ANN401 - asyncpg has no types
    """The tables and views that the account may read, with those columns that it may."""
    rows = await connection.fetch(_QUERY)
    tables = []
    for (schema, name), group in groupby(rows, key=lambda row: (row["nspname"], row["relname"])):
        parts = list(group)
        columns = tuple(_column(row["attname"], row["sql_type"], nullable=row["nullable"]) for row in parts)
        estimate = parts[0]["estimate"]
        tables.append(
            SqlTable(
                f"{schema}.{name}",
                f"{quoted(schema)}.{quoted(name)}",
                columns,
                key=tuple(row["attname"] for row in parts if row["in_key"]),
                rows=estimate if estimate > 0 and parts[0]["relkind"] != "v" else None,
                note=_NOTES.get(parts[0]["relkind"], ""),
            )
        )
    return tables


async def described_select(connection: Any, name: str, sql: str) -> SqlTable:  # noqa: ANN401 - asyncpg has no types
    """An own SELECT as a table; it is prepared, not run."""
    source = f"({sql}) AS own"
    prepared = await connection.prepare(f"SELECT * FROM {source}")  # noqa: S608 - the guarded SELECT
    types = await connection.fetch(
        "SELECT format_type(t, NULL) AS sql_type FROM unnest($1::oid[]) WITH ORDINALITY AS x(t, place) ORDER BY place",
        [attribute.type.oid for attribute in prepared.get_attributes()],
    )
    names = [attribute.name for attribute in prepared.get_attributes()]
    columns = tuple(_column(column, row["sql_type"], nullable=True) for column, row in zip(names, types, strict=True))
    return SqlTable(name, source, columns, note="own SELECT")


def _column(name: str, sql_type: str, *, nullable: bool) -> SqlColumn:
    plain = re.sub(r"^(timestamp)\(\d+\)", r"\1", sql_type)
    decimal = _DECIMAL.match(plain)
    if decimal and int(decimal[1]) <= MAX_PRECISION:
        return SqlColumn(name, sql_type, "decimal", int(decimal[1]), int(decimal[2]), nullable=nullable)
    return SqlColumn(name, sql_type, _CLASSES.get("numeric" if decimal else plain, "text"), nullable=nullable)
