"""Which detection engines workers have loaded before a request asks: those of the policies that keys work under.

What is loaded only when the first text wants it makes that request wait, on a busy machine longer than it may.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Mapping

from policies.db import Database, DatabaseUnavailable
from policies.key_rows import policies_of_keys
from policies.model import Policy
from policies.settings import Settings
from proxy.detectors.base import DetectionFailed
from proxy.detectors.pool import PoolDetector
from proxy.services import Services

LOOK_SECONDS = 2.0
_RETRY_SECONDS = 60.0
_log = logging.getLogger("sting.equipping")


async def engines_wanted(settings: Settings, policies: Mapping[str, Policy], database: Database) -> tuple[str, ...]:
    """Engines of the default policy, of floors and of the policies of keys. Raises DatabaseUnavailable."""
    named = {settings.policies.default, *settings.policies.floors.values()}
    named |= {key.policy for key in settings.keys if key.policy}
    named |= await policies_of_keys(database, time.time_ns() // 1_000_000)
    return _engines_of(policies, named)


def _engines_of(policies: Mapping[str, Policy], named: Collection[str]) -> tuple[str, ...]:
    """Each engine once, in an order that does not depend on that of sets."""
    there = [policies[name] for name in sorted(named) if name in policies]
    return tuple(dict.fromkeys(engine for policy in there for engine in policy.detection.engines))


async def keep_equipped(services: Services, database: Database, pool: PoolDetector) -> None:
    """Load what a change of keys or policies asks for, until cancelled. Texts are answered meanwhile."""
    while True:
        pause = LOOK_SECONDS
        try:
            await pool.load(await engines_wanted(services.settings, services.policies, database))
        except DatabaseUnavailable:
            pass  # the next exchange will tell
        except DetectionFailed as error:
            _log.error("an engine that a policy asks for is not there", extra={"fault": str(error)})
            pause = _RETRY_SECONDS
        await asyncio.sleep(pause)
