"""How long the audit chain takes to write and to verify, and whether one flipped byte is found.

Run: python benchmarks/bench_audit.py [--rows 100000]. It makes a database in a temporary folder. Exits with 1
when verifying takes more than ten seconds of this process's CPU time for 100,000 rows, or when the flipped byte is not
found.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from policies.audit import AuditChain, AuditEvent, verify_chain
from policies.db import open_database
from policies.settings import load_settings

_BATCH, _ROWS, _SECONDS = 500, 100_000, 10.0


def _event(number: int) -> AuditEvent:
    found = {"PERSON": number % 5 + 1, "EMAIL_ADDRESS": 1}
    return AuditEvent(f"ex_{number:024x}", number, "default", "key_1", "gpt-4o", "openai", entities=found, outcome="ok")


async def passes(folder: Path) -> dict[int, float]:
    """CPU milliseconds of this process for one pass of so many rows, the least of several."""
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": folder}))
    chain = AuditChain(database, Ed25519PrivateKey.generate())
    numbers = itertools.count()
    least: dict[int, float] = {}
    for rows in (1, 100, 270) * 8:
        events = [_event(next(numbers)) for _ in range(rows)]
        before = time.process_time()
        await chain.append(events)
        spent = 1000 * (time.process_time() - before)
        least[rows] = min(spent, least.get(rows, spent))
    await database.close()
    return least


async def measured(folder: Path, rows: int) -> tuple[float, float, bool, int | None]:
    """Seconds to write, CPU seconds to verify, whether the chain holds, the row found after a flip."""
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": folder}))
    chain = AuditChain(database, Ed25519PrivateKey.generate())
    started = time.perf_counter()
    for first in range(0, rows, _BATCH):
        await chain.append([_event(number) for number in range(first, min(rows, first + _BATCH))])
        await chain.checkpoint(first)
    written = time.perf_counter() - started
    started = time.process_time()
    intact = (await verify_chain(database, chain.public_key)).intact
    verified = time.process_time() - started
    async with database.session(write=True) as session:
        flip = "UPDATE audit_events SET status = status + 1 WHERE seq = :seq"
        await session.execute(text(flip), {"seq": rows // 2})
    found = (await verify_chain(database, chain.public_key)).bad_row
    await database.close()
    return written, verified, intact, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="sting-audit-") as folder:
        written, verified, intact, found = asyncio.run(measured(Path(folder), rows))
    with tempfile.TemporaryDirectory(prefix="sting-audit-") as folder:
        print(
            "CPU of a pass:", ", ".join(f"{n} rows {ms:.1f} ms" for n, ms in asyncio.run(passes(Path(folder))).items())
        )
    print(f"{rows:,} rows: written in {written:.1f} s, verified in {verified:.2f} s of CPU time; ", end="")
    print(f"row {found} was flipped and found" if found == rows // 2 else "a flipped byte was NOT found")
    sys.exit(0 if intact and found == rows // 2 and verified <= _SECONDS * rows / _ROWS else 1)


if __name__ == "__main__":
    main()
