"""GET requests that go only where they may: addresses are checked and pinned, redirects checked, answers bounded."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.base import ConnectorProblem
from connectors.boundaries import MIB, Boundaries
from connectors.http_config import ApiKeyAuth, BasicAuth, BearerAuth, HttpConfig, OAuthAuth
from connectors.network import addresses
from policies.network import may_be_called

MAX_ANSWER = 64 * MIB
MAX_REDIRECTS = 5
TRIES = 4
MAX_WAIT_S = 60.0
_NUMBER = re.compile(r"(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)\.?$", re.IGNORECASE)
"""A host that ends in a number is an address in disguise: 127.1, 2130706433, 0x7f000001."""
_PLAIN = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}$")
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer with the address that it came from and the one its Link header names next."""

    value: Any = field(repr=False)
    url: str
    link_next: str | None


def _forbidden() -> ConnectorProblem:
    return ConnectorProblem(
        "The address leads into a private or reserved network.",
        "Take a public address, or let the operator add the network to `connectors.private_networks`.",
        code="forbidden",
    )


def allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address, boundaries: Boundaries) -> bool:
    """True for public addresses and for private ones that the operator named; never for cloud metadata."""
    return may_be_called(address, boundaries.private_networks)


class PinnedResolver(AbstractResolver):
    """Looks a name up once, refuses it when any of its addresses is not allowed, and connects to what was checked."""

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The checked addresses. Raises ConnectorProblem."""
        del family
        found = await addresses(host, port)
        if not all(allowed(address, self._boundaries) for address in found):
            raise _forbidden()
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004 - IPv4
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in dict.fromkeys(found)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class ApiClient:
    """Sends GETs of one configured API; made and closed inside one reading."""

    def __init__(self, config: HttpConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries
        self._origin = _origin(config.base_url)
        self._due = 0.0
        self._token: str | None = None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=PinnedResolver(boundaries), socket_factory=self._checked_socket, use_dns_cache=False, limit=4
            ),
            timeout=aiohttp.ClientTimeout(total=config.timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def get(self, url: str, parameters: dict[str, str]) -> Answer:
        """The JSON answer; tried again where that is safe. Raises ConnectorProblem."""
        for attempt in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(self._config.timeout_s):
                    return await self._once(url, parameters)
            except _TryAgain as again:
                if attempt == TRIES:
                    raise again.problem from None
                if again.token_is_old:
                    self._token = None
                await asyncio.sleep(min(MAX_WAIT_S, again.wait_s or 0.25 * 2**attempt))
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                if isinstance(error.__cause__, ConnectorProblem):
                    raise error.__cause__ from None
                if attempt == TRIES:
                    raise _unreached(error) from None
                await asyncio.sleep(0.25 * 2**attempt)
        raise AssertionError

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _once(self, url: str, parameters: dict[str, str]) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            await self._wait_for_turn()
            headers, extra = await self._credentials(url)
            self._check(url)
            async with self._session.get(
                url, params={**parameters, **extra}, headers=headers, allow_redirects=False
            ) as response:
                if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                    url, parameters = self._redirected(url, response.headers["Location"]), {}
                    continue
                _check_status(response)
                value = await _bounded_json(response)
                link = response.links["next"].get("url") if "next" in response.links else None
                return Answer(value, url, str(link) if link else None)
        raise ConnectorProblem("The API redirects in circles.", "Give the address that it redirects to.")

    def _checked_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The last gate: whatever URL and resolver said, no connection is opened to an address that is not allowed."""
        family, kind, protocol, _, where = info
        try:
            address = ipaddress.ip_address(where[0])
        except ValueError:
            raise _forbidden() from None
        if not allowed(address, self._boundaries):
            raise _forbidden()
        return socket.socket(family, kind, protocol)

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
            raise ConnectorProblem(
                "The API redirects to an unencrypted address.", "Give an https address.", code="forbidden"
            )
        return target

    def _check(self, url: str) -> None:
        """Before each request: scheme, and addresses written as numbers, which no resolver sees."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise _forbidden()
        if _NUMBER.search(parts.hostname) and not _PLAIN.match(parts.hostname):
            raise _forbidden()
        try:
            address = ipaddress.ip_address(parts.hostname)
        except ValueError:
            if parts.scheme == "http":
                raise ConnectorProblem(
                    "The address is unencrypted.", "Give an https address.", code="forbidden"
                ) from None
            return
        if not allowed(address, self._boundaries):
            raise _forbidden()
        if parts.scheme == "http" and address.is_global:
            raise ConnectorProblem("The address is unencrypted.", "Give an https address.", code="forbidden")

    async def _credentials(self, url: str) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and parameters; none for another origin than the configured one."""
        headers = {"Accept": "application/json", "User-Agent": "sting-ce"}
        if _origin(url) != self._origin:
            return headers, {}
        headers |= {name: value.get_secret_value() for name, value in self._config.headers.items()}
        auth = self._config.auth
        if isinstance(auth, BearerAuth):
            headers["Authorization"] = f"Bearer {auth.token.get_secret_value()}"
        elif isinstance(auth, BasicAuth):
            headers["Authorization"] = aiohttp.encode_basic_auth(auth.user, auth.password.get_secret_value())
        elif isinstance(auth, ApiKeyAuth) and auth.place == "query":
            return headers, {auth.name: auth.value.get_secret_value()}
        elif isinstance(auth, ApiKeyAuth):
            headers[auth.name] = auth.value.get_secret_value()
        elif isinstance(auth, OAuthAuth):
            headers["Authorization"] = f"Bearer {await self._oauth_token(auth)}"
        return headers, {}

    async def _oauth_token(self, auth: OAuthAuth) -> str:
        """The token of RFC 6749, section 4.4; it is asked for once, and again after a 401."""
        if self._token is None:
            self._check(auth.token_url)
            form = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
            basic = aiohttp.encode_basic_auth(auth.client_id, auth.client_secret.get_secret_value())
            headers = {"Authorization": basic, "Accept": "application/json"}
            async with self._session.post(
                auth.token_url, data=form, headers=headers, allow_redirects=False
            ) as response:
                _check_status(response)
                value = await _bounded_json(response)
            token = value.get("access_token") if isinstance(value, dict) else None
            if not isinstance(token, str):
                raise ConnectorProblem("The token address gives no token.", "Check client and scope.", code="refused")
            self._token = token
        return self._token

    async def _wait_for_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        turn = max(now, self._due)
        self._due = turn + 1 / self._config.requests_per_second
        if turn > now:
            await asyncio.sleep(turn - now)


class _TryAgain(Exception):
    """An answer after which asking again makes sense."""

    def __init__(self, problem: ConnectorProblem, wait_s: float = 0.0, *, token_is_old: bool = False) -> None:
        super().__init__(str(problem))
        self.problem, self.wait_s, self.token_is_old = problem, wait_s, token_is_old


def _check_status(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status < 300:  # noqa: PLR2004 - success
        return
    if status in _AGAIN:
        wait = response.headers.get("Retry-After", "")
        problem = ConnectorProblem(
            f"The API answers {status}.",
            "Try again later, with fewer requests per second.",
            code="unreachable",
            retryable=True,
        )
        raise _TryAgain(problem, float(wait) if wait.isdecimal() else 0.0)
    if status in (401, 403):
        problem = ConnectorProblem(
            f"The API answers {status}: it refuses the credentials.",
            "Check them and what they may read.",
            code="refused",
        )
        raise _TryAgain(problem, token_is_old=True) if status == 401 else problem  # noqa: PLR2004 - a new token may do
    code = "not_found" if status in (404, 410) else "unreadable"
    raise ConnectorProblem(f"The API answers {status}.", "Check the path and the parameters of the list.", code=code)


async def _bounded_json(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - any JSON
    body = bytearray()
    async for chunk in response.content.iter_chunked(MIB):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise ConnectorProblem(
                f"One answer is longer than {MAX_ANSWER // MIB} MiB.", "Ask for smaller pages.", code="too_large"
            )
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ConnectorProblem("The API's answer is no JSON.", "Check the path; it may be a page for people.") from None


def _unreached(error: BaseException) -> ConnectorProblem:
    if isinstance(error, TimeoutError):
        return ConnectorProblem(
            "The API did not answer in time.", "Try again later, or allow more time.", code="timeout", retryable=True
        )
    return ConnectorProblem(
        f"The API cannot be reached, or broke off ({type(error).__name__}).",
        "Check address, certificate and firewall; the reading can be started again.",
        code="unreachable",
        retryable=True,
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
