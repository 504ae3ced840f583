"""TLS at the gateway itself: official SDK over it, a certificate that changes while it runs, all our own processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import httpx
import pytest
import yaml
from openai import AsyncOpenAI

from policies.running import find_running
from tests.certificates import Authority
from tests.e2e.sting_process import run, sting
from tests.e2e.test_up import chat, logged_in
from tests.gateway_fixture import NewGateway

MESSAGE = "Write to Margaret Okafor, m.okafor@example.com, please."


def replaced(pair: tuple[Path, Path], by: tuple[Path, Path]) -> None:
    """As certificate managers do it: each file at once, and as a new one."""
    for old, new in zip(pair, by, strict=True):
        draft = old.with_suffix(".new")
        shutil.copy(new, draft)
        os.replace(draft, old)  # noqa: PTH105 - the call that matters


async def good(metrics: Callable[[ssl.SSLContext], Awaitable[str]], context: ssl.SSLContext) -> bool:
    """Whether what this context trusts serves, and says that all is well."""
    try:
        return "sting_tls_good 1.0" in await metrics(context)
    except httpx.TransportError:
        return False


@pytest.mark.asyncio(loop_scope="session")
async def test_clients_speak_tls_and_a_new_certificate_needs_no_restart(
    new_gateway: NewGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policies.listener_tls.LOOK_SECONDS", 0.02)
    authority = Authority(tmp_path / "ca")
    pair = authority.issue("server")
    tls = {"gateway.tls.cert_file": str(pair[0]), "gateway.tls.key_file": str(pair[1])}
    async with new_gateway(tls) as gateway:
        assert gateway.url.startswith("https://")
        trusting = authority.trusting()
        async with AsyncOpenAI(
            base_url=f"{gateway.url}/v1",
            api_key="sk-test-dev",
            http_client=httpx.AsyncClient(verify=trusting),
            max_retries=0,
        ) as client:
            stream = await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": MESSAGE}], stream=True
            )
            text = "".join([event.choices[0].delta.content or "" async for event in stream if event.choices])
        assert "m.okafor@example.com" in text
        assert b"m.okafor@example.com" not in gateway.provider.requests[-1].body

        async def metrics(context: ssl.SSLContext) -> str:
            """Over a new connection."""
            async with httpx.AsyncClient(verify=context) as fresh:
                return (await fresh.get(f"{gateway.url}/metrics")).text

        pair[0].write_text("broken")
        async with asyncio.timeout(30):
            while "sting_tls_good 0.0" not in await metrics(trusting):  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.02)
        others = Authority(tmp_path / "other", "other")
        replaced(pair, others.issue("fresh"))
        trusting = others.trusting()
        async with asyncio.timeout(30):
            while not await good(metrics, trusting):  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.02)
        with pytest.raises(httpx.TransportError):
            await metrics(authority.trusting())


@pytest.mark.long
@pytest.mark.timeout(280)
async def test_all_our_own_parts_work_over_tls_that_asks_for_client_certificates(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    pair, own, mine = authority.issue("server"), authority.issue("own"), authority.issue("mine")
    config = tmp_path / "config.yaml"
    gateway_tls = {
        "cert_file": pair[0],
        "key_file": pair[1],
        "client_ca_file": authority.file,
        "own_cert_file": own[0],
        "own_key_file": own[1],
    }
    sections = {
        "gateway": {"tls": {name: str(path) for name, path in gateway_tls.items()}},
        "console": {"tls": {"cert_file": str(pair[0]), "key_file": str(pair[1])}},
    }
    config.write_text(yaml.safe_dump(sections))
    data = tmp_path / "data"
    words = ("--config", str(config), "--data-dir", str(data))
    connector = aiohttp.TCPConnector(ssl=authority.trusting(mine))
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        sting(tmp_path, "up", "--demo", "--gateway-port", "0", "--console-port", "0", *words) as up,
        aiohttp.ClientSession(cookie_jar=jar, connector=connector) as http,
    ):
        admin = await logged_in(up, http)
        assert admin.url.startswith("https://")
        made = await admin.call("POST", "/keys", {"name": "over-tls"})
        running = find_running(data)
        assert running is not None
        assert running.gateway.startswith("https://")
        status, text = await chat(http, running.gateway, made.data["secret"])
        assert (status, "Margaret Okafor" in text) == (200, True)
        shown = await admin.call("POST", "/playground/chat", {"text": "Write to m.okafor@example.com"})
        assert (shown.status, "m.okafor@example.com" in shown.data["sent"]) == (200, False)
        async with aiohttp.ClientSession() as stranger:
            with pytest.raises(aiohttp.ClientError):
                await stranger.get(f"{running.gateway}/healthz", ssl=authority.trusting())
        # a command of ours, that asks the running gateway
        status, output, errors = await run(tmp_path, "values", "count", "staff", *words)
        assert (status, "no such list" in errors) == (1, True), output + errors  # the gateway's own answer
        up.interrupt()
        assert await up.ended() == 0
