"""Syslog by RFC 5424: over TLS (RFC 5425), over TCP with octet counting (RFC 6587), as datagrams."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from proxy.feeds.posting import Undelivered

_AUDIT_FACILITY = 13
_INFORMATIONAL, _WARNING = 6, 4
_WAIT = 20.0
_QUIET = frozenset({"ok", "originals", "client_gone"})


def message(line: str, *, at: int, outcome: str, kind: str, host: str) -> bytes:
    """One message. `at` is UTC milliseconds, `kind` `exchange` or `act`."""
    priority = _AUDIT_FACILITY * 8 + (_INFORMATIONAL if outcome in _QUIET else _WARNING)
    when = datetime.fromtimestamp(at / 1000, UTC)
    stamp = f"{when:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
    return f"<{priority}>1 {stamp} {host} sting - {kind} - {line}".encode()


class Syslog:
    """One connection, opened anew when it broke."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._scheme, self._host, self._port = parts.scheme, parts.hostname or "", parts.port or 0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, messages: Sequence[bytes]) -> None:
        """Send all of them. Raises Undelivered, after which some may have arrived."""
        try:
            async with asyncio.timeout(_WAIT):
                await (self._datagrams(messages) if self._scheme == "udp" else self._framed(messages))
        except (OSError, TimeoutError) as error:
            await self.close()
            raise Undelivered(f"the syslog receiver was not reached ({type(error).__name__})") from None

    async def _datagrams(self, messages: Sequence[bytes]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(self._host, self._port), family=socket.AF_UNSPEC
        )
        try:
            for one in messages:
                transport.sendto(one)
        finally:
            transport.close()

    async def _framed(self, messages: Sequence[bytes]) -> None:
        if self.broken:
            await self.close()
        _, writer = await self._connected()
        writer.write(b"".join(b"%d %b" % (len(one), one) for one in messages))
        await writer.drain()

    @property
    def broken(self) -> bool:
        """Whether the other side has closed the connection."""
        return self._streams is not None and (self._streams[0].at_eof() or self._streams[1].is_closing())

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            secure = ssl.create_default_context() if self._scheme == "tls" else None
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=secure)
        return self._streams

    async def close(self) -> None:
        """Close the connection."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
