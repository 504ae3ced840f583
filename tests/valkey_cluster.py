"""A Valkey cluster of three primaries for tests, without replicas."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from proxy.vault.embedded import server_binary

SLOTS = 16384


@asynccontextmanager
async def valkey_cluster(folder: Path) -> AsyncIterator[str]:
    """The URL of a running, empty cluster."""
    ports = free_ports(6)
    with ExitStack() as stack:
        for port, bus in zip(ports[:3], ports[3:], strict=True):
            place = folder / str(port)
            place.mkdir()
            options = ["--port", str(port), "--cluster-port", str(bus), "--bind", "127.0.0.1", "--dir", str(place)]
            options += ["--cluster-enabled", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
            server = stack.enter_context(start([str(server_binary()), *options]))
            stack.callback(server.kill)
        nodes = [Redis(port=port, socket_timeout=5) for port in ports[:3]]
        async with asyncio.timeout(60):
            await join(nodes, ports)
        for node in nodes:
            await node.aclose()
        yield f"redis+cluster://127.0.0.1:{ports[0]}"


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on, with the cluster bus's port (given to the server) among them."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


async def join(nodes: list[Redis], ports: list[int]) -> None:
    """Give each node a third of the slots, introduce them, and wait until each sees the whole cluster."""
    await asyncio.gather(*(until_answered(node, "PING") for node in nodes))
    for number, node in enumerate(nodes):
        first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1
        await call(node, "CLUSTER", "ADDSLOTSRANGE", first, last)
        await call(node, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for port, bus in zip(ports[1:3], ports[4:6], strict=True):
        await call(nodes[0], "CLUSTER", "MEET", "127.0.0.1", port, bus)
    for node in nodes:
        while True:
            state = str(await call(node, "CLUSTER", "INFO"))
            if "cluster_state:ok" in state and "cluster_known_nodes:3" in state:
                break
            await asyncio.sleep(0.05)


async def call(node: Redis, *args: Any) -> Any:
    execute: Any = node.execute_command
    answer = await execute(*args)
    if isinstance(answer, dict):
        return "\n".join(f"{name}:{value}" for name, value in answer.items())
    return answer


async def until_answered(node: Redis, *args: Any) -> None:
    while True:
        try:
            await call(node, *args)
        except OSError:
            await asyncio.sleep(0.05)
        except Exception as failure:
            if type(failure).__name__ != "ConnectionError":
                raise
            await asyncio.sleep(0.05)
        else:
            return
