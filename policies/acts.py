"""Administrative acts in the audit chain: who called which route on what, and how it ended. Never a body.

An act is one row like an exchange's: `exchange` is `act_...`, `key` the person's or key's id, `dialect` is `console`,
`route` the method and path, which holds names and ids of objects (docs/decisions/0131). A look at originals has the
outcome `originals`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from policies.audit import AuditChain, AuditEvent, load_signing_key
from policies.console_routes import Caller
from policies.db import Database, DatabaseUnavailable
from policies.master_key import open_sealer
from policies.settings import Settings

DIALECT = "console"
_TRIES = 5
_PAUSE = 0.05
_ROUTE = 200
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e ]")
_log = logging.getLogger("sting.console")


class Acts:
    """Writes acts into the chain. `now` is UTC milliseconds."""

    def __init__(self, chain: AuditChain, now: Callable[[], int]) -> None:
        self._chain = chain
        self._now = now

    @property
    def public_key(self) -> str:
        """The key that the chain's checkpoints verify with, in hex."""
        return self._chain.public_key

    async def record(self, caller: Caller, method: str, path: str, status: int, outcome: str = "ok") -> None:
        """Write one act and sign the chain. Raises DatabaseUnavailable when it cannot be written."""
        event = AuditEvent(
            exchange=f"act_{secrets.token_hex(12)}",
            at=self._now(),
            tenant=caller.tenant,
            key=caller.user,
            dialect=DIALECT,
            route=_NOT_PRINTABLE.sub("?", f"{method} {path}")[:_ROUTE],
            outcome=outcome,
            status=status,
        )
        for attempt in range(_TRIES):
            try:
                await self._chain.append([event])
                break
            except DatabaseUnavailable:
                if attempt == _TRIES - 1:
                    _log.exception("an act could not be recorded", extra={"act": event.exchange})
                    raise
                await asyncio.sleep(_PAUSE * (attempt + 1))
        with suppress(DatabaseUnavailable):  # the gateway may have signed the same row at the same moment
            await self._chain.checkpoint(self._now())


async def record_command(settings: Settings, database: Database, words: str) -> None:
    """Record what somebody did on the command line, `sting keys create` for example.

    Who that was only the operating system knows. Raises DatabaseUnavailable, SettingsError, SealBroken.
    """
    key = await load_signing_key(database, open_sealer(settings))
    acts = Acts(AuditChain(database, key), lambda: time.time_ns() // 1_000_000)
    await acts.record(Caller("local", "local", "default", frozenset({"admin"})), "CLI", f"sting {words}", 0)
