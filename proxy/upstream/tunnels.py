"""Sockets that lead through an http proxy to where a provider is (RFC 9110, CONNECT).

The proxy sees host and port, and then TLS; its credentials stand in this one request, in no log and no error.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from typing import Final

from yarl import URL

_LONGEST_HEAD: Final = 16_384
"""Bytes of a proxy's answer."""
_TUNNELLED: Final = b"200"


async def tunnel(proxy: URL, address: str, host: str, port: int) -> socket.socket:
    """A socket to `host`:`port` through the proxy, which has this IP address. Raises OSError without any address."""
    loop = asyncio.get_running_loop()
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # noqa: FBT003 - the name of the call says what
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(made, (address, proxy.port or 80))
        await loop.sock_sendall(made, _request(proxy, host, port))
        await _led(made)
    except BaseException:
        made.close()
        raise
    return made


async def _led(made: socket.socket) -> None:
    """Read the proxy's answer, and nothing behind it. Raises OSError when it does not lead there."""
    loop = asyncio.get_running_loop()
    head = b""
    while not head.endswith(b"\r\n\r\n"):  # a byte at a time: what follows belongs to the provider
        byte = await loop.sock_recv(made, 1)
        head += byte
        if not byte or len(head) > _LONGEST_HEAD:
            raise OSError("the proxy gave no answer")
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or rest[:3] != _TUNNELLED:
        raise OSError("the proxy does not lead there")


def _request(proxy: URL, host: str, port: int) -> bytes:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
    if proxy.user is not None:
        credential = base64.b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {credential}")
    return "\r\n".join([*lines, "", ""]).encode()
