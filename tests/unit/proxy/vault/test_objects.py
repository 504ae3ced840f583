from __future__ import annotations

from typing import Any

import pytest

from policies.redis_client import Client
from proxy.errors import VaultUnavailable
from proxy.vault.base import Home
from proxy.vault.objects import RedisObjects
from tests.valkey_fixture import MemoryKeyRing

HOME = Home("openai", ("ann@example.com", "auto-1"))
ID = "resp_68a1"


@pytest.fixture
def ring() -> MemoryKeyRing:
    return MemoryKeyRing()


@pytest.fixture
def objects(valkey_client: Client, ring: MemoryKeyRing) -> RedisObjects:
    return RedisObjects(valkey_client, ring, address_key=b"k" * 32)


async def entry(client: Any) -> tuple[bytes, bytes]:
    """Name and value of the only entry."""
    (name,) = await client.keys("*")
    return name, await client.get(name)


async def test_an_object_is_found_by_its_owner_only(objects: RedisObjects) -> None:
    await objects.link("acme", "support", [ID, "conv_1"], HOME, 60)
    assert await objects.find("acme", "support", ID) == HOME
    assert await objects.find("acme", "support", "conv_1") == HOME
    assert await objects.find("acme", "sales", ID) is None
    assert await objects.find("other", "support", ID) is None
    assert await objects.find("acme", "support", "resp_68a2") is None
    assert await objects.find("acmesupport", "", ID) is None


async def test_the_newest_link_counts_and_unlink_forgets(objects: RedisObjects) -> None:
    await objects.link("acme", "support", [ID], HOME, 60)
    await objects.link("acme", "support", [ID], Home("azure", ("s2",)), 60)
    assert await objects.find("acme", "support", ID) == Home("azure", ("s2",))
    await objects.unlink("acme", "support", ID)
    assert await objects.find("acme", "support", ID) is None


async def test_redis_holds_neither_names_nor_ids_in_clear(objects: RedisObjects, valkey_client: Client) -> None:
    await objects.link("acme", "support", [ID], HOME, 60)
    dump = b"".join(await entry(valkey_client))
    for secret in (ID, "68a1", "ann@example.com", "auto-1", "openai", "support"):
        assert secret.encode() not in dump


async def test_an_entry_ends_with_its_time_to_live(objects: RedisObjects, valkey_client: Any) -> None:
    await objects.link("acme", "support", [ID], HOME, 60)
    name, _ = await entry(valkey_client)
    assert 50 < await valkey_client.ttl(name) <= 60


async def test_a_dropped_day_key_forgets_what_it_sealed(objects: RedisObjects, ring: MemoryKeyRing) -> None:
    await objects.link("acme", "support", [ID], HOME, 60)
    ring.day += 1
    assert await objects.find("acme", "support", ID) == HOME
    ring.drop("acme/1")
    assert await objects.find("acme", "support", ID) is None


@pytest.mark.parametrize("where", ["value", "key"])
async def test_an_altered_or_moved_entry_is_refused(objects: RedisObjects, valkey_client: Any, where: str) -> None:
    await objects.link("acme", "support", [ID], HOME, 60)
    name, value = await entry(valkey_client)
    if where == "value":
        await valkey_client.set(name, value[:-1] + bytes((value[-1] ^ 1,)))
    else:
        await objects.link("acme", "sales", [ID], HOME, 60)
        (other,) = set(await valkey_client.keys("*")) - {name}
        await valkey_client.set(other, value)
    owner = "support" if where == "value" else "sales"
    with pytest.raises(VaultUnavailable) as refused:
        await objects.find("acme", owner, ID)
    assert refused.value.__context__ is None
    assert ID not in refused.value.message


@pytest.mark.parametrize("value", [b"\x02\xff\xfe" + b"x" * 40, b"\x06acme/1", b"\x06acme/1" + b"x" * 5])
async def test_a_strangers_bytes_are_refused(objects: RedisObjects, valkey_client: Any, value: bytes) -> None:
    await objects.link("acme", "support", [ID], HOME, 60)
    name, _ = await entry(valkey_client)
    await valkey_client.set(name, value)
    with pytest.raises(VaultUnavailable):
        await objects.find("acme", "support", ID)


async def test_a_key_ring_that_fails_stops_both_ways(valkey_client: Client) -> None:
    class Broken(MemoryKeyRing):
        async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
            raise OSError(tenant)

        async def day_key(self, key_id: str) -> bytes | None:
            raise OSError(key_id)

    working = RedisObjects(valkey_client, MemoryKeyRing(), address_key=b"k" * 32)
    await working.link("acme", "support", [ID], HOME, 60)
    broken = RedisObjects(valkey_client, Broken(), address_key=b"k" * 32)
    for call in (broken.link("acme", "support", [ID], HOME, 60), broken.find("acme", "support", ID)):
        with pytest.raises(VaultUnavailable) as failed:
            await call
        assert failed.value.__context__ is None
