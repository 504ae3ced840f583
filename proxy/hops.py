"""How the connections of an exchange are secured: read off the sockets once per connection, for the audit."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from policies.hops import PLAIN, Hop, Where, stated
from policies.listener_tls import ListenerContext
from policies.sections import KeyLimits

_CLIENTS: WeakKeyDictionary[object, str] = WeakKeyDictionary()
"""By connection: its TLS object, for uvloop's transports over TLS cannot be referred to weakly, else its transport."""


def hop_of(transport: asyncio.BaseTransport | None) -> Hop:
    """How a connection is secured, with the server's certificate: of the other side, or on a listener the own one.

    Certificates are named by the SHA-256 of their DER form, as browsers show it.
    """
    tls = transport.get_extra_info("ssl_object") if transport is not None else None
    if tls is None:
        return Hop(PLAIN, where=_where(transport.get_extra_info("peername") if transport is not None else None))
    if isinstance(tls.context, ListenerContext):
        fingerprint = tls.context.fingerprint
    else:
        fingerprint = hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()
    return Hop(tls.version() or "", (tls.cipher() or ("",))[0], f"sha256:{fingerprint}")


def client_hops(
    transport: asyncio.BaseTransport | None, headers: Mapping[str, str], trusted_proxies: Sequence[str]
) -> str:
    """The hop from a client, and behind a trusted proxy what that says of its own client, in the audit's words."""
    if transport is None:
        return ""
    connection = transport.get_extra_info("ssl_object") or transport
    hop = _CLIENTS.get(connection)
    if hop is None:
        hop = _CLIENTS[connection] = hop_of(transport).written()
    if trusted_proxies and _trusted(_address(transport.get_extra_info("peername")), tuple(trusted_proxies)):
        version, cipher = headers.get("X-Forwarded-Tls", "").partition("/")[::2]
        said = stated(
            version or headers.get("X-Amzn-Tls-Version", ""),
            cipher or headers.get("X-Amzn-Tls-Cipher-Suite", ""),
            headers.get("X-Forwarded-Proto", ""),
        )
        return f"{hop};{said.written()}" if said is not None else hop
    return hop


@lru_cache(maxsize=256)
def _trusted(address: str, networks: tuple[str, ...]) -> bool:
    return KeyLimits(networks=networks).may_come_from(address)


def _address(peername: Any) -> str:  # noqa: ANN401 - what sockets give
    return str(peername[0]) if isinstance(peername, tuple) and peername else ""


def _where(peername: Any) -> Where:  # noqa: ANN401 - what sockets give
    try:
        address = ipaddress.ip_address(_address(peername).partition("%")[0])
    except ValueError:
        return "socket"
    address = getattr(address, "ipv4_mapped", None) or address
    return "loopback" if address.is_loopback else "private" if address.is_private else "public"
