"""Many streams, bursts, clients that do not read, and more than there is room for: figures, and whether it held.

    python benchmarks/bench_load.py [--streams 1000] [--policy fast] [--json FILE] [PART ...]

Parts: streams (so many open at once in one process), burst (nothing, then 500 requests at the same moment), slow
(clients that stop reading floods of 40 MiB), overload (200 streams fill a worker that may have 200; what comes then
is refused, and health checks answer in the middle of it). Ends with 1 when an answer was not what it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvloop
from load import all_of, ask
from processes import Process, started_gateway, started_upstream
from scenarios import letter, user

_MIB = 1 << 20
_BURST, _BURSTS = 500, 5
_SLOW, _FLOOD = 4, 40
_ROOM, _BEYOND = 200, 400
_OPENING = 8
"""Streams that are being opened at once: what is measured is how many can be open, not how fast they come."""
_PATIENCE = 3_600
"""Seconds that a stream may be silent here; by default 120, which a slow machine takes to open a thousand."""
_TEXTS = 7 * 10**9
_OK, _BUSY = 200, 503
Row = dict[str, object]


def _mail(text: str) -> bytes:
    return next(word for word in text.split() if "@" in word).encode()


class Streams:
    """Streams that a provider holds back behind their first event, each with a value of its own."""

    def __init__(self, port: int, upstream: int) -> None:
        self._port = port
        self._upstream = upstream
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]] = []

    async def begin(self, count: int, first: int) -> None:
        """Open so many more; each has had its first event. Raises ConnectionError when one is refused."""
        turn = asyncio.Semaphore(_OPENING)

        async def one(number: int) -> None:
            async with turn:
                text = letter(_TEXTS + number)
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
                writer.write(user(text, stream=True, model="bench-gate"))
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 200"):
                    raise ConnectionError(f"a stream was refused: {head!r} {await reader.read(1000)!r}")
                await reader.readuntil(b"data: ")
                self._open.append((reader, writer, _mail(text)))

        await asyncio.gather(*(one(number) for number in range(first, first + count)))

    async def finish(self) -> Row:
        """Let all go on to their end; how many were whole, and had their value back and nobody else's."""
        await ask(self._upstream, b"POST /gate HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        whole = restored = 0
        for reader, writer, mail in self._open:
            rest = await reader.readuntil(b"[DONE]")
            whole += rest.endswith(b"[DONE]")
            restored += mail in _joined(rest)
            writer.close()
        told = {"whole": whole, "restored": restored, "of": len(self._open)}
        self._open.clear()
        return dict(told)


def _joined(events: bytes) -> bytes:
    """The texts of a stream's events, one behind the other."""
    found = [line[6:] for line in events.split(b"\n") if line.startswith(b"data: {")]
    return "".join(json.loads(one)["choices"][0]["delta"].get("content") or "" for one in found).encode()


async def streams(place: Process, upstream: int, count: int) -> Row:
    """So many streams open at once in one process: memory of each, and that all come to their end."""
    await all_of(place.port, (user(letter(n), stream=True) for n in range(200)), 16)  # warm-up
    before = place.anonymous()["workers"]
    held = Streams(place.port, upstream)
    started = time.perf_counter()
    await held.begin(count, 0)
    opened, during = time.perf_counter() - started, place.anonymous()["workers"]
    told = await held.finish()
    fine = told["whole"] == told["restored"] == count
    return {
        **told,
        "kib_per_stream": round((during - before) / 1024 / count, 1),
        "opened_s": round(opened, 1),
        "all_s": round(time.perf_counter() - started, 1),
        "fine": fine,
    }


async def burst(place: Process, _upstream: int, _count: int) -> Row:
    """Nothing, then 500 requests on as many connections at the same moment, five times."""
    statuses: Counter[int] = Counter()
    times: list[float] = []
    took: list[float] = []
    for _ in range(_BURSTS):
        started = time.perf_counter()
        answers = await all_of(place.port, (user(letter(1)) for _ in range(_BURST)), _BURST)
        took.append(time.perf_counter() - started)
        statuses.update(status for status, _, _ in answers)
        times += [seconds for _, _, seconds in answers]
    ordered = sorted(times)
    return {
        "requests": _BURST * _BURSTS,
        "statuses": dict(statuses),
        "p50_ms": round(1000 * ordered[len(ordered) // 2]),
        "p99_ms": round(1000 * ordered[int(0.99 * len(ordered))]),
        "longest_burst_s": round(max(took), 2),
        "fine": statuses == {_OK: _BURST * _BURSTS},
    }


async def slow(place: Process, upstream: int, _count: int) -> Row:
    """Clients that stop reading: what the provider got rid of, what is held; all leave but one, which reads on."""
    before = place.anonymous()["workers"]
    pairs = []
    for _ in range(_SLOW):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(user(str(_FLOOD), stream=True, model="bench-flood"))
        pairs.append((reader, writer))
    sent = await _still(upstream)
    held = place.anonymous()["workers"] - before
    for _, writer in pairs[1:]:
        writer.close()
    whole = await _drained(pairs[0][0])
    pairs[0][1].close()
    return {
        "clients": _SLOW,
        "offered_mib": _SLOW * _FLOOD,
        "provider_sent_mib": round(sent / _MIB, 1),
        "held_mib_per_client": round(held / _MIB / _SLOW, 2),
        "whole": whole,
        "fine": whole and sent < _SLOW * _FLOOD * _MIB / 2,
    }


async def _still(upstream: int) -> int:
    """Bytes that the provider sent, once that number has stood still for a second."""
    before, since = -1, time.monotonic()
    while True:
        sent = int((await ask(upstream, b"GET /flooded HTTP/1.1\r\nHost: x\r\n\r\n"))[1])
        if sent != before:
            before, since = sent, time.monotonic()
        elif sent and time.monotonic() - since > 1:
            return sent
        await asyncio.sleep(0.1)


async def _drained(reader: asyncio.StreamReader) -> bool:
    """Read to the end; whether that was the end of a stream."""
    last = b""
    while piece := await reader.read(1 << 18):
        last = (last + piece)[-64:]
        if b"[DONE]" in last:
            return True
    return False


async def overload(place: Process, upstream: int, _count: int) -> Row:
    """A worker that is full: what comes then is refused at once with `retry-after`, and health checks answer."""
    held = Streams(place.port, upstream)
    await held.begin(_ROOM, 10**6)
    statuses: Counter[int] = Counter()
    advised = 0
    health: list[float] = []

    async def one() -> None:
        nonlocal advised
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(user(letter(1)))
        head = await reader.readuntil(b"\r\n\r\n")
        statuses[int(head[9:12])] += 1
        advised += b"\r\nretry-after: 1\r\n" in head.lower()
        writer.close()

    async def checked() -> None:
        for path in ("healthz", "readyz") * 20:
            started = time.perf_counter()
            status, _ = await ask(place.port, f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            statuses[status] += 1
            health.append(time.perf_counter() - started)

    await asyncio.gather(checked(), *(one() for _ in range(_BEYOND)))
    told = await held.finish()
    after, _ = await ask(place.port, user(letter(1)))
    fine = statuses == {_BUSY: _BEYOND, _OK: 40} and advised == _BEYOND and after == _OK
    return {
        "room": _ROOM,
        "refused_503": statuses[_BUSY],
        "with_retry_after": advised,
        "health_checks_200": statuses[_OK],
        "slowest_health_ms": round(1000 * max(health)),
        "streams_whole": told["whole"],
        "streams_restored": told["restored"],
        "next_request": after,
        "fine": fine and told["whole"] == told["restored"] == _ROOM,
    }


PARTS: dict[str, Callable[[Process, int, int], Coroutine[None, None, Row]]] = {
    "streams": streams,
    "burst": burst,
    "slow": slow,
    "overload": overload,
}


@contextmanager
def gateway(policy: str, part: str) -> Iterator[tuple[Process, int]]:
    """A gateway for one part, and its provider's port."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream = started_upstream(stack).port
        limits = {"idle_timeout_s": _PATIENCE} | ({"max_in_flight": _ROOM} if part == "overload" else {})
        yield started_gateway(stack, folder, upstream, policy, 1, limits=limits), upstream


def main() -> None:
    """Parse arguments, run, print; 1 when something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--policy", default="fast", choices=["balanced", "fast"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    told: dict[str, Row] = {}
    for part in options.parts or PARTS:
        with gateway(options.policy, part) as (place, upstream):
            told[part] = uvloop.run(PARTS[part](place, upstream, options.streams))
        print(f"{part}: {json.dumps(told[part])}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    sys.exit(0 if all(row["fine"] for row in told.values()) else 1)


if __name__ == "__main__":
    main()
