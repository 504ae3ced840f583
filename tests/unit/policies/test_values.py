"""Lists of known values: sealed, versioned, one tenant's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from policies.db import Database, open_database
from policies.resealing import Resealed, reseal
from policies.sealed_columns import SEALED
from policies.sealing import SealBroken, Sealer
from policies.settings import load_settings
from policies.values import Chunk, KnownChunkRow, ListState, ValueLists, is_list_name, open_chunk

KEY = b"\x01" * 32


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(load_settings(None, environ={}, overrides={"data_dir": str(tmp_path / "data")}))
    yield opened
    await opened.close()


@pytest.fixture
def lists(database: Database) -> ValueLists:
    return ValueLists(database, Sealer([KEY]))


async def put(lists: ValueLists, tenant: str, name: str, *values: str, replace: bool = True) -> ListState:
    draft = await lists.begin(tenant, name)
    await lists.write(draft, [draft.seal(Chunk("PERSON", values))])
    return await lists.commit(draft, replace=replace)


async def contents(lists: ValueLists, tenant: str) -> list[str]:
    _, uploads = await lists.uploads(tenant)
    return [
        value
        for upload in uploads
        async for rows in lists.sealed_chunks(upload)
        for position, sealed in rows
        for value in open_chunk(upload, position, sealed).values
    ]


async def test_an_upload_counts_from_its_commit_on_and_replaces_what_was_there(lists: ValueLists) -> None:
    draft = await lists.begin("a", "staff")
    await lists.write(draft, [draft.seal(Chunk("PERSON", ["Ada Byron"]))])
    assert (await contents(lists, "a"), await lists.versions()) == ([], {})
    assert await lists.state("a", "staff") is None
    assert await lists.commit(draft, replace=True) == ListState("staff", 1, {"PERSON": 1})
    assert await put(lists, "a", "staff", "Bo Lee", "Al Gore") == ListState("staff", 2, {"PERSON": 2})
    assert await contents(lists, "a") == ["Bo Lee", "Al Gore"]
    assert await put(lists, "a", "staff", "Ada Byron", replace=False) == ListState("staff", 3, {"PERSON": 3})
    assert await lists.versions() == {"a": 3}


async def test_deleting_a_list_shreds_its_chunks_and_is_a_change(lists: ValueLists, database: Database) -> None:
    await put(lists, "a", "staff", "Ada Byron")
    await put(lists, "b", "staff", "Bo Lee")
    assert await lists.delete("a", "staff")
    assert not await lists.delete("a", "staff")
    assert await lists.versions() == {"a": 2, "b": 1}
    assert (await contents(lists, "a"), await contents(lists, "b")) == ([], ["Bo Lee"])
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(KnownChunkRow)) == 1


async def test_an_abandoned_upload_leaves_nothing(lists: ValueLists, database: Database) -> None:
    draft = await lists.begin("a", "staff")
    await lists.write(draft, [draft.seal(Chunk("PERSON", ["Ada Byron"]))])
    await lists.abandon(draft)
    later = ValueLists(database, Sealer([KEY]), now=lambda: 10**14)
    forgotten = await lists.begin("a", "staff")
    await lists.write(forgotten, [forgotten.seal(Chunk("PERSON", ["Ada Byron"]))])
    await later.begin("a", "other")
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(KnownChunkRow)) == 0


async def test_values_are_sealed_on_disk_and_open_only_for_their_tenant(
    lists: ValueLists, database: Database, tmp_path: Path
) -> None:
    await put(lists, "a", "staff", *["Ada Byron Lovelace"] * 50)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert b"Lovelace" not in stored
    assert "Lovelace" not in repr(await lists.uploads("a"))
    with pytest.raises(SealBroken):
        await ValueLists(database, Sealer([b"\x02" * 32])).uploads("a")


async def test_a_chunk_is_bound_to_its_place(lists: ValueLists) -> None:
    draft = await lists.begin("a", "staff")
    first, second = draft.seal(Chunk("PERSON", ["Ada"])), draft.seal(Chunk("PERSON", ["Bo"]))
    with pytest.raises(SealBroken):
        open_chunk(draft.upload, first[0], second[1])


async def test_data_keys_are_sealed_anew_under_a_new_master_key(lists: ValueLists, database: Database) -> None:
    await put(lists, "a", "staff", "Ada Byron")
    both = Sealer([b"\x02" * 32, KEY])
    assert await reseal(database, both, SEALED) == Resealed(1, 0)
    assert await contents(ValueLists(database, Sealer([b"\x02" * 32])), "a") == ["Ada Byron"]


@pytest.mark.parametrize(
    ("name", "fits"),
    [("staff", True), ("a.b-c_9", True), ("", False), ("../x", False), ("a b", False), ("x" * 65, False)],
)
def test_names_of_lists_are_plain(name: str, *, fits: bool) -> None:
    assert is_list_name(name) is fits


async def test_a_tenants_values_are_counted_over_its_lists(lists: ValueLists) -> None:
    await put(lists, "a", "staff", "Ada Byron", "Bo Lee")
    await put(lists, "a", "guests", "Al Gore")
    await put(lists, "b", "staff", "Al Gore")
    assert (await lists.total("a"), await lists.total("a", without="staff"), await lists.total("c")) == (3, 1, 0)
