"""Outcomes of exchanges on their way to the audit trail, and a copy of each event until the trail has it.

Between an exchange and its row Redis holds the events. A Redis that evicts, is emptied, or fails over to a replica that
lags behind loses some that it had acknowledged. So each process keeps what it said of an exchange until the row stands
in the database, and says the whole of it again when it does not come (docs/decisions/0450). Twice does no harm: the
drainer writes a row once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from policies.db import DatabaseUnavailable
from proxy.errors import StingError
from proxy.vault.base import Vault

_log = logging.getLogger("sting.exchange")
_GATHER_SECONDS = 0.005
_LOOK_SECONDS = 2.0
_PATIENCE_SECONDS = 4.0
"""An event of this age should be a row; if it is not, it is said again, and the patience with it doubles."""
_MOST_PATIENCE_SECONDS = 300.0
_MOST_OWED = 10_000
_AT_ONCE = 1_000


@dataclass(slots=True)
class _Owed:
    """What was said of one exchange, and when its row is looked for (seconds of `now`)."""

    intent: Mapping[str, str]
    outcome: Mapping[str, str]
    due: float
    patience: float = _PATIENCE_SECONDS


class Outcomes:
    """Takes outcomes; those of a few milliseconds travel together.

    `written` tells which of some exchanges have their row (raises DatabaseUnavailable), `start` begins work that nobody
    waits for, `now` are seconds that only grow. The newest 10,000 exchanges without a row are kept.
    """

    def __init__(
        self,
        vault: Vault,
        written: Callable[[Collection[str]], Awaitable[set[str]]],
        start: Callable[[Awaitable[None]], object],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._vault = vault
        self._written = written
        self._start = start
        self._now = now
        self._held: list[Mapping[str, str]] = []
        self._owed: dict[str, _Owed] = {}

    def add(self, intent: Mapping[str, str], outcome: Mapping[str, str]) -> None:
        """Take the outcome of one exchange and the intent that was stored before; nobody waits for it.

        `intent` is empty where none was stored: then the outcome tells the whole of the exchange.
        """
        if len(self._owed) >= _MOST_OWED:
            del self._owed[next(iter(self._owed))]
        self._owed[outcome["exchange"]] = _Owed(intent, outcome, self._now() + _PATIENCE_SECONDS)
        self._held.append(outcome)
        if len(self._held) == 1:
            self._start(self._sent())

    async def run(self) -> None:
        """Look after what is owed until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.look()
            except (DatabaseUnavailable, StingError) as error:
                # A store is away: whatever it is, the events are still here.
                _log.debug("audit events wait", extra={"fault": type(error).__name__})

    async def look(self) -> int:
        """Let go what has its row, say again what should have one by now; how many were said again.

        Raises DatabaseUnavailable, VaultUnavailable.
        """
        again, now = 0, self._now()
        due = [exchange for exchange, owed in self._owed.items() if owed.due <= now]
        for first in range(0, len(due), _AT_ONCE):
            some = due[first : first + _AT_ONCE]
            for exchange in await self._written(some):
                self._owed.pop(exchange, None)
            again += await self._said_again([exchange for exchange in some if exchange in self._owed])
        return again

    async def _said_again(self, missing: Sequence[str]) -> int:
        """Whole events of these exchanges, to the stream."""
        if not missing:
            return 0
        late = [self._owed[exchange] for exchange in missing]
        for owed in late:
            owed.patience = min(2 * owed.patience, _MOST_PATIENCE_SECONDS)
            owed.due = self._now() + owed.patience
        whole = [{**owed.outcome, **owed.intent, **_said(owed.outcome), "kind": "outcome"} for owed in late]
        await self._vault.outcomes(whole, again=True)
        _log.warning("audit events without a row were said again", extra={"count": len(whole)})
        return len(whole)

    async def _sent(self) -> None:
        await asyncio.sleep(_GATHER_SECONDS)
        held, self._held = self._held, []
        try:
            await self._vault.outcomes(held)
        except StingError:
            _log.warning("outcomes of exchanges wait for the audit trail", extra={"count": len(held)})


def _said(outcome: Mapping[str, str]) -> dict[str, str]:
    """Fields of an outcome that say something: an empty one leaves the intent's as it was, as in the drainer."""
    return {name: text for name, text in outcome.items() if text}
