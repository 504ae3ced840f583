"""Brings what people change in the database into a running gateway: policies, providers, models.

Whoever changes something says so in Redis, and it is looked at there and then; for messages that are missed the state
of the records, one count in a small table, is looked at every second (docs/decisions/0690). What cannot be used is not
taken: the gateway goes on with what it has, and says so in its log.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field

from policies.db import Database, DatabaseUnavailable
from policies.live import Live, RecordFault, read_live
from policies.loader import PolicyError
from policies.records import records_state
from policies.sealing import Sealer
from policies.settings import Settings, SettingsError, check_policy_names
from proxy.services import Services
from proxy.translating import Translating
from proxy.upstream.configured import providers_from, routes_from
from proxy.upstream.sending import Providers

LOOK_SECONDS = 1.0
_log = logging.getLogger("sting.changes")


async def live_now(settings: Settings, database: Database, sealer: Sealer) -> Live:
    """What counts now, the database's part included. Raises SettingsError, PolicyError, DatabaseUnavailable."""
    try:
        live = await read_live(settings, database, sealer)
    except RecordFault as fault:
        raise SettingsError(f"the database and the configuration do not fit: {fault}") from None
    check_policy_names(live.settings, live.policies)
    return live


@dataclass(frozen=True, slots=True)
class Sources:
    """Where changes come from."""

    database: Database
    sealer: Sealer = field(repr=False)


class Changes:
    """Keeps `services` at what counts now, from `state` on. `settings`: the configuration without the database's part.

    `opened` holds the connections to providers: whoever made them closes them all at the end.
    """

    def __init__(
        self, settings: Settings, sources: Sources, services: Services, opened: list[Translating], state: int
    ) -> None:
        self._settings = settings
        self._database = sources.database
        self._sealer = sources.sealer
        self._services = services
        self._opened = opened
        self._state = state
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Look now: somebody has said that something has changed."""
        self._told.set()

    async def run(self) -> None:
        """Look for changes until cancelled: when told, and after LOOK_SECONDS."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._told.wait()
            self._told.clear()
            await self.look()

    async def look(self) -> bool:
        """Take what has changed; True when something was taken."""
        try:
            if await records_state(self._database) == self._state:
                return False
            live = await read_live(self._settings, self._database, self._sealer)
            self._take(live)
        except DatabaseUnavailable:
            return False  # the next exchange will tell
        except (PolicyError, RecordFault, ValueError) as error:
            _log.error("a change in the database cannot be used", extra={"fault": type(error).__name__})
            self._state = await self._seen()
            return False
        _log.info("changes are taken", extra={"state": live.state})
        return True

    async def _seen(self) -> int:
        """The state to wait for a change of, when this one cannot be used."""
        try:
            return await records_state(self._database)
        except DatabaseUnavailable:
            return self._state

    def _take(self, live: Live) -> None:
        services = self._services
        providers = providers_from(live.settings)
        routes = routes_from(live.settings, providers)
        if providers != providers_from(services.settings):
            most = live.settings.gateway.max_in_flight
            fresh = Translating(Providers(providers, connections=most), providers)
            self._opened.append(fresh)  # running exchanges still read from the one before
            services.upstream = fresh
        services.routes = routes
        services.policies = live.policies
        services.settings = live.settings
        self._state = live.state
