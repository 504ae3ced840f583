"""Bodies have to come at a pace: who sends a byte now and then would hold a connection and a place for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

BODY_SECONDS = 60.0
"""How long the body of a request to the console may take, and each piece of an upload."""
PIECE = 256 * 1024
"""Bytes of an upload that have to come within the deadline."""


class TooSlow(Exception):
    """A piece of a body did not come within its deadline."""


async def paced(
    read: Callable[[int], Awaitable[bytes]], seconds: float | None = None, size: int = PIECE
) -> AsyncIterator[bytes]:
    """What `read` gives until it gives nothing, in pieces of `size` bytes but for the last.

    Raises TooSlow when a piece takes longer than `seconds` (None: BODY_SECONDS). What is done with the pieces takes as
    long as it takes.
    """
    whole = True
    while whole:
        piece = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS if seconds is None else seconds):
                while len(piece) < size and (more := await read(size - len(piece))):
                    piece += more
        except TimeoutError:
            raise TooSlow from None
        whole = len(piece) == size
        if piece:
            yield bytes(piece)
