"""Answers on their way to the client over aiohttp."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import ClientConnectionResetError, HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE

from proxy.core.heads import head_of

_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_SHORT = 65_536
"""Bytes of a body up to which it is copied behind the head, so that both leave in one write."""


class Whole(web.Response):
    """A whole answer whose bytes are put together here: aiohttp's own way to the same ones takes many times as long.

    Where HTTP asks for more than a status, headers and a body, that way is taken.
    """

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send head and body, unless that was done."""
        body = self.body
        plain = request.version == HttpVersion11 and request.keep_alive and request.method != "HEAD"
        if self.prepared or not plain or self.status in _BODILESS or not isinstance(body, bytes):
            return await super().prepare(request)
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ClientConnectionResetError("the client has gone")
        head = self._head(len(body))
        if len(body) <= _SHORT:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)
        self._keep_alive = self._eof_sent = True
        await request.writer.drain()
        return None

    def _head(self, length: int) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {self.reason}", *[f"{name}: {text}" for name, text in self.headers.items()]]
        if "content-type" not in self.headers:
            lines.append("content-type: application/octet-stream")
        lines += (f"content-length: {length}", f"date: {_date(int(time.time()))}", f"server: {SERVER_SOFTWARE}")
        return head_of(lines)


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


class Streamed(web.StreamResponse):
    """An answer whose head leaves together with what has come of its body by now, else at once."""

    _send_headers_immediately = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the head, but have it leave at the end of this turn of the loop only."""
        writer = await super().prepare(request)
        if writer is not None:
            asyncio.get_running_loop().call_soon(_send_head, writer)
        return writer


def _send_head(writer: AbstractStreamWriter) -> None:
    with suppress(ConnectionError):  # the client has gone: the next write tells
        writer.send_headers()
