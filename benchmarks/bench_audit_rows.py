"""How quickly a long audit trail answers: lists by every filter, figures, retention, on generated rows.

Run: python benchmarks/bench_audit_rows.py [--rows 2000000] [--url postgresql+asyncpg://...]. Without a URL a SQLite
file in a temporary folder (`TMPDIR`) is filled; a PostgreSQL database must be empty and is emptied again. Rows are
generated in the database itself, so their digests are no chain. Prints milliseconds: the first of three calls, and the
best. Exits with 1 when a page takes over a second.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from policies.audit import AuditChain
from policies.audit_partitions import ROWS, make_partitions
from policies.audit_query import AuditFilter, find_exchange, query
from policies.db import Database
from policies.figures import findings_by_type, series, totals, usage
from policies.rollups import roll_up

_DAY = 86_400_000
_DAYS, _SECOND = 90, 1_000.0
_SERIES = {
    "sqlite": "WITH RECURSIVE s(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM s WHERE i < {last})",
    "postgresql": "WITH s(i) AS (SELECT generate_series(CAST({first} AS bigint), CAST({last} AS bigint)))",
}
_ROWS = """
INSERT INTO audit_events (seq, exchange, at, tenant, key, model, provider, dialect, route, policy, session, entities,
    outcome, status, restored, unknown, ms_detect, ms_vault, ms_upstream, ms_total, tokens_in, tokens_out, output,
    end_user, tag, team, tls_client, tls_provider, previous, digest)
{series}
SELECT i, 'ex_' || {hexed}, i * {step}, CASE WHEN i % 10 = 0 THEN 'acme' ELSE 'default' END, 'key_' || (i % 200),
    'model-' || (i % 12), 'openai', CASE WHEN i % 50 = 0 THEN 'console' ELSE 'openai-chat' END, '/v1/chat/completions',
    'balanced', '', 'PERSON=2', CASE WHEN i % 1000 = 0 THEN 'blocked' WHEN i % 100 = 0 THEN 'cut' ELSE 'ok' END, 200,
    2, 0, 5.5, 1.5, 800.0, 810.0, 300, 200, '', '', 'tag-' || (i % 40), 'team-' || (i % 9), 'plain/private',
    'TLSv1.3/TLS_AES_256_GCM_SHA384/sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
FROM s"""
_FOUND = """
INSERT INTO audit_event_entities (entity_type, seq, count) {series}
SELECT CASE WHEN i % 5000 = 0 THEN 'US_SSN' WHEN i % 3 = 0 THEN 'EMAIL_ADDRESS' ELSE 'PERSON' END, i, 2 FROM s"""


async def fill(database: Database, rows: int) -> float:
    """Add generated rows; seconds."""
    kind = database.engine.dialect.name
    hexed = "printf('%024x', i)" if kind == "sqlite" else "lpad(to_hex(i), 24, '0')"
    started, part = time.perf_counter(), 250_000
    for first in range(1, rows + 1, part):
        series = _SERIES[kind].format(first=first, last=min(rows, first + part - 1))
        async with database.session(write=True) as session:
            if kind == "postgresql":
                await make_partitions(session, min(rows, first + part - 1), ROWS)
            step = _DAYS * _DAY // rows
            await session.execute(text(_ROWS.format(series=series, hexed=hexed, step=step)))
            await session.execute(text(_FOUND.format(series=series)))
    async with database.session() as session:
        await session.execute(text("ANALYZE"))
    return time.perf_counter() - started


async def rolled_up(database: Database, portion: int) -> float:
    """Sum the rows by hour and day, as the gateway does while they come, `portion` rows a transaction; seconds."""
    started = time.perf_counter()
    chain = AuditChain(database, Ed25519PrivateKey.generate())
    while await roll_up(chain, most=portion):
        pass
    return time.perf_counter() - started


def calls(database: Database, rows: int) -> dict[str, Callable[[], Awaitable[object]]]:
    """What is measured, by name; times are those of the generated rows."""
    now = _DAYS * _DAY
    pages = {
        "newest page": AuditFilter(tenant="default"),
        "page of a day a month ago": AuditFilter(tenant="default", since=now - 31 * _DAY, until=now - 30 * _DAY),
        "page of a key": AuditFilter(tenant="default", key="key_7"),
        "page of a key that is not there": AuditFilter(tenant="default", key="key_none"),
        "page of a model": AuditFilter(tenant="default", model="model-5"),
        "page of a model that is not there": AuditFilter(tenant="default", model="none"),
        "page of a rare entity type": AuditFilter(tenant="default", entity_type="US_SSN"),
        "page of blocked exchanges": AuditFilter(tenant="default", outcome="blocked"),
        "page of acts": AuditFilter(tenant="default", kind="act"),
        "page of a small tenant": AuditFilter(tenant="acme", until=now - 30 * _DAY),
        "page of nobody's": AuditFilter(tenant="none"),
    }
    found: dict[str, Callable[[], Awaitable[object]]] = {
        name: partial(query, database, one, size=50) for name, one in pages.items()
    }
    found["deep page"] = lambda: query(database, AuditFilter(tenant="default"), before=rows // 2, size=50)
    found["one exchange"] = lambda: find_exchange(database, f"ex_{rows // 3:024x}", tenant="default")
    found["figures of a day"] = lambda: totals(database, now - _DAY, now, tenant="default")
    month = now - 30 * _DAY
    found["figures of 30 days"] = lambda: totals(database, month, now, tenant="default")
    found["use by team in 30 days"] = lambda: usage(database, "team", month, now, tenant="default")
    found["use by key in 30 days"] = lambda: usage(database, "key", month, now, tenant="default", top=1_000)
    found["findings by type in 30 days"] = lambda: findings_by_type(database, month, now, tenant="default")
    found["30 days, day by day"] = lambda: series(database, month, now, _DAY, tenant="default")
    found["use by team in 90 days"] = lambda: usage(database, "team", 0, now, tenant="default")
    return found


async def timed(call: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of three calls, in their order."""
    took = []
    for _ in range(3):
        started = time.perf_counter()
        await call()
        took.append(1_000 * (time.perf_counter() - started))
    return took


async def measured(url: str, rows: int, portion: int) -> dict[str, float]:
    """Milliseconds per call, the best of three; with sums of the rows where `portion` is not 0."""
    database = Database(url)
    await database.migrate()
    try:
        print(f"{rows:,} rows: filled in {await fill(database, rows):.0f} s", flush=True)
        if portion:
            print(f"summed by hour and day in {await rolled_up(database, portion):.0f} s", flush=True)
        results = {}
        for name, call in calls(database, rows).items():
            took = await timed(call)
            results[name] = min(took)
            print(f"{name:40} first {took[0]:10.1f} ms   best {min(took):10.1f} ms", flush=True)
        return results
    finally:
        if not url.startswith("sqlite"):
            await database.migrate("base")
        await database.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--url", default="", help="an empty PostgreSQL database; SQLite without")
    parser.add_argument("--without-sums", action="store_true", help="as it is before the gateway has summed the rows")
    parser.add_argument("--portion", type=int, default=2_000, help="rows summed at once; the gateway's own is 2000")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sting-audit-rows-") as folder:
        url = wanted.url or f"sqlite+aiosqlite:///{Path(folder)}/sting.db"
        results = asyncio.run(measured(url, wanted.rows, 0 if wanted.without_sums else wanted.portion))
    slow = [name for name, ms in results.items() if "page" in name and ms > _SECOND]
    print(f"over a second: {', '.join(slow) or 'no page'}")
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
