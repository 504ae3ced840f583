"""A real console for tests: its application on a free port over SQLite, and clients that are logged in.

`console` mounts the routes of all installed packages. Each test has its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from admin_ui.app import PARTS
from admin_ui.app import console as opened_console
from admin_ui.parts import Parts
from policies.console_routes import Mounted
from policies.people import create_person
from policies.settings import Settings, load_settings

CONFIG: dict[str, object] = {
    "providers": {"demo": {"kind": "demo", "local": True}},
    "default_provider": "demo",
    "gateway.port": 1,  # nobody listens there
}


@dataclass(frozen=True)
class Answer:
    """An answer with its JSON (None without)."""

    status: int
    data: Any
    headers: Any

    @property
    def etag(self) -> str:
        """The version tag, quotes and all."""
        return str(self.headers["ETag"])


class Browser:
    """Somebody who uses the console with a cookie jar of their own."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url
        self.csrf = ""

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Answer:
        """Call `/api/v1` + path as the UI does."""
        sent = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        async with self.http.request(
            method, f"{self.url}/api/v1{path}", json=body, headers={**sent, **(headers or {})}, params=query or None
        ) as answer:
            is_json = "json" in answer.content_type
            return Answer(answer.status, await answer.json(content_type=None) if is_json else None, answer.headers)

    async def enter(self, token: str) -> Answer:
        """Log in by a link."""
        answer = await self.call("POST", "/session/link", {"token": token})
        self.csrf = answer.data.get("csrf", "")
        return answer


@dataclass
class RunningConsole:
    """A console that answers."""

    url: str
    settings: Settings
    parts: Parts
    _sessions: list[aiohttp.ClientSession]

    def stranger(self) -> Browser:
        """Somebody who is not logged in."""
        http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._sessions.append(http)
        return Browser(http, self.url)

    async def person(self, *roles: str, tenant: str = "default", email: str | None = None) -> Browser:
        """Somebody with these roles, logged in."""
        made = await create_person(
            self.parts.database,
            email or f"{'-'.join(roles)}.{tenant}@example.com",
            roles=roles,
            tenant=tenant,
            now=self.parts.now(),
        )
        browser = self.stranger()
        await browser.enter(await self.parts.logins.make_link(made))
        return browser


@asynccontextmanager
async def running_console(
    settings: Settings, mounts: Sequence[Mounted] | None = None, static: Path | None = None, port: int = 0
) -> AsyncIterator[RunningConsole]:
    """The console of these settings on `port`, a free one by default."""
    async with opened_console(settings, mounts=mounts, static=static) as app:
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        await runner.setup()
        sessions: list[aiohttp.ClientSession] = []
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            port = runner.addresses[0][1]
            yield RunningConsole(f"http://127.0.0.1:{port}", settings, app[PARTS], sessions)
        finally:
            await asyncio.gather(*(session.close() for session in sessions))
            await runner.cleanup()


def console_settings(folder: Path, **overrides: object) -> Settings:
    """Settings of a console with the demo model, without a gateway."""
    return load_settings(None, environ={}, overrides={**CONFIG, "data_dir": folder, **overrides})


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[RunningConsole]:
    """A console with all installed routes."""
    async with running_console(console_settings(tmp_path / "data")) as running:
        yield running
