"""One timer for all that is waited for: what is due fails, what has come does not, whatever the order."""

from __future__ import annotations

import asyncio

import aiohttp

from proxy.upstream.deadlines import Deadlines


class Awaited:
    def __init__(self) -> None:
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def set_exception(self, exc: BaseException) -> None:
        self.failed.set_result(exc)


async def test_what_is_due_fails_in_its_order_and_what_has_come_does_not() -> None:
    deadlines, now = Deadlines(), asyncio.get_running_loop().time()
    far, later, soon, come = Awaited(), Awaited(), Awaited(), Awaited()
    deadlines.begin(far, now + 3600)
    deadlines.begin(later, now + 0.02)
    deadlines.begin(come, now + 0.001)
    deadlines.begin(soon, now + 0.01)  # each sooner than the timer that runs
    deadlines.end(come)
    async with asyncio.timeout(30):
        assert isinstance(await soon.failed, aiohttp.SocketTimeoutError)
        assert isinstance(await later.failed, aiohttp.SocketTimeoutError)
    assert not come.failed.done()
    assert not far.failed.done()
    deadlines.close()


async def test_a_deadline_that_is_set_anew_counts_from_then_on() -> None:
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    first, again = Awaited(), Awaited()
    deadlines.begin(first, loop.time())
    deadlines.begin(again, loop.time() + 0.001)
    deadlines.end(again)
    deadlines.begin(again, loop.time() + 0.02)
    async with asyncio.timeout(30):
        await first.failed
        assert isinstance(await again.failed, aiohttp.SocketTimeoutError)
    deadlines.end(again)  # once more is fine
