"""Answers on their way to the client over aiohttp."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter


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
