"""Servers that faults strike: Valkey (alone, behind a sentinel, as a cluster) and PostgreSQL, each a real process."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from proxy.vault.embedded import server_binary

DEADLINE = 60.0
"""Seconds that any server may take to start or to change its role."""


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@dataclass
class Valkey:
    """A Valkey server with a journal, at a port that stays the same over its restarts."""

    folder: Path
    options: tuple[str, ...] = ()
    sentinel: bool = False
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address for `redis.url`."""
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it over what its journal holds, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder}
        if not self.sentinel:
            settings |= {"save": '""', "appendonly": "yes", "maxmemory-policy": "noeviction"}
        path = self.folder / "server.conf"
        if not (self.sentinel and path.exists()):  # a sentinel keeps its state in this file
            path.write_text("\n".join([*(f"{name} {value}" for name, value in settings.items()), *self.options]) + "\n")
        command = [str(server_binary()), str(path), *(["--sentinel"] if self.sentinel else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        await self.answers()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; SIGKILL and SIGTERM are waited for."""
        assert self.process is not None
        self.process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.process.wait(30)

    def close(self) -> None:
        """End it, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGKILL)

    async def call(self, *command: Any) -> Any:
        """The answer to one command, over a connection of its own."""
        async with Redis(port=self.port, socket_timeout=5, decode_responses=True) as client:
            return await client.execute_command(*command)

    async def answers(self, *command: str, having: str = "") -> None:
        """Wait until a command (PING) is answered, with `having` (as `name:value`) in its answer."""
        async with asyncio.timeout(DEADLINE):
            while True:
                try:
                    answer = str(await self.call(*(command or ("PING",))))
                    if having in answer.replace("'", "").replace(": ", ":"):
                        return
                except (RedisError, OSError):
                    pass
                await asyncio.sleep(0.02)


@dataclass
class Postgres:
    """A PostgreSQL server of this test's own; skips the test where there is none."""

    folder: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address for `database.url`."""
        return f"postgresql+asyncpg://sting@127.0.0.1:{self.port}/postgres"

    async def create(self) -> None:
        """Make an empty database and start."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        names = {entry.pw_name for entry in pwd.getpwall()}
        if not found or (os.geteuid() == 0 and "postgres" not in names):
            pytest.skip("no PostgreSQL here: apt-get install postgresql")
        self._programs = found[0]
        self._account = "postgres" if os.geteuid() == 0 else None
        self.folder.mkdir()
        if self._account:
            shutil.chown(self.folder, self._account)
        init = [str(self._programs / "initdb"), "-D", str(self.folder / "data"), "-U", "sting", "-A", "trust", "-N"]
        subprocess.run(init, user=self._account, cwd="/", check=True, timeout=60, stdout=subprocess.DEVNULL)
        await self.start()

    async def start(self) -> None:
        """Start, and wait until it answers."""
        options = ["-k", str(self.folder), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *options]
        log = (self.folder.parent / "postgres.log").open("ab")
        with log:
            self.process = subprocess.Popen(command, user=self._account, cwd="/", stdout=log, stderr=log)
        async with asyncio.timeout(DEADLINE):
            while await asyncio.to_thread(self._asked, "SELECT 1") != "1":
                await asyncio.sleep(0.05)

    def _asked(self, statement: str) -> str:
        command = [str(self._programs / "psql"), "-qXAt", "-h", "127.0.0.1", "-p", str(self.port), "-U", "sting"]
        done = subprocess.run(
            [*command, "-c", statement, "postgres"], text=True, check=False, timeout=30, capture_output=True
        )
        return done.stdout.strip()

    def sql(self, statement: str) -> str:
        """What one statement answers."""
        return self._asked(statement)

    def kill(self) -> None:
        """As a power cut: no process of it is left, nothing is written any more."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(30)

    def close(self) -> None:
        """End it."""
        if self.process is not None and self.process.poll() is None:
            self.kill()


async def sentinel_set(folder: Path, servers: list[Valkey]) -> tuple[Valkey, Valkey, Valkey]:
    """A primary, its replica and a sentinel that watches them under the name `sting`; all put into `servers`."""
    primary = Valkey(folder / "primary")
    servers.append(primary)
    await primary.start()
    replica = Valkey(folder / "replica", (f"replicaof 127.0.0.1 {primary.port}",))
    servers.append(replica)
    await replica.start()
    await replica.answers("INFO", "replication", having="master_link_status:up")
    watch = (
        f"sentinel monitor sting 127.0.0.1 {primary.port} 1",
        "sentinel down-after-milliseconds sting 500",
        "sentinel failover-timeout sting 3000",
    )
    sentinel = Valkey(folder / "sentinel", watch, sentinel=True)
    servers.append(sentinel)
    await sentinel.start()
    await sentinel.answers("SENTINEL", "REPLICAS", "sting", having=str(replica.port))
    return primary, replica, sentinel


async def cluster_of_six(folder: Path, nodes: list[Valkey]) -> None:
    """Into `nodes`: three primaries with a third of the slots each, then their replicas in the same order."""
    for number in range(6):
        port, bus = free_ports(2)
        options = ("cluster-enabled yes", f"cluster-port {bus}", "cluster-node-timeout 1000")
        nodes.append(Valkey(folder / str(number), options, port=port))
        await nodes[-1].start()
    for number, node in enumerate(nodes[:3]):
        await node.call("CLUSTER", "ADDSLOTSRANGE", 16384 * number // 3, 16384 * (number + 1) // 3 - 1)
        await node.call("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for node in nodes[1:]:
        bus = node.options[1].rpartition(" ")[2]
        await nodes[0].call("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
    for node in nodes:
        await node.answers("CLUSTER", "INFO", having="cluster_known_nodes:6")
    for primary, replica in zip(nodes[:3], nodes[3:], strict=True):
        name = str(await primary.call("CLUSTER", "MYID"))
        await replica.answers("CLUSTER", "NODES", having=name)
        await replica.call("CLUSTER", "REPLICATE", name)
    for replica in nodes[3:]:
        await replica.answers("INFO", "replication", having="master_link_status:up")
    for node in nodes:
        await node.answers("CLUSTER", "INFO", having="cluster_state:ok")
