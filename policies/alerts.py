"""Alerts: what people are told without looking, kept until every channel has it or has failed for a day.

    await raise_alert(database, settings.alerts, Alert("budget", "default", key_id, "...", at=now, once="..."))

An alert holds ids, names of keys and providers, and figures; never a text of an exchange. It is stored with one
delivery per channel; `proxy.feeds.alerts` sends them. The same `once` is told once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import BigInteger, Integer, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from policies.db import Database
from policies.sections_alerts import AlertKind, Alerts, Channel
from policies.tables import Table

LEASE_MS: Final = 120_000
"""How long a sender has for one delivery before another one may try."""
PAUSES_S: Final = (30, 120, 600, 3_600, 6 * 3_600, 16 * 3_600)
"""Seconds before the second, third, ... try; after the last one the delivery has failed."""
PENDING, SENT, FAILED = "pending", "sent", "failed"


class AlertRow(Table):
    """One alert; `once` makes it one of a kind."""

    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    tenant: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    text: Mapped[str] = mapped_column(String(500))
    data: Mapped[str] = mapped_column(Text)
    once: Mapped[str] = mapped_column(String(200), unique=True)


class DeliveryRow(Table):
    """One alert on its way to one channel. `due`: UTC milliseconds of the next try; `fault`: what went wrong last."""

    __tablename__ = "alert_deliveries"
    alert: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    tries: Mapped[int] = mapped_column(Integer)
    due: Mapped[int] = mapped_column(BigInteger)
    fault: Mapped[str] = mapped_column(String(200))


@dataclass(frozen=True, slots=True)
class Alert:
    """What happened, in one sentence (`text`) and in figures (`data`). `at` is UTC milliseconds.

    `tenant` is empty for what concerns the whole installation.
    """

    kind: AlertKind
    tenant: str
    text: str
    at: int
    once: str
    data: Mapping[str, str | int | float] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that is due; `tries` counts the ones before."""

    alert: Alert
    channel: str
    tries: int


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with the state of its deliveries: channel -> (state, tries, fault)."""

    alert: Alert
    deliveries: Mapping[str, tuple[str, int, str]]


def wants(channel: Channel, kind: AlertKind, tenant: str) -> bool:
    """Whether a channel is told of this."""
    return kind in channel.events and (channel.tenant is None or channel.tenant == tenant)


async def raise_alert(database: Database, section: Alerts, alert: Alert, only: str | None = None) -> bool:
    """Store an alert for the channels that want it (`only`: for this one); false when it was told already.

    Nothing is stored where nobody wants it. Raises DatabaseUnavailable.
    """
    names = [name for name, channel in section.channels.items() if wants(channel, alert.kind, alert.tenant)]
    names = names if only is None else [only]
    if not names:
        return False
    made = f"alert_{secrets.token_hex(12)}"
    values = {
        "id": made,
        "kind": alert.kind,
        "tenant": alert.tenant,
        "at": alert.at,
        "text": alert.text[:500],
        "data": json.dumps(dict(alert.data)),
        "once": alert.once[:200],
    }
    async with database.session(write=True) as session:
        done = await session.execute(database.insert_new(AlertRow).values(**values).returning(AlertRow.id))
        if done.first() is None:
            return False
        session.add_all(
            DeliveryRow(alert=made, channel=name, state=PENDING, tries=0, due=alert.at, fault="") for name in names
        )
    return True


async def claim_due(database: Database, now: int, most: int = 20) -> list[Delivery]:
    """Deliveries that are due, for this sender alone for `LEASE_MS`. Raises DatabaseUnavailable."""
    query = (
        select(DeliveryRow, AlertRow)
        .join(AlertRow, AlertRow.id == DeliveryRow.alert)
        .where(DeliveryRow.state == PENDING, DeliveryRow.due <= now)
        .order_by(DeliveryRow.due)
        .limit(most)
    )
    claimed: list[Delivery] = []
    async with database.session(write=True) as session:
        for row, alert in (await session.execute(query)).all():
            taken = await session.execute(
                update(DeliveryRow)
                .where(
                    DeliveryRow.alert == row.alert,
                    DeliveryRow.channel == row.channel,
                    DeliveryRow.tries == row.tries,
                    DeliveryRow.due == row.due,
                )
                .values(tries=row.tries + 1, due=now + LEASE_MS)
                .execution_options(synchronize_session=False)
            )
            if taken.rowcount == 1:  # type: ignore[attr-defined] # an UPDATE has one
                claimed.append(Delivery(_alert(alert), row.channel, row.tries))
    return claimed


async def note_result(database: Database, delivery: Delivery, now: int, fault: str | None) -> str:
    """Record how a try ended (`fault` None: well) and when the next one is due; the new state.

    Raises DatabaseUnavailable.
    """
    if fault is None:
        state, due = SENT, now
    elif delivery.tries >= len(PAUSES_S):
        state, due = FAILED, now
    else:
        state, due = PENDING, now + PAUSES_S[delivery.tries] * 1000
    async with database.session(write=True) as session:
        await session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.alert == delivery.alert.id, DeliveryRow.channel == delivery.channel)
            .values(state=state, due=due, fault=(fault or "")[:200])
        )
    return state


async def list_alerts(database: Database, tenant: str | None, most: int = 100) -> list[Told]:
    """The newest alerts with their deliveries, of one tenant and of the installation. Raises DatabaseUnavailable."""
    query = select(AlertRow).order_by(AlertRow.at.desc(), AlertRow.id).limit(most)
    if tenant is not None:
        query = query.where(AlertRow.tenant.in_((tenant, "")))
    async with database.session() as session:
        rows = (await session.scalars(query)).all()
        ids = [row.id for row in rows]
        sent = (await session.scalars(select(DeliveryRow).where(DeliveryRow.alert.in_(ids)))).all()
    told = {row.id: Told(_alert(row), {}) for row in rows}
    for one in sent:
        told[one.alert] = Told(
            told[one.alert].alert, {**told[one.alert].deliveries, one.channel: (one.state, one.tries, one.fault)}
        )
    return list(told.values())


async def prune_alerts(database: Database, before: int) -> None:
    """Delete alerts older than `before` (UTC milliseconds). Raises DatabaseUnavailable."""
    async with database.session(write=True) as session:
        old = select(AlertRow.id).where(AlertRow.at < before).scalar_subquery()
        await session.execute(delete(DeliveryRow).where(DeliveryRow.alert.in_(old)))
        await session.execute(delete(AlertRow).where(AlertRow.at < before))


def _alert(row: AlertRow) -> Alert:
    return Alert(row.kind, row.tenant, row.text, row.at, row.once, json.loads(row.data), row.id)  # type: ignore[arg-type] # a kind that was checked when it was raised
