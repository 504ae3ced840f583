"""A jar as its page shows it: what it holds, what of it is personal, where it comes from, what happened. No values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from connectors.jar_access import Access
from connectors.jar_events import events
from connectors.jar_members import members
from connectors.jar_tables import JarColumnRow, JarRow, JarTableRow
from connectors.jars import Jars
from policies.console_routes import version_of


def head(row: JarRow, access: frozenset[Access] | None = None) -> dict[str, Any]:
    """What a list of jars shows of one."""
    shown: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "owner": row.owner,
        "kind": row.kind,
        "description": row.description,
        "tags": json.loads(row.tags),
        "policy": row.policy,
        "review_required": row.review_required,
        "retention_days": row.retention_days,
        "refresh_minutes": row.refresh_minutes,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "values_known": row.values_at is not None,
        "version": settings_version(row),
    }
    return shown if access is None else {**shown, "access": sorted(access)}


def settings_version(row: JarRow) -> str:
    """The version of what people set of a jar."""
    kept = (row.kind, row.description, row.tags, row.policy, row.review_required, row.retention_days)
    return version_of([*kept, row.refresh_minutes])


async def page(jars: Jars, row: JarRow) -> dict[str, Any]:
    """Everything that may be told of a jar: tables with columns, sources (lineage), the newest events."""
    columns, sources = await jars.columns(row), await members(jars, row)
    return {
        **head(row),
        "tables": [shown_table(table, columns) for table in await jars.tables(row)],
        "sources": [
            {
                "id": source.id,
                "kind": source.kind,
                "connector": source.connector,
                "added_by": source.added_by,
                "created_at": source.created_at,
                "refreshed_at": source.refreshed_at,
            }
            for source in sources
        ],
        "events": [
            {"at": event.at, "person": event.person, "action": event.action, "detail": event.detail}
            for event in await events(jars, row.id, 50)
        ],
    }


def shown_table(table: JarTableRow, columns: Sequence[JarColumnRow]) -> dict[str, Any]:
    """One table with its columns and k-anonymity figure."""
    return {
        "name": table.name,
        "rows": table.rows,
        "source": table.member,
        "k_anonymity": json.loads(table.k),
        "columns": [shown_column(column) for column in columns if column.table_name == table.name],
    }


def shown_column(column: JarColumnRow) -> dict[str, Any]:
    """One column with its class and who confirmed it."""
    return {
        "table": column.table_name,
        "name": column.name,
        "dtype": column.dtype,
        "role": column.role,
        "entity_type": column.entity_type,
        "confidence": round(column.confidence, 3),
        "share": round(column.share, 4),
        "found": json.loads(column.found),
        "reviewed": column.decided_at is not None,
        "reviewed_by": column.decided_by,
        "version": column_version(column),
    }


def column_version(column: JarColumnRow) -> str:
    """The version of a column's class and of who has confirmed it."""
    return version_of([column.role, column.entity_type, column.decided_by, column.decided_at])


async def findings(jars: Jars, row: JarRow) -> dict[str, Any]:
    """The PII summary: rows and columns per entity type, free text with what stands in it, k per table."""
    columns, tables = await jars.columns(row), await jars.tables(row)
    rows = {table.name: table.rows for table in tables}
    cells: Counter[str] = Counter()
    wide: Counter[str] = Counter()
    for column in columns:
        if column.entity_type is not None:
            cells[column.entity_type] += round(column.share * rows.get(column.table_name, 0))
            wide[column.entity_type] += 1
    return {
        "jar": row.name,
        "entity_types": [{"entity_type": kind, "columns": wide[kind], "cells": cells[kind]} for kind in sorted(wide)],
        "texts": [
            {
                "table": column.table_name,
                "column": column.name,
                "share_with_findings": column.share,
                "found": json.loads(column.found),
            }
            for column in columns
            if column.role == "text"
        ],
        "k_anonymity": [{"table": table.name, **json.loads(table.k)} for table in tables],
        "waiting_for_review": sum(column.decided_at is None for column in columns),
        "values_known": row.values_at is not None,
    }
