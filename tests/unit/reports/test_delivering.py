"""A scheduled report that is ready: who is told, with which link, and what is in the message."""

from __future__ import annotations

import email
import email.policy
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from policies.alerts import list_alerts
from policies.db import Database, open_database
from policies.running import Running, note_running, run_file
from policies.sealing import Sealer
from policies.settings import Settings, load_settings
from proxy.feeds.alerts import AlertSender
from reports.delivering import tell_ready, untold
from reports.order import Order
from reports.schedules import add_schedule, start_due
from reports.shares import find_share, list_shares
from reports.store import Lease, Person, RunStore
from reports.tables import ReportRunRow
from tests.sinks import mail_sink, web_sink

NOW, DAY = 1_764_000_000_000, 86_400_000
TITLE = "Why Margaret Okafor left"
ORDER = Order(template="customer-insights", jar="techcorp", title=TITLE, link_days=3)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": tmp_path}))
    yield database
    await database.close()


def settings(tmp_path: Path, web: str, port: int) -> Settings:
    channels = {
        "ops": {"kind": "webhook", "url": f"{web}/hook", "secret": "the-shared-secret"},
        "chat": {"kind": "slack", "url": f"{web}/slack"},
        "mail": {"kind": "email", "to": ["ops@example.com"], "events": ["report_ready"]},
    }
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "sting@example.com"}
    alerts = {"channels": channels, "smtp": smtp, "private_networks": ["127.0.0.0/8"]}
    return load_settings(None, environ={}, overrides={"data_dir": tmp_path, "alerts": alerts})


async def scheduled(store: RunStore) -> ReportRunRow:
    """The run that a schedule has started."""
    await add_schedule(store, ORDER, "0 6 * * 1", "default", Person("usr_1", "Ann Example"), now=NOW - 8 * DAY)
    assert await start_due(store, now=NOW) == 1
    (row,) = await store.runs("default")
    return row


async def test_mail_webhook_and_slack_get_a_link_that_expires_and_no_word_of_the_data(
    database: Database, tmp_path: Path
) -> None:
    store = RunStore(database, Sealer([b"\x01" * 32]))
    row = await scheduled(store)
    async with web_sink() as web, mail_sink() as mail:
        asked = settings(tmp_path, web.url, mail.port)
        days = store.order(row).link_days
        await tell_ready(database, asked, row, link_days=days, now=NOW)
        await tell_ready(database, asked, row, link_days=days, now=NOW)  # by a worker that took the run over
        assert await AlertSender(database, asked.alerts, lambda: NOW).send_due() == 3
        bodies = {path: json.loads(body) for path, _, body in web.posts}
        ((recipients, raw),) = mail.messages
    message = email.message_from_string(raw, policy=email.policy.default)
    text = message.get_content()
    link = bodies["/hook"]["data"]["link"]
    assert recipients == ["ops@example.com"]
    assert link in text
    assert link in bodies["/slack"]["text"]
    secret = link.rpartition("/shared/")[2]
    assert message["Subject"] == "[STING] A report of the template customer-insights is ready"
    assert secret not in (await list_alerts(database, None))[0].alert.text
    share = await find_share(database, secret, now=NOW + 3 * DAY - 1)
    assert share is not None
    assert share.run == row.id
    assert await find_share(database, secret, now=NOW + 3 * DAY) is None
    assert len(await list_shares(database, row.id, now=NOW)) == 1
    for told in (raw, text, json.dumps(bodies)):
        assert "Okafor" not in told
        assert "Ann Example" not in told


async def test_links_lead_to_the_console_that_runs(database: Database, tmp_path: Path) -> None:
    """`sting up --console-port` tells the console its port, and the run file tells where it is."""
    row = await scheduled(RunStore(database, Sealer([b"\x01" * 32])))
    with run_file(tmp_path, Running(os.getpid(), "http://127.0.0.1:9080", "key", "redis://none")):
        note_running(tmp_path, {"console": "http://127.0.0.1:9081"})
        await tell_ready(database, settings(tmp_path, "http://127.0.0.1:1", 25), row, link_days=2, now=NOW)
    (told,) = await list_alerts(database, None)
    assert "http://127.0.0.1:9081/reports/" in told.alert.text
    assert str(told.alert.data["link"]).startswith("http://127.0.0.1:9081/api/")


async def test_without_a_wish_there_is_no_link_and_without_a_channel_nothing(
    database: Database, tmp_path: Path
) -> None:
    row = await scheduled(RunStore(database, Sealer([b"\x01" * 32])))
    nobody = load_settings(None, environ={}, overrides={"data_dir": tmp_path})
    await tell_ready(database, nobody, row, link_days=3, now=NOW)
    assert await list_alerts(database, None) == []
    await tell_ready(database, settings(tmp_path, "http://127.0.0.1:1", 25), row, link_days=None, now=NOW)
    (told,) = await list_alerts(database, None)
    assert set(told.alert.data) == {"report", "template"}
    assert await list_shares(database, row.id, now=NOW) == []


async def _change(database: Database, **values: object) -> None:
    async with database.session(write=True) as session:
        await session.execute(update(ReportRunRow).values(**values))


async def test_who_was_not_told_when_a_report_was_ready_is_told_afterwards(database: Database, tmp_path: Path) -> None:
    """The worker ended between the two, or the database was away just then."""
    store = RunStore(database, Sealer([b"\x01" * 32]))
    row = await scheduled(store)
    asked, nobody = (
        settings(tmp_path, "http://127.0.0.1:1", 25),
        load_settings(None, environ={}, overrides={"data_dir": tmp_path}),
    )
    assert await untold(database, asked, NOW + 60_000) == [], "it is not done"
    await _change(database, state="done", finished_at=NOW)
    assert await untold(database, asked, NOW + 60_000) == [], "it came ready-made"
    await _change(database, state="queued", finished_at=None)
    lease = await store.claim(row.id, "w", limit=None, now=NOW)
    assert isinstance(lease, Lease)
    await store.finish(lease, "done", now=NOW)
    assert await untold(database, asked, NOW + 9_000) == [], "its worker may be about to"
    assert await untold(database, nobody, NOW + 60_000) == [], "nobody wants to know"
    (missed,) = await untold(database, asked, NOW + 60_000)
    await tell_ready(database, asked, missed, link_days=None, now=NOW + 60_000)
    assert await untold(database, asked, NOW + 60_000) == []
    assert [told.alert.data["report"] for told in await list_alerts(database, None)] == [row.id]
