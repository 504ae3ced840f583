"""Workers have the engines of the policies that keys work under before these ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policies.db import Database
from policies.key_rows import KeyRequest, create_key, revoke_key
from policies.loader import load_policies
from policies.settings import load_settings
from proxy import equipping
from proxy.detectors.base import DetectionFailed
from proxy.equipping import engines_wanted, keep_equipped

POLICIES = load_policies()
KEYS = [{"name": "clinic", "secret": "sk-test-clinic", "policy": "hipaa"}]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path}/sting.db")
    await opened.migrate()
    yield opened
    await opened.close()


def settings(folder: Path, **overrides: object) -> Any:
    return load_settings(None, environ={}, overrides={"data_dir": folder, **overrides})


async def test_engines_are_those_of_assigned_policies(database: Database, tmp_path: Path) -> None:
    plain = settings(tmp_path)
    assert await engines_wanted(plain, POLICIES, database) == ("patterns", "names")
    for more in ({"keys": KEYS}, {"policies.floors": {"*": "strict"}}, {"policies.default": "gdpr"}):
        assert "presidio" in await engines_wanted(settings(tmp_path, **more), POLICIES, database), more
    await create_key(database, KeyRequest("clinic", policy="hipaa"), now=1)
    await create_key(database, KeyRequest("gone", policy="no-such-policy"), now=1)
    assert await engines_wanted(plain, POLICIES, database) == ("patterns", "names", "presidio")
    await revoke_key(database, "clinic", now=2)
    assert await engines_wanted(plain, POLICIES, database) == ("patterns", "names")


async def test_a_key_that_is_made_while_the_gateway_runs_has_its_engines_loaded(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equipping, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(equipping, "_RETRY_SECONDS", 0.01)
    asked: list[Sequence[str]] = []
    loaded = asyncio.Event()

    class Pool:
        async def load(self, engines: Sequence[str]) -> None:
            asked.append(engines)
            if len(asked) == 1:
                await create_key(database, KeyRequest("clinic", policy="hipaa"), now=1)
            elif len(asked) == 2:
                raise DetectionFailed("not there yet")
            else:
                loaded.set()

    services: Any = SimpleNamespace(settings=settings(tmp_path), policies=POLICIES)
    pool: Any = Pool()
    task = asyncio.create_task(keep_equipped(services, database, pool))
    async with asyncio.timeout(30):
        await loaded.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asked[0] == ("patterns", "names")
    assert asked[2] == ("patterns", "names", "presidio")
