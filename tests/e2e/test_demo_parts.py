"""A public demo whose parts run one by one on PostgreSQL and Valkey: `sting demo keep` resets it and loads it anew."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from policies.logins import digest_of
from tests.e2e.sting_process import run, sting
from tests.e2e.test_demo_mode import SETS, ask, make_it_due, traces
from tests.e2e.test_up import run_file
from tests.postgres_source import SUPER, PostgresSource, free_port

pytestmark = [
    pytest.mark.system,
    pytest.mark.xdist_group("postgres-source"),
    pytest.mark.timeout(800),
    pytest.mark.long,
    pytest.mark.matrix,  # the sets are loaded twice: minutes
]
LOADED = 360.0
"""Seconds until the parts have started and the demo sets are loaded, on a busy machine."""
KEY = "sk-" + "d" * 40
ENVIRONMENT = {"DEMO_MODE": "true", "EXTERNAL_AI_ENABLED": "false"}
CONFIG = """
database: {{url: "postgresql+asyncpg://sting:{password}@127.0.0.1:{port}/{name}?sslmode=require"}}
redis: {{url: "{redis}"}}
master_key: "{master}="
gateway: {{port: 0, workers: 1, drain_s: 5}}
console: {{port: {console}}}
data_dir: {folder}
keys: [{{name: operator, secret: {key}, roles: [use, restore, admin, audit]}}]
"""


@asynccontextmanager
async def always(folder: Path, *words: str) -> AsyncIterator[None]:
    """The command, started again whenever it ends, as Kubernetes does with a pod."""

    async def restart() -> None:
        while True:
            async with sting(folder, *words, environment=ENVIRONMENT) as part:
                await part.process.wait()

    task = asyncio.create_task(restart())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Console:
    """The console's API with the operator's key."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self._base = f"http://127.0.0.1:{port}/api/v1"

    async def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self._http.request(method, f"{self._base}{path}", json=body, headers=headers) as answer:
            assert answer.ok, await answer.text()
            return await answer.json() if answer.status != 204 else None

    async def served(self) -> dict[str, Any]:
        """What it says of itself, once it answers."""
        async with asyncio.timeout(240):
            while True:
                try:
                    return dict(await self.call("GET", "/about"))
                except aiohttp.ClientError:
                    await asyncio.sleep(0.2)


async def test_visitors_leave_nothing_but_what_they_asked_to_keep(
    tmp_path: Path, postgres_source: PostgresSource, valkey_url: str
) -> None:
    name, folder, port = f"demo_{secrets.token_hex(4)}", tmp_path / "data", free_port()
    postgres_source.sql(f"CREATE DATABASE {name}")
    config = tmp_path / "config.yaml"
    stores = {"password": SUPER, "port": postgres_source.port, "name": name, "redis": valkey_url}
    config.write_text(CONFIG.format(**stores, master="A" * 43, console=port, folder=folder, key=KEY))
    words = ("--config", str(config))
    status, _, errors = await run(tmp_path, "db", "upgrade", *words)
    assert status == 0, errors

    def dumped() -> str:
        place = f"postgresql://sting:{SUPER}@127.0.0.1:{postgres_source.port}/{name}"
        command = [str(postgres_source.programs / "pg_dump"), "--inserts", place]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    (tmp_path / "gateway").mkdir()
    (tmp_path / "console").mkdir()
    async with (
        always(tmp_path / "gateway", "gateway", *words),
        always(tmp_path / "console", "console", *words),
        sting(tmp_path, "demo", "keep", *words, environment=ENVIRONMENT) as keeper,
        aiohttp.ClientSession() as http,
    ):
        await keeper.line("demo: ready", LOADED)
        console = Console(http, port)
        left = datetime.fromisoformat((await console.served())["next_reset"]) - datetime.now(UTC)
        assert timedelta(hours=23) < left <= timedelta(hours=24)
        assert {jar["name"].partition("-")[0] for jar in (await console.call("GET", "/jars"))["items"]} >= SETS
        secret = (await console.call("POST", "/keys", {"name": "visitors-own-key"}))["secret"]
        assert (await ask(http, run_file(folder)["gateway"], secret))[0] == 200
        await console.call("POST", "/demo/feedback", {"liked": True, "place": "reports"})
        (folder / "jars" / "visitors-own-key").write_text("theirs")
        assert "visitors-own-key" in dumped(), "or the search would find nothing ever"
        make_it_due(folder)
        await keeper.line("demo: ready", LOADED)
        about = await console.served()
        assert datetime.fromisoformat(about["next_reset"]) > datetime.now(UTC) + timedelta(hours=23)
        marks = ("visitors-own-key", digest_of(secret))
        assert [mark for mark in marks if mark in dumped()] == []
        assert traces(folder, *marks) == set()
        assert (await ask(http, run_file(folder)["gateway"], secret))[0] == 401
        assert (await ask(http, run_file(folder)["gateway"], KEY))[0] == 200
        assert {jar["name"].partition("-")[0] for jar in (await console.call("GET", "/jars"))["items"]} >= SETS
    status, told, _ = await run(tmp_path, "demo", "stats", *words)
    assert (status, "liked: 1, not: 0" in told) == (0, True)
    assert "Traceback" not in keeper.log.read_text()
    postgres_source.sql(f"DROP DATABASE {name} WITH (FORCE)")
