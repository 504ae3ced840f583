"""The gateway's audit as rows for the compliance audit: read over HTTP with the service key, no text in it."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from reports.gateway import ReportGateway

EXCHANGE: Final = "exchange"
"""The kind of row whose roles come from the gateway's audit, not from a jar."""
_MOST: Final = 200_000
_COLUMNS: Final = {
    "time": "at",
    "key": "key",
    "model": "model",
    "provider": "provider",
    "policy": "policy",
    "outcome": "outcome",
    "entities": "entities",
    "unknown": "unknown",
    "ms_total": "ms_total",
}


async def exchange_frame(gateway: ReportGateway, *, since: int | None = None) -> pl.DataFrame:
    """The newest exchanges of the tenant with models, 200,000 at most, with columns named by role.

    Acts in the console and texts that were scrambled for their own sake are events as well: they name no model.
    """
    rows: list[dict[str, Any]] = []
    async for event in gateway.exchanges(since=since):
        if not event["model"]:
            continue
        rows.append({role: event[field] for role, field in _COLUMNS.items()})
        if len(rows) >= _MOST:
            break
    frame = pl.DataFrame(
        {
            "time": [row["time"] for row in rows],
            **{name: [row[name] for row in rows] for name in ("key", "model", "provider", "policy", "outcome")},
            "entities": [json.dumps(row["entities"], sort_keys=True) for row in rows],
            "unknown": [float(row["unknown"]) for row in rows],
            "ms_total": [float(row["ms_total"]) for row in rows],
        },
        schema={
            "time": pl.Int64,
            **dict.fromkeys(("key", "model", "provider", "policy", "outcome", "entities"), pl.String),
            "unknown": pl.Float64,
            "ms_total": pl.Float64,
        },
    )
    return frame.with_columns(pl.from_epoch("time", time_unit="ms").cast(pl.Datetime("us")))


def exchange_columns() -> dict[str, str]:
    """Role to where it comes from, for `AnalysisContext.columns`."""
    return {f"{EXCHANGE}.{role}": f"gateway audit.{field}" for role, field in _COLUMNS.items()}
