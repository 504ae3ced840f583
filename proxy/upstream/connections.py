"""Connections to providers: opened, kept for the next request, closed. What aiohttp's client does around its parser.

aiohttp's `ClientSession` takes longer for a request than all else on the gateway's warm path. Its parser and its
protocol of one connection are used as they are; the request's head is written here (decision 0110).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from policies.client_tls import client_context
from proxy.hops import hop_of
from proxy.upstream.base import Provider, Way, is_local_address, is_local_host
from proxy.upstream.deadlines import Deadlines
from proxy.upstream.tunnels import tunnel


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads, and how: a connection is only used for what has the same certificates and proxy."""

    host: str
    port: int
    secure: bool
    way: Way | None = None


@lru_cache(maxsize=256)
def origin_of(url: URL, way: Way | None = None) -> Origin:
    """The origin of an absolute http or https address."""
    return Origin(url.host or "", url.port or 0, url.scheme == "https", way)


@lru_cache(maxsize=256)
def context_of(way: Way | None) -> ssl.SSLContext:
    """Whose certificates count, and which one is shown. Raises ValueError for files that cannot be used."""
    way = way or Way()
    context = client_context(way.ca_file, way.client_cert, way.client_key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def check_files(provider: Provider) -> None:
    """Raise ValueError when the files of its way cannot be used: at start, not at the first request."""
    if provider.way is None:
        return
    try:
        context_of(provider.way)
    except ValueError as error:
        fault = f"provider '{provider.name}': {error}"
    else:
        return
    raise ValueError(fault)


class LocalOnlyResolver(AbstractResolver):
    """Name resolution that refuses a public address for the hosts of providers marked local.

    Such providers may be sent originals (policy `local: keep`), so a changed DNS entry must not take these outside.
    """

    def __init__(self, local_hosts: Iterable[str], inner: AbstractResolver) -> None:
        self._local_hosts = frozenset(local_hosts)
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises OSError when one that must be local is not."""
        found = await self._inner.resolve(host, port, family)
        if host in self._local_hosts and not all(is_local_address(entry["host"]) for entry in found):
            raise OSError("a provider marked local resolves to a public address")
        return found

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._inner.close()


class NotConnected(OSError):
    """No connection stands: refused, not found, or not in time. Its message says nothing of the address."""


class Connection(ResponseHandler):
    """One connection; `secured` says how, in the audit's words."""

    secured = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self.secured = hop_of(transport).written()


class Connections:
    """At most `limit` connections at work; those that are not wait for the next request, `keep_alive` seconds."""

    def __init__(self, local_hosts: Iterable[str], *, limit: int, keep_alive: float) -> None:
        self._resolver = LocalOnlyResolver(local_hosts, aiohttp.ThreadedResolver())
        self._room = asyncio.Semaphore(limit)
        self._keep_alive = keep_alive
        self._waiting: dict[Origin, deque[tuple[Connection, float]]] = {}
        self._busy: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False
        self.deadlines = Deadlines()

    async def take(self, origin: Origin, seconds: float) -> Connection:
        """A connection to `origin` that nobody else uses; `give_back` or `drop` it. Raises NotConnected."""
        if not self._closed:
            try:
                if self._room.locked():
                    async with asyncio.timeout(seconds):
                        await self._room.acquire()
                else:
                    await self._room.acquire()  # at once
                try:
                    connection = self._kept(origin)
                    if connection is None:  # a connection without a message is false
                        connection = await self._opened(origin, seconds)
                except BaseException:
                    self._room.release()
                    raise
            except OSError:  # TimeoutError is one
                pass
            else:
                self._busy.add(connection)
                return connection
        raise NotConnected("it cannot be reached")

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep the connection for the next request if it may be; once only."""
        if connection not in self._busy:
            return
        if connection.should_close or self._closed or not connection.is_connected():
            self.drop(connection)
            return
        self._busy.discard(connection)
        self._room.release()
        loop = asyncio.get_running_loop()
        self._waiting.setdefault(origin, deque()).append((connection, loop.time()))
        if self._sweep is None:
            self._sweep = loop.call_later(self._keep_alive, self._swept)

    def drop(self, connection: Connection) -> None:
        """Close the connection; more than once is fine."""
        if connection in self._busy:
            self._busy.discard(connection)
            self._room.release()
        connection.abort()

    async def close(self) -> None:
        """Close all of them; running calls end."""
        self._closed = True
        self.deadlines.close()
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in [*self._busy, *(kept for queue in self._waiting.values() for kept, _ in queue)]:
            connection.abort()
        self._busy.clear()
        self._waiting.clear()
        await self._resolver.close()
        await asyncio.sleep(0)  # let transports that were just closed run their callbacks

    def _kept(self, origin: Origin) -> Connection | None:
        """The connection that was used last, which is the least likely to be closed by the other side just now."""
        queue = self._waiting.get(origin)
        now = asyncio.get_running_loop().time()
        while queue:
            connection, since = queue.pop()
            if connection.is_connected() and not connection.should_close and now - since < self._keep_alive:
                return connection
            connection.abort()
        return None

    def _swept(self) -> None:
        """Close what nobody used for long; look again while there is any."""
        loop = asyncio.get_running_loop()
        self._sweep = None
        for origin, queue in list(self._waiting.items()):
            while queue and (loop.time() - queue[0][1] >= self._keep_alive or not queue[0][0].is_connected()):
                queue.popleft()[0].abort()
            if not queue:
                del self._waiting[origin]
        if self._waiting:
            self._sweep = loop.call_later(self._keep_alive, self._swept)

    async def _opened(self, origin: Origin, seconds: float) -> Connection:
        """A new connection, over the first address that answers. Raises OSError."""
        proxy = URL(origin.way.proxy) if origin.way is not None and origin.way.proxy else None
        first = origin if proxy is None else origin_of(proxy)
        async with asyncio.timeout(seconds):
            addresses = await self._addresses(first)
            for left, address in reversed(list(enumerate(reversed(addresses)))):
                try:
                    async with asyncio.timeout(seconds / len(addresses)):
                        if proxy is None:
                            connection = await _connected(origin, host=address, port=origin.port)
                        else:
                            through = await tunnel(proxy, address, origin.host, origin.port)
                            connection = await _connected(origin, sock=through)
                except OSError:
                    if not left:
                        raise
                else:
                    return connection
        raise NotConnected("no address")

    async def _addresses(self, origin: Origin) -> list[str]:
        if is_local_host(origin.host) is not None and not origin.host.endswith("localhost"):
            return [origin.host]  # an address already
        found = await self._resolver.resolve(origin.host, origin.port, socket.AF_UNSPEC)
        return list(dict.fromkeys(entry["host"] for entry in found))


async def _connected(origin: Origin, **to: Any) -> Connection:  # noqa: ANN401 - asyncio's own
    """A connection over a socket or to an address, with TLS where the origin has it. Raises OSError."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(loop),
        ssl=context_of(origin.way) if origin.secure else None,
        server_hostname=origin.host if origin.secure else None,
        **to,
    )
    return connection
