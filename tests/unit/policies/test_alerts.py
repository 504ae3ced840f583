"""Alerts in the database: told once, claimed by one sender, tried again with growing pauses, given up after a day."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from policies.alerts import LEASE_MS, PAUSES_S, Alert, claim_due, list_alerts, note_result, prune_alerts, raise_alert
from policies.db import Database
from policies.sections_alerts import Alerts

HOOK = {"kind": "webhook", "url": "https://hooks.example.com/x", "secret": "s" * 20}
SECTION = Alerts.model_validate(
    {
        "channels": {
            "ops": HOOK,
            "chat": {"kind": "slack", "url": "https://hooks.example.com/y", "events": ["provider_down"]},
            "acme": {**HOOK, "tenant": "acme"},
        }
    }
)
NOW = 1_764_000_000_000


def alert(kind: str = "budget", tenant: str = "default", once: str = "1") -> Alert:
    return Alert(kind, tenant, "The key dev has used 80 %.", NOW, once, {"percent": 80})  # type: ignore[arg-type]


async def test_each_channel_that_wants_it_gets_it_once(database: Database) -> None:
    assert await raise_alert(database, SECTION, alert())
    assert not await raise_alert(database, SECTION, alert())
    assert await raise_alert(database, SECTION, alert("provider_down", "acme", "2"))
    assert not await raise_alert(database, Alerts(), alert(once="3"))
    told = {one.alert.once: set(one.deliveries) for one in await list_alerts(database, None)}
    assert told == {"1": {"ops"}, "2": {"ops", "chat", "acme"}}
    assert [one.alert.once for one in await list_alerts(database, "default")] == ["1"]


async def test_of_many_senders_one_gets_a_delivery(database: Database) -> None:
    await raise_alert(database, SECTION, alert())
    claims = await asyncio.gather(*(claim_due(database, NOW) for _ in range(5)))
    assert [len(claim) for claim in sorted(claims, key=len)] == [0, 0, 0, 0, 1]
    assert await claim_due(database, NOW + LEASE_MS - 1) == []
    assert len(await claim_due(database, NOW + LEASE_MS)) == 1, "its sender died"


async def test_a_failed_try_is_made_again_later_and_later_and_then_given_up(database: Database) -> None:
    await raise_alert(database, SECTION, alert())
    now, waits = NOW, []
    while claimed := await claim_due(database, now):
        state = await note_result(database, claimed[0], now, "the receiver answered 500")
        if state == "pending":
            pause = PAUSES_S[claimed[0].tries]
            assert await claim_due(database, now + pause * 1000 - 1) == []
            now += pause * 1000
            waits.append(pause)
    assert tuple(waits) == PAUSES_S
    (told,) = await list_alerts(database, None)
    assert told.deliveries == {"ops": ("failed", len(PAUSES_S) + 1, "the receiver answered 500")}
    await prune_alerts(database, NOW + 1)
    assert await list_alerts(database, None) == []


@pytest.mark.parametrize(
    ("channels", "word"),
    [
        ({"a": {"kind": "webhook", "url": "http://hooks.example.com", "secret": "x"}}, "https"),
        ({"a": {"kind": "webhook", "url": "https://hooks.example.com"}}, "secret"),
        ({"a": {"kind": "slack", "url": "https://me:pw@hooks.example.com"}}, "no user"),
        ({"a": {"kind": "email", "to": ["ops@example.com"]}}, "smtp"),
        ({"a": {"kind": "email"}}, "`to`"),
        ({"a": {"kind": "email", "to": ["x@example.com\nBcc: y@example.com"]}}, "addresses"),
        ({"a": {"kind": "slack", "url": "https://hooks.example.com", "events": ["everything"]}}, "provider_down"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(channels: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Alerts.model_validate({"channels": channels})


def test_addresses_and_secrets_are_in_no_repr() -> None:
    assert "hooks.example.com" not in repr(SECTION)
    assert "sss" not in repr(SECTION)
