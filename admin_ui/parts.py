"""What the console's own routes work with, made once per process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp

from admin_ui.demo_seats import Seats
from admin_ui.gateway_calls import GatewayCalls
from admin_ui.limiter import Limiter
from policies.acts import Acts
from policies.console_routes import Problem
from policies.db import Database
from policies.keys import VirtualKeys
from policies.live import RecordFault, laid_records, policy_sources, with_records
from policies.loader import PolicyError
from policies.logins import Logins
from policies.sealing import Sealer
from policies.sections import Price
from policies.settings import Settings


def utc_ms() -> int:
    """Now, in UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one console process. `now` is UTC milliseconds; `seats` are those of a public demo."""

    settings: Settings
    database: Database
    sealer: Sealer = field(repr=False)
    logins: Logins = field(repr=False)
    keys: VirtualKeys = field(repr=False)
    acts: Acts = field(repr=False)
    tries: Limiter = field(repr=False)
    gateway: GatewayCalls = field(repr=False)
    http: aiohttp.ClientSession = field(repr=False)
    seats: Seats | None = field(default=None, repr=False)
    now: Callable[[], int] = utc_ms

    async def live(self) -> Settings:
        """The settings with what the database lays over them, provider keys left out. Raises Problem."""
        try:
            return with_records(self.settings, await laid_records(self.database), {})
        except RecordFault as fault:
            raise Problem(500, "bad_records", f"The database and the configuration do not fit: {fault}.") from None

    async def prices(self) -> Mapping[str, Price]:
        """The price table. Raises Problem."""
        return (await self.live()).prices

    async def policy_names(self) -> frozenset[str]:
        """Names of all policies. Raises Problem."""
        try:
            sources = await policy_sources(self.settings, self.database)
            return frozenset(await asyncio.to_thread(sources.compiled))
        except PolicyError as error:
            raise Problem(500, "policy_files", f"The policies cannot be used: {error}") from None
