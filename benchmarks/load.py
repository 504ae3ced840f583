"""Load over raw keep-alive connections, as little work per request as Python allows: closed and open loop, streams."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_OK = 200


@dataclass(frozen=True)
class Result:
    """Figures of one round: requests that were answered with 200, others by kind, and each one's seconds."""

    good: int
    others: Counter[str]
    seconds: float
    times: list[float]

    @property
    def bad(self) -> int:
        """Requests that were not answered with 200."""
        return self.others.total()

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.good / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in milliseconds below which `share` of the requests stayed."""
        ordered = sorted(self.times) or [float("nan")]
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def kind_of(status: int, answer: bytes) -> str:
    """An answer that was not wanted: its status, and code and words of an error of ours (they hold no value)."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        told = json.loads(answer)
        error = told.get("error", told)
        return f"{status} {error['code']}: {error.get('message', error.get('detail'))}"
    return f"{status}, {len(answer)} bytes"


async def one_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one HTTP/1.1 answer: its status and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    status, body = int(head[9:12]), b""
    start = lowered.find(b"content-length:")
    if start >= 0:
        body = await reader.readexactly(int(lowered[start + 15 : lowered.index(b"\r\n", start)]))
    elif b"transfer-encoding: chunked" in lowered:
        pieces = []
        while (size := int((await reader.readline()).split(b";")[0], 16)) > 0:
            pieces.append((await reader.readexactly(size + 2))[:-2])
        await reader.readline()
        body = b"".join(pieces)
    return status, body


def asked_once(port: int, content: bytes, patience: float = 60.0) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body. Raises OSError."""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        connection.sendall(content)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


async def ask(port: int, content: bytes) -> tuple[int, bytes]:
    """The same without blocking the loop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    try:
        writer.write(content)
        return await one_answer(reader)
    finally:
        writer.close()


async def all_of(port: int, requests: Iterable[bytes], clients: int) -> list[tuple[int, bytes, float]]:
    """Send all requests over so many connections; status, body and seconds of each, in the order of the answers."""
    waiting, told = iter(requests), []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        for content in waiting:
            begun = time.perf_counter()
            writer.write(content)
            status, body = await one_answer(reader)
            told.append((status, body, time.perf_counter() - begun))
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return told


async def closed_loop(port: int, request: Callable[[int], bytes], clients: int, seconds: float) -> Result:
    """`clients` connections that each send the next request when the last one is answered, for `seconds`."""
    counter, good = 0, 0
    others = Counter[str]()
    times: list[float] = []
    started = time.perf_counter()
    deadline = started + seconds

    async def client() -> None:
        nonlocal counter, good
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        try:
            while (begun := time.perf_counter()) < deadline:
                counter += 1
                writer.write(request(counter))
                status, answer = await one_answer(reader)
                times.append(time.perf_counter() - begun)
                good += status == _OK
                if status != _OK:
                    others[kind_of(status, answer)] += 1
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return Result(good, others, time.perf_counter() - started, times)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without this process's garbage collector, whose pauses would count as the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def open_loop(
    port: int, request: Callable[[int], bytes], rate: float, seconds: float, *, ready: int = 0
) -> Result:
    """`rate` requests per second whether answers come or not; times count from when a request was due.

    `ready` connections are open when it begins, as in a client's pool; further ones are opened when all are at work.
    """
    idle = [await asyncio.open_connection("127.0.0.1", port, limit=1 << 24) for _ in range(ready)]
    times: list[float] = []
    good, others = 0, Counter[str]()

    async def ask(number: int, due: float) -> None:
        nonlocal good
        reused = bool(idle)
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        try:
            writer.write(request(number))
            status, answer = await one_answer(reader)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            others[f"{type(error).__name__} on {'an idle' if reused else 'a new'} connection"] += 1
            writer.close()
            return
        times.append(time.perf_counter() - due)
        good += status == _OK
        if status != _OK:
            others[kind_of(status, answer)] += 1
        idle.append((reader, writer))

    tasks = []
    with uncollected():
        started = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = started + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(ask(number, due)))
        await asyncio.gather(*tasks)
    for _, writer in idle:
        writer.close()
    return Result(good, others, time.perf_counter() - started, times)


async def first_bytes_spread(port: int, request: bytes, streams: int, every: float, count: int) -> list[float]:
    """Seconds until the first event of `count` streams, one begun each `every` seconds, once `streams` are open.

    Each stays open until its provider ends it; `every` is how long that takes, shared by the streams.
    """
    times: list[float] = []

    async def stream(number: int, due: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        begun = time.perf_counter()
        writer.write(request)
        await reader.readuntil(b"data: ")
        if number >= streams:
            times.append(time.perf_counter() - begun)
        await reader.readuntil(b"[DONE]")
        writer.close()

    started = time.perf_counter() + every
    dues = [started + number * every for number in range(streams + count)]
    await asyncio.gather(*(stream(number, due) for number, due in enumerate(dues)))
    return times


async def first_bytes(port: int, request: bytes, streams: int, probe: Callable[[], int]) -> tuple[list[float], int]:
    """Seconds until the first event of each of so many streams at once, and what `probe` says while all are open."""
    begun = asyncio.Barrier(streams + 1)
    times: list[float] = []

    async def stream() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.perf_counter()
        writer.write(request)
        await reader.readuntil(b"data: ")
        times.append(time.perf_counter() - started)
        await begun.wait()
        await reader.readuntil(b"[DONE]")
        writer.close()

    tasks = [asyncio.create_task(stream()) for _ in range(streams)]
    await begun.wait()
    during = probe()
    await asyncio.gather(*tasks)
    return times, during
