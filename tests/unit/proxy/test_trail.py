"""Audit events are kept until their rows stand, whatever becomes of Redis meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from functools import partial
from typing import Any

import pytest

from policies.audit import AuditChain
from policies.audit_fields import together
from policies.audit_query import AuditFilter, query, written
from policies.audit_stream import Drainer
from policies.db import Database
from proxy.errors import VaultUnavailable
from proxy.trail import _MOST_OWED, Outcomes
from tests.unit.policies.clock import Clock
from tests.unit.policies.streams import MemoryStream
from tests.unit.policies.test_audit import KEY


class Place:
    """A gateway's outcomes over a stream in memory that can be away or lose what it holds, and the drainer."""

    def __init__(self, database: Database) -> None:
        self.clock = Clock()
        self.stream = MemoryStream(self.clock.now)
        self.away = False
        self.said: list[int] = []
        self._database = database
        self._drainer = Drainer(self.stream, AuditChain(database, KEY), now=self.clock.now)
        self._tasks: list[asyncio.Future[None]] = []
        self.kept = Outcomes(self, partial(written, database), self._start, self.clock)  # type: ignore[arg-type] # the one method that is used

    async def outcomes(self, events: Iterable[Mapping[str, str]], *, again: bool = False) -> None:
        """As the vault's."""
        events = list(events)
        if self.away:
            raise VaultUnavailable("away")
        self.said += [len(events)] if again else []
        for words in together(events):
            self.stream.add(**dict(zip(words[::2], words[1::2], strict=True)))

    def _start(self, work: Awaitable[None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))

    async def exchange(self, name: str, *, intent_stands: bool = True) -> None:
        intent = {"kind": "intent", "exchange": name, "at": str(self.clock.now()), "tenant": "t", "model": "m"}
        if intent_stands:
            self.stream.add(**intent)
        self.kept.add(intent, {"kind": "outcome", "exchange": name, "outcome": "ok", "model": ""})
        await asyncio.gather(*self._tasks)

    async def rows(self) -> dict[str, tuple[str, str, str, int]]:
        """What the trail holds once the drainer has been there."""
        await self._drainer.drain_once()
        events = (await query(self._database, AuditFilter())).events
        return {event.exchange: (event.outcome, event.tenant, event.model, event.at) for event in events}


@pytest.fixture
def place(database: Database) -> Place:
    return Place(database)


async def test_what_has_its_row_is_let_go(place: Place) -> None:
    await place.exchange("x")
    began = place.clock.now()
    assert await place.rows() == {"x": ("ok", "t", "m", began)}
    place.clock.pass_seconds(5)
    assert await place.kept.look() == 0
    place.clock.pass_seconds(10_000)
    assert await place.kept.look() == 0
    assert place.said == []


@pytest.mark.parametrize("lost", ["everything", "the intent", "the outcome"])
async def test_what_redis_loses_is_said_again_whole(place: Place, lost: str) -> None:
    place.away = lost == "the outcome"
    began = place.clock.now()
    await place.exchange("x", intent_stands=lost != "the intent")
    place.away = False
    if lost == "everything":
        place.stream.entries.clear()
    assert await place.rows() == {}  # an outcome alone does not tell whose it is: it waits
    assert await place.kept.look() == 0  # not at once: rows take their time
    place.clock.pass_seconds(5)
    assert await place.kept.look() == 1
    assert await place.rows() == {"x": ("ok", "t", "m", began)}
    assert place.stream.entries == []


async def test_what_is_said_twice_is_written_once(place: Place) -> None:
    await place.exchange("x")
    place.clock.pass_seconds(5)
    assert await place.kept.look() == 1  # the drainer was late
    before = await place.rows()
    assert list(before) == ["x"]
    place.clock.pass_seconds(10_000)
    assert await place.kept.look() == 0
    assert await place.rows() == before


async def test_while_nothing_is_drained_it_is_said_more_and_more_seldom(place: Place) -> None:
    await place.exchange("x")
    for _ in range(600):
        place.clock.pass_seconds(1)
        await place.kept.look()
    assert 4 <= len(place.said) <= 8


async def test_a_redis_that_is_away_is_told_later(place: Place) -> None:
    await place.exchange("x")
    place.stream.entries.clear()
    place.away = True
    place.clock.pass_seconds(5)
    with pytest.raises(VaultUnavailable):
        await place.kept.look()
    place.away = False
    place.clock.pass_seconds(10)
    assert await place.kept.look() == 1
    assert list(await place.rows()) == ["x"]


async def test_an_outcome_whose_intent_never_comes_is_written_after_a_minute(place: Place) -> None:
    place.stream.add(kind="outcome", exchange="x", outcome="ok")
    began = place.clock.now()
    for _ in range(5):
        assert await place.rows() == {}
        place.clock.pass_seconds(14)  # the drainer keeps its lock
    assert await place.rows() == {"x": ("ok", "", "", began)}


def test_memory_is_bounded(place: Place) -> None:
    kept = Outcomes(place, _nothing, lambda work: work.close(), place.clock)  # type: ignore[arg-type, attr-defined] # as above
    for number in range(_MOST_OWED + 5):
        kept.add({}, {"exchange": str(number)})
    owed: dict[str, Any] = kept._owed
    assert len(owed) == _MOST_OWED
    assert str(_MOST_OWED + 4) in owed


async def _nothing(exchanges: object) -> set[str]:
    raise AssertionError(exchanges)
