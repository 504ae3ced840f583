"""The worker pool: batches, deadlines, dying and hanging workers, overload, shutdown. Real processes throughout."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from proxy.detectors import chain
from proxy.detectors.base import DetectionFailed, Profile
from proxy.detectors.pool import PoolDetector

HERE = str(Path(__file__).parent)
SCRIPTED = "scripted_engine:Scripted"
PROFILE = Profile(engines=("scripted",))

StartPool = Callable[..., Any]


@pytest.fixture
async def start_pool() -> AsyncIterator[StartPool]:
    """Starts pools of scripted workers and ends them after the test."""
    pools: list[PoolDetector] = []

    async def start(*, engine: str = SCRIPTED, wait: bool = True, **options: Any) -> PoolDetector:
        pool = PoolDetector([engine], python_path=HERE, **({"workers": 1, "deadline": 20.0} | options))
        pools.append(pool)
        await pool.start(wait=wait)
        return pool

    yield start
    for pool in pools:
        await pool.close()


def alive(pid: int) -> bool:
    """Whether `pid` is a process that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for `condition`; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.01)


def words(results: list[Any], texts: list[str]) -> list[list[str]]:
    return [[text[f.start : f.end] for f in found] for text, found in zip(texts, results, strict=True)]


async def test_findings_come_back_in_the_order_of_the_texts(start_pool: StartPool) -> None:
    pool = await start_pool(workers=2, batch_chars=10)
    texts = [f"{'AB' if n % 2 else 'C'} number {n}" for n in range(60)] + ["", "nothing"]
    expected = [["AB"] if n % 2 else ["C"] for n in range(60)] + [[], []]
    assert words(await pool.detect(texts, PROFILE), texts) == expected


async def test_no_texts_give_no_findings(start_pool: StartPool) -> None:
    pool = await start_pool()
    assert await pool.detect([], PROFILE) == []


async def test_concurrent_requests_with_different_profiles_get_their_own_answers(start_pool: StartPool) -> None:
    pool = await start_pool()
    profiles = [Profile(engines=("scripted",), tenant=tenant) for tenant in ("red", "blue")]
    answers = await asyncio.gather(*(pool.detect([f"X{n}"], profiles[n % 2]) for n in range(40)))
    types = [answer[0][0].entity_type for answer in answers]
    assert types == ["RED", "BLUE"] * 20


async def test_a_long_text_is_split_over_the_workers_and_put_together_again(start_pool: StartPool) -> None:
    pool = await start_pool(workers=2)
    text = "lorem ipsum dolor\n" * 20_000 + "NAME"
    assert words(await pool.detect([text], PROFILE), [text]) == [["NAME"]]


async def test_half_a_surrogate_pair_and_nul_reach_the_worker_unharmed(start_pool: StartPool) -> None:
    pool = await start_pool()
    text = "\ud83d\ude00 \x00 A \udfff B"
    assert words(await pool.detect([text], PROFILE), [text]) == [["A", "B"]]


async def test_a_hanging_worker_fails_its_request_in_time_and_is_replaced(start_pool: StartPool) -> None:
    pool = await start_pool(deadline=0.5)
    before = pool.pids
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(DetectionFailed, match="deadline"):
        await pool.detect(["hang"], PROFILE)
    assert loop.time() - began < 1.5
    await until(lambda: pool.ready() and pool.pids != before)
    assert not alive(before[0])
    assert pool.replaced == 1
    assert pool.expired == 1


async def test_a_worker_that_loads_a_further_engine_is_not_taken_for_a_hanging_one(
    start_pool: StartPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "ENGINES", {**chain.ENGINES, "late": "scripted_engine:Late"})
    pool = await start_pool(deadline=2.0)
    before, late = pool.pids, Profile(engines=("scripted", "late"))
    await pool.detect([f"gate {tmp_path / 'weights'}"], PROFILE)
    with pytest.raises(DetectionFailed, match="deadline"):
        await pool.detect(["LATE"], late)
    (tmp_path / "weights").touch()
    assert words(await pool.detect(["LATE"], late), ["LATE"]) == [["LATE"]]
    assert (pool.pids, pool.replaced) == (before, 0)


async def test_workers_with_a_further_engine_take_the_place_of_those_without_which_answer_until_then(
    start_pool: StartPool,
) -> None:
    pool = await start_pool(workers=2)
    before = pool.pids
    loading = asyncio.create_task(pool.load(["scripted_engine:Further", SCRIPTED]))
    assert words(await pool.detect(["BEFORE"], PROFILE), ["BEFORE"]) == [["BEFORE"]]
    await loading
    await until(lambda: len(pool.pids) == 2 and not set(pool.pids) & set(before))
    late = Profile(engines=("scripted", "further"))
    assert words(await pool.detect(["A", "B"], late), ["A", "B"]) == [["A"], ["B"]]
    assert pool.ready()
    assert pool.replaced == 0
    after = pool.pids
    await pool.load([SCRIPTED])
    assert pool.pids == after
    await until(lambda: not any(alive(pid) for pid in before))


async def test_an_engine_that_cannot_be_loaded_leaves_the_workers_as_they_are(start_pool: StartPool) -> None:
    pool = await start_pool()
    before = pool.pids
    with pytest.raises(DetectionFailed, match="cannot be loaded"):
        await pool.load(["scripted_engine:NoSuch"])
    assert words(await pool.detect(["STILL"], PROFILE), ["STILL"]) == [["STILL"]]
    assert (pool.pids, pool.replaced) == (before, 0)


async def test_a_text_whose_worker_was_killed_is_tried_again(start_pool: StartPool, tmp_path: Path) -> None:
    pool = await start_pool(workers=2)
    text = f"die-once {tmp_path / 'died'} NAME"
    assert words(await pool.detect([text, "OTHER"], PROFILE), [text, "OTHER"]) == [["NAME"], ["OTHER"]]
    await until(lambda: pool.replaced == 1)


async def test_a_text_that_kills_two_workers_is_refused_and_takes_no_other_with_it(start_pool: StartPool) -> None:
    pool = await start_pool(workers=1)
    poison = asyncio.create_task(pool.detect(["die"], PROFILE))
    innocent = asyncio.create_task(pool.detect(["FINE"], PROFILE))
    with pytest.raises(DetectionFailed, match="twice"):
        await poison
    assert words(await innocent, ["FINE"]) == [["FINE"]]


async def test_a_worker_killed_while_idle_is_replaced(start_pool: StartPool) -> None:
    pool = await start_pool()
    victim = pool.pids[0]
    os.kill(victim, signal.SIGKILL)
    await until(lambda: pool.replaced == 1 and pool.ready())
    assert victim not in pool.pids


async def test_an_engine_that_raises_fails_that_text_only_and_the_worker_lives(start_pool: StartPool) -> None:
    pool = await start_pool()
    pids = pool.pids
    results = await asyncio.gather(
        pool.detect(["raise secret-value"], PROFILE), pool.detect(["GOOD"], PROFILE), return_exceptions=True
    )
    assert isinstance(results[0], DetectionFailed)
    assert "secret-value" not in str(results[0])
    assert results[0].__cause__ is None
    assert results[1][0][0].start == 0
    assert pool.pids == pids


async def test_what_an_engine_prints_reaches_neither_the_frames_nor_our_output(
    start_pool: StartPool, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = await start_pool()
    text = "print SECRET"
    assert words(await pool.detect([text], PROFILE), [text]) == [["SECRET"]]
    captured = capfd.readouterr()
    assert "SECRET" not in captured.out + captured.err


async def test_workers_do_not_inherit_the_secrets_of_our_environment(
    start_pool: StartPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STING_MASTER_KEY", "made-up")
    pool = await start_pool()
    assert await pool.detect(["environment STING_MASTER_KEY"], PROFILE)
    with pytest.raises(DetectionFailed):
        await pool.detect(["environment PATH"], PROFILE)  # the order does work: PATH is handed on


async def test_more_text_than_may_wait_is_refused_with_advice(start_pool: StartPool) -> None:
    pool = await start_pool(queue_chars=100, deadline=3.0)
    running = [asyncio.create_task(pool.detect(["hang"], PROFILE))]
    await asyncio.sleep(0)
    running += [asyncio.create_task(pool.detect(["x" * 90], PROFILE)) for _ in range(3)]
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    refused = done.pop().exception()
    assert isinstance(refused, DetectionFailed)
    assert refused.headers == {"retry-after": "1"}
    assert pool.refused >= 1
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_cancelled_request_leaves_the_others_alone(start_pool: StartPool) -> None:
    pool = await start_pool()
    gone = asyncio.create_task(pool.detect(["GONE " * 1000], PROFILE))
    stays = asyncio.create_task(pool.detect(["STAYS"], PROFILE))
    await asyncio.sleep(0)
    gone.cancel()
    assert words(await stays, ["STAYS"]) == [["STAYS"]]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_an_engine_that_does_not_load_stops_the_start_with_its_reason() -> None:
    pool = PoolDetector(["scripted_engine:Broken"], workers=2, python_path=HERE)
    with pytest.raises(DetectionFailed, match="the weights are not there"):
        await pool.start()
    assert not pool.ready()
    assert pool.pids == ()


async def test_an_unknown_engine_stops_the_start_and_names_the_known_ones() -> None:
    pool = PoolDetector(["nonesuch"], workers=1)
    with pytest.raises(DetectionFailed, match=r"nonesuch.*presidio"):
        await pool.start()


async def test_a_profile_that_names_an_engine_that_nobody_registered_is_refused(start_pool: StartPool) -> None:
    pool = await start_pool()
    with pytest.raises(DetectionFailed, match="'nonesuch' is not loaded"):
        await pool.detect(["x"], Profile(engines=("nonesuch",)))


async def test_closing_ends_every_worker_and_refuses_what_waits(start_pool: StartPool) -> None:
    pool = await start_pool(workers=2)
    pids = pool.pids
    waiting = asyncio.create_task(pool.detect(["hang", "hang", "FINE"], PROFILE))
    await until(lambda: not pool._queue)
    await pool.close()
    with pytest.raises(DetectionFailed):
        await waiting
    assert not any(map(alive, pids))
    assert not pool.ready()
    with pytest.raises(DetectionFailed, match="not running"):
        await pool.detect(["x"], PROFILE)


async def test_texts_that_come_before_the_workers_are_loaded_wait_for_them(start_pool: StartPool) -> None:
    pool = await start_pool(wait=False)
    assert not pool.ready()
    assert words(await pool.detect(["EARLY"], PROFILE), ["EARLY"]) == [["EARLY"]]
    assert pool.ready()


async def test_the_event_loop_never_blocks_while_texts_are_looked_at(start_pool: StartPool) -> None:
    pool = await start_pool(workers=2)
    texts = ["A " * 3_000] * 20
    with blockbuster_ctx("proxy"):
        results = await pool.detect(texts, PROFILE)
    assert [len(found) for found in results] == [3_000] * 20


PARENT = """
import asyncio, sys
from proxy.detectors.pool import PoolDetector

async def main():
    pool = PoolDetector(["scripted_engine:Scripted"], workers=2, python_path=sys.argv[1])
    await pool.start()
    print(*pool.pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
async def test_a_killed_gateway_leaves_no_worker_behind() -> None:
    pipe = asyncio.subprocess.PIPE
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, HERE, stdout=pipe)
    try:
        assert parent.stdout is not None
        pids = [int(word) for word in (await parent.stdout.readline()).split()]
        assert len(pids) == 2
        assert all(map(alive, pids))
    finally:
        parent.kill()
        await parent.communicate()
    await until(lambda: not any(map(alive, pids)))
