"""docs/capacity.md, from what bench_capacity.py measured."""

from __future__ import annotations

import datetime as dt
from typing import Any

from capacity_model import BUSY, Needs, needed

_SHORT, _LONG, _NEW = "short, seen text", "30 turns, seen text", "short, new text"
_RATE, _SESSIONS, _REGIONS = 10_000, 10_000_000, 100
_SHARE_NEW, _VALUES = 0.2, 10
_PARTS = ("workers", "audit", "store", "detection", "upstream", "client")
_PAGE = """# Capacity: what an exchange costs and how to size for it

Written by `python benchmarks/bench_capacity.py --write` on {day} (policy `fast`; one two-core machine on which clients,
provider, store, gateways and whatever else ran shared the cores: CPU times are inflated by that, so size from a run of
your own; `cores` below says how few there were).

CPU milliseconds per exchange of one worker. Detection has processes of its own and is needed for new text only;
`upstream` and `client` are the benchmark's provider and load.

{costs}

| session of | bytes in Redis |
|---|---|
{sessions}

## Model

- **Workers.** Each has one core: 1,000 / (its CPU in ms) exchanges per second. Processes on one port, so they add up
  until the cores are used up (`gateway.workers`; decision 0111).
- **Audit trail.** One process per installation writes it: 1,000 / {audit_ms} = {audit_rate} exchanges per second and
  installation. **This part saturates first**: beyond that, split by tenant into installations with databases of their
  own. A backlog over `audit.backlog_limit` refuses requests (503), it loses none.
- **Redis.** Memory = open sessions times ({session_base} bytes + about {session_value} per value). One Redis core bears
  1,000 / {store_ms} = {store_rate} short exchanges per second, more by Redis Cluster; a session's keys share a slot, so
  sessions spread over it.
- **Streams.** What an open stream holds in memory is in [benchmarks.md](benchmarks.md); a worker takes
  `gateway.max_in_flight` exchanges at once, each with two open files.
- **Keys of regions.** A tenant has one day key in use, 32 bytes wrapped; a gateway keeps those it meets. {regions}
  regions as tenants are {regions} such keys a day and nothing else that grows; as installations, they share nothing.

## The model beside what was measured

From the costs of one worker in the same turn: what 2 and 4 workers should reach on the cores that no other program
used meanwhile, and what they did. `bound_by` is the part that the model says is full.

{checked}

{verdict}

## Sized: {rate} exchanges per second, {open} open sessions

By the same model (`benchmarks/capacity_model.py`): {share_new:.0%} of the exchanges bring new text, sessions hold
{values} values, everything is at most {busy:.0%} busy, primaries of 16 GiB. Simulated, not tried.

{sized}

## Not measured

More than four workers, machines with more than two cores, stores on other machines, a Redis Cluster under such load,
and PostgreSQL's share of the audit trail.
"""


def page(told: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    rows: list[dict[str, Any]] = told["rows"]
    one = {row["scenario"]: row for row in rows if row["workers"] == 1}
    sessions = {int(values): size for values, size in told["sessions"].items()}
    short = one[_SHORT]
    return _PAGE.format(
        day=dt.datetime.now(tz=dt.UTC).strftime("%d %B %Y"),
        costs=_table(["", *_PARTS], [[name, *(row[f"{part}_ms"] for part in _PARTS)] for name, row in one.items()]),
        sessions="\n".join(f"| {values} values | {size:,} |" for values, size in sessions.items()),
        audit_ms=short["audit_ms"],
        audit_rate=_round(1000 / short["audit_ms"]),
        store_ms=short["store_ms"],
        store_rate=_round(1000 / max(short["store_ms"], 0.001)),
        session_base=sessions[0],
        session_value=round((sessions[100] - sessions[0]) / 100),
        regions=_REGIONS,
        checked=_checked(rows),
        verdict=_verdict(rows),
        rate=f"{_RATE:,}",
        open=f"{_SESSIONS:,}",
        share_new=_SHARE_NEW,
        values=_VALUES,
        busy=BUSY,
        sized=_sized(one, sessions),
    )


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [[str(cell) for cell in row] for row in [head, ["---"] * len(head), *rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def _round(rate: float) -> str:
    return f"{round(rate, -2):,.0f}"


def _checked(rows: list[dict[str, Any]]) -> str:
    columns = ["scenario", "workers", "workers_ms", "cores", "per_s", "model_per_s", "of_model", "bound_by", "failed"]
    return _table(columns, [[row[column] for column in columns] for row in rows])


def _verdict(rows: list[dict[str, Any]]) -> str:
    """How far the model was off, of what it said about more workers than it was told of."""
    several = [row for row in rows if row["workers"] > 1]
    seen = [row["of_model"] for row in several if row["scenario"] != _NEW]
    new = [row["of_model"] for row in several if row["scenario"] == _NEW]
    return f"""Of what the model says about 2 and 4 workers {min(seen)} to {max(seen)} was reached with seen text,
{min(new)} to {max(new)} with new text. More workers than cores add little, as the model says: provider, clients, store
and audit trail need the rest. What the model leaves out is that each worker brings detection processes of its own:
where cores are few, these share them, batches are smaller, and each new text costs more."""


def _sized(one: dict[str, dict[str, Any]], sessions: dict[int, int]) -> str:
    rows: list[list[Any]] = []
    detect = one[_NEW]["detection_ms"]
    size = sessions[_VALUES]
    for name in (_SHORT, _LONG):
        costs = {part: one[name][f"{part}_ms"] for part in ("workers", "audit", "store")}
        need: Needs = needed(costs, detect, _SHARE_NEW, _RATE, _SESSIONS, size)
        cells = [need.worker_cores, need.detection_cores, need.trails, need.store_cores]
        rows.append([name, *cells, need.store_gib, need.store_primaries])
    head = ["exchanges", "worker cores", "detection cores", "audit trails", "Redis cores", "Redis GiB", "primaries"]
    return _table(head, rows)
