"""The cache of findings: keys, bounds, single flight, counters."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence

import pytest

from proxy.core.findings import Finding
from proxy.detectors.base import DetectionFailed, Profile
from proxy.detectors.cache import CachedDetector

PROFILE = Profile()


class Recorder:
    """Finds the whole text; waits for `gate`; fails on texts that start with `bad`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        self.asked.extend(texts)
        await self.gate.wait()
        if any(text.startswith("bad") for text in texts):
            raise DetectionFailed("no")
        return [[Finding(0, len(text), profile.tenant, 1.0, "recorder")] for text in texts]


async def test_a_text_is_looked_at_once_per_profile() -> None:
    inner = Recorder()
    cache = CachedDetector(inner)
    other = Profile(values_version=1)
    first = await cache.detect(["a", "b", "a", ""], PROFILE)
    assert await cache.detect(["a", "b", "a", ""], PROFILE) == first
    assert first[3] == []
    assert sorted(inner.asked) == ["a", "b"]
    await cache.detect(["a"], other)
    assert sorted(inner.asked) == ["a", "a", "b"]
    assert (cache.hits, cache.misses, cache.joined) == (3, 3, 1)


async def test_of_very_many_texts_only_some_are_asked_for_at_once() -> None:
    inner = Recorder()
    inner.gate.clear()
    cache = CachedDetector(inner)
    texts = [str(number) for number in range(450)]
    looking = asyncio.create_task(cache.detect(texts, PROFILE))
    for _ in range(5):  # turns of the loop; a task begins in the one after it is made
        await asyncio.sleep(0)
    assert inner.asked == texts[:200]
    inner.gate.set()
    assert [len(found) for found in await looking] == [1] * 450
    assert inner.asked == texts


@pytest.mark.parametrize(
    "profile",
    [
        Profile(engines=("patterns",)),
        Profile(entity_types=("PERSON",)),
        Profile(languages=("de",)),
        Profile(regions=("DE",)),
        Profile(tenant="other"),
        Profile(values_version=2),
        Profile(deny=(("X", "y"),)),
        Profile(allow=("z",)),
        Profile(identifiers=True),
    ],
)
async def test_every_field_of_the_profile_is_part_of_the_key(profile: Profile) -> None:
    inner = Recorder()
    cache = CachedDetector(inner)
    await cache.detect(["text"], PROFILE)
    await cache.detect(["text"], profile)
    assert len(inner.asked) == 2


async def test_the_caller_may_change_its_list_without_changing_the_cache() -> None:
    cache = CachedDetector(Recorder())
    (await cache.detect(["a"], PROFILE))[0].clear()
    assert len((await cache.detect(["a"], PROFILE))[0]) == 1


async def test_equal_texts_of_concurrent_requests_are_looked_at_once() -> None:
    inner = Recorder()
    inner.gate.clear()
    cache = CachedDetector(inner)
    requests = [asyncio.create_task(cache.detect(["same"], PROFILE)) for _ in range(50)]
    await asyncio.sleep(0)
    inner.gate.set()
    answers = await asyncio.gather(*requests)
    assert inner.asked == ["same"]
    assert all(answer == answers[0] for answer in answers)
    assert (cache.misses, cache.joined) == (1, 49)


async def test_who_stops_waiting_stops_nobody_elses_answer() -> None:
    inner = Recorder()
    inner.gate.clear()
    cache = CachedDetector(inner)
    first = asyncio.create_task(cache.detect(["same"], PROFILE))
    second = asyncio.create_task(cache.detect(["same"], PROFILE))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    inner.gate.set()
    assert len((await second)[0]) == 1
    assert first.cancelled()


async def test_a_failure_is_not_remembered_and_hits_its_own_waiters_only() -> None:
    inner = Recorder()
    cache = CachedDetector(inner)
    results = await asyncio.gather(
        cache.detect(["good", "bad"], PROFILE), cache.detect(["good"], PROFILE), return_exceptions=True
    )
    assert isinstance(results[0], DetectionFailed)
    assert len(results[1][0]) == 1
    with pytest.raises(DetectionFailed):
        await cache.detect(["bad"], PROFILE)
    assert inner.asked.count("bad") == 2


async def test_a_failure_that_nobody_waits_for_any_more_is_not_reported_as_lost() -> None:
    inner = Recorder()
    inner.gate.clear()
    cache = CachedDetector(inner)
    lost: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    request = asyncio.create_task(cache.detect(["bad"], PROFILE))
    await asyncio.sleep(0)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    assert len(cache._flying) == 1
    inner.gate.set()
    await asyncio.wait(cache._flying.values())  # looks at no result, as `gather` would
    await asyncio.sleep(0)
    gc.collect()
    assert lost == []


async def test_the_least_recently_used_text_goes_first_when_there_are_too_many() -> None:
    inner = Recorder()
    cache = CachedDetector(inner, entries=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        await cache.detect([text], PROFILE)
    assert inner.asked == ["a", "b", "c", "b"]
    assert len(cache) == 2


async def test_memory_is_bounded_too() -> None:
    cache = CachedDetector(Recorder(), memory=5_000)
    for number in range(100):
        await cache.detect([f"text {number}"], PROFILE)
    assert 0 < cache.used_memory <= 5_000
    assert 0 < len(cache) < 20
    cache.forget()
    assert (len(cache), cache.used_memory) == (0, 0)


async def test_no_text_is_kept() -> None:
    cache = CachedDetector(Recorder())
    text = "John Smith of " + "Berlin"
    await cache.detect([text], PROFILE)
    assert text not in repr(vars(cache))
    assert not any(text.encode() in key for key in cache._found)


async def test_two_processes_would_file_the_same_text_under_different_digests() -> None:
    first, second = CachedDetector(Recorder()), CachedDetector(Recorder())
    assert first._digest("a", PROFILE) == first._digest("a", PROFILE)
    assert first._digest("a", PROFILE) != second._digest("a", PROFILE)
