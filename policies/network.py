"""Which addresses may be called on somebody's behalf: never those where clouds keep secrets of a machine. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Net = ipaddress.IPv4Network | ipaddress.IPv6Network
METADATA = (ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200"))
"""Metadata addresses outside the link-local ranges."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def plain(address: Address) -> Address:
    """IPv4 out of its IPv6 wrappings, by which a private address could pass as a public one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        return inner or ipaddress.IPv6Address(int(address))
    return address


def is_metadata(address: Address) -> bool:
    """True for link-local addresses and those of cloud metadata."""
    return address.is_link_local or address in METADATA


def may_be_called(address: Address, private: Iterable[Net]) -> bool:
    """True for public addresses and for those of the `private` networks; never for cloud metadata."""
    address = plain(address)
    if is_metadata(address):
        return False
    named = any(address.version == network.version and address in network for network in private)
    return named or (address.is_global and not address.is_multicast)
