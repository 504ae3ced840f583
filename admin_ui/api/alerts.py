"""`/alerts`: what people were told, by which channels, and a test of a channel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import BaseModel

from admin_ui.parts import Parts
from policies.alerts import Alert, Told, list_alerts, raise_alert
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem
from policies.sections_alerts import Channel

_MOST = 100


class ChannelView(BaseModel):
    """A channel of the configuration, without its address and secret. `tenant` None: of every tenant."""

    name: str
    kind: Literal["webhook", "slack", "email"]
    events: list[str]
    tenant: str | None


class DeliveryView(BaseModel):
    """How far an alert came on one channel; `fault`: what went wrong last."""

    channel: str
    state: str
    tries: int
    fault: str


class AlertView(BaseModel):
    """One alert. `at` is UTC milliseconds."""

    id: str
    kind: str
    at: int
    text: str
    deliveries: list[DeliveryView]


class AlertsAnswer(BaseModel):
    """The channels, and the newest alerts."""

    channels: list[ChannelView]
    budget_share: float
    items: list[AlertView]
    next: str | None = None


class TestSent(BaseModel):
    """The alert that was handed to the channel; `/alerts` tells how far it came."""

    id: str


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag = "alerts"
    return (
        ConsoleRoute("GET", "/alerts", partial(_list, parts), "Alerts", tag, roles=("auditor",), answer=AlertsAnswer),
        ConsoleRoute(
            "POST",
            "/alerts/channels/{name}/test",
            partial(_test, parts),
            "Try a channel",
            tag,
            roles=("admin",),
            answer=TestSent,
            status=202,
        ),
    )


def _channels(parts: Parts, tenant: str) -> dict[str, Channel]:
    found = parts.settings.alerts.channels
    return {name: channel for name, channel in found.items() if channel.tenant in {None, tenant}}


async def _list(parts: Parts, call: ConsoleCall) -> AlertsAnswer:
    told = await list_alerts(parts.database, call.caller.tenant, _MOST)
    return AlertsAnswer(
        channels=[
            ChannelView(name=name, kind=channel.kind, events=list(channel.events), tenant=channel.tenant)
            for name, channel in _channels(parts, call.caller.tenant).items()
        ],
        budget_share=parts.settings.alerts.budget_share,
        items=[_view(one) for one in told],
    )


def _view(told: Told) -> AlertView:
    deliveries = [
        DeliveryView(channel=channel, state=state, tries=tries, fault=fault)
        for channel, (state, tries, fault) in told.deliveries.items()
    ]
    alert = told.alert
    return AlertView(id=alert.id, kind=alert.kind, at=alert.at, text=alert.text, deliveries=deliveries)


async def _test(parts: Parts, call: ConsoleCall) -> ConsoleAnswer:
    name, tenant, now = call.path["name"], call.caller.tenant, parts.now()
    if name not in _channels(parts, tenant):
        raise Problem(404, "no_such_channel", "alerts.channels of the configuration has no channel of this name.")
    once = f"test/{tenant}/{name}/{now}"
    alert = Alert("test", tenant, f"This is a test alert of STING for the channel {name}.", now, once)
    await raise_alert(parts.database, parts.settings.alerts, alert, only=name)
    sent = next(one for one in await list_alerts(parts.database, tenant, _MOST) if one.alert.once == once)
    return ConsoleAnswer(TestSent(id=sent.alert.id), subject=name)
