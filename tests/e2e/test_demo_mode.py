"""A public demo as its operator runs it: the sets are there, a visitor comes, after the reset nothing of them is."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from policies.logins import digest_of
from tests.console_fixture import Browser
from tests.e2e.sting_process import StingProcess, sting
from tests.e2e.test_up import logged_in, run_file
from tests.gateway_fixture import until

pytestmark = [pytest.mark.timeout(560), pytest.mark.long]
UP = ("up", "--gateway-port", "0", "--console-port", "0", "--data-dir")
SETS = {"techcorp", "healthcare", "financial"}
PERSON = "Zorblax Quimbyfield"
MARKS = ("zorblax", "quimbyfield", "visitors-own-key")


def traces(folder: Path, *marks: str) -> set[str]:
    """Which of the marks stand in a file's bytes or name below the folder, in any case of letters."""
    found = set()
    for path in folder.rglob("*"):
        held = (path.read_bytes() if path.is_file() else b"") + str(path.relative_to(folder)).encode()
        found |= {mark for mark in marks if mark.lower().encode() in held.lower()}
    return found


async def sets_are_loaded(admin: Browser) -> None:
    """Wait until the jars of the three sets are there."""
    async with asyncio.timeout(150):
        while True:
            names = {jar["name"].partition("-")[0] for jar in (await admin.call("GET", "/jars")).data["items"]}
            if names >= SETS:
                return
            await asyncio.sleep(0.2)


async def ask(http: aiohttp.ClientSession, gateway: str, key: str, model: str = "sting-demo") -> tuple[int, str]:
    """Status and text of an exchange about the visitor's person."""
    body = {"model": model, "messages": [{"role": "user", "content": f"Write to {PERSON}, zorblax@example.com."}]}
    headers = {"Authorization": f"Bearer {key}"}
    async with http.post(f"{gateway}/v1/chat/completions", json=body, headers=headers) as answer:
        return answer.status, await answer.text()


def make_it_due(folder: Path) -> None:
    """Move the time of the next reset into the past, as if a day had gone by."""
    draft = folder / ".demo.json"
    draft.write_text(json.dumps({"next_reset": 0.0, "resetting": False}))
    draft.replace(folder / "demo.json")


async def visit(up: StingProcess, http: aiohttp.ClientSession, folder: Path) -> str:
    """What a visitor does: a key, an exchange, a known value; the secret of the key."""
    admin = await logged_in(up, http)
    about = (await admin.call("GET", "/about")).data
    left = datetime.fromisoformat(about["next_reset"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert not about["external_ai"]
    secret: str = (await admin.call("POST", "/keys", {"name": "visitors-own-key"})).data["secret"]
    gateway = run_file(folder)["gateway"]
    status, text = await ask(http, gateway, secret)
    assert (status, "Zorblax" in text) == (200, True)
    status, text = await ask(http, gateway, secret, "openai/gpt-4o")
    assert (status, "External AI is switched off here" in text) == (404, True)
    await sets_are_loaded(admin)
    return secret


async def test_after_the_reset_nothing_of_a_visitor_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    jar = aiohttp.CookieJar(unsafe=True)
    environment = {"DEMO_MODE": "true", "EXTERNAL_AI_ENABLED": "auto", "OPENAI_API_KEY": "sk-nobodys"}
    async with (
        sting(tmp_path, *UP, str(folder), environment=environment) as up,
        aiohttp.ClientSession(cookie_jar=jar) as http,
    ):
        secret = await visit(up, http, folder)
        session = digest_of(next(cookie.value for cookie in jar if cookie.key == "sting_session"))
        marks = (*MARKS, session, digest_of(secret))
        assert {"visitors-own-key", session} <= traces(folder, *marks), "or the search would find nothing ever"
        make_it_due(folder)
        await up.line("The demo was reset")
        admin = await logged_in(up, http)
        assert traces(folder, *marks) == set()
        assert (await ask(http, run_file(folder)["gateway"], secret))[0] == 401
        assert "visitors-own-key" not in {key["name"] for key in (await admin.call("GET", "/keys")).data["items"]}
        await sets_are_loaded(admin)
        assert traces(folder, *marks) == set()
        up.interrupt()
        assert await up.ended() == 0
        await until(lambda: up.left_behind() == {}, 60)
        assert "Traceback" not in up.log.read_text()
