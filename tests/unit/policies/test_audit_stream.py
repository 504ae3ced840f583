import asyncio
import contextlib

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from policies.audit import AuditChain, verify_chain
from policies.audit_fields import together
from policies.audit_query import AuditFilter, query
from policies.audit_stream import Drainer, raw_entries_of
from policies.db import Database, DatabaseUnavailable
from tests.unit.policies.clock import Clock
from tests.unit.policies.streams import MemoryStream
from tests.unit.policies.test_audit import KEY


class Scene:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.stream = MemoryStream(self.clock.now)
        self.chain = AuditChain(database, KEY)

    def drainer(self) -> Drainer:
        return Drainer(self.stream, self.chain, now=self.clock.now)

    def intent(self, exchange: str, **flat: object) -> None:
        self.stream.add(kind="intent", exchange=exchange, at=self.clock.now(), tenant="t", entities="PERSON=1", **flat)

    def outcome(self, exchange: str, **flat: object) -> None:
        self.stream.add(kind="outcome", exchange=exchange, at=self.clock.now() + 50, outcome="ok", status=200, **flat)

    async def rows(self) -> dict[str, str]:
        return {event.exchange: event.outcome for event in (await query(self.database, AuditFilter())).events}


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


async def test_intent_and_outcome_become_one_row_and_leave_the_stream(scene: Scene) -> None:
    scene.intent("x", model="gpt")
    scene.outcome("x", ms_total=12.5, restored=3, model="")
    began = scene.clock.now()
    assert await scene.drainer().drain_once() == 1
    event = (await query(scene.database, AuditFilter())).events[0]
    assert (event.at, event.model, event.tenant, event.entities) == (began, "gpt", "t", {"PERSON": 1})
    assert (event.outcome, event.status, event.ms_total, event.restored) == ("ok", 200, 12.5, 3)
    assert scene.stream.entries == []


async def test_an_intent_waits_for_its_outcome(scene: Scene) -> None:
    drainer = scene.drainer()
    scene.intent("x")
    assert await drainer.drain_once() == 0
    assert len(scene.stream.entries) == 1
    scene.outcome("x")
    assert await drainer.drain_once() == 1
    assert await scene.rows() == {"x": "ok"}


async def test_an_intent_whose_gateway_died_is_written_as_unknown(scene: Scene) -> None:
    drainer = scene.drainer()
    scene.intent("x")
    await drainer.drain_once()
    for _ in range(61):
        scene.clock.pass_seconds(60)
        await drainer.drain_once()
    assert await scene.rows() == {"x": "unknown"}
    assert scene.stream.entries == []


async def test_outcomes_of_one_entry_become_rows_and_the_entry_goes_with_the_last(scene: Scene) -> None:
    for exchange in "xyz":
        scene.intent(exchange)
    (words,) = together([{"kind": "outcome", "exchange": exchange, "outcome": "ok"} for exchange in "xz"])
    scene.stream.add(**dict(zip(words[::2], words[1::2], strict=True)))
    assert await scene.drainer().drain_once() == 2
    assert await scene.rows() == {"x": "ok", "z": "ok"}
    ((_, left),) = scene.stream.entries
    assert left["exchange"] == "y"


async def test_an_outcome_without_intent_is_a_row_too(scene: Scene) -> None:
    scene.outcome("blocked-before-anything-left")
    assert await scene.drainer().drain_once() == 1


async def test_a_drainer_that_died_loses_nothing(scene: Scene) -> None:
    scene.intent("x")
    await scene.drainer().drain_once()  # read the intent, then died with the lock
    scene.outcome("x")
    heir = scene.drainer()
    assert await heir.drain_once() == 0  # the lock is still held
    scene.clock.pass_seconds(16)
    assert await heir.drain_once() == 1
    assert await scene.rows() == {"x": "ok"}


async def test_dying_between_row_and_deletion_writes_no_row_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.intent("x")
    scene.outcome("x")

    def dies(*_args: object) -> int:
        raise RedisConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(scene.stream, "_xdel", dies)
        with pytest.raises(RedisConnectionError):
            await scene.drainer().drain_once()
    scene.clock.pass_seconds(16)
    assert await scene.drainer().drain_once() == 0
    assert scene.stream.entries == []
    assert await scene.rows() == {"x": "ok"}


async def test_a_database_that_is_down_leaves_everything_in_the_stream(scene: Scene) -> None:
    scene.intent("x")
    scene.outcome("x")
    async with scene.database.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE audit_events RENAME TO away")
    drainer = scene.drainer()
    with pytest.raises(DatabaseUnavailable):
        await drainer.drain_once()
    assert len(scene.stream.entries) == 2
    async with scene.database.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE away RENAME TO audit_events")
    assert await drainer.drain_once() == 1


async def test_one_drainer_works_at_a_time_and_the_lock_is_given_back(scene: Scene) -> None:
    first, second = scene.drainer(), scene.drainer()
    await first.drain_once()
    scene.intent("x")
    scene.outcome("x")
    assert await second.drain_once() == 0
    await first.close()
    assert scene.stream.lock is None
    assert await second.drain_once() == 1


async def test_many_exchanges_in_any_order_all_arrive_and_are_signed(scene: Scene) -> None:
    for number in range(700):
        scene.intent(f"x{number}")
    for number in reversed(range(700)):
        scene.outcome(f"x{number}")
    drainer = scene.drainer()
    while scene.stream.entries:
        await drainer.drain_once()
    await drainer.close()
    verdict = await verify_chain(scene.database, scene.chain.public_key)
    assert (verdict.intact, verdict.rows) == (True, 700)
    assert verdict.checkpoints >= 2


async def test_an_entry_that_is_no_audit_entry_does_not_stop_the_others(scene: Scene) -> None:
    scene.stream.add(nonsense="1")
    scene.outcome("x")
    assert await scene.drainer().drain_once() == 1
    assert scene.stream.entries == []


async def test_two_intents_of_one_exchange_count_once(scene: Scene) -> None:
    scene.intent("x", model="first")
    scene.intent("x", model="second")
    scene.outcome("x")
    assert await scene.drainer().drain_once() == 1
    assert (await query(scene.database, AuditFilter())).events[0].model == "second"


async def test_running_goes_on_after_a_failure_and_ends_with_the_lock_free(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = asyncio.Event()
    append = scene.chain.append

    async def noted(events: object) -> int:
        count: int = await append(events)  # type: ignore[arg-type]  # passed through
        written.set()
        return count

    monkeypatch.setattr(scene.chain, "append", noted)
    monkeypatch.setattr("policies.audit_stream._RETRY_SECONDS", 0.0)
    scene.stream.fails = RedisConnectionError("secret address")
    task = asyncio.create_task(scene.drainer().run())
    async with asyncio.timeout(10):
        while "tried again" not in caplog.text:  # noqa: ASYNC110 - the log has no event to wait for
            await asyncio.sleep(0)
    scene.outcome("x")
    scene.stream.fails = None
    await asyncio.wait_for(written.wait(), 10)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert scene.stream.lock is None
    assert "secret address" not in caplog.text
    assert (
        "the audit trail waits: Redis cannot be reached; start it, or check redis.url. It is tried again" in caplog.text
    )
    assert "the audit trail goes on" in caplog.text


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", [tuple, list], ids=["redis-py", "as it came"])
def test_entries_are_read_whether_redis_py_has_touched_them_or_not(count: int, kind: type) -> None:
    entries = [kind((f"{number}-0".encode(), [b"heads", b"\xff", b"bodies", b"b"])) for number in range(count)]
    wanted = [(f"{number}-0", {"heads": b"\xff", "bodies": b"b"}) for number in range(count)]
    for answer in ([[b"stream", entries]], {b"stream": [entries]} if count == 1 else {b"stream": entries}):
        assert raw_entries_of(answer) == wanted
