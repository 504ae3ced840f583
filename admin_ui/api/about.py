"""`/about` and `/health`: versions, and how the parts of the installation are."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from pydantic import BaseModel
from sqlalchemy import text

from admin_ui.parts import Parts
from policies.cli import installed_version
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.db import DatabaseUnavailable
from policies.demo_reset import next_reset
from policies.service_keys import gateway_url

_CHECKED = ("vault", "detector")
"""What the gateway asks before it says that it is ready; it names only what is not well."""


class About(BaseModel):
    """Versions, and what kind of installation this is. `next_reset`: when a public demo deletes everything (UTC)."""

    version: str
    python: str
    embedded: bool
    demo_mode: bool
    external_ai: bool
    next_reset: datetime | None = None
    gateway: str
    console: str


class PartHealth(BaseModel):
    """How one part is; `problem` is empty when it is well."""

    name: str
    ok: bool
    problem: str = ""


class Health(BaseModel):
    """How all parts are."""

    ok: bool
    parts: list[PartHealth]


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    return (
        ConsoleRoute("GET", "/about", partial(_about, parts), "Versions", "installation", answer=About),
        ConsoleRoute("GET", "/health", partial(_health, parts), "How the parts are", "installation", answer=Health),
    )


async def _about(parts: Parts, _call: ConsoleCall) -> About:
    settings = parts.settings
    due = await asyncio.to_thread(next_reset, settings.data_dir) if settings.demo_mode else None
    return About(
        version=installed_version(),
        python=platform.python_version(),
        embedded=settings.embedded,
        demo_mode=settings.demo_mode,
        external_ai=settings.external_ai,
        next_reset=datetime.fromtimestamp(due, UTC) if due is not None else None,
        gateway=gateway_url(settings),
        console=settings.console_url,
    )


async def _health(parts: Parts, _call: ConsoleCall) -> Health:
    found = [await _database(parts), *await _gateway(parts)]
    return Health(ok=all(part.ok for part in found), parts=found)


async def _database(parts: Parts) -> PartHealth:
    try:
        async with parts.database.session() as session:
            await session.execute(text("SELECT 1"))
    except DatabaseUnavailable as error:
        return PartHealth(name="database", ok=False, problem=str(error))
    return PartHealth(name="database", ok=True)


async def _gateway(parts: Parts) -> list[PartHealth]:
    """The gateway and what it says of its own parts."""
    try:
        told = (await parts.gateway.look("/readyz")).data
    except Problem as problem:
        return [PartHealth(name="gateway", ok=False, problem=problem.message)]
    problems = told.get("problems", {})
    return [
        PartHealth(name="gateway", ok=not problems, problem="" if not problems else "not ready"),
        *(
            PartHealth(name=name, ok=name not in problems, problem=str(problems.get(name, "")))
            for name in dict.fromkeys([*_CHECKED, *map(str, problems)])
        ),
    ]
