"""RedisVault: round trips, memory, dropped day keys, backlog, and what failures say."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from policies.puncturing import Tree
from policies.redis_client import make_client
from proxy.errors import VaultUnavailable
from proxy.vault.base import Scope
from proxy.vault.batches import Batches
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.redis import RedisVault
from tests.valkey_fixture import MemoryKeyRing

ADDRESS_KEY = b"address key of the tests........"
SCOPE = Scope("acme", "support", "ann@example.com")
INTENT = {"exchange": "1"}
ANN, BOB = "PERSON_K7Q2M9XA", "PERSON_B2B2B2B2"
SECRET = "Ann Secretname"


@pytest.fixture
def ring() -> MemoryKeyRing:
    return MemoryKeyRing()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the commands that the client sends from now on; each is one round trip."""
    names: list[str] = []
    send: Any = Batches.execute_command

    async def counted(self: Batches, *args: Any) -> Any:
        names.append(str(args[0]))
        return await send(self, *args)

    monkeypatch.setattr(Batches, "execute_command", counted)
    return names


@pytest.fixture
def make_vault(valkey_client: Redis, ring: MemoryKeyRing) -> Callable[..., RedisVault]:
    def make(**options: Any) -> RedisVault:
        return RedisVault(valkey_client, ring, address_key=ADDRESS_KEY, **options)

    return make


async def put(vault: RedisVault, entries: dict[str, str], scope: Scope = SCOPE) -> dict[str, str]:
    return await vault.save(await vault.open(scope, entries), entries, INTENT)


async def test_a_warm_exchange_costs_one_round_trip_and_one_with_new_tokens_two(
    make_vault: Callable[..., RedisVault], sent: list[str]
) -> None:
    vault = make_vault()
    await put(vault, {ANN: SECRET})
    await vault.fetch(SCOPE, [ANN])  # the server knows all three scripts now
    sent.clear()
    await put(vault, {ANN: SECRET})
    assert sent == ["EVALSHA"]
    sent.clear()
    await put(vault, {ANN: SECRET, BOB: "Bob"})
    assert sent == ["EVALSHA", "EVALSHA"]
    sent.clear()
    await make_vault().fetch(SCOPE, [ANN])
    assert sent == ["EVALSHA"]


async def test_to_store_is_one_round_trip_but_in_a_session_that_this_process_does_not_remember(
    make_vault: Callable[..., RedisVault], sent: list[str]
) -> None:
    first, other = make_vault(), make_vault()
    for vault in (first, other):  # the server knows all scripts afterwards
        assert await vault.store(Scope("t", "o", "warm"), {ANN: SECRET}, INTENT) == {}
    many = {f"PERSON_{number:08}": f"Name {number}" for number in range(20)}
    for vault, entries, trips in (
        (first, {ANN: SECRET}, 1),  # a new session
        (first, {ANN: SECRET, BOB: "Bob"}, 1),  # a new token
        (other, {ANN: SECRET} | many, 2),  # a session of another process
        (other, {BOB: "Bob"}, 1),  # a token of another process
        (first, {ANN: SECRET} | many, 1),  # the other one added tokens: names of a few known ones are sent
    ):
        sent.clear()
        assert await vault.store(SCOPE, entries, INTENT) == {}
        assert sent == ["EVALSHA"] * trips
    assert await first.fetch(SCOPE, [ANN, BOB, *many]) == {ANN: SECRET, BOB: "Bob", **many}


async def test_scripts_that_the_server_forgot_are_sent_again(
    make_vault: Callable[..., RedisVault], valkey_client: Redis
) -> None:
    vault = make_vault()
    await put(vault, {ANN: SECRET})
    await valkey_client.script_flush()
    assert await put(vault, {ANN: SECRET, BOB: "Bob"}) == {}
    assert await vault.fetch(SCOPE, [ANN, BOB]) == {ANN: SECRET, BOB: "Bob"}


async def test_writes_lost_in_a_fail_over_are_noticed_by_a_warm_process(
    make_vault: Callable[..., RedisVault], valkey_client: Redis
) -> None:
    vault = make_vault()
    await put(vault, {ANN: SECRET, BOB: "Bob"})
    (key,) = await valkey_client.keys("sting:{*}:s")
    await valkey_client.hdel(key, ANN)  # as if the replica that took over had not got it
    assert await put(vault, {ANN: SECRET, BOB: "Bob"}) == {}
    assert await vault.fetch(SCOPE, [ANN, BOB]) == {ANN: SECRET, BOB: "Bob"}


async def test_names_of_many_known_tokens_are_not_sent_while_nobody_adds_any(
    make_vault: Callable[..., RedisVault], monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[tuple[Any, ...]] = []
    send: Any = Batches.execute_command

    async def noted(self: Batches, *args: Any) -> Any:
        words.append(args)
        return await send(self, *args)

    monkeypatch.setattr(Batches, "execute_command", noted)
    many = {f"PERSON_{number:08}": f"Name {number}" for number in range(20)}
    vault, other = make_vault(), make_vault()
    await put(vault, many)
    words.clear()
    await put(vault, many)
    assert len(words) == 1
    assert not many.keys() & set(words[0])
    await put(other, {ANN: SECRET})
    words.clear()
    await put(vault, many)
    assert [many.keys() <= set(sent) for sent in words] == [False, True]
    words.clear()
    await put(vault, many)
    assert len(words) == 1


async def test_whatever_processes_add_and_a_fail_over_loses_all_of_an_exchange_is_stored_when_it_is_saved(
    make_vault: Callable[..., RedisVault], valkey_client: Redis
) -> None:
    pick = random.Random(7)
    everything = {f"PERSON_{number:08}": f"Name {number}" for number in range(40)}
    vaults, reader = [make_vault(), make_vault()], make_vault()
    await put(vaults[0], {ANN: SECRET})
    (key,) = await valkey_client.keys("sting:{*}:s")
    copies = [await valkey_client.dump(key)]
    for step in range(120):
        if step % 10 == 9:
            # A replica takes over that had not got the last writes: whole scripts are missing, never parts of one.
            await valkey_client.restore(key, 60_000, pick.choice(copies[-4:]), replace=True)
        entries = dict(pick.sample(list(everything.items()), pick.choice([1, 5, 12, 25])))
        assert await put(pick.choice(vaults), entries) == {}
        assert await reader.fetch(SCOPE, entries) == entries
        copies.append(await valkey_client.dump(key))


async def test_a_session_whose_day_key_was_dropped_is_dead_and_begins_anew(
    make_vault: Callable[..., RedisVault], ring: MemoryKeyRing
) -> None:
    warm = make_vault()
    await put(warm, {ANN: SECRET})
    ring.drop("acme/1")
    assert await warm.fetch(SCOPE, [ANN]) == {}
    assert await warm.counts(SCOPE) is None
    opened = await warm.open(SCOPE, [ANN])
    assert dict(opened.known) == {}
    assert await warm.save(opened, {BOB: "Bob"}, INTENT) == {}
    assert await make_vault().fetch(SCOPE, [ANN, BOB]) == {BOB: "Bob"}
    assert await warm.counts(SCOPE) == {"PERSON": 1}


async def test_many_processes_begin_a_dead_session_anew_only_once(
    make_vault: Callable[..., RedisVault], ring: MemoryKeyRing
) -> None:
    await put(make_vault(), {ANN: SECRET})
    ring.drop("acme/1")
    entries = [{f"PERSON_{n:08d}": str(n)} for n in range(12)]
    await asyncio.gather(*(put(make_vault(), entry) for entry in entries))
    everything = {token: original for entry in entries for token, original in entry.items()}
    assert await make_vault().fetch(SCOPE, [ANN, *everything]) == everything


async def test_a_session_in_use_moves_to_each_day_s_key(
    make_vault: Callable[..., RedisVault], ring: MemoryKeyRing
) -> None:
    vault, other = make_vault(), make_vault()
    await put(vault, {ANN: SECRET})
    await put(other, {ANN: SECRET})
    ring.day = 2
    opened = await vault.open(SCOPE, [ANN])
    assert dict(opened.known) == {ANN: SECRET}
    ring.drop("acme/1")
    assert await other.save(await other.open(SCOPE, [ANN]), {ANN: SECRET, BOB: "Bob"}, INTENT) == {}
    assert await vault.fetch(SCOPE, [ANN, BOB]) == {ANN: SECRET, BOB: "Bob"}


async def test_save_refuses_over_the_backlog_and_writes_nothing(
    make_vault: Callable[..., RedisVault], valkey_client: Redis
) -> None:
    vault = make_vault(backlog_limit=2, stream="sting:{a}:e")
    await put(vault, {ANN: SECRET})
    await put(vault, {ANN: SECRET})
    with pytest.raises(VaultUnavailable, match="backlog") as refused:
        await put(vault, {ANN: SECRET, BOB: "Bob"})
    assert refused.value.retryable
    assert await vault.fetch(SCOPE, [ANN, BOB]) == {ANN: SECRET}
    await vault.outcomes([{"exchange": "1"}])  # an outcome is always written
    assert await valkey_client.xlen("sting:{a}:e") == 3


async def test_forget_runs_on_shred_only_for_a_session_that_was_there(make_vault: Callable[..., RedisVault]) -> None:
    runs: list[int] = []

    async def on_shred() -> None:
        runs.append(1)

    vault = make_vault(on_shred=on_shred)
    assert not await vault.forget(SCOPE)
    await vault.open(SCOPE, [])
    assert await vault.forget(SCOPE)
    assert runs == [1]


async def test_the_field_of_the_data_key_is_no_token(make_vault: Callable[..., RedisVault]) -> None:
    vault = make_vault()
    session = await vault.open(SCOPE, ["k"])
    assert dict(session.known) == {}
    assert await vault.fetch(SCOPE, ["k"]) == {}
    with pytest.raises(ValueError, match="no token"):
        await vault.save(session, {"k": "v"}, INTENT)


async def test_an_intent_without_fields_is_a_mistake(make_vault: Callable[..., RedisVault]) -> None:
    vault = make_vault()
    with pytest.raises(ValueError, match="intent"):
        await vault.save(await vault.open(SCOPE, []), {}, {})


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_ping_refuses_a_server_that_evicts(
    make_vault: Callable[..., RedisVault], valkey_client: Redis, policy: str
) -> None:
    await valkey_client.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(VaultUnavailable, match=f"{policy}.*maxmemory-policy noeviction"):
            await make_vault().ping()
    finally:
        await valkey_client.config_set("maxmemory-policy", "noeviction")
    await make_vault().ping()


async def test_ping_refuses_a_server_that_does_not_tell_its_policy(
    make_vault: Callable[..., RedisVault], valkey_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def info(_: str) -> dict[str, str]:
        return {}

    async def forbidden(_: str) -> dict[str, str]:
        raise ResponseError("unknown command CONFIG")

    monkeypatch.setattr(valkey_client, "info", info)
    await make_vault().ping()  # CONFIG GET tells
    monkeypatch.setattr(valkey_client, "config_get", forbidden)
    with pytest.raises(VaultUnavailable, match="unknown"):
        await make_vault().ping()


class _BrokenRing(MemoryKeyRing):
    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        raise RuntimeError(f"{SECRET} in {tenant}")

    async def day_key(self, key_id: str) -> bytes | None:
        raise RuntimeError(f"{SECRET} in {key_id}")

    async def tree(self, key_id: str) -> Tree | None:
        raise RuntimeError(f"{SECRET} in {key_id}")

    async def puncture(self, tenant: str, index: bytes) -> None:
        raise RuntimeError(f"{SECRET} in {tenant} {index!r}")


async def test_no_failure_tells_a_value(valkey_client: Redis, make_vault: Callable[..., RedisVault]) -> None:
    await put(make_vault(), {ANN: SECRET})
    (key,) = await valkey_client.keys("sting:{*}:s")
    broken_ring = RedisVault(valkey_client, _BrokenRing(), address_key=ADDRESS_KEY)
    failures = [await failure_of(lambda: broken_ring.open(SCOPE, [ANN]))]
    failures.append(await failure_of(lambda: broken_ring.fetch(SCOPE, [ANN])))
    failures.append(await failure_of(lambda: broken_ring.forget(SCOPE)))
    opened = await make_vault().open(SCOPE, [ANN])
    await valkey_client.hset(key, ANN, SECRET)
    failures.append(await failure_of(lambda: make_vault().fetch(SCOPE, [ANN])))
    await valkey_client.hset(key, "k", SECRET)
    failures.append(await failure_of(lambda: make_vault().open(SCOPE, [ANN])))
    await valkey_client.set(key, SECRET)  # every script fails with WRONGTYPE, and Redis quotes what it ran
    failures.append(await failure_of(lambda: make_vault().open(SCOPE, [SECRET])))
    failures.append(await failure_of(lambda: make_vault().save(opened, {SECRET: SECRET}, INTENT)))
    failures.append(await failure_of(lambda: make_vault().counts(SCOPE)))
    for failure in failures:
        told = "".join(traceback.format_exception(failure, chain=True)) + repr(failure.__context__)
        assert SECRET not in told.replace(__file__, "")
        assert failure.__cause__ is None
    assert SECRET not in repr(opened)
    assert SCOPE.session not in repr(opened)


async def failure_of(use: Callable[[], Awaitable[Any]]) -> VaultUnavailable:
    with pytest.raises(VaultUnavailable) as caught:
        await use()
    return caught.value


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    async with EmbeddedValkey(tmp_path) as server:
        yield server


async def test_a_killed_server_means_unavailable_at_once_and_nothing_is_lost_after_its_restart(
    own_server: EmbeddedValkey, ring: MemoryKeyRing
) -> None:
    client = make_client(own_server.url)
    vault = RedisVault(client, ring, address_key=ADDRESS_KEY)
    await put(vault, {ANN: SECRET})
    # While the journal is brought to the disk (`everysec`), what is written waits in the server for a moment.
    await client.execute_command("WAITAOF", 1, 0, 5_000)
    warm = await vault.open(SCOPE, [ANN])
    assert own_server.pid is not None
    os.kill(own_server.pid, signal.SIGKILL)
    began = time.monotonic()
    for use in (
        lambda: vault.open(SCOPE, [BOB]),
        lambda: vault.save(warm, {ANN: SECRET}, INTENT),
        lambda: vault.fetch(SCOPE, [ANN]),
        lambda: vault.outcomes([INTENT]),
        vault.ping,
    ):
        assert "cannot be reached" in str(await failure_of(use))
    assert time.monotonic() - began < 2
    await asyncio.to_thread(own_server.close)
    await own_server.start()
    assert await vault.fetch(SCOPE, [ANN]) == {ANN: SECRET}
    assert await vault.save(warm, {ANN: SECRET}, INTENT) == {}
    await client.aclose()


async def test_a_server_that_hangs_means_unavailable_within_the_timeout(
    own_server: EmbeddedValkey, ring: MemoryKeyRing
) -> None:
    client = make_client(own_server.url, timeout=0.2)
    vault = RedisVault(client, ring, address_key=ADDRESS_KEY)
    await put(vault, {ANN: SECRET})
    assert own_server.pid is not None
    os.kill(own_server.pid, signal.SIGSTOP)
    try:
        assert "did not answer in time" in str(await failure_of(lambda: vault.open(SCOPE, [BOB])))
    finally:
        os.kill(own_server.pid, signal.SIGCONT)
    assert await vault.fetch(SCOPE, [ANN]) == {ANN: SECRET}
    await client.aclose()


def test_a_short_address_key_is_refused(ring: MemoryKeyRing) -> None:
    with pytest.raises(ValueError, match="address key"):
        RedisVault(make_client("redis://127.0.0.1:1"), ring, address_key=b"short")


def test_a_ttl_that_would_delete_the_session_is_refused() -> None:
    with pytest.raises(ValueError, match="ttl"):
        Scope("t", "o", "s", ttl=0)
