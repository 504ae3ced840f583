"""Which addresses connectors may call: never those where clouds keep their metadata, private ones when allowed."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from connectors.base import ConnectorProblem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
METADATA = (ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200"))
"""Metadata addresses outside the link-local ranges."""


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


def plain(address: Address) -> Address:
    """IPv4 out of its IPv6 wrappings, by which a private address could pass as a public one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        return inner or ipaddress.IPv6Address(int(address))
    return address


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_metadata(address: Address) -> bool:
    """True for link-local addresses and those of cloud metadata."""
    return address.is_link_local or address in METADATA


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
