"""Who sends a body a byte at a time to the console is let go, logged in or not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from policies import pacing
from tests.console_fixture import RunningConsole, console_settings, running_console

pytestmark = pytest.mark.asyncio


async def _trickled(console: RunningConsole, head: str) -> bytes:
    """What is answered to a head and a body of which a byte comes now and then."""
    place = urlsplit(console.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(f"{head}\r\nHost: x\r\nContent-Length: 5000\r\n\r\n".encode())
    answer = asyncio.create_task(reader.readuntil(b"\r\n"))
    try:
        while not answer.done():
            writer.write(b" ")
            await writer.drain()
            await asyncio.wait([answer], timeout=0.02)
        return answer.result()
    finally:
        writer.close()


async def test_slow_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "BODY_SECONDS", 0.3)
    settings = console_settings(tmp_path, **{"console.scim": {"token": "scim-token-of-sixteen-letters-or-more"}})
    async with running_console(settings) as console, asyncio.timeout(30):
        editor = await console.person("editor")
        cookies = "; ".join(f"{one.key}={one.value}" for one in editor.http.cookie_jar)
        logged_in = f"Cookie: {cookies}\r\nX-CSRF-Token: {editor.csrf}\r\nOrigin: {console.url}"
        scim = "Authorization: Bearer scim-token-of-sixteen-letters-or-more"
        for head in (
            "POST /api/v1/session/link HTTP/1.1\r\nContent-Type: application/json",
            f"POST /api/v1/connectors HTTP/1.1\r\nContent-Type: application/json\r\n{logged_in}",
            f"POST /api/v1/uploads HTTP/1.1\r\nX-Sting-File-Name: a.csv\r\n{logged_in}",
            f"POST /scim/v2/Users HTTP/1.1\r\nContent-Type: application/scim+json\r\n{scim}",
        ):
            assert b" 408 " in await _trickled(console, head), head
