"""A target that is killed while requests wait for their first byte: none of them is lost, and its turn comes again."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway

pytestmark = pytest.mark.timeout(180)
ROOT = Path(__file__).parents[2]
HALF = 6


@asynccontextmanager
async def provider(record: Path, port: int = 0) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A provider in a process of its own: its address, and the process to kill."""
    command = [sys.executable, "-m", "tests.fake_provider", "--port", str(port), "--record", str(record)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            yield (await process.stdout.readline()).decode().strip(), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def talk(number: int, *, stream: bool) -> dict[str, Any]:
    return {"model": "pair", "stream": stream, "messages": [{"role": "user", "content": f"Talk {number}"}]}


async def test_requests_that_wait_for_a_killed_target_are_answered_by_the_other(
    new_gateway: NewGateway, tmp_path: Path
) -> None:
    record = tmp_path / "seen"
    record.touch()
    async with provider(record) as (url, process):
        house = {"kind": "openai", "base_url": f"{url}/v1", "local": True}
        config = {
            "providers.doomed": house,
            "models": {"pair": {"targets": ["doomed/one", "fake/two"]}},
            "gateway.breaker_failures": 3,
            "gateway.breaker_rest_s": 3600,
        }
        async with aiohttp.ClientSession() as http, http.post(f"{url}/_behaviour", json={"never": True}) as told:
            assert told.status == 200
        async with new_gateway(config) as gateway:
            gate = asyncio.Event()
            gateway.provider.behaviour = Behaviour(gate=gate)
            bodies = [talk(number, stream=number % 2 == 0) for number in range(2 * HALF)]
            calls = [asyncio.create_task(gateway.call("/v1/chat/completions", body)) for body in bodies]

            def waiting() -> bool:
                return record.read_bytes().count(b"Talk ") >= HALF and len(gateway.provider.requests) >= HALF

            async with asyncio.timeout(60):
                # the least in flight is asked first, so each of the two has half of them
                while not waiting():  # noqa: ASYNC110 - other processes
                    await asyncio.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            gate.set()
            answers = await asyncio.gather(*calls)
            assert [status for status, _, _ in answers] == [200] * (2 * HALF)
            for number, (_, _, answer) in enumerate(answers):
                whole = b"[DONE]" in answer if bodies[number]["stream"] else f"Talk {number}".encode() in answer
                assert whole, answer
            assert len(gateway.provider.requests) == 2 * HALF, "those of the killed one were asked anew, once each"
            health = gateway.gateway.services.health.told()
            assert health["doomed"]["state"] == "open"
            assert health["doomed"]["in_flight"] == health["fake"]["in_flight"] == 0
            status, _, _ = await gateway.call("/v1/chat/completions", talk(99, stream=False))
            assert (status, len(gateway.provider.requests)) == (200, 2 * HALF + 1), "it is left alone"
