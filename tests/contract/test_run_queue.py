"""What a queue of runs has to do, the same for every broker."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bullmq import Job, Worker
from redis.exceptions import RedisError

from reports.queue import PREFIX, QUEUE_NAME, BullQueue, RunQueue
from reports.redis_client import connect
from tests.gateway_fixture import until
from tests.valkey_cluster import valkey_cluster

_TAKES_AND_HANGS = """
import asyncio, sys
from reports.queue import BullQueue

async def main():
    queue = BullQueue(sys.argv[1])
    async def work(run, stop):
        print(run, flush=True)
        await asyncio.Event().wait()
    async with queue.working(work, concurrency=1):
        await asyncio.Event().wait()

asyncio.run(main())
"""


class RunQueueContract:
    """Subclasses bring `queue`, empty, and `other`, a second connection to the same broker."""

    async def test_runs_are_worked_on_once_each_and_urgent_ones_first(self, queue: RunQueue) -> None:
        done: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)

        for run, priority in (("slow", 50), ("normal", 10), ("urgent", 1)):
            await queue.add(run, priority=priority)
        assert (await queue.depth())["waiting"] == 3
        async with queue.working(work, concurrency=1):
            await until(lambda: len(done) == 3)
        assert done == ["urgent", "normal", "slow"]
        assert await queue.depth() == {"waiting": 0, "active": 0}

    async def test_adding_twice_queues_once_also_while_it_is_worked_on(self, queue: RunQueue) -> None:
        done: list[str] = []
        go = asyncio.Event()

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)
            await go.wait()

        await queue.add("a")
        await queue.add("a")
        async with queue.working(work, concurrency=2):
            await until(lambda: bool(done))
            await queue.add("a")
            await queue.add("b")
            await until(lambda: "b" in done)
            go.set()
        assert done == ["a", "b"]

    async def test_a_run_that_ended_can_be_added_again(self, queue: RunQueue) -> None:
        done: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)

        async with queue.working(work, concurrency=1):
            await queue.add("a")
            await until(lambda: done == ["a"])
            await _empty(queue)
            await queue.add("a")
            await until(lambda: done == ["a", "a"])

    async def test_a_run_that_wants_another_turn_gets_one(self, queue: RunQueue) -> None:
        turns: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> float | None:
            turns.append(run)
            return 0.05 if len(turns) < 3 else None

        await queue.add("a")
        async with queue.working(work, concurrency=1):
            await until(lambda: len(turns) == 3, 20)

    async def test_a_failing_turn_leaves_the_worker_alive(self, queue: RunQueue) -> None:
        done: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)
            if run == "bad":
                raise RuntimeError("made-up fault")

        async with queue.working(work, concurrency=1):
            await queue.add("bad")
            await until(lambda: done == ["bad"])
            await queue.add("good")
            await until(lambda: done == ["bad", "good"])

    async def test_a_cancel_reaches_who_works_on_the_run_and_nobody_else(
        self, queue: RunQueue, other: RunQueue
    ) -> None:
        stops: dict[str, asyncio.Event] = {}
        ended: list[str] = []

        async def work(run: str, stop: asyncio.Event) -> None:
            stops[run] = stop
            await stop.wait()
            ended.append(run)

        async with queue.working(work, concurrency=2):
            await queue.add("a")
            await queue.add("b")
            await until(lambda: len(stops) == 2)
            async with asyncio.timeout(10):
                while not ended:
                    await other.cancel("a")
                    await asyncio.sleep(0.02)
            assert ended == ["a"]
            assert not stops["b"].is_set()
        assert set(ended) == {"a", "b"}

    @pytest.mark.long
    async def test_the_run_of_a_killed_worker_is_taken_over(self, queue: RunQueue, address: str) -> None:
        await queue.add("a")
        with _hanging_worker(address) as taken_by_it:
            assert await asyncio.to_thread(taken_by_it) == "a"
        taken: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            taken.append(run)

        async with queue.working(work, concurrency=1):
            await until(lambda: taken == ["a"], 28)

    async def test_the_run_of_a_worker_known_to_be_gone_is_taken_at_once(self, queue: RunQueue, address: str) -> None:
        await queue.add("a")
        with _hanging_worker(address) as taken_by_it:
            assert await asyncio.to_thread(taken_by_it) == "a"
        taken: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            taken.append(run)

        await queue.revive("a")
        assert (await queue.depth())["active"] == 1  # its lock lasts: nobody can know
        await queue.revive("a", abandoned=True)
        assert await queue.depth() == {"waiting": 1, "active": 0}
        async with queue.working(work, concurrency=1):
            await until(lambda: taken == ["a"], 10)
            await _empty(queue)
        assert taken == ["a"]

    async def test_a_run_that_lost_its_worker_is_revived_whatever_the_broker_holds(self, queue: RunQueue) -> None:
        done: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)

        await queue.add("waits")
        await queue.revive("waits")
        await queue.revive("gone")
        async with queue.working(work, concurrency=1):
            await until(lambda: len(done) == 2, 30)
            await _empty(queue)
        assert sorted(done) == ["gone", "waits"]


@contextmanager
def _hanging_worker(address: str) -> Iterator[Callable[[], str]]:
    """Another process that takes a run and does nothing with it; gives what waits for its name. Killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", _TAKES_AND_HANGS, address], stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            yield lambda: child.stdout.readline().strip() if child.stdout else ""
        finally:
            child.kill()


async def _empty(queue: RunQueue) -> None:
    async with asyncio.timeout(10):
        while (await queue.depth()) != {"waiting": 0, "active": 0}:  # noqa: ASYNC110 - the broker tells no end
            await asyncio.sleep(0.01)


class BullQueues(RunQueueContract):
    """BullMQ; subclasses bring `address`."""

    @pytest.fixture
    async def made(self, address: str) -> AsyncIterator[Callable[[], BullQueue]]:
        queues: list[BullQueue] = []

        def make() -> BullQueue:
            queues.append(BullQueue(address))
            return queues[-1]

        yield make
        for queue in queues:
            await queue.close()

    @pytest.fixture
    def queue(self, made: Callable[[], BullQueue]) -> BullQueue:
        return made()

    @pytest.fixture
    def other(self, made: Callable[[], BullQueue]) -> BullQueue:
        return made()


class TestBullQueue(BullQueues):
    @pytest.fixture
    def address(self, valkey_url: str) -> str:
        return valkey_url

    async def test_work_whose_wake_up_was_lost_is_found_all_the_same(self, queue: BullQueue) -> None:
        """A worker that dies between its wake-up and its work takes the wake-up with it; nobody is woken again."""
        done: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)

        async with queue.working(work, concurrency=1):
            await queue.add("first")
            await until(lambda: done == ["first"], 30)
            await _until_somebody_waits(queue)
            async with queue._queue.client.pipeline(transaction=True) as both:
                job = Job(queue._queue, "run", {}, {"jobId": "second", "priority": 10, "removeOnComplete": True})
                await queue._queue.backend.scripts.addJob(job, both)
                both.delete(f"{PREFIX}:{QUEUE_NAME}:marker")
                await both.execute()
            await until(lambda: done == ["first", "second"], 30)

    @pytest.mark.parametrize("gone", ["lock", "job"])
    async def test_a_worker_that_lost_its_hold_on_a_run_says_so_and_works_on(
        self, queue: BullQueue, caplog: pytest.LogCaptureFixture, gone: str
    ) -> None:
        """A starved worker's lock runs out, or another one ends its run: BullMQ says a bare TypeError or Exception."""
        done: list[str] = []

        async def work(run: str, _stop: asyncio.Event) -> None:
            key = f"{PREFIX}:{QUEUE_NAME}:{run}"
            if run == "a":
                await queue._queue.client.delete(f"{key}:lock" if gone == "lock" else key)
            done.append(run)

        async with queue.working(work, concurrency=1):
            await queue.add("a")
            await until(lambda: any("too little time" in one.getMessage() for one in caplog.records), 20)
            await queue.add("b")
            await until(lambda: "b" in done, 20)
        assert not [one for one in caplog.records if "Error" in one.getMessage() or "Exception" in one.getMessage()]
        assert {getattr(one, "run", None) for one in caplog.records if "too little" in one.getMessage()} == {"a"}

    async def test_a_lock_that_cannot_be_renewed_is_told_in_words(
        self, queue: BullQueue, caplog: pytest.LogCaptureFixture
    ) -> None:
        go = asyncio.Event()

        async def work(run: str, _stop: asyncio.Event) -> None:
            await queue._queue.client.delete(f"{PREFIX}:{QUEUE_NAME}:{run}:lock")
            await go.wait()

        async with queue.working(work, concurrency=1):
            await queue.add("a")
            try:
                await until(lambda: any("too little time" in one.getMessage() for one in caplog.records), 20)
            finally:
                go.set()

    def test_an_answer_is_waited_for_longer_than_a_worker_waits_for_work(self) -> None:
        worker = Worker(QUEUE_NAME, None, {"connection": connect("redis://127.0.0.1:1"), "autorun": False})
        for client in (worker.client, worker.bclient):
            assert client.connection_pool.connection_kwargs["socket_timeout"] > worker.maximumBlockTimeout

    async def test_a_worker_that_starts_while_redis_is_away_works_when_it_is_back(self, valkey_url: str) -> None:
        """What BullMQ's own worker does not: it ends for good when its first command fails."""
        queue, done = BullQueue(valkey_url), list[str]()

        async def work(run: str, _stop: asyncio.Event) -> None:
            done.append(run)

        names, fails = Worker._ensure_client_names, iter([True])

        async def naming(worker: Worker) -> None:
            if next(fails, False):
                raise RedisError("made-up fault")
            await names(worker)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Worker, "_ensure_client_names", naming)
            await queue.add("a")
            async with queue.working(work, concurrency=1):
                await until(lambda: done == ["a"], 30)
        await queue.close()


@pytest.mark.long
class TestBullQueueOnCluster(BullQueues):
    @pytest.fixture
    async def address(self, tmp_path: Path) -> AsyncIterator[str]:
        async with valkey_cluster(tmp_path) as url:
            yield url


async def _until_somebody_waits(queue: BullQueue) -> None:
    """Until a worker blocks in wait for work."""
    async with asyncio.timeout(30):
        while not any("b" in each["flags"] for each in await queue._queue.client.client_list()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
