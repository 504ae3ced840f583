"""A jar from its making to its shredding."""

from __future__ import annotations

import sqlite3

import polars as pl
import pytest

from connectors.jar_filling import fill
from connectors.jar_imports import RUNNING, TakenOver
from connectors.jar_members import add_member, members, remove_member
from connectors.jars import JarProblem, Jars, JarSpec, NotReviewed, ValuesUnknown
from connectors.saved import change, save, saved
from policies.sealing import SealBroken, Sealer
from policies.settings import Settings
from tests.jar_fixture import FakeGateway, bytes_below, table

PEOPLE = pl.DataFrame(
    {
        "customer_id": [f"C-{100_000 + n}" for n in range(120)],
        "first_name": ["Zebedee", "Quintessa", "Oswin"] * 40,
        "last_name": [f"Farnaby{n}son" for n in range(120)],
        "email": [f"zebedee{n}@mail.example" for n in range(120)],
        "country": ["GB", "US", "DE", "FR"] * 30,
        "orders": list(range(120)),
        "note": [f"Please call Zebedee Farnaby{n}son about the parcel number {n}, thank you" for n in range(120)],
    }
)


async def filled(jars: Jars, gateway: FakeGateway | None = None, **spec: object) -> str:
    row = await jars.create(JarSpec("shop", **spec), "usr_1")  # type: ignore[arg-type]
    member = await add_member(jars, row, "upload", {"name": "people.csv"}, person="usr_1")
    await fill(jars, row, member, [table("customers", PEOPLE)], gateway, person="usr_1")  # type: ignore[arg-type]
    return row.id


async def test_a_connector_is_not_taken_for_another_nor_led_elsewhere_with_its_password(jars: Jars) -> None:
    config = {"host": "db.example.com", "database": "shop", "user": "reader", "password": "hunter2 hunter2"}
    made = await save(jars, "shop-db", "postgres", config, person="usr_1")
    with pytest.raises(JarProblem, match="id"):
        await save(jars, made.id, "postgres", config, person="usr_2")
    kept = {**config, "password": None, "user": "other"}
    assert (await change(jars, made.id, kept)).secrets == {"password": "hunter2 hunter2"}
    with pytest.raises(JarProblem, match="again"):
        await change(jars, made.id, {**kept, "host": "evil.example.com"})
    assert (await saved(jars, made.id)).config["host"] == "db.example.com"
    moved = await change(jars, made.id, {**config, "host": "db2.example.com", "password": "another one"})
    assert (moved.config["host"], moved.secrets) == ("db2.example.com", {"password": "another one"})


async def read(jars: Jars, columns: list[str] | None = None, rows: int = 50_000) -> pl.DataFrame:
    jar = await jars.jar("shop")
    return pl.concat([frame async for frame in jars.batches(jar, "customers", columns, rows=rows)])


async def test_rows_come_back_in_order_with_their_classes(jars: Jars) -> None:
    gateway = FakeGateway()
    await filled(jars, gateway)
    assert (await read(jars)).equals(PEOPLE)
    assert (await read(jars, ["orders"], rows=7)).get_column("orders").to_list() == list(range(120))
    classes = {column.name: (column.entity_type, column.role) for column in (await jars.jar("shop")).tables[0].columns}
    assert classes == {
        "customer_id": ("ACCOUNT_NUMBER", "identifier"),
        "first_name": ("PERSON", "identifier"),
        "last_name": ("PERSON", "identifier"),
        "email": ("EMAIL_ADDRESS", "identifier"),
        "country": (None, "quasi_identifier"),
        "orders": (None, "value"),
        "note": (None, "text"),
    }
    values = next(iter(gateway.values.values()))
    assert ("Zebedee Farnaby0son", "PERSON") in values
    assert ("zebedee7@mail.example", "EMAIL_ADDRESS") in values


async def test_text_is_not_given_away_before_the_gateway_knows_the_values(jars: Jars) -> None:
    await filled(jars, None)
    with pytest.raises(ValuesUnknown, match="sting jars rescan shop"):
        await read(jars)
    assert (await read(jars, ["orders"])).height == 120


async def test_an_unreviewed_column_stays_where_review_is_required(jars: Jars) -> None:
    await filled(jars, FakeGateway(), review_required=True)
    assert (await jars.jar("shop")).tables[0].columns == ()
    with pytest.raises(NotReviewed):
        await read(jars, ["orders"])


async def test_nothing_lies_in_clear(jars: Jars, jar_settings: Settings) -> None:
    await filled(jars, FakeGateway())
    await jars.database.close()
    stored = bytes_below(jar_settings.data_dir)
    assert len(stored) > 1000
    for word in (b"Zebedee", b"Quintessa", b"Farnaby", b"mail.example", b"C-100000", b"parcel", b"people.csv"):
        assert word not in stored


async def test_another_master_key_opens_nothing(jars: Jars) -> None:
    await filled(jars, FakeGateway())
    jar = await jars.jar("shop")
    other = Jars(jars.database, Sealer([b"\x08" * 32]), jars.store)
    with pytest.raises(SealBroken):
        _ = [frame async for frame in other.batches(jar, "customers")]


async def test_a_deleted_jar_leaves_neither_key_nor_objects(jars: Jars, jar_settings: Settings) -> None:
    await filled(jars, FakeGateway())
    row = await jars.row("shop")
    sealed = row.sealed_key
    await jars.delete(row)
    with pytest.raises(LookupError):
        await jars.row("shop")
    assert jars.store.names(row.id) == []
    async with jars.database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert sealed not in bytes_below(jar_settings.data_dir)


async def test_tenants_do_not_see_one_anothers_jars(jars: Jars) -> None:
    made = await filled(jars, FakeGateway())
    other = Jars(jars.database, Sealer([b"\x07" * 32]), jars.store, "other")
    for name in ("shop", made):
        with pytest.raises(LookupError):
            await other.row(name)


async def test_names_are_checked_and_distinct(jars: Jars) -> None:
    for name in ("", "Shop", "a/b", "../up", "x" * 64, "-a"):
        with pytest.raises(JarProblem):
            await jars.create(JarSpec(name), "usr_1")
    await jars.create(JarSpec("shop"), "usr_1")
    with pytest.raises(JarProblem, match="already"):
        await jars.create(JarSpec("shop"), "usr_2")


class Killed(Exception):
    pass


async def test_an_import_that_breaks_off_goes_on_without_gap_or_double(
    jars: Jars, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.jar_filling.CHUNK_ROWS", 10)
    row = await jars.create(JarSpec("shop"), "usr_1")
    member = await add_member(jars, row, "upload", {}, person="usr_1")
    source = table("customers", PEOPLE, batch=7)
    stored: list[int] = []

    def break_off(_table: str, rows: int) -> None:
        stored.append(rows)
        if rows == 50:
            raise Killed

    with pytest.raises(Killed):
        await fill(jars, row, member, [source], None, person="usr_1", progress=break_off)
    assert (await jars.jar("shop")).tables == ()
    again: list[int] = []
    await fill(jars, row, member, [source], None, person="usr_1", progress=lambda _t, rows: again.append(rows))
    assert again[0] == 60
    frames = [frame async for frame in jars.stored(row, "customers")]
    assert pl.concat(frames).equals(PEOPLE)
    assert len(jars.store.names(row.id)) == 12


async def test_a_changed_source_begins_anew(jars: Jars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.jar_filling.CHUNK_ROWS", 10)
    row = await jars.create(JarSpec("shop"), "usr_1")
    member = await add_member(jars, row, "upload", {}, person="usr_1")
    run = await jars.imports(row).begin(member, "customers", "old", 1)
    await jars.imports(row).add(run, PEOPLE.head(10))
    changed = PEOPLE.reverse()
    await fill(jars, row, member, [table("customers", changed, fingerprint="new")], None, person="usr_1")
    assert pl.concat([frame async for frame in jars.stored(row, "customers")]).equals(changed)
    with pytest.raises(TakenOver):
        await jars.imports(row).add(run, PEOPLE.slice(10, 10))


async def test_of_two_workers_on_one_import_only_the_later_writes(jars: Jars) -> None:
    row = await jars.create(JarSpec("shop"), "usr_1")
    imports = jars.imports(row)
    first = await imports.begin("src", "customers", "1", 1)
    await imports.add(first, PEOPLE.head(50))
    second = await imports.begin("src", "customers", "1", 2)
    assert (second.id, second.rows) == (first.id, 50)
    with pytest.raises(TakenOver):
        await imports.add(first, PEOPLE.slice(50, 50))
    await imports.add(second, PEOPLE.slice(50, 70))
    assert [chunk.rows for chunk in await imports.chunks(first.id)] == [50, 70]


async def test_a_refresh_replaces_rows_and_readers_of_the_old_ones_finish(jars: Jars) -> None:
    gateway = FakeGateway()
    await filled(jars, gateway)
    row = await jars.row("shop")
    reader = jars.stored(row, "customers", rows=60)
    first = await anext(reader)
    member = (await members(jars, row))[0].id
    await fill(jars, row, member, [table("customers", PEOPLE.head(5), fingerprint="2")], gateway, person="usr_1")  # type: ignore[arg-type]
    rest = [frame async for frame in reader]
    assert pl.concat([first, *rest]).equals(PEOPLE)
    assert (await jars.jar("shop")).tables[0].rows == 5
    later = Jars(jars.database, jars.sealer, jars.store, now=lambda: jars.now() + 4_000_000)
    await later.imports(row).sweep(later.now())
    assert len(jars.store.names(row.id)) == 1


async def test_a_source_can_be_taken_out_with_its_tables(jars: Jars) -> None:
    await filled(jars, FakeGateway())
    row = await jars.row("shop")
    await remove_member(jars, row, (await members(jars, row))[0].id)
    assert (await jars.jar("shop")).tables == ()
    assert await jars.columns(row) == []
    assert jars.store.names(row.id) == []


async def test_tables_of_two_sources_need_two_names(jars: Jars) -> None:
    await filled(jars, None)
    row = await jars.row("shop")
    other = await add_member(jars, row, "upload", {"name": "b.csv"}, person="usr_1")
    with pytest.raises(JarProblem, match="another name"):
        await fill(jars, row, other, [table("customers", PEOPLE)], None, person="usr_1")


async def test_a_table_without_rows_has_its_columns(jars: Jars) -> None:
    row = await jars.create(JarSpec("shop"), "usr_1")
    member = await add_member(jars, row, "upload", {}, person="usr_1")
    await fill(jars, row, member, [table("customers", PEOPLE.clear())], FakeGateway(), person="usr_1")  # type: ignore[arg-type]
    jar = await jars.jar("shop")
    assert jar.tables[0].rows == 0
    assert [column.name for column in jar.tables[0].columns] == PEOPLE.columns


async def test_a_database_file_copied_half_way_shows_no_half_jar(jars: Jars, jar_settings: Settings) -> None:
    row = await jars.create(JarSpec("shop"), "usr_1")
    run = await jars.imports(row).begin("src", "customers", "1", 1)
    await jars.imports(row).add(run, PEOPLE)
    with sqlite3.connect(jar_settings.data_dir / "sting.db") as database:
        assert database.execute("SELECT state FROM jar_imports").fetchall() == [(RUNNING,)]
        assert database.execute("SELECT count(*) FROM jar_tables").fetchall() == [(0,)]
    database.close()
