"""What every vault does, on every store that it runs on."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.audit_fields import read
from policies.audit_stream import entries_of
from policies.redis_client import Client, make_client
from proxy.errors import VaultUnavailable
from proxy.vault.base import Noted, Scope, Vault
from proxy.vault.redis import DEFAULT_STREAM, RedisVault
from proxy.vault.sealing import index_of, wrap
from tests.valkey_fixture import MemoryKeyRing

ADDRESS_KEY = b"address key of the tests........"
SCOPE = Scope("acme", "support", "ann@example.com", ttl=600)
INTENT = {"exchange": "1", "outcome": "intent"}
ANN, BOB = "PERSON_K7Q2M9XA", "EMAIL_ADDRESS_B2B2B2B2"


@pytest.fixture(scope="session")
def debian_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine (apt-get install redis-server)")
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "s"
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", "", "--daemonize", "no"]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        asyncio.run(_until_it_answers(f"unix://{socket}"))
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(10)


async def _until_it_answers(url: str) -> None:
    client = make_client(url)
    async with asyncio.timeout(20):
        while True:
            try:
                await client.ping()
                break
            except Exception:  # noqa: BLE001 - not yet listening
                await asyncio.sleep(0.02)
    await client.aclose()


@pytest.fixture(params=["valkey", pytest.param("redis", marks=pytest.mark.system)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("valkey_url" if request.param == "valkey" else "debian_redis"))


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    client = make_client(url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def ring() -> MemoryKeyRing:
    return MemoryKeyRing()


@pytest.fixture
def make_vault(client: Client, ring: MemoryKeyRing) -> Callable[..., RedisVault]:
    """Each call gives a vault as another process of the gateway would have it: with a memory of its own."""

    def make(**options: Any) -> RedisVault:
        return RedisVault(client, ring, address_key=ADDRESS_KEY, **options)

    return make


async def opened_and_saved(vault: Vault, scope: Scope, entries: dict[str, str]) -> dict[str, str]:
    return await vault.save(await vault.open(scope, entries), entries, INTENT)


async def stored(vault: Vault, scope: Scope, entries: dict[str, str]) -> dict[str, str]:
    taken = await vault.store(scope, entries, INTENT)
    assert taken is not None
    return taken


put = opened_and_saved


@pytest.fixture(params=[opened_and_saved, stored], autouse=True)
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is true of `open` and `save` one after the other is true of `store`."""
    monkeypatch.setattr(sys.modules[__name__], "put", request.param)


class TestEveryVault:
    async def test_what_was_saved_is_fetched_by_another_process(self, make_vault: Callable[..., Vault]) -> None:
        assert await put(make_vault(), SCOPE, {ANN: "Ann Örtegren", BOB: "bob@example.com"}) == {}
        fetched = await make_vault().fetch(SCOPE, [ANN, BOB, "PERSON_ZZZZZZZZ"])
        assert fetched == {ANN: "Ann Örtegren", BOB: "bob@example.com"}

    @pytest.mark.parametrize("fresh", [False, True], ids=["same process", "another process"])
    async def test_open_knows_what_was_saved(self, make_vault: Callable[..., Vault], fresh: bool) -> None:  # noqa: FBT001 - a test parameter
        vault = make_vault()
        await put(vault, SCOPE, {ANN: "Ann"})
        reader = make_vault() if fresh else vault
        assert dict((await reader.open(SCOPE, [ANN])).known) == {ANN: "Ann"}
        assert dict((await reader.open(SCOPE, [ANN, BOB])).known) == {ANN: "Ann"}

    async def test_fields_of_its_own_are_no_invented_surrogates(self, make_vault: Callable[..., Vault]) -> None:
        vault = make_vault()
        await put(vault, SCOPE, {f"PERSON_K7Q2M9X{letter}": letter for letter in "0123456789"} | {"Ada Dean": "Ann"})
        assert await vault.invented(SCOPE) == {"Ada Dean"}

    @pytest.mark.parametrize("original", ["", "\ud800 alone", "\x00", "a" * 100_000, "🙂ｆｕｌｌ", "k"])
    async def test_any_text_comes_back_as_it_was(self, make_vault: Callable[..., Vault], original: str) -> None:
        await put(make_vault(), SCOPE, {ANN: original})
        assert await make_vault().fetch(SCOPE, [ANN]) == {ANN: original}

    @pytest.mark.parametrize(
        "stranger",
        [
            Scope("acme", "sales", "ann@example.com"),
            Scope("other", "support", "ann@example.com"),
            Scope("acme", "support", "ann@example.co"),
            Scope("acmes", "upport", "ann@example.com"),
        ],
        ids=["owner", "tenant", "session", "shifted border"],
    )
    async def test_a_stranger_neither_fetches_counts_nor_forgets(
        self, make_vault: Callable[..., Vault], stranger: Scope
    ) -> None:
        await put(make_vault(), SCOPE, {ANN: "Ann"})
        vault = make_vault()
        assert await vault.fetch(stranger, [ANN]) == {}
        assert await vault.counts(stranger) is None
        assert not await vault.forget(stranger)
        assert dict((await vault.open(stranger, [ANN])).known) == {}
        assert await vault.fetch(SCOPE, [ANN]) == {ANN: "Ann"}

    async def test_a_taken_token_comes_back_with_the_stored_original(self, make_vault: Callable[..., Vault]) -> None:
        early, late = make_vault(), make_vault()
        opened = await late.open(SCOPE, [ANN, BOB])  # before the other process stores its own
        await put(early, SCOPE, {ANN: "Ann"})
        assert await late.save(opened, {ANN: "Anna", BOB: "bob"}, INTENT) == {ANN: "Ann"}
        assert await late.save(await late.open(SCOPE, [ANN]), {ANN: "Anna"}, INTENT) == {ANN: "Ann"}
        assert await early.fetch(SCOPE, [ANN, BOB]) == {ANN: "Ann", BOB: "bob"}

    async def test_the_same_original_stored_by_another_process_is_no_conflict(
        self, make_vault: Callable[..., Vault]
    ) -> None:
        early, late = make_vault(), make_vault()
        opened = await late.open(SCOPE, [ANN])
        await put(early, SCOPE, {ANN: "Ann"})
        assert await late.save(opened, {ANN: "Ann"}, INTENT) == {}

    @pytest.mark.parametrize("count", [2, 20], ids=["by names", "by edition"])
    async def test_what_is_noted_is_stored_again_without_its_originals(
        self, make_vault: Callable[..., Vault], client: Client, count: int
    ) -> None:
        entries = {f"PERSON_{number:08d}": f"Ann {number}" for number in range(count)}
        vault, other = make_vault(), make_vault()
        noted = Noted(1, entries.keys())
        assert await vault.store(SCOPE, {}, INTENT, noted) is None
        await put(vault, SCOPE, entries)
        assert await vault.store(SCOPE, {}, INTENT, noted) is None
        vault.note(SCOPE, entries, 1)
        vault.note(SCOPE, {**entries, ANN: "not stored"}, 2)
        vault.note(SCOPE, {**entries, "PERSON_00000000": "Anna"}, 3)
        before = await client.xlen(DEFAULT_STREAM)
        assert await vault.store(SCOPE, {}, INTENT, noted) == {}
        assert await client.xlen(DEFAULT_STREAM) == before + 1
        assert [await vault.store(SCOPE, {}, INTENT, Noted(mark, entries)) for mark in (2, 3)] == [None, None]
        assert await other.store(SCOPE, {}, INTENT, noted) is None
        assert await vault.store(Scope("acme", "sales", "ann@example.com"), {}, INTENT, noted) is None

    @pytest.mark.parametrize("count", [2, 20], ids=["by names", "by edition"])
    async def test_what_follows_is_stored_and_noted_beyond_what_was_noted(
        self, make_vault: Callable[..., Vault], count: int
    ) -> None:
        entries = {f"PERSON_{number:08d}": f"Ann {number}" for number in range(count)}
        vault, other = make_vault(), make_vault()
        await put(vault, SCOPE, entries)
        vault.note(SCOPE, entries, 1)
        assert await vault.store(SCOPE, {ANN: "Ann"}, INTENT, Noted(1, entries)) == {}
        vault.note(SCOPE, {ANN: "Ann"}, 2, beyond=1)
        vault.note(SCOPE, {ANN: "Ann"}, 4, beyond=3)  # nobody has noted that
        await put(other, SCOPE, {BOB: "bob"})  # another process goes on: the edition is another one
        everything = Noted(2, [*entries, ANN])
        assert await vault.store(SCOPE, {BOB: "Robert"}, INTENT, everything) == {BOB: "bob"}
        assert await vault.store(SCOPE, {BOB: "bob"}, INTENT, everything) == {}
        assert await vault.store(SCOPE, {}, INTENT, Noted(4, [ANN])) is None
        assert await make_vault().fetch(SCOPE, [*entries, ANN, BOB]) == {**entries, ANN: "Ann", BOB: "bob"}

    async def test_what_is_noted_counts_no_more_once_the_session_is_shredded_or_begun_anew(
        self, make_vault: Callable[..., Vault], client: Client
    ) -> None:
        vault, other = make_vault(), make_vault()
        for begun_anew in (False, True):
            await put(vault, SCOPE, {ANN: "Ann"})
            vault.note(SCOPE, {ANN: "Ann"}, 1)
            assert await other.forget(SCOPE)
            if begun_anew:
                await put(other, SCOPE, {ANN: "Anna"})
            before = await client.xlen(DEFAULT_STREAM)
            assert await vault.store(SCOPE, {BOB: "bob"}, INTENT, Noted(1, [ANN])) is None
            assert await client.xlen(DEFAULT_STREAM) == before
            assert await make_vault().fetch(SCOPE, [ANN, BOB]) == ({ANN: "Anna"} if begun_anew else {})

    async def test_nothing_is_stored_while_a_token_is_known_to_be_taken(
        self, make_vault: Callable[..., Vault], client: Client
    ) -> None:
        vault = make_vault()
        await put(vault, SCOPE, {ANN: "Ann"})
        before = await client.xlen(DEFAULT_STREAM)
        assert await vault.store(SCOPE, {ANN: "Anna", BOB: "bob"}, INTENT) == {ANN: "Ann"}
        assert await client.xlen(DEFAULT_STREAM) == before
        assert await make_vault().fetch(SCOPE, [ANN, BOB]) == {ANN: "Ann"}

    async def test_fifty_parallel_requests_of_one_session_lose_nothing(self, make_vault: Callable[..., Vault]) -> None:
        vaults = [make_vault(), make_vault()]
        shared = {f"PERSON_{n:08d}": f"shared {n}" for n in range(10)}

        async def request(number: int) -> dict[str, str]:
            own = {f"PHONE_{number:04d}{n:04d}": f"{number}-{n}" for n in range(4)}
            contested = {"PERSON_CCCCCCCC": f"claim {number}"}
            entries = shared | own | contested
            taken = await put(vaults[number % 2], SCOPE, entries)
            assert set(taken) <= {"PERSON_CCCCCCCC"}
            assert not taken or await put(vaults[number % 2], SCOPE, entries | taken) == {}
            return own | {"PERSON_CCCCCCCC": taken.get("PERSON_CCCCCCCC", f"claim {number}")}

        answers = await asyncio.gather(*(request(number) for number in range(50)))
        expected = shared | {token: original for answer in answers for token, original in answer.items()}
        assert len({answer["PERSON_CCCCCCCC"] for answer in answers}) == 1
        assert await make_vault().fetch(SCOPE, expected) == expected
        assert await make_vault().counts(SCOPE) == {"PERSON": 11, "PHONE": 200}

    async def test_counts_are_per_entity_type(self, make_vault: Callable[..., Vault]) -> None:
        vault = make_vault()
        assert await vault.counts(SCOPE) is None
        await put(vault, SCOPE, {ANN: "Ann", BOB: "b", "EMAIL_ADDRESS_C3C3C3C3": "c", "Alice Marsh": "Ann"})
        assert await vault.counts(SCOPE) == {"PERSON": 1, "EMAIL_ADDRESS": 2, "OTHER": 1}

    async def test_forget_shreds_for_every_process(self, make_vault: Callable[..., Vault]) -> None:
        one, other = make_vault(), make_vault()
        await put(one, SCOPE, {ANN: "Ann"})
        await put(other, SCOPE, {ANN: "Ann"})
        assert await one.forget(SCOPE)
        assert not await one.forget(SCOPE)
        assert await other.fetch(SCOPE, [ANN]) == {}
        assert await other.counts(SCOPE) is None

    async def test_no_older_copy_of_the_store_brings_a_shredded_session_back(
        self, make_vault: Callable[..., Vault], client: Client, ring: MemoryKeyRing
    ) -> None:
        """Copies of two days, for the session is wrapped anew each day; with the key ring as it is afterwards."""
        neighbour, copies, warm = Scope("acme", "support", "bob@example.com"), [], make_vault()
        for ring.day in (1, 2):
            for scope in (SCOPE, neighbour):
                await put(warm, scope, {ANN: "Ann"})
            copies.append({key: await client.dump(key) for key in await client.keys("*:s")})
        ring.day = 3
        await make_vault().forget(SCOPE)
        for copy in copies:
            for vault in (make_vault(), warm):
                await client.flushall()
                for key, value in copy.items():
                    await client.restore(key, 0, value)
                assert await vault.fetch(SCOPE, [ANN]) == {}
                assert await vault.counts(SCOPE) is None
                assert dict((await vault.open(SCOPE, [ANN])).known) == {}
                assert await vault.fetch(neighbour, [ANN]) == {ANN: "Ann"}
        # and under the same name a new session begins, which lives
        await put(warm, SCOPE, {ANN: "Anna"})
        assert await make_vault().fetch(SCOPE, [ANN]) == {ANN: "Anna"}

    async def test_a_session_of_an_earlier_version_gets_a_key_that_can_be_taken_away(
        self, make_vault: Callable[..., Vault], client: Client, ring: MemoryKeyRing
    ) -> None:
        vault = make_vault()
        await put(vault, SCOPE, {ANN: "Ann"})
        (name,) = await client.keys("*:s")
        key_id, day_key = await ring.current_day_key(SCOPE.tenant)
        data_key = (await vault.open(SCOPE, [ANN])).data_key
        await client.hset(name, "k", wrap(data_key, key_id, day_key, SCOPE))
        reader = make_vault()
        assert await reader.fetch(SCOPE, [ANN]) == {ANN: "Ann"}
        assert dict((await reader.open(SCOPE, [ANN])).known) == {ANN: "Ann"}
        assert index_of(await client.hget(name, "k"))

    async def test_a_shredded_session_begins_anew_with_the_exchange_s_own_entries_only(
        self, make_vault: Callable[..., Vault]
    ) -> None:
        warm, other = make_vault(), make_vault()
        await put(warm, SCOPE, {ANN: "Ann", BOB: "bob"})
        opened = await warm.open(SCOPE, [ANN])
        await other.forget(SCOPE)
        assert await warm.save(opened, {ANN: "Ann", "PHONE_AAAAAAAA": "1"}, INTENT) == {}
        assert await other.fetch(SCOPE, [ANN, BOB, "PHONE_AAAAAAAA"]) == {ANN: "Ann", "PHONE_AAAAAAAA": "1"}
        assert dict((await warm.open(SCOPE, [ANN, BOB])).known) == {ANN: "Ann"}

    async def test_ping_is_content_with_a_store_that_never_evicts(self, make_vault: Callable[..., Vault]) -> None:
        await make_vault().ping()

    async def test_intent_and_outcome_are_appended_once(self, make_vault: Callable[..., Vault], client: Client) -> None:
        vault = make_vault()
        await put(vault, SCOPE, {ANN: "Ann"})
        await make_vault().forget(SCOPE)
        await vault.save(await vault.open(SCOPE, [ANN]), {ANN: "Ann"}, {"exchange": "2"})  # takes a second try
        await vault.outcomes([{"exchange": "2", "outcome": "ok"}, {"exchange": "3", "outcome": "ok"}])
        entries = entries_of([[DEFAULT_STREAM, await client.xrange(DEFAULT_STREAM)]])
        assert [read(fields) for _, fields in entries] == [
            [{"exchange": "1", "outcome": "intent"}],
            [{"exchange": "2"}],
            [{"exchange": "2", "outcome": "ok"}, {"exchange": "3", "outcome": "ok"}],
        ]


class TestWhatRedisHolds:
    async def test_a_dump_holds_no_original_and_no_session_id(
        self, make_vault: Callable[..., Vault], client: Client
    ) -> None:
        seeded = random.Random(7)
        originals = [f"{seeded.choice(['Żofia', 'Ann', 'Li'])} {seeded.getrandbits(64):x}" for _ in range(200)]
        entries = {f"PERSON_{n:08d}": original for n, original in enumerate(originals)}
        await put(make_vault(), SCOPE, entries)
        dump = await everything_in(client)
        assert b"PERSON_00000199" in dump  # the dump is one of the data that we look for
        assert leaks(dump, [*originals, SCOPE.session]) == []

    async def test_every_use_slides_the_ttl(self, make_vault: Callable[..., Vault], client: Client) -> None:
        vault = make_vault()
        await put(vault, SCOPE, {ANN: "Ann"})
        (key,) = await client.keys("sting:{*}:s")

        async def shortened_then(use: Callable[[], Any]) -> int:
            await client.pexpire(key, 30_000)
            await use()
            return int(await client.pttl(key))

        opened = await vault.open(SCOPE, [ANN])
        assert await shortened_then(lambda: make_vault().open(SCOPE, [])) > 590_000
        assert await shortened_then(lambda: vault.save(opened, {ANN: "Ann"}, INTENT)) > 590_000
        assert await shortened_then(lambda: vault.fetch(SCOPE, [ANN])) > 590_000
        assert await shortened_then(lambda: vault.counts(SCOPE)) <= 30_000  # looking is no use

    async def test_an_altered_entry_is_refused(self, make_vault: Callable[..., Vault], client: Client) -> None:
        await put(make_vault(), SCOPE, {ANN: "Ann", "PERSON_BBBBBBBB": "Bob"})
        (key,) = await client.keys("sting:{*}:s")
        await client.hset(key, ANN, await client.hget(key, "PERSON_BBBBBBBB"))
        with pytest.raises(VaultUnavailable):
            await make_vault().fetch(SCOPE, [ANN])
        with pytest.raises(VaultUnavailable):
            await make_vault().open(SCOPE, [ANN])


async def everything_in(client: Client) -> bytes:
    """Every key, value and DUMP of the store, as bytes."""
    parts: list[Any] = []
    async for key in client.scan_iter(count=1000):
        parts += [key, await client.dump(key) or b""]
        if await client.type(key) == b"hash":
            parts += [part for entry in (await client.hgetall(key)).items() for part in entry]
    return b"\x00".join(parts)


def leaks(data: bytes, originals: list[str]) -> list[str]:
    """Those of `originals` that stand in `data` in some common encoding."""

    def encodings(text: str) -> list[bytes]:
        plain = text.encode()
        wide = [text.encode("utf-16-le"), text.encode("utf-16-be")]
        return [plain, plain.hex().encode(), base64.b64encode(plain).rstrip(b"="), *wide]

    return [text for text in originals if any(form in data for form in encodings(text))]


def test_the_search_for_leaks_finds_what_it_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(os.urandom(100) + "Ann Marsh".encode("utf-16-le") + base64.b64encode(b"Bob Stone"))
    assert leaks(path.read_bytes(), ["Ann Marsh", "Bob Stone", "Cy Twombly"]) == ["Ann Marsh", "Bob Stone"]
