"""The HTTP client to the providers: one pool of connections per process. It knows no dialect and edits no body."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

import aiohttp
from aiohttp.http import RawResponseMessage
from yarl import URL

from proxy.core.heads import head_of
from proxy.errors import UnknownRoute
from proxy.upstream.base import FailureKind, Provider, ProviderFailed, UpstreamRequest
from proxy.upstream.connections import Connection, Connections, NotConnected, Origin, check_files, origin_of
from proxy.upstream.deadlines import Deadlines
from proxy.upstream.headers import inward, outward

_DECODED = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""Encodings that aiohttp takes off; how much comes out at once is bounded, and a whole answer by `body`."""
_NOT_IN_A_PATH = re.compile(r"[?#\\\x00-\x20\x7f]")
_NOT_IN_A_QUERY = re.compile(r"[#\x00-\x20\x7f]")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_SWITCHING = 101
_HIDDEN = b"***"
_LONG_ENOUGH = 8
"""Letters of a provider's key that is one: shorter ones are placeholders for servers that want none."""
_NOBODYS: Any = None
"""In the place of a connection that was given back."""
_HTTP_ERRORS = (aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, OSError, ValueError)
"""What aiohttp raises for a failed call. ValueError: broken chunk lengths and the like; TimeoutError is an OSError."""

_DETAILS: dict[FailureKind, str] = {
    "connect": "it cannot be reached",
    "timeout": "it stayed silent for too long",
    "cut": "the connection ended early",
    "garbage": "it sent what is no answer",
}


class _Call:
    """One request on a connection and its answer; the connection goes back once the answer is read to its end."""

    __slots__ = ("_connection", "_connections", "_origin", "secured")

    def __init__(self, connections: Connections, origin: Origin, connection: Connection) -> None:
        self.secured = connection.secured
        self._connections = connections
        self._origin = origin
        self._connection = connection

    async def asked(self, request: bytes, seconds: float) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
        """Send, and wait for the head of the final answer for so long. Raises what aiohttp raises, TimeoutError."""
        connection = self._connection
        if connection.transport is None:
            self.drop()
            raise aiohttp.ServerDisconnectedError
        connection.set_response_params(read_until_eof=True)
        deadlines = self.deadlines
        deadlines.begin(connection, asyncio.get_running_loop().time() + seconds)
        try:
            connection.transport.write(request)
            message, content = await connection.read()
            while 100 <= message.code < 200 and message.code != _SWITCHING:  # noqa: PLR2004 - interim answers
                message, content = await connection.read()
        except BaseException:
            self.drop()
            raise
        finally:
            deadlines.end(connection)
        if content.is_eof():
            self._give_back()
        else:
            # Once the parser is through with what has come: an answer that nobody asked for may follow.
            content.on_eof(self._give_back_soon)
        return message, content

    @property
    def deadlines(self) -> Deadlines:
        """Of everything that is waited for."""
        return self._connections.deadlines

    def drop(self) -> None:
        """Close the connection, unless it is at work for somebody else by now."""
        connection, self._connection = self._connection, _NOBODYS
        if connection is not _NOBODYS:
            self._connections.drop(connection)

    def _give_back_soon(self) -> None:
        asyncio.get_running_loop().call_soon(self._give_back)

    def _give_back(self) -> None:
        connection, self._connection = self._connection, _NOBODYS
        if connection is not _NOBODYS:
            self._connections.give_back(self._origin, connection)


class HttpAnswer:
    """An answer over HTTP. The connection goes back to the pool when the body was read to its end."""

    __slots__ = ("_call", "_content", "_headers", "_provider", "_status", "secured")

    def __init__(
        self, call: _Call, message: RawResponseMessage, content: aiohttp.StreamReader, provider: Provider
    ) -> None:
        self._call = call
        self._content = content
        self._status = message.code
        self._provider = provider
        self._headers = inward(message.headers)
        self.secured = call.secured

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._status

    @property
    def headers(self) -> Mapping[str, str]:
        """Allowed headers, names in lower case."""
        return self._headers

    async def body(self, limit: int) -> bytes:
        """The whole body, decoded; see `Answer.body`. An error that quotes the provider's key comes without it."""
        whole = await self._whole(limit)
        key = self._provider.api_key
        if self._status >= HTTPStatus.BAD_REQUEST and len(key) >= _LONG_ENOUGH:
            return whole.replace(key.encode(), _HIDDEN)
        return whole

    async def _whole(self, limit: int) -> bytes:
        content = self._content
        if content.is_eof() and content.exception() is None:  # most answers have come by now
            return self._within(limit, content.read_nowait(), limit)
        parts: list[bytes] = []
        left = limit
        async for part in self._parts(self._provider.timeouts.answer, each=False):
            left -= len(self._within(limit, part, left))
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _within(self, limit: int, part: bytes, left: int) -> bytes:
        """The part, when it is not over the bytes that are `left` of the limit."""
        if len(part) > left:
            self.close()
            raise ProviderFailed("garbage", self._provider.name, f"its answer is over {limit} bytes")
        return part

    def chunks(self) -> AsyncIterator[bytes]:
        """Network reads as they come; see `Answer.chunks`."""
        return self._parts(self._provider.timeouts.idle, each=True)

    async def _parts(self, seconds: float, *, each: bool) -> AsyncIterator[bytes]:
        """What has come, again and again; all of it, or `each` piece, may be waited for `seconds`."""
        content = self._content
        loop = asyncio.get_running_loop()
        deadline, deadlines = loop.time() + seconds, self._call.deadlines
        failed: FailureKind | None = None
        while failed is None:
            chunk = b""
            try:
                chunk = content.read_nowait()
                if not chunk and not content.at_eof():
                    deadlines.begin(content, loop.time() + seconds if each else deadline)
                    try:
                        chunk = await content.readany()
                    finally:
                        deadlines.end(content)
            except _HTTP_ERRORS as error:
                failed = _kind(error)
            except BaseException:
                self.close()
                raise
            if not chunk:
                break
            yield chunk
        if failed is not None:
            self.close()
            raise _failed(failed, self._provider)

    def close(self) -> None:
        """Drop the connection if the body has not come to its end; else it is on its way back to the pool."""
        if not self._content.is_eof():
            self._call.drop()


def _failed(kind: FailureKind, provider: Provider) -> ProviderFailed:
    return ProviderFailed(kind, provider.name, _DETAILS[kind])


def _kind(error: Exception) -> FailureKind:
    """What went wrong, told from aiohttp's error."""
    if isinstance(error, NotConnected):
        return "connect"
    if isinstance(error.__cause__, aiohttp.http_exceptions.ContentEncodingError):
        return "garbage"  # aiohttp's wrapper is the same as for a body that ended early
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientConnectionError | OSError):
        return "cut"
    return "garbage"


class HttpClient:
    """Calls providers over one shared pool of connections.

    `connections`: most open at once, all providers together. `keep_alive`: seconds that an unused connection is
    kept; below the usual 60 s of providers, so that a call rarely meets a connection that is just being closed.
    Make it inside the running event loop; `close()` it there.
    """

    def __init__(self, providers: Iterable[Provider], *, connections: int = 512, keep_alive: float = 15.0) -> None:
        local_hosts = set()
        for provider in providers:
            if provider.local:
                local_hosts.add(URL(provider.base_url).host or "")
            check_files(provider)
        self._connections = Connections(local_hosts, limit=connections, keep_alive=keep_alive)

    async def send(
        self, provider: Provider, request: UpstreamRequest, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send and wait for status and headers. Raises ProviderFailed; cancelling closes the connection at once.

        `headers`: all that leave, in the place of the client's allowed ones and the provider's key.
        """
        url = upstream_url(provider, request.path, request.query)
        failed: FailureKind
        try:
            asked = _written(request, url, outward(request, provider) if headers is None else headers)
            origin = origin_of(url.origin(), provider.way)
            connection = await self._connections.take(origin, provider.timeouts.connect)
            call = _Call(self._connections, origin, connection)
            message, content = await call.asked(asked, provider.timeouts.answer)
        except _HTTP_ERRORS as error:
            failed = _kind(error)
        else:
            return self._checked(call, message, content, provider)
        raise _failed(failed, provider)

    @staticmethod
    def _checked(
        call: _Call, message: RawResponseMessage, content: aiohttp.StreamReader, provider: Provider
    ) -> HttpAnswer:
        """The answer, unless it is a redirect (the prompt would follow it) or is compressed in an unknown way."""
        detail = ""
        if message.code < 200 or 300 <= message.code < 400:  # noqa: PLR2004  # the classes of RFC 9110
            detail = f"it answered with status {message.code}, which is not followed"
        elif message.headers.get("Content-Encoding", "").strip().lower() not in _DECODED:
            detail = "its answer has a content encoding that was not asked for"
        if detail:
            call.drop()
            raise ProviderFailed("garbage", provider.name, detail)
        return HttpAnswer(call, message, content, provider)

    async def close(self) -> None:
        """Close the pool; running calls end."""
        await self._connections.close()


def _written(request: UpstreamRequest, url: URL, headers: Mapping[str, str]) -> bytes:
    """The request in the form of HTTP/1.1. Raises ValueError for a header that would break it."""
    lines = [f"{request.method} {url.raw_path_qs} HTTP/1.1", f"host: {host_of(url.origin())}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if request.body or request.method in _WITH_BODY:
        lines.append(f"content-length: {len(request.body)}")
    return head_of(lines) + request.body


@lru_cache(maxsize=256)
def host_of(origin: URL) -> str:
    """What stands in the header `host`."""
    host = origin.host_subcomponent or ""
    return host if origin.is_default_port() else f"{host}:{origin.port}"


def upstream_url(provider: Provider, path: str, query: str) -> URL:
    """The address of a client's `path` at this provider, percent-escapes kept as they came.

    Kinds `openai` and `azure_openai`: `base_url` is what OpenAI's SDK takes, so it stands for the client's `/v1` (a
    bare host gets one); Azure's own paths stand behind the host (`proxy.upstream.azure`).
    Other kinds: the path goes behind `base_url`. Raises UnknownRoute for a path that leaves the base (`..`)
    and for a query that would break the request line.
    """
    return _url(provider.kind, provider.base_url, provider.api_version, path, query)


@lru_cache(maxsize=256)
def _url(kind: str, base_url: str, api_version: str, path: str, query: str) -> URL:
    """`upstream_url`, remembered: a gateway calls a handful of them, and each knows its origin by then."""
    if _NOT_IN_A_QUERY.search(query):
        raise UnknownRoute("This query cannot be sent on.")
    if api_version:
        version = f"api-version={quote(api_version, safe='')}"
        query = f"{query}&{version}" if query else version
    address = _joined(kind, base_url, path)
    return URL(f"{address}?{query}" if query else address, encoded=True)


def _joined(kind: str, base_url: str, path: str) -> str:
    """`upstream_url` without the query."""
    segments = unquote(path).split("/")
    if not path.startswith("/") or path.startswith("//") or ".." in segments or _NOT_IN_A_PATH.search(path):
        raise UnknownRoute("This path is not known.")
    base = base_url.rstrip("/")
    if kind == "azure_openai" and path.startswith("/openai/"):
        return f"{base.removesuffix('/openai')}{path}"
    is_openai = kind in {"openai", "azure_openai"}
    if is_openai and URL(base).path in {"", "/"}:
        base = f"{base}/v1"
    if path.startswith("/v1/") and (is_openai or base.endswith("/v1")):
        path = path.removeprefix("/v1")
    return f"{base}{path}"
