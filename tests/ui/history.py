"""Traffic of days before: rows of the audit, so that the dashboard has an earlier period to compare with."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from policies.audit import AuditChain, AuditEvent, load_signing_key
from policies.db import open_database
from policies.master_key import open_sealer
from policies.settings import load_settings

HOUR = 3_600_000


def append(data_dir: Path, made: Callable[[int], Sequence[AuditEvent]]) -> None:
    """Write the events that `made` makes of the present moment (UTC milliseconds) behind those of a running system."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        aside.submit(lambda: asyncio.run(_append(data_dir, made))).result()


async def _append(data_dir: Path, made: Callable[[int], Sequence[AuditEvent]]) -> None:
    settings = load_settings(environ={}, overrides={"data_dir": str(data_dir)})
    database = await open_database(settings)
    try:
        chain = AuditChain(database, await load_signing_key(database, open_sealer(settings)))
        await chain.append(made(time.time_ns() // 1_000_000))
    finally:
        await database.close()


MODELS = (("gpt-4o", "openai"), ("gpt-4o", "openai"), ("claude-sonnet-4", "anthropic"), ("sting-demo", "demo"))
TYPES = {
    "PERSON": 0.6,
    "EMAIL_ADDRESS": 0.4,
    "LOCATION": 0.2,
    "PHONE_NUMBER": 0.2,
    "ORGANIZATION": 0.1,
    "IBAN_CODE": 0.1,
}
WORK = range(7, 19)
"""Hours, UTC, in which most is asked."""


def two_days(now: int) -> list[AuditEvent]:
    """Invented traffic of the last 48 hours, as of a small office; a little more on the second day."""
    dice, events = random.Random(8), []
    for hours in range(48, 1, -1):
        at = now - hours * HOUR
        many = (14 if at // HOUR % 24 in WORK else 3) * (1.0 if hours > 24 else 1.2)
        events += [
            _exchange(dice, f"ex_past{hours}_{number}", at) for number in range(int(dice.uniform(0.6, 1) * many))
        ]
    return events


def _exchange(dice: random.Random, name: str, at: int) -> AuditEvent:
    model, provider = dice.choice(MODELS)
    outcome = dice.choices(("ok", "blocked"), (97, 3))[0]
    upstream = round(dice.lognormvariate(6.6, 0.5), 3) if outcome == "ok" else 0.0
    own = round(dice.lognormvariate(2.3, 0.4), 3)
    found = {kind: dice.randint(1, 3) for kind, share in TYPES.items() if dice.random() < share}
    return AuditEvent(
        name,
        at + dice.randrange(HOUR),
        tenant="default",
        key="config.demo",
        model=model,
        provider=provider,
        dialect="openai-chat",
        route="/v1/chat/completions",
        policy=dice.choice(("balanced", "balanced", "gdpr")),
        entities=found,
        outcome=outcome,
        restored=sum(found.values()) if outcome == "ok" else 0,
        ms_detect=round(own * 0.6, 3),
        ms_vault=round(own * 0.15, 3),
        ms_upstream=upstream,
        ms_total=round(own + upstream, 3),
        tokens_in=dice.randint(80, 900),
        tokens_out=dice.randint(30, 400),
        team=dice.choice(("Support", "Sales")),
    )
