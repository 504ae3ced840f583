"""Alerts that a gateway raises: a key's budget that is nearly used up, a provider that is left alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from policies.alerts import Alert, raise_alert
from policies.db import Database, DatabaseUnavailable
from policies.sections_alerts import Alerts
from proxy.limits import Admission
from proxy.services import Background

_AGAIN_MS = 15 * 60_000
"""How long a provider that is down is not told of anew."""
_log = logging.getLogger("sting.alerts")


class Alerting:
    """Stores alerts in the background: no exchange waits for them. `now` is UTC milliseconds."""

    def __init__(
        self,
        database: Database,
        section: Alerts,
        background: Background,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._database = database
        self._section = section
        self._background = background
        self._now = now

    def budget(self, admission: Admission, share: float) -> None:
        """The key has used this part of its budget."""
        percent = int(100 * share)
        budget = admission.limits.budget
        spoken = f"{budget.amount:g} {budget.unit} per {budget.per}" if budget is not None else ""
        self._raise(
            Alert(
                "budget",
                admission.tenant,
                f"The key {admission.key_name} has used {percent} % of its budget ({spoken}).",
                self._now(),
                f"budget/{admission.key_id}/{admission.period}/{spoken}",
                {"key": admission.key_id, "key_name": admission.key_name, "percent": percent},
            )
        )

    def provider_down(self, provider: str) -> None:
        """The provider failed several times in a row and is asked no more for a while."""
        now = self._now()
        self._raise(
            Alert(
                "provider_down",
                "",
                f"The provider {provider} failed several times in a row and is left alone for a while.",
                now,
                f"provider_down/{provider}/{now // _AGAIN_MS}",
                {"provider": provider},
            )
        )

    def _raise(self, alert: Alert) -> None:
        if self._section.channels:
            self._background.start(self._stored(alert))

    async def _stored(self, alert: Alert) -> None:
        try:
            await asyncio.shield(raise_alert(self._database, self._section, alert))
        except DatabaseUnavailable:
            _log.warning("an alert could not be stored", extra={"kind": alert.kind})
