"""No telemetry: no process of the product connects, or looks up a name, outside this machine unless told to."""

from __future__ import annotations

import ast
import asyncio
import ipaddress
import json
import signal
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.e2e.sting_process import run, sting

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

WATCH = """
import json, os, sys

def _watch():
    told = os.open({file!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    def hook(event, args):
        if event == "socket.connect":
            what = ["connect", repr(args[1])]
        elif event == "socket.getaddrinfo" or event == "socket.gethostbyname":
            what = ["lookup", repr(args[0])]
        else:
            return
        os.write(told, (json.dumps([os.getpid(), sys.argv[0] or "-", *what]) + chr(10)).encode())
    sys.addaudithook(hook)

_watch()
"""
"""Runs at the start of every Python process of the test; sees what Python asks of sockets, not what C code does."""


def outside(kind: str, what: str) -> bool:
    """Whether an address is not on this machine; names other than this machine's count, too."""
    value: object = ast_literal(what)
    if kind == "connect" and not isinstance(value, tuple):
        return False  # a Unix socket
    host = str(value[0] if isinstance(value, tuple) else value or "127.0.0.1")
    try:
        return not (ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified)
    except ValueError:
        return host != "localhost"


def ast_literal(text: str) -> object:
    """What was written down, as it was."""
    value: object = ast.literal_eval(text)
    return value.decode() if isinstance(value, bytes) else value


async def test_gateway_console_and_worker_keep_to_this_machine(tmp_path: Path) -> None:
    """A whole set-up from start to end: a chat, pages, a jar; then everything that was connected."""
    log = tmp_path / "connections.log"
    (tmp_path / "sitecustomize.py").write_text(WATCH.format(file=str(log)))
    config = tmp_path / "config.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "gateway": {"port": 0},
                "console": {"port": 0},
                "data_dir": str(tmp_path / "data"),
                "keys": [{"name": "dev", "secret": "sk-test-telemetry"}],
                "detection": {"workers": 1},
            }
        )
    )
    words = ("up", "--config", str(config), "--log-level", "error")
    async with sting(tmp_path, *words, environment={"PYTHONPATH": str(tmp_path)}) as running:
        gateway = (await running.line("STING-CE is running.")).partition("Gateway: ")[2].split()[0]
        console = (await running.line("Console: ")).removeprefix("Console: ").strip()
        headers = {"Authorization": "Bearer sk-test-telemetry"}
        body = {"model": "m", "messages": [{"role": "user", "content": "Write to t.lindqvist@example.com"}]}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.post(f"{gateway}/v1/chat/completions", json=body) as answer:
                assert answer.status == 200
            for page in (f"{console}/", f"{console}/api/v1/openapi.json", f"{gateway}/readyz", f"{gateway}/metrics"):
                async with session.get(page) as answer:
                    assert answer.status == 200, page
        status, _, errors = await run(tmp_path, "jars", "create", "empty", "--config", str(config))
        assert status == 0, errors
        await asyncio.sleep(
            3
        )  # what would call home after a while: longer than any of our intervals but the hourly ones
        running.process.send_signal(signal.SIGINT)
        assert await running.ended() == 0
    seen = [json.loads(line) for line in log.read_text().splitlines()]
    assert {pid for pid, *_ in seen}, "the watch saw nothing at all"
    assert [entry for entry in seen if outside(entry[2], entry[3])] == []


def test_the_watch_tells_outside_from_inside() -> None:
    assert outside("connect", "('93.184.216.34', 443)")
    assert outside("connect", "('2606:2800:220:1::1', 443, 0, 0)")
    assert outside("lookup", "'telemetry.example.com'")
    for kind, what in [
        ("connect", "('127.0.0.1', 80)"),
        ("connect", "('::1', 80, 0, 0)"),
        ("connect", "b'/tmp/x.sock'"),
        ("lookup", "'localhost'"),
        ("lookup", "None"),
    ]:
        assert not outside(kind, what)
