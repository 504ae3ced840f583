"""Whether the gateway can do its work: its stores answer, and detection finds a known value of each entity type.

A provider's outage never makes the gateway unready: another replica could not reach it either.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import text

from policies.db import Database
from policies.model import Action, Policy
from proxy.core.findings import Finding
from proxy.detectors.pool import PoolDetector
from proxy.detectors.probes import probes
from proxy.errors import StingError
from proxy.outgoing import profile_of
from proxy.vault.base import Vault

_FRESH_SECONDS = 5.0


class Readiness:
    """Checks of one gateway, with answers kept for five seconds so that probing costs nothing.

    Detection is tried in full once, when first asked; afterwards the pool's own state counts.
    """

    def __init__(self, vault: Vault, database: Database, pool: PoolDetector, policy: Policy) -> None:
        self._checks: dict[str, Callable[[], Awaitable[None]]] = {
            "vault": vault.ping,
            "database": lambda: _database_answers(database),
            "detector": self._detector_finds,
        }
        self._pool = pool
        self._policy = policy
        self._proven = False
        self._known: tuple[float, Mapping[str, str]] | None = None

    async def problems(self) -> Mapping[str, str]:
        """Problem by part; empty when all is well."""
        if self._known is None or self._known[0] <= time.monotonic():
            found = await asyncio.gather(*(_problem(check) for check in self._checks.values()))
            bad = {name: problem for name, problem in zip(self._checks, found, strict=True) if problem}
            self._known = (time.monotonic() + _FRESH_SECONDS, bad)
        return self._known[1]

    async def _detector_finds(self) -> None:
        if not self._pool.ready():
            raise StingError("no detection worker is ready")
        if self._proven:
            return
        missing = await missed_probes(self._pool, self._policy)
        if missing:
            raise StingError(f"detection does not find: {', '.join(missing)}")
        self._proven = True


async def missed_probes(detector: PoolDetector, policy: Policy) -> list[str]:
    """Entity types that the policy acts on and whose known sentence is not covered by any finding."""
    wanted = {name: probe for name, probe in probes().items() if policy.rule(name).action is not Action.KEEP}
    results = await detector.detect([sentence for sentence, _ in wanted.values()], profile_of(policy, "default"))
    return [
        name
        for (name, (sentence, value)), findings in zip(wanted.items(), results, strict=True)
        if not _covers(findings, sentence.index(value), len(value))
    ]


def _covers(findings: list[Finding], start: int, length: int) -> bool:
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    return covered.issuperset(range(start, start + length))


async def _problem(check: Callable[[], Awaitable[None]]) -> str:
    try:
        await check()
    except StingError as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - a check that breaks is a problem, and its text may hold addresses
        return type(error).__name__
    return ""


async def _database_answers(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
