"""Telling people that a report is ready: an alert, and for whom it was ordered so a link that opens it for some days.

A message holds the template's name, ids and links. The title is left out: a person wrote it. What a link opens holds
tokens, never originals.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import String, cast, exists, literal, select

from policies.alerts import Alert, AlertRow, raise_alert, wants
from policies.db import Database
from policies.running import console_address
from policies.settings import Settings
from reports.shares import drop_share, make_share
from reports.tables import ReportRunRow

_ONCE: Final = "report_ready/"
_TOLD_MS, _MISSED_MS = 10_000, 3_600_000
"""How long the worker itself has to tell of a run, and for how long others see to it."""


async def untold(database: Database, settings: Settings, now: int) -> Sequence[ReportRunRow]:
    """Runs of the last hour that are done, and of which nobody was told who wants to know.

    The worker ended in between, or the database was away just then. Raises DatabaseUnavailable.
    """
    channels = [channel for channel in settings.alerts.channels.values() if "report_ready" in channel.events]
    if not channels:
        return []
    attempt = literal(_ONCE) + ReportRunRow.id + "/" + cast(ReportRunRow.attempts, String)
    ended = ReportRunRow.finished_at.between(now - _MISSED_MS, now - _TOLD_MS)
    ordered = ReportRunRow.attempts > 0  # those of the demo come ready-made
    query = select(ReportRunRow).where(
        ReportRunRow.state == "done", ended, ordered, ~exists().where(AlertRow.once == attempt)
    )
    async with database.session() as session:
        rows = (await session.scalars(query)).all()
    return [row for row in rows if any(wants(channel, "report_ready", row.tenant) for channel in channels)]


async def tell_ready(
    database: Database, settings: Settings, row: ReportRunRow, *, link_days: int | None, now: int
) -> None:
    """Tell the channels that want to know of reports; of one run once per attempt. Raises DatabaseUnavailable."""
    channels = settings.alerts.channels.values()
    if not any(wants(channel, "report_ready", row.tenant) for channel in channels):
        return
    console = await asyncio.to_thread(console_address, settings)
    address = f"{console}/reports/{row.id}"
    text = f"A report of the template {row.template} is ready: {address}"
    data: dict[str, str | int | float] = {"report": row.id, "template": row.template}
    share = None
    if link_days is not None:
        share, secret = await make_share(database, row, row.owner, days=link_days, now=now)
        link = f"{console}/api/v1/shared/{secret}"
        until = f"{datetime.fromtimestamp(share.expires_at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
        text = f"{text} (the link opens it without an account, with tokens in the place of names, until {until})"
        # not in the text: that is the subject of a mail, and is shown in lists
        data |= {"link": link, "expires_at": share.expires_at}
    alert = Alert("report_ready", row.tenant, text, now, f"{_ONCE}{row.id}/{row.attempts}", data)
    if not await raise_alert(database, settings.alerts, alert) and share is not None:
        await drop_share(database, row.id, share.id)  # told already: its link is out
