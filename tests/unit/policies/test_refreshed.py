"""Answers that are asked for again before they end: who waits, for how long one counts, failures, forgetting."""

from __future__ import annotations

import asyncio

import pytest

from policies.refreshed import Refreshed
from tests.unit.policies.clock import Clock


class Asked:
    """Answers 1, 2, 3, ... when `gate` is open; fails while `fails`."""

    def __init__(self) -> None:
        self.times = 0
        self.before: list[int | None] = []
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, before: int | None) -> int:
        self.times += 1
        number = self.times
        self.before.append(before)
        await self.gate.wait()
        if self.fails:
            raise OSError("away")
        return number


async def turns() -> None:
    """Let tasks go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_under_steady_use_nobody_waits_and_all_that_wait_ask_once() -> None:
    clock, asked = Clock(), Asked()
    answers: Refreshed[str, int] = Refreshed(10, 5, clock)
    assert await asyncio.gather(*(answers.get("a", asked) for _ in range(20))) == [1] * 20
    asked.gate.clear()
    clock.pass_seconds(5)
    assert await answers.get("a", asked) == 1
    assert asked.times == 1  # it is young
    clock.pass_seconds(2)
    assert [await answers.get("a", asked) for _ in range(3)] == [1] * 3
    await turns()
    assert asked.before == [None, 1]  # asked for again, once
    asked.gate.set()
    await turns()
    assert await answers.get("a", asked) == 2
    clock.pass_seconds(4)  # the new one counts from when it was asked for
    assert await answers.get("a", asked) == 2


async def test_an_answer_never_counts_for_longer_than_it_may() -> None:
    clock, asked = Clock(), Asked()
    answers: Refreshed[str, int] = Refreshed(10, 5, clock)
    assert await answers.get("a", asked) == 1
    asked.gate.clear()
    clock.pass_seconds(9)
    assert await answers.get("a", asked) == 1
    clock.pass_seconds(1)
    waits = asyncio.create_task(answers.get("a", asked))
    await turns()
    assert not waits.done()
    clock.pass_seconds(9)  # what was asked for ahead is too old for who comes now
    late = asyncio.create_task(answers.get("a", asked))
    await turns()
    asked.gate.set()
    assert (await waits, await late) == (2, 3)
    assert asked.times == 3
    await answers.close()


async def test_a_failure_ahead_of_time_is_told_to_nobody_and_one_behind_it_to_all() -> None:
    clock, asked = Clock(), Asked()
    answers: Refreshed[str, int] = Refreshed(10, 5, clock)
    assert await answers.get("a", asked) == 1
    asked.fails = True
    clock.pass_seconds(7)
    assert await answers.get("a", asked) == 1
    await turns()
    assert await answers.get("a", asked) == 1
    clock.pass_seconds(3)
    for told in await asyncio.gather(*(answers.get("a", asked) for _ in range(3)), return_exceptions=True):
        assert isinstance(told, OSError)
    asked.fails = False
    assert await answers.get("a", asked) == asked.times


async def test_what_was_on_its_way_when_all_was_forgotten_is_not_kept() -> None:
    clock, asked = Clock(), Asked()
    answers: Refreshed[str, int] = Refreshed(10, 5, clock)
    asked.gate.clear()
    waits = asyncio.create_task(answers.get("a", asked))
    await turns()
    answers.clear()
    asked.gate.set()
    assert await waits == 1
    assert await answers.get("a", asked) == 2


async def test_a_caller_that_leaves_stops_nobody_else_and_the_oldest_go_first() -> None:
    clock, asked = Clock(), Asked()
    answers: Refreshed[str, int] = Refreshed(10, 2, clock)
    asked.gate.clear()
    gone, stays = (asyncio.create_task(answers.get("a", asked)) for _ in range(2))
    await turns()
    gone.cancel()
    asked.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await stays == 1
    assert [await answers.get(key, asked) for key in "bca"] == [2, 3, 4]
