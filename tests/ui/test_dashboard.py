"""The dashboard's figures over two periods: the change against the one before, and whose time an exchange takes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from policies.audit import AuditEvent
from tests.ui.history import HOUR, append
from tests.ui.installation import STING, Installation

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(300)]


def _exchange(tenant: str, number: int, at: int, **more: Any) -> AuditEvent:
    said = {
        "model": "gpt-4o",
        "provider": "openai",
        "policy": "balanced",
        "outcome": "ok",
        "entities": {"PERSON": 2},
        "restored": 2,
        "ms_detect": 6.0,
        "ms_vault": 3.0,
        "ms_upstream": 400.0,
        "ms_total": 410.0,
    }
    return AuditEvent(f"ex_{tenant}_{number}", at, tenant=tenant, dialect="openai-chat", **(said | more))


def _two_days(tenant: str, now: int) -> Sequence[AuditEvent]:
    """Four exchanges of the day before, six of this one, and an hour's work of our own that asked no model."""
    before = [_exchange(tenant, at, now - (30 + at) * HOUR, ms_total=408.0) for at in range(4)]
    today = [_exchange(tenant, 10 + at, now - (2 + at) * HOUR) for at in range(5)]
    blocked = _exchange(
        tenant, 20, now - HOUR, outcome="blocked", provider="", restored=0, ms_upstream=0.0, ms_total=10.0
    )
    values = _exchange(
        tenant, 30, now - HOUR, model="", provider="", policy="", entities={}, restored=0, ms_total=3_600_000.0
    )
    return [*before, *today, blocked, values]


def test_each_figure_is_told_against_the_day_before(installation: Installation, open_page: Callable[..., Any]) -> None:
    tenant = f"periods{installation.made}"
    append(installation.folder, partial(_two_days, tenant))
    person = ("create", f"{tenant}@example.com", "--role", "auditor", "--tenant", tenant)
    made = subprocess.run(
        [STING, "users", *person, "--data-dir", str(installation.folder)], capture_output=True, text=True, check=True
    )
    page = open_page(link=made.stdout.split()[0])
    cards = page.locator(".mantine-Card-root")
    for name, value, change in (
        ("Requests", "7", "+75 % vs the 24 h before"),  # seven, and four before
        ("Values protected", "12", "+50 % vs the 24 h before"),
        ("Tokens restored", "10", "+25 % vs the 24 h before"),
        ("Gateway's share", "10 ms", "+25 % vs the 24 h before"),  # eight milliseconds before
    ):
        card = cards.filter(has_text=name).first
        card.get_by_text(value, exact=True).wait_for()
        assert card.locator("[data-versus]").inner_text() == change, name
    blocked = cards.filter(has_text="Blocked").first
    blocked.get_by_text("1", exact=True).wait_for()
    assert blocked.locator("[data-versus]").count() == 0, "of nothing there is no share"
    latency = cards.filter(has=page.get_by_role("heading", name="Latency: ours and theirs")).inner_text()
    told = [line for line in latency.splitlines() if line]
    assert [
        told[told.index(name) + 1] for name in ("Provider's time", "Detection", "Vault", "Rest of the gateway")
    ] == [
        "333 ms",  # five of 400 and the blocked one without
        "6.0 ms",
        "3.0 ms",
        "1.0 ms",
    ]
    page.get_by_text("7 days", exact=True).click()
    cards.filter(has_text="Requests").first.get_by_text("11", exact=True).wait_for()
    page.locator("[data-versus]").first.wait_for(state="detached")
