"""Alerts from their cause to their receiver: webhook, Slack, e-mail; where they may not go, and what is in them."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

import pytest

from policies.alerts import Alert, claim_due, list_alerts, note_result, raise_alert
from policies.db import open_database
from policies.sections_alerts import Alerts, Smtp
from policies.settings import load_settings
from proxy.feeds.alerts import AlertSender, Channels
from proxy.feeds.mail import send_mail
from proxy.feeds.posting import Poster, Undelivered
from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, until
from tests.sinks import mail_sink, web_sink

ALERT = Alert("budget", "default", "The key dev has used 80 % of its budget.", 1_764_000_000_000, "1", {"percent": 80})
LOOPBACK = ["127.0.0.0/8"]


def section(url: str, port: int = 25, **more: object) -> Alerts:
    return Alerts.model_validate(
        {
            "channels": {
                "ops": {"kind": "webhook", "url": f"{url}/hook", "secret": "the-shared-secret"},
                "chat": {"kind": "slack", "url": f"{url}/slack"},
                "mail": {"kind": "email", "to": ["ops@example.com", "dpo@example.com"]},
            },
            "smtp": {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "sting@example.com"},
            "private_networks": LOOPBACK,
            **more,
        }
    )


async def test_all_kinds_of_channels_arrive_signed_and_recorded(tmp_path: Path) -> None:
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": tmp_path}))
    async with web_sink() as web, mail_sink() as mail:
        web.statuses = [503]
        asked, now = section(web.url, mail.port), [ALERT.at]
        await raise_alert(database, asked, ALERT)
        sender = AlertSender(database, asked, lambda: now[0])
        assert await sender.send_due() == 3
        now[0] += 30_000
        assert await sender.send_due() == 1, "the one that was answered with 503"
        assert await sender.send_due() == 0
        (told,) = await list_alerts(database, None)
        assert {state for state, _, _ in told.deliveries.values()} == {"sent"}
        _, headers, body = next(post for post in web.posts[::-1] if post[0] == "/hook")
        stamp, _, signature = headers["x-sting-signature"].partition(",v1=")
        signed = stamp.removeprefix("t=").encode() + b"." + body
        assert hmac.compare_digest(signature, hmac.digest(b"the-shared-secret", signed, "sha256").hex())
        assert json.loads(body)["data"] == {"percent": 80}
        assert json.loads(body)["id"] == told.alert.id
        assert json.loads(next(post for post in web.posts if post[0] == "/slack")[2]) == {"text": ALERT.text}
        ((recipients, message),) = mail.messages
        assert recipients == ["ops@example.com", "dpo@example.com"]
        assert f"Subject: [STING] {ALERT.text}" in message.replace("\r\n ", " ")
        assert "percent: 80" in message
    await database.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "[::ffff:169.254.169.254]"])
async def test_webhooks_do_not_lead_into_private_networks(host: str) -> None:
    async with web_sink() as web:
        port = web.url.rpartition(":")[2]
        with pytest.raises(Undelivered, match="private_networks"):
            await Poster((), "alerts.private_networks").post(f"http://{host}:{port}/hook", b"{}", {})
        if "169" in host:
            with pytest.raises(Undelivered, match="private_networks"):
                await Poster(("169.254.0.0/16",), "alerts.private_networks").post(f"http://{host}/", b"{}", {})
        assert web.posts == []


async def test_a_redirect_is_not_followed() -> None:
    async with web_sink() as web:
        web.statuses = [302]
        with pytest.raises(Undelivered, match="302"):
            await Poster(LOOPBACK, "").post(f"{web.url}/hook", b"{}", {})
        assert [path for path, _, _ in web.posts] == ["/hook"]


async def test_a_mail_server_that_refuses_or_is_away_is_said() -> None:
    async with mail_sink() as mail:
        mail.unknown = {"ops@example.com"}
        with pytest.raises(Undelivered, match="refused 1 of 2"):
            await Channels(section("http://127.0.0.1:1", mail.port)).send(ALERT, "mail")
    away = Smtp(host="127.0.0.1", port=1, tls="none", sender="a@example.com")
    with pytest.raises(Undelivered, match="did not take it"):
        send_mail(away, ["b@example.com"], "x", "y")


async def test_budget_and_provider_are_told_from_real_exchanges(new_gateway: NewGateway) -> None:
    limits = {"budget": {"amount": 100, "unit": "tokens", "per": "ever"}}
    async with web_sink() as web:
        alerts = {
            "channels": {"ops": {"kind": "webhook", "url": f"{web.url}/hook", "secret": "the-shared-secret"}},
            "private_networks": LOOPBACK,
        }
        overrides = {
            "alerts": alerts,
            "gateway.breaker_failures": 2,
            "keys": [{"name": "spender", "secret": "sk-test-spender", "limits": limits}],
        }
        async with new_gateway(overrides) as gateway:
            body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Margaret Okafor " + "word " * 20}]}
            while (await gateway.call("/v1/chat/completions", body, key="spender"))[0] == 200:
                await gateway.settled()
            gateway.provider.behaviour = Behaviour(status=503)
            gateway.backup.behaviour = Behaviour(status=503)
            local = gateway.place.local_key
            for _ in range(2):
                await gateway.call("/v1/chat/completions", body, key=None, headers={"X-Sting-Key": local})
            await until(lambda: len(web.posts) >= 2)
            kinds = {json.loads(body)["event"]: json.loads(body) for _, _, body in web.posts}
            assert set(kinds) == {"budget", "provider_down"}
            assert kinds["budget"]["data"]["percent"] >= 80
            assert kinds["provider_down"]["data"] == {"provider": "fake"}
            assert b"Okafor" not in b"".join(body for _, _, body in web.posts)


async def test_a_delivery_to_a_channel_that_is_gone_fails_with_a_reason(tmp_path: Path) -> None:
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": tmp_path}))
    await raise_alert(database, section("http://127.0.0.1:1"), ALERT)
    (one, *_) = await claim_due(database, ALERT.at)
    with pytest.raises(Undelivered, match="not configured"):
        await Channels(Alerts()).send(one.alert, one.channel)
    assert await note_result(database, one, ALERT.at, "gone") == "pending"
    await database.close()
