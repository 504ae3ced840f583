"""Rows of the audit as lines of JSONL, CSV and CEF (ArcSight's Common Event Format, version 0)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from policies.tables import AuditRow

Form = Literal["jsonl", "csv", "cef"]
FORMS: Mapping[Form, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "cef": "text/plain; charset=utf-8",
}
"""Form and its media type."""
COLUMNS = tuple(column.name for column in AuditRow.__table__.columns)
_FORMULA = re.compile(r"[\s\x00]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]")
"""How a formula may begin: spreadsheets skip white space, and take the signs in their full width."""
_SEVERITY = {
    "ok": 1,
    "client_gone": 2,
    "unscanned": 3,
    "upstream_error": 4,
    "cut": 4,
    "unknown": 5,
    "refused": 5,
    "blocked": 7,
}


def exported_line(form: Form, row: Mapping[str, Any] | None) -> bytes:
    """One row as a line with its end; None gives the head line of a CSV file."""
    if form == "csv":
        cells = COLUMNS if row is None else [safe_cell(row[name]) for name in COLUMNS]
        text = io.StringIO()
        csv.writer(text).writerow(cells)
        return text.getvalue().encode()
    content = row or {}
    return f"{json.dumps(content) if form == 'jsonl' else _cef(content)}\n".encode()


def safe_cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _cef(row: Mapping[str, Any]) -> str:
    act = str(row["exchange"]).startswith("act_")
    name = "administrative act" if act else "exchange"
    head = ["CEF:0", "STING-CE", "gateway", "1", str(row["outcome"]), name, str(_SEVERITY.get(row["outcome"], 6))]
    fields = {
        "rt": row["at"],
        "externalId": row["exchange"],
        "suser": row["key"],
        "outcome": row["outcome"],
        "request": row["route"],
        "cn1": row["seq"],
        "cn1Label": "row",
        "cs1": row["tenant"],
        "cs1Label": "tenant",
        "cs2": row["policy"],
        "cs2Label": "policy",
        "cs3": row["model"],
        "cs3Label": "model",
        "cs4": row["entities"],
        "cs4Label": "entities",
        "cs5": row["digest"],
        "cs5Label": "digest",
        "cs6": row["output"],
        "cs6Label": "output",
    }
    extension = " ".join(f"{key}={_escaped(value, '=')}" for key, value in fields.items() if value != "")
    return "|".join([head[0], *(_escaped(part, "|") for part in head[1:]), extension])


def _escaped(value: object, mark: str) -> str:
    text = str(value).replace("\\", "\\\\").replace(mark, f"\\{mark}")
    return text.replace("\r", "").replace("\n", "\\n")
