"""Several worker processes at one port: killed ones are replaced, figures are of all, streams finish at the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from policies.running import find_running
from tests.e2e.sting_process import StingProcess, sting
from tests.fake_provider import Behaviour, FakeProvider
from tests.gateway_fixture import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

KEY = "sk-test-workers"
BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Write to m.okafor@example.com."}]}


def configured(folder: Path, provider: str, workers: int) -> Path:
    path = folder / "config.yaml"
    config = {
        "gateway": {"port": 0, "workers": workers},
        "data_dir": str(folder / "data"),
        "detection": {"workers": 1},
        "providers": {"openai": {"kind": "openai", "base_url": f"{provider}/v1", "local": True}},
        "policies": {"default": "fast"},
        "keys": [{"name": "dev", "secret": KEY}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


def workers_of(parent: int) -> list[int]:
    """Process ids of its children that answer requests."""
    found: list[int] = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        with suppress(OSError):
            children = (task / "children").read_text().split()
            found += [int(pid) for pid in children if "proxy.worker\0" in Path(f"/proc/{pid}/cmdline").read_text()]
    return found


async def call(url: str, path: str = "/v1/chat/completions", body: Any = BODY) -> tuple[int, str]:
    """Status and text over a connection of its own, so that any worker may get it."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        method = "POST" if body is not None else "GET"
        async with session.request(method, url + path, json=body) as answer:
            return answer.status, await answer.text()


async def started(running: StingProcess) -> str:
    return (await running.line("gateway: ")).removeprefix("gateway: ")


async def requests_told(url: str) -> float:
    _, text = await call(url, "/metrics", None)
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("sting_requests_total"))


async def test_a_killed_worker_is_replaced_and_the_others_answer_meanwhile(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        sting(
            tmp_path, "gateway", "--config", str(configured(tmp_path, provider.url, 2)), "--log-level", "warning"
        ) as running,
    ):
        url = await started(running)
        found = find_running(tmp_path / "data")
        assert found is not None
        assert (found.pid, found.gateway) == (running.process.pid, url)
        before = workers_of(running.process.pid)
        assert len(before) == 2
        answers: list[int] = []
        broken: list[str] = []
        ended = asyncio.Event()

        async def client() -> None:
            while not ended.is_set():
                try:
                    answers.append((await call(url))[0])
                except aiohttp.ClientError as error:
                    broken.append(type(error).__name__)

        clients = [asyncio.create_task(client()) for _ in range(8)]
        await until(lambda: len(answers) > 50, 60)
        os.kill(before[0], signal.SIGKILL)
        since = len(answers)
        await until(lambda: len(answers) > since + 50, 60)
        async with asyncio.timeout(120):
            while (  # noqa: ASYNC110 - processes of another process have no event
                len(set(workers_of(running.process.pid)) - set(before)) != 1 or not await ready_everywhere(url)
            ):
                await asyncio.sleep(0.1)
        ended.set()
        await asyncio.gather(*clients)
        assert set(answers) == {200}
        assert len(broken) <= 40  # what the killed one had in hand, and what it was given before the kernel knew
        told = await requests_told(url)
        assert 0 < told <= len(answers) + 1
        running.interrupt()
        assert await running.ended() == 0
        assert not running.left_behind()
        assert find_running(tmp_path / "data") is None


async def ready_everywhere(url: str) -> bool:
    """Whether both workers say so: eight connections in a row that any of them may get."""
    return {(await call(url, "/readyz", None))[0] for _ in range(8)} == {200}


async def test_at_sigterm_streams_finish_and_nobody_new_is_let_in(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        sting(
            tmp_path, "gateway", "--config", str(configured(tmp_path, provider.url, 2)), "--log-level", "warning"
        ) as running,
    ):
        url = await started(running)
        gate = asyncio.Semaphore(2)
        provider.behaviour = Behaviour(text="one two three four five six", event_gate=gate)
        stream = asyncio.create_task(call(url, body={**BODY, "stream": True}))
        await asyncio.wait_for(provider.answering.wait(), 30)
        running.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            with suppress(aiohttp.ClientError):
                while True:  # until nobody listens any more
                    await call(url, "/healthz", None)
                    await asyncio.sleep(0.05)
        for _ in range(40):
            gate.release()
        status, text = await stream
        assert status == 200
        assert text.endswith("data: [DONE]\n\n")
        words = [json.loads(line[6:])["choices"][0]["delta"].get("content", "") for line in text.split("\n\n")[:-2]]
        assert "six" in "".join(words)
        assert await running.ended() == 0
        assert not running.left_behind()


async def test_a_port_that_is_taken_is_refused_at_the_start(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        sting(
            tmp_path, "gateway", "--config", str(configured(tmp_path, provider.url, 1)), "--port", str(provider.port)
        ) as running,
    ):
        assert await running.ended() == 1
        assert "cannot listen" in running.log.read_text()
