"""The HTTP client to the providers: one pool of connections per process. It knows no dialect and edits no body."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from proxy.errors import UnknownRoute
from proxy.upstream.base import FailureKind, Provider, ProviderFailed, UpstreamRequest, is_local_address
from proxy.upstream.headers import inward, outward

_DECODED = frozenset({"", "identity", "gzip", "deflate"})
_NOT_IN_A_PATH = re.compile(r"[?#\\\x00-\x20\x7f]")
_NOT_IN_A_QUERY = re.compile(r"[#\x00-\x20\x7f]")
_SKIPPED_AUTO_HEADERS = ("User-Agent", "Content-Type", "Accept")
_HTTP_ERRORS = (aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, OSError, ValueError)
"""What aiohttp raises for a failed call. ValueError: broken chunk lengths and the like; TimeoutError is an OSError."""

_DETAILS: dict[FailureKind, str] = {
    "connect": "it cannot be reached",
    "timeout": "it stayed silent for too long",
    "cut": "the connection ended early",
    "garbage": "it sent what is no answer",
}


class HttpAnswer:
    """An answer over HTTP. The connection goes back to the pool when the body was read to its end."""

    __slots__ = ("_headers", "_provider", "_response")

    def __init__(self, response: aiohttp.ClientResponse, provider: Provider) -> None:
        self._response = response
        self._provider = provider
        self._headers = inward(response.headers)

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Allowed headers, names in lower case."""
        return self._headers

    async def body(self, limit: int) -> bytes:
        """The whole body, decoded; see `Answer.body`."""
        parts: list[bytes] = []
        left = limit
        failed: FailureKind | None = None
        try:
            async with asyncio.timeout(self._provider.timeouts.answer):
                while left >= 0 and (part := await self._response.content.readany()):
                    left -= len(part)
                    parts.append(part)
        except _HTTP_ERRORS as error:
            failed = _kind(error)
        except BaseException:
            self.close()
            raise
        if failed:
            self.close()
            raise _failed(failed, self._provider)
        if left < 0:
            self.close()
            raise ProviderFailed("garbage", self._provider.name, f"its answer is over {limit} bytes")
        return b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Network reads as they come; see `Answer.chunks`."""
        content = self._response.content
        idle = self._provider.timeouts.idle
        while True:
            failed: FailureKind | None = None
            chunk = b""
            try:
                async with asyncio.timeout(idle):
                    chunk = await content.readany()
            except _HTTP_ERRORS as error:
                failed = _kind(error)
            except BaseException:
                self.close()
                raise
            if failed:
                self.close()
                raise _failed(failed, self._provider)
            if not chunk:
                return
            yield chunk

    def close(self) -> None:
        """Drop the connection if the body is not read to its end."""
        self._response.close()


@lru_cache(maxsize=64)
def _connect_within(seconds: float) -> aiohttp.ClientTimeout:
    """Limits that aiohttp keeps, for the connection only: plain and streamed bodies differ and are timed here."""
    return aiohttp.ClientTimeout(total=None, connect=seconds, sock_connect=seconds)


def _failed(kind: FailureKind, provider: Provider) -> ProviderFailed:
    return ProviderFailed(kind, provider.name, _DETAILS[kind])


def _kind(error: Exception) -> FailureKind:
    """What went wrong, told from aiohttp's error."""
    if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return "connect"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientConnectionError | OSError):
        return "cut"
    return "garbage"


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


class HttpClient:
    """Calls providers over one shared pool of connections.

    `connections`: most open at once, all providers together. `keep_alive`: seconds that an unused connection is
    kept; below the usual 60 s of providers, so that a call rarely meets a connection that is just being closed.
    Make it inside the running event loop; `close()` it there.
    """

    def __init__(self, providers: Iterable[Provider], *, connections: int = 512, keep_alive: float = 15.0) -> None:
        local_hosts = {URL(provider.base_url).host or "" for provider in providers if provider.local}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections,
                keepalive_timeout=keep_alive,
                resolver=LocalOnlyResolver(local_hosts, aiohttp.ThreadedResolver()),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_SKIPPED_AUTO_HEADERS,
            auto_decompress=True,
            trust_env=False,
        )

    async def send(self, provider: Provider, request: UpstreamRequest) -> HttpAnswer:
        """Send and wait for status and headers. Raises ProviderFailed; cancelling closes the connection at once."""
        url = upstream_url(provider, request.path, request.query)
        failed: FailureKind
        try:
            async with asyncio.timeout(provider.timeouts.answer):
                response = await self._session.request(
                    request.method,
                    url,
                    headers=outward(request, provider),
                    data=request.body or None,
                    allow_redirects=False,
                    timeout=_connect_within(provider.timeouts.connect),
                )
        except _HTTP_ERRORS as error:
            failed = _kind(error)
        else:
            return self._checked(response, provider)
        raise _failed(failed, provider)

    @staticmethod
    def _checked(response: aiohttp.ClientResponse, provider: Provider) -> HttpAnswer:
        """The answer, unless it is a redirect (the prompt would follow it) or is compressed in an unknown way."""
        detail = ""
        if response.status < 200 or 300 <= response.status < 400:  # noqa: PLR2004  # the classes of RFC 9110
            detail = f"it answered with status {response.status}, which is not followed"
        elif response.headers.get("Content-Encoding", "").strip().lower() not in _DECODED:
            detail = "its answer has a content encoding that was not asked for"
        if detail:
            response.close()
            raise ProviderFailed("garbage", provider.name, detail)
        return HttpAnswer(response, provider)

    async def close(self) -> None:
        """Close the pool; running calls end."""
        await self._session.close()
        await asyncio.sleep(0)  # let transports that were just closed run their callbacks


def upstream_url(provider: Provider, path: str, query: str) -> URL:
    """The address of a client's `path` at this provider, percent-escapes kept as they came.

    Kinds `openai` and `azure_openai`: `base_url` is what OpenAI's SDK takes, so it stands for the client's `/v1` (a
    bare host gets one).
    Other kinds: the path goes behind `base_url`. Raises UnknownRoute for a path that leaves the base (`..`)
    and for a query that would break the request line.
    """
    if _NOT_IN_A_QUERY.search(query):
        raise UnknownRoute("This query cannot be sent on.")
    if provider.api_version:
        version = f"api-version={quote(provider.api_version, safe='')}"
        query = f"{query}&{version}" if query else version
    address = _joined(provider.kind, provider.base_url, path)
    return URL(f"{address}?{query}" if query else address, encoded=True)


@lru_cache(maxsize=256)
def _joined(kind: str, base_url: str, path: str) -> str:
    """`upstream_url` without the query, remembered: a gateway calls a handful of paths."""
    segments = unquote(path).split("/")
    if not path.startswith("/") or path.startswith("//") or ".." in segments or _NOT_IN_A_PATH.search(path):
        raise UnknownRoute("This path is not known.")
    base = base_url.rstrip("/")
    is_openai = kind in {"openai", "azure_openai"}
    if is_openai and URL(base).path in {"", "/"}:
        base = f"{base}/v1"
    if path.startswith("/v1/") and (is_openai or base.endswith("/v1")):
        path = path.removeprefix("/v1")
    return f"{base}{path}"
