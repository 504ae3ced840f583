"""The shipped nginx configuration in the real nginx, before two real gateways."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running, StubDetector, running, until
from tests.own_postgres import free_port

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.long, pytest.mark.system]
MAIN = """daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sting.conf;
}}
"""


@dataclass
class Front:
    """nginx in `folder`, at `port`, before gateways at `ports`."""

    program: str
    folder: Path
    port: int
    ports: tuple[int, ...]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def upstreams(self, *, down: int | None = None) -> None:
        """Write the upstreams; the server at port `down` gets no new requests."""
        servers = "".join(f"server 127.0.0.1:{port}{' down' if port == down else ''};" for port in self.ports)
        text = f"upstream sting_gateway {{ {servers} }}\nupstream sting_console {{ server 127.0.0.1:1; }}\n"
        (self.folder / "upstreams.conf").write_text(text)

    def command(self, *arguments: str) -> None:
        done = subprocess.run(
            [self.program, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder), *arguments],
            capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def prepared(folder: Path, *ports: int) -> Front:
    """The shipped configuration in `folder`: only paths, port and upstreams are those of the test."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is missing: apt-get install nginx")
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=llm.example.com",
         "-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    text = (ROOT / "deploy/nginx/sting.conf").read_text(encoding="utf-8")
    for shipped, ours in (
        ("/etc/nginx/sting/", f"{folder}/"),
        ("/etc/nginx/tls/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    (folder / "sting.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    made = Front(program, folder, port, ports)
    made.upstreams()
    made.command("-t")
    return made


@asynccontextmanager
async def front(folder: Path, *ports: int) -> AsyncIterator[Front]:
    """nginx that runs."""
    made = await asyncio.to_thread(prepared, folder, *ports)
    process = await asyncio.create_subprocess_exec(
        made.program, "-c", str(folder / "nginx.conf"), "-p", str(folder), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            while not await _answers(made.port):  # noqa: ASYNC110 - another process tells nothing when it listens
                await asyncio.sleep(0.02)
        yield made
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def body(text: str, *, stream: bool) -> dict[str, object]:
    return {"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": text}]}


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    headers = {"Authorization": "Bearer sk-test-dev", "Host": "llm.example.com"}
    # One connection per request: a reloaded nginx closes the idle ones of its old workers, and a request that is
    # just being written to one of these fails in any client (RFC 9112, 9.3.1; the official SDKs try it again).
    connector = aiohttp.TCPConnector(ssl=trusting, force_close=True)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as made:
        yield made


async def test_a_stream_passes_event_by_event_and_no_body_touches_the_disk(tmp_path: Path) -> None:
    async with running(tmp_path / "a", StubDetector()) as one, front(tmp_path / "nginx", one.place.port) as nginx:
        gate = asyncio.Semaphore(0)
        one.provider.behaviour = Behaviour(event_gate=gate)
        async with session() as http:
            words = "Write to jane.doe@example.com " + "again " * 20_000
            async with http.post(f"{nginx.url}/v1/chat/completions", json=body(words, stream=True)) as answer:
                assert answer.status == 200
                for _ in range(3):  # each arrives before the next one is let go
                    gate.release()
                    async with asyncio.timeout(10):
                        assert (await answer.content.readline()).startswith(b"data:")
                        await answer.content.readline()
            async with http.get(f"{nginx.url}/metrics?secret=jane.doe@example.com") as answer:
                assert answer.status == 404
        for file in (path for path in nginx.folder.rglob("*") if path.is_file()):
            assert b"jane.doe" not in file.read_bytes(), file


async def test_a_rolling_restart_loses_no_request_and_cuts_no_stream(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        first = AsyncExitStack()
        one: Running = await first.enter_async_context(running(tmp_path / "a", StubDetector()))
        stack.push_async_callback(first.aclose)
        two = await stack.enter_async_context(running(tmp_path / "b", StubDetector()))
        nginx = await stack.enter_async_context(front(tmp_path / "nginx", one.place.port, two.place.port))
        http = await stack.enter_async_context(session())
        statuses: list[int] = []
        ended = asyncio.Event()

        async def load() -> None:
            while not ended.is_set():
                async with http.post(f"{nginx.url}/v1/chat/completions", json=body("hello", stream=False)) as answer:
                    statuses.append(answer.status)
                    await answer.read()

        async def stream() -> bytes:
            async with http.post(f"{nginx.url}/v1/chat/completions", json=body("a b c d e f", stream=True)) as answer:
                return await answer.read()

        gate = asyncio.Semaphore(0)
        one.provider.behaviour = two.provider.behaviour = Behaviour(event_gate=gate)
        streams = [asyncio.create_task(stream()) for _ in range(4)]
        await until(lambda: len(one.provider.requests) + len(two.provider.requests) == 4)
        assert one.provider.requests, "nginx spreads the streams over both"
        load_tasks = [asyncio.create_task(load()) for _ in range(4)]
        await asyncio.to_thread(nginx.upstreams, down=one.place.port)
        await asyncio.to_thread(nginx.command, "-s", "reload")
        await until(lambda: len(statuses) >= 40, 30)
        # The first gateway ends while its streams are still held; they are let go once it is ending.
        asyncio.get_running_loop().call_later(0.2, lambda: [gate.release() for _ in range(200)])
        await first.aclose()
        seen = len(statuses)
        await until(lambda: len(statuses) >= seen + 40, 30)
        ended.set()
        await asyncio.gather(*load_tasks)
        assert set(statuses) == {200}
        for text in await asyncio.gather(*streams):
            assert text.rstrip().endswith(b"data: [DONE]")
