"""Work that no answer waits for is waited for at the end, and no longer than it takes."""

from __future__ import annotations

import asyncio

from proxy.services import Background


async def test_what_is_done_already_keeps_nobody() -> None:
    """Python 3.12 and newer give the loop no turn between tasks that are done."""
    background = Background()
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    background.start(done)
    await background.finish()


async def test_what_runs_is_waited_for_and_what_it_starts_too() -> None:
    background = Background()
    seen: list[str] = []

    async def second() -> None:
        await asyncio.sleep(0)
        seen.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        background.start(second())
        raise ValueError

    background.start(first())
    await background.finish()
    assert seen == ["second"]
