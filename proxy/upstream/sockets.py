"""WebSockets to providers: the same addresses, certificates and proxies as of requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import aiohttp
from yarl import URL

from proxy.core.sse import MAX_EVENT
from proxy.upstream.base import Provider, ProviderFailed, UpstreamRequest
from proxy.upstream.client import upstream_url
from proxy.upstream.connections import LocalOnlyResolver, context_of
from proxy.upstream.headers import outward

_NOT_HERE = frozenset({"accept", "accept-encoding", "content-type"})

_CLEAN_ENDS = frozenset({1000, 1001, 1005})
"""Codes of a provider that closes because it is done."""


class Socket:
    """One WebSocket to a provider. Its messages come as lines of JSON, as the answer of a stream does."""

    status = 200
    secured = ""
    headers: Mapping[str, str] = {"content-type": "application/x-ndjson"}

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, provider: str) -> None:
        self._session = session
        self._socket = socket
        self._provider = provider

    async def send(self, text: str) -> None:
        """Send one event. Raises ProviderFailed."""
        try:
            await self._socket.send_str(text)
        except (ConnectionError, aiohttp.ClientError):
            pass
        else:
            return
        raise self._cut()

    async def body(self, limit: int) -> bytes:
        """There is none but the events."""
        del limit
        return b""

    async def chunks(self) -> AsyncIterator[bytes]:
        """Each event as a line. Raises ProviderFailed when the provider breaks off."""
        while True:
            message = await self._socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                # Line ends between members of an object are white space; in strings they are escaped.
                yield message.data.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogatepass") + b"\n"
            elif message.type is aiohttp.WSMsgType.CLOSE and message.data in _CLEAN_ENDS:
                return
            else:
                raise self._cut()

    async def end(self) -> None:
        """Close the socket."""
        try:
            with suppress(ConnectionError, aiohttp.ClientError):  # it may be gone by itself
                await self._socket.close()
        finally:
            await self._session.close()

    def close(self) -> None:
        """Nothing: `end` waits for the closing."""

    def _cut(self) -> ProviderFailed:
        return ProviderFailed("cut", self._provider, "its WebSocket broke off")


async def _elsewhere(*_: Any) -> NoReturn:  # noqa: ANN401 - what aiohttp tells of it
    """Follow no redirect: the provider's key and all that is said would go along."""
    raise aiohttp.ClientError("a redirect is not followed")


async def open_socket(provider: Provider, request: UpstreamRequest) -> Socket:
    """A WebSocket to where a request of this path would go. Raises ProviderFailed."""
    url = upstream_url(provider, request.path, request.query)
    headers = {name: value for name, value in outward(request, provider).items() if name not in _NOT_HERE}
    local = {URL(provider.base_url).host or ""} if provider.local else set()
    resolver = LocalOnlyResolver(local, aiohttp.ThreadedResolver())
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=context_of(provider.way))
    timeout = aiohttp.ClientTimeout(total=None, connect=provider.timeouts.connect)
    watched = aiohttp.TraceConfig()
    watched.on_request_redirect.append(_elsewhere)
    session = aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False, trace_configs=[watched]
    )
    proxy = provider.way.proxy if provider.way is not None else None
    try:
        socket = await session.ws_connect(url, headers=headers, proxy=proxy, max_msg_size=MAX_EVENT, heartbeat=30.0)
    except (aiohttp.ClientError, OSError, ValueError):
        await session.close()
    except BaseException:
        await session.close()
        raise
    else:
        return Socket(session, socket, provider.name)
    raise ProviderFailed("connect", provider.name, "it takes no WebSocket")
