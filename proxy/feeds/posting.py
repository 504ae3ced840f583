"""POST requests to addresses that the configuration names: checked where they lead, signed, no redirects, bounded."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import socket
from collections.abc import Iterable, Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from policies.network import Net, may_be_called

_WAIT = aiohttp.ClientTimeout(total=20, connect=10)
_GOOD = range(200, 300)
_IPV4 = 4


class Undelivered(Exception):
    """It did not arrive; the message says why, and holds neither address nor content."""


class CheckedResolver(AbstractResolver):
    """Looks a name up once, refuses it when any of its addresses may not be called, and gives what was checked."""

    def __init__(self, private: Iterable[Net]) -> None:
        self._private = tuple(private)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The checked addresses. Raises OSError."""
        del family
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
        if not all(may_be_called(address, self._private) for address in addresses):
            raise OSError("the address may not be called")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == _IPV4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Poster:
    """Posts; `private`: private networks that may be called, `named_by`: the setting that names them, for messages."""

    def __init__(self, private: Iterable[str], named_by: str) -> None:
        self._named_by = named_by
        self._private = tuple(ipaddress.ip_network(network) for network in private)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body. Raises Undelivered: not reached, not allowed, or no good status."""
        connector = aiohttp.TCPConnector(resolver=CheckedResolver(self._private), force_close=True)
        async with aiohttp.ClientSession(timeout=_WAIT, connector=connector) as http:
            await self._post(http, url, body, headers)

    async def _post(self, http: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        fault = ""
        try:
            self._check_literal(url)
            async with http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                if answer.status in _GOOD:
                    return
                fault = f"the receiver answered {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            fault = _reason(error, self._named_by)
        raise Undelivered(fault)

    def _check_literal(self, url: str) -> None:
        """Look at an address that is written as a number: no resolver is asked for it. Raises OSError."""
        host = URL(url).host or ""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        if not may_be_called(address, self._private):
            raise OSError("the address may not be called")


def _reason(error: Exception, named_by: str) -> str:
    """A word about a failure; messages of others may hold the address, which may hold a secret."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if "may not be called" in str(cause):
        return f"the address leads into a network that {named_by} does not name"
    return f"the receiver was not reached ({type(error).__name__})"


def signed_headers(secret: str, body: bytes, at: int) -> dict[str, str]:
    """Headers of a signed body: HMAC-SHA-256 over the time in seconds, a dot and the body.

    A receiver computes the same, compares in constant time, and refuses times that are minutes old.
    """
    seconds = str(at // 1000)
    made = hmac.digest(secret.encode(), seconds.encode() + b"." + body, "sha256").hex()
    return {"Content-Type": "application/json", "X-Sting-Signature": f"t={seconds},v1={made}"}


def as_body(value: object) -> bytes:
    """JSON in a stable form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
