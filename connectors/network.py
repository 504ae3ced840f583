"""Which addresses connectors may call: never those where clouds keep their metadata, private ones when allowed."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from connectors.base import ConnectorProblem
from policies.network import Address, is_metadata, plain


async def addresses(host: str, port: int) -> list[Address]:
    """What the name stands for. Raises ConnectorProblem."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectorProblem(
            "The host's name is not known.", "Check how it is written.", code="unreachable", retryable=True
        ) from None
    return [plain(ipaddress.ip_address(entry[4][0])) for entry in found]


async def refuse_link_local(host: str, port: int) -> None:
    """For databases, which mostly are private: only metadata addresses are refused. Raises ConnectorProblem."""
    if host.startswith("/"):
        return
    if any(is_metadata(address) for address in await addresses(host, port)):
        raise ConnectorProblem(
            "The host is a link-local address, where clouds keep secrets of the machine.",
            "Give the address of the database itself.",
            code="forbidden",
        )
