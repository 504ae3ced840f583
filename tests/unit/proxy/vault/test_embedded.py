"""The embedded server: it lives, dies and remembers as promised."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from policies.redis_client import make_client
from proxy.errors import VaultUnavailable
from proxy.vault.base import Scope
from proxy.vault.embedded import EmbeddedValkey, rewrite_journal, server_binary
from proxy.vault.redis import RedisVault
from tests.gateway_fixture import until
from tests.valkey_fixture import MemoryKeyRing

PARENT = """
import asyncio, pathlib, sys
from proxy.vault.embedded import EmbeddedValkey
server = EmbeddedValkey(pathlib.Path(sys.argv[1]))
asyncio.run(server.start())
print(server.pid, flush=True)
sys.stdin.read()
"""
SCOPE = Scope("acme", "support", "ann@example.com")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    async with EmbeddedValkey(tmp_path) as running:
        yield running


@pytest.fixture
async def client(server: EmbeddedValkey) -> AsyncIterator[Redis]:
    client = make_client(server.url)
    assert isinstance(client, Redis)
    yield client
    await client.aclose()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def until_ended(pid: int) -> None:
    async with asyncio.timeout(10):
        while alive(pid):  # noqa: ASYNC110 - nobody tells us of a process that is not our child
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
async def test_a_killed_parent_leaves_no_server_behind_and_the_next_one_starts(
    tmp_path: Path, how: signal.Signals
) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[4],
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
    assert alive(pid)
    parent.send_signal(how)
    await parent.wait()
    await until_ended(pid)
    async with EmbeddedValkey(tmp_path) as successor:
        assert successor.pid not in {None, pid}


async def test_ctrl_c_does_not_reach_the_server_before_its_parent_ends_it(server: EmbeddedValkey) -> None:
    assert server.pid is not None
    assert os.getpgid(server.pid) != os.getpgid(0)


async def test_a_second_process_over_the_same_data_dir_is_refused_by_name(
    server: EmbeddedValkey, tmp_path: Path
) -> None:
    with pytest.raises(VaultUnavailable, match=rf"pid {os.getpid()}\).*another data_dir"):
        await EmbeddedValkey(tmp_path).start(lock_patience=0.1)
    assert server.pid is not None


async def test_what_was_stored_survives_a_restart(tmp_path: Path) -> None:
    for expected in (None, b"v"):
        async with EmbeddedValkey(tmp_path) as server:
            client = make_client(server.url)
            assert await client.get("key") == expected
            await client.set("key", "v")
            await client.aclose()
        assert server.pid is None


async def test_a_server_that_was_killed_comes_back_with_what_it_had(server: EmbeddedValkey, client: Redis) -> None:
    await client.set("kept", "yes")
    before = server.pid
    assert before is not None
    keeping = asyncio.create_task(server.keep())
    os.kill(before, signal.SIGKILL)
    async with asyncio.timeout(30):
        while server.pid in (None, before):  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.02)
        await server._until_ready(30)
    assert text(await client.get("kept") or "") == "yes"
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_it_listens_on_no_port_and_never_evicts_or_logs_commands(client: Redis) -> None:
    expected = {
        "port": "0",
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "slowlog-log-slower-than": "-1",
    }
    execute: Any = client.execute_command
    told = await execute("CONFIG", "GET", *expected)
    pairs = told.items() if isinstance(told, dict) else zip(told[::2], told[1::2], strict=True)
    assert {text(name): text(value) for name, value in pairs} == expected


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def test_only_its_user_may_open_its_files_and_socket(
    server: EmbeddedValkey, client: Redis, tmp_path: Path
) -> None:
    await client.set("key", "v")
    for path in [tmp_path / "valkey", *(tmp_path / "valkey").rglob("*")]:
        if path.name not in {"lock", "valkey.log"}:  # in a folder that is closed to others
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert server.url.endswith("valkey.sock")


async def test_a_data_dir_with_a_long_name_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    async with EmbeddedValkey(folder) as server:
        socket = Path(server.url.removeprefix("unix://"))
        assert folder not in socket.parents
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        client = make_client(server.url)
        assert await client.ping()
        await client.aclose()
    assert not socket.parent.exists()


async def test_after_a_shred_the_disk_no_longer_holds_the_session(
    server: EmbeddedValkey, client: Redis, tmp_path: Path
) -> None:
    vault = RedisVault(client, MemoryKeyRing(), address_key=b"a" * 32, on_shred=server.rewrite)
    kept, shredded = "PERSON_AAAAAAAA", "PERSON_BBBBBBBB"
    other = Scope("acme", "support", "other")
    for scope, token in ((other, kept), (SCOPE, shredded)):
        await vault.save(await vault.open(scope, []), {token: "Ann Secretname"}, {"exchange": "1"})
    # While an fsync is under way, the server writes what came meanwhile up to two seconds later.
    await until(lambda: shredded.encode() in journal(tmp_path), 30)
    await asyncio.gather(vault.forget(SCOPE), rewrite_journal(client))  # two that want to rewrite at once
    assert shredded.encode() not in journal(tmp_path)
    await until(lambda: kept.encode() in journal(tmp_path), 30)
    assert b"Secretname" not in journal(tmp_path)


async def test_a_journal_that_cannot_be_rewritten_is_told(server: EmbeddedValkey) -> None:
    await asyncio.to_thread(server.close)
    with pytest.raises(VaultUnavailable, match="is shredded, but the journal"):
        await server.rewrite()


def journal(data_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (data_dir / "valkey" / "aof").iterdir())


async def test_a_server_that_cannot_start_tells_why(tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "aof").write_text("in the way")
    server = EmbeddedValkey(tmp_path)
    with pytest.raises(VaultUnavailable, match=r"ended with status 1.*aof"):
        await server.start()
    assert server.pid is None
    (tmp_path / "valkey" / "aof").unlink()
    async with server:  # the lock was given back
        assert server.pid is not None


async def test_a_server_that_never_answers_is_ended(tmp_path: Path) -> None:
    program = tmp_path / "sleeper"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)
    server = EmbeddedValkey(tmp_path, binary=program)
    with pytest.raises(VaultUnavailable, match=r"did not answer within 0\.3 s"):
        await server.start(patience=0.3)
    assert server.pid is None


def test_starting_in_another_thread_is_refused(tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            asyncio.run(EmbeddedValkey(tmp_path).start())
        except RuntimeError as failure:
            caught.append(failure)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_a_launcher_whose_parent_is_already_gone_starts_nothing(tmp_path: Path) -> None:
    launcher = Path(server_binary.__code__.co_filename).with_name("_launch.py")
    mark = tmp_path / "mark"
    ended = subprocess.run([sys.executable, "-I", "-S", str(launcher), "1", "/bin/touch", str(mark)], check=False)
    assert ended.returncode == 1
    assert not mark.exists()


def test_a_machine_without_the_package_gets_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(VaultUnavailable, match=r"redis\.url"):
        server_binary()
