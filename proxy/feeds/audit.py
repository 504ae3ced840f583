"""Sends the audit's rows to each configured receiver: in order, at least once, from where it stood. Never a text."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from policies.audit_export import exported_line
from policies.audit_feeds import leave_feed, move_feed, rows_after, take_feed
from policies.db import Database, DatabaseUnavailable
from policies.sections_feeds import AuditFeed
from proxy.feeds.bucket import put_object
from proxy.feeds.posting import Poster, Undelivered, as_body, signed_headers
from proxy.feeds.syslog import Syslog, message

_BATCH = 500
_PAUSE = 1.0
_LONGEST = 60.0
_LINGER_MS = 60_000
"""How long rows wait for more of them before an object is written to a bucket."""
_log = logging.getLogger("sting.audit")

Row = Mapping[str, Any]


def _now() -> int:
    return time.time_ns() // 1_000_000


class AuditFeeder:
    """Sends one feed. `now` is UTC milliseconds."""

    def __init__(self, database: Database, name: str, feed: AuditFeed, now: Callable[[], int] = _now) -> None:
        self._database = database
        self._name = name
        self._feed = feed
        self._now = now
        self._sender = f"s_{secrets.token_hex(8)}"
        self._host = socket.gethostname() or "-"
        self._poster = Poster(feed.private_networks, f"audit_feeds.{name}.private_networks")
        self._syslog = Syslog(feed.url.get_secret_value()) if feed.kind == "syslog" else None

    async def run(self) -> None:
        """Send until cancelled; what fails is tried again with growing pauses."""
        pause = _PAUSE
        try:
            while True:
                try:
                    sent = await self.send_once()
                    pause = _PAUSE
                except (Undelivered, DatabaseUnavailable) as error:
                    _log.warning("audit feed", extra={"feed": self._name, "fault": str(error)})
                    sent, pause = 0, min(2 * pause, _LONGEST)
                if sent < _BATCH:
                    await asyncio.sleep(pause)
        finally:
            await self.close()

    async def send_once(self) -> int:
        """Send what is new, one batch at most; returns how many rows. Raises Undelivered, DatabaseUnavailable."""
        position = await take_feed(self._database, self._name, self._sender, self._now())
        if position is None:
            return 0
        rows = await rows_after(self._database, position, _BATCH)
        waits = self._feed.kind == "bucket" and len(rows) < _BATCH
        if not rows or (waits and self._now() - rows[0]["at"] < _LINGER_MS):
            return 0
        await self._send(rows)
        await move_feed(self._database, self._name, self._sender, rows[-1]["seq"])
        return len(rows)

    async def close(self) -> None:
        """Let another sender go on."""
        if self._syslog is not None:
            await self._syslog.close()
        try:
            await leave_feed(self._database, self._name, self._sender)
        except DatabaseUnavailable:
            _log.warning("audit feed: the database does not answer at the end", extra={"feed": self._name})

    async def _send(self, rows: Sequence[Row]) -> None:
        feed = self._feed
        if self._syslog is not None:
            await self._syslog.send([self._message(row) for row in rows])
        elif feed.kind == "webhook":
            body = as_body({"feed": self._name, "rows": [dict(row) for row in rows]})
            secret = feed.secret.get_secret_value() if feed.secret else ""
            await self._poster.post(feed.url.get_secret_value(), body, signed_headers(secret, body, self._now()))
        else:
            name = f"{rows[0]['seq']:012d}-{rows[-1]['seq']:012d}.jsonl"
            body = b"".join(exported_line("jsonl", row) for row in rows)
            when = datetime.fromtimestamp(self._now() / 1000, UTC)
            await asyncio.to_thread(put_object, feed, name, body, when)

    def _message(self, row: Row) -> bytes:
        line = exported_line("cef", row).decode().rstrip() if self._feed.form == "cef" else json.dumps(dict(row))
        kind = "act" if str(row["exchange"]).startswith("act_") else "exchange"
        return message(line, at=row["at"], outcome=row["outcome"], kind=kind, host=self._host)
