"""Bodies that have to come at a pace."""

from __future__ import annotations

import asyncio

import pytest

from policies.pacing import TooSlow, paced


def reading(*pieces: bytes) -> asyncio.StreamReader:
    """Where these pieces have come in, and nothing follows."""
    reader = asyncio.StreamReader()
    for piece in pieces:
        reader.feed_data(piece)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 16, 20])
async def test_pieces_are_whole_but_for_the_last(length: int) -> None:
    sent = bytes(range(length))
    pieces = [piece async for piece in paced(reading(sent[:3], sent[3:]).read, 5, size=8)]
    assert b"".join(pieces) == sent
    assert all(len(piece) == 8 for piece in pieces[:-1])
    assert all(pieces), "no empty one"


async def test_one_byte_after_the_other_is_too_slow() -> None:
    async def read(_most: int) -> bytes:
        await asyncio.sleep(0.001)
        return b"x"

    with pytest.raises(TooSlow):
        await anext(paced(read, 0.05))


async def test_what_is_done_with_a_piece_takes_as_long_as_it_takes() -> None:
    got = 0
    async for piece in paced(reading(bytes(30)).read, 0.05, size=10):
        await asyncio.sleep(0.06)
        got += len(piece)
    assert got == 30
