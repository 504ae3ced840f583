"""`sting up` as people use it: log in by the printed link, make a key, use it, stop; parts that crash come back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.console_fixture import Browser
from tests.e2e.sting_process import StingProcess, sting
from tests.gateway_fixture import until

pytestmark = pytest.mark.timeout(280)
UP = ("up", "--demo", "--gateway-port", "0", "--console-port", "0", "--data-dir")


def run_file(data: Path) -> dict[str, Any]:
    """What the run file says; empty while there is none."""
    try:
        return dict(json.loads((data / "run.json").read_text()))
    except (OSError, ValueError):
        return {}


async def chat(http: aiohttp.ClientSession, gateway: str, key: str) -> tuple[int, str]:
    """Status and text of an exchange with the demo model."""
    body = {
        "model": "sting-demo",
        "messages": [{"role": "user", "content": "Reply to Margaret Okafor (m.okafor@example.com), please."}],
    }
    async with http.post(
        f"{gateway}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"}
    ) as answer:
        return answer.status, await answer.text()


async def logged_in(up: StingProcess, http: aiohttp.ClientSession) -> Browser:
    """The administrator, by the link that `up` has printed."""
    line = await up.line("Log in:")
    url = line.split()[2]
    browser = Browser(http, url.partition("/login")[0])
    answer = await browser.enter(url.partition("#token=")[2])
    assert (answer.status, answer.data["user"]["roles"]) == (200, ["admin"])
    return browser


async def users_in_the_trail(admin: Browser, rows: int) -> set[str]:
    """Names of the keys of all exchanges in the audit, once there are so many."""
    async with asyncio.timeout(30):
        while True:
            listed = (await admin.call("GET", "/audit/exchanges", kind="exchange")).data["items"]
            if len(listed) >= rows:
                return {one["who"] for one in listed}
            await asyncio.sleep(0.1)


async def test_the_first_five_minutes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    jar = aiohttp.CookieJar(unsafe=True)
    async with sting(tmp_path, *UP, str(data)) as up, aiohttp.ClientSession(cookie_jar=jar) as http:
        admin = await logged_in(up, http)
        made = await admin.call("POST", "/keys", {"name": "first-app"})
        assert made.status == 201
        gateway = run_file(data)["gateway"]
        status, text = await chat(http, gateway, made.data["secret"])
        assert (status, "Margaret Okafor" in text) == (200, True)
        health = (await admin.call("GET", "/health")).data
        names = [part["name"] for part in health["parts"]]
        assert (health["ok"], names) == (True, ["database", "gateway", "vault", "detector"])
        shown = await admin.call("POST", "/playground/chat", {"text": "Write to m.okafor@example.com"})
        assert "m.okafor@example.com" not in shown.data["sent"] + shown.data["received"]
        assert "first-app" in await users_in_the_trail(admin, 2)
        verdict = (await admin.call("POST", "/audit/verify")).data
        assert verdict["intact"]
        up.interrupt()
        assert await up.ended() == 0
        assert up.left_behind() == {}
        assert run_file(data) == {}
        assert "Traceback" not in up.log.read_text()
        printed = "\n".join(up.output)
        assert "#token=" in printed
        assert "#token=" not in up.log.read_text()


@pytest.mark.long
async def test_a_part_that_crashes_comes_back_where_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    jar = aiohttp.CookieJar(unsafe=True)
    async with sting(tmp_path, *UP, str(data)) as up, aiohttp.ClientSession(cookie_jar=jar) as http:
        admin = await logged_in(up, http)
        key = (data / "demo.key").read_text()
        await until(lambda: "console" in run_file(data), 20)
        before = run_file(data)
        os.kill(before["pid"], signal.SIGKILL)
        await until(lambda: run_file(data).get("pid", before["pid"]) != before["pid"], 90)
        await until(lambda: "console" in run_file(data), 20)
        after = run_file(data)
        assert (after["gateway"], after["console"]) == (before["gateway"], before["console"])
        assert (await chat(http, after["gateway"], key))[0] == 200
        consoles = [pid for pid, name in up.left_behind().items() if " console " in name]
        assert len(consoles) == 1
        os.kill(consoles[0], signal.SIGKILL)
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await admin.call("GET", "/session")
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.2)
        assert answer.status == 200, "the session outlives the process"
        up.interrupt()
        assert await up.ended() == 0
        assert up.left_behind() == {}


@pytest.mark.long
async def test_a_killed_supervisor_takes_its_parts_along(tmp_path: Path) -> None:
    async with sting(tmp_path, *UP, str(tmp_path / "data")) as up:
        await up.line("curl ")
        os.kill(up.process.pid, signal.SIGKILL)
        await up.ended()
        await until(lambda: up.left_behind() == {}, 60)


@pytest.mark.long
async def test_a_port_in_use_is_told_and_nothing_stays(tmp_path: Path) -> None:
    blocker = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with blocker:
        port = str(blocker.sockets[0].getsockname()[1])
        async with sting(tmp_path, "up", "--demo", "--gateway-port", port, "--data-dir", str(tmp_path / "data")) as up:
            assert await asyncio.wait_for(up.process.wait(), 120) == 1
            assert "cannot listen" in up.log.read_text()
            assert up.left_behind() == {}
