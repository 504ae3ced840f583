"""Sends alerts to their channels: each as soon as it is due, again with growing pauses, every result recorded."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from policies.alerts import Alert, Delivery, claim_due, note_result
from policies.db import Database, DatabaseUnavailable
from policies.sections_alerts import Alerts, Channel, Smtp
from proxy.feeds.mail import send_mail
from proxy.feeds.posting import Poster, Undelivered, as_body, signed_headers

_PAUSE = 1.0
_LINK = re.compile(r"\s*https?://.*", re.DOTALL)
_log = logging.getLogger("sting.alerts")


def _now() -> int:
    return time.time_ns() // 1_000_000


class Channels:
    """The configured channels. `now` is UTC milliseconds."""

    def __init__(self, section: Alerts, now: Callable[[], int] = _now) -> None:
        self._section = section
        self._now = now
        self._poster = Poster(section.private_networks, "alerts.private_networks")

    async def send(self, alert: Alert, name: str) -> None:
        """Send one alert by the channel of this name. Raises Undelivered."""
        channel = self._section.channels.get(name)
        if channel is None:
            raise Undelivered("the channel is not configured any more")
        if channel.kind == "email":
            if self._section.smtp is None:
                raise Undelivered("alerts.smtp is not configured any more")
            await _mailed(self._section.smtp, channel, alert)
            return
        url = channel.url.get_secret_value() if channel.url else ""
        if channel.kind == "slack":
            text = "\n".join((alert.text, *(str(alert.data[name]) for name in ("link",) if name in alert.data)))
            await self._poster.post(url, as_body({"text": text}), {"Content-Type": "application/json"})
            return
        body = as_body(told(alert))
        secret = channel.secret.get_secret_value() if channel.secret else ""
        await self._poster.post(url, body, signed_headers(secret, body, self._now()))


class AlertSender:
    """Sends what is due. Several may run: a delivery is claimed first. `now` is UTC milliseconds."""

    def __init__(
        self,
        database: Database,
        section: Alerts,
        now: Callable[[], int] = _now,
    ) -> None:
        self._database = database
        self._channels = Channels(section, now)
        self._now = now

    async def run(self) -> None:
        """Send until cancelled; a database that does not answer is asked again."""
        while True:
            try:
                sent = await self.send_due()
            except DatabaseUnavailable:
                sent = 0
                _log.warning("alerts: the database does not answer, trying again")
            if not sent:
                await asyncio.sleep(_PAUSE)

    async def send_due(self) -> int:
        """Try everything that is due, once; returns how many deliveries. Raises DatabaseUnavailable."""
        claimed = await claim_due(self._database, self._now())
        await asyncio.gather(*(self._deliver(one) for one in claimed))
        return len(claimed)

    async def _deliver(self, delivery: Delivery) -> None:
        fault = None
        try:
            await self._channels.send(delivery.alert, delivery.channel)
        except Undelivered as error:
            fault = str(error)
        state = await note_result(self._database, delivery, self._now(), fault)
        _log.info("alert", extra={"alert": delivery.alert.id, "channel": delivery.channel, "state": state})


def told(alert: Alert) -> dict[str, object]:
    """An alert as a webhook gets it; the id stays the same when it is sent again."""
    return {
        "id": alert.id,
        "event": alert.kind,
        "tenant": alert.tenant,
        "at": alert.at,
        "text": alert.text,
        "data": dict(alert.data),
    }


async def _mailed(smtp: Smtp, channel: Channel, alert: Alert) -> None:
    when = datetime.fromtimestamp(alert.at / 1000, UTC)
    lines = [alert.text, "", *(f"{name}: {value}" for name, value in sorted(alert.data.items()))]
    lines += ["", f"{alert.id}, {when:%Y-%m-%d %H:%M:%S} UTC, STING"]
    subject = _LINK.sub("", alert.text).rstrip(" :")  # what stands behind an address is for the text
    await asyncio.to_thread(send_mail, smtp, channel.to, f"[STING] {subject}"[:150], "\n".join(lines))
