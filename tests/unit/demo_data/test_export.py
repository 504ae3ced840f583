"""Files and databases hold exactly what was generated."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

import demo_data
from demo_data.databases import LoadFailed, load_postgres, load_sqlite
from demo_data.export import export_csv, export_parquet
from demo_data.model import Column, DataSet, Table, as_text


@pytest.fixture
def small() -> DataSet:
    people = Table(
        "people",
        (
            Column("id", "integer", key=True),
            Column("name", personal="PERSON"),
            Column("born", "date", personal="DATE_OF_BIRTH"),
            Column("seen_at", "datetime"),
            Column("score", "real"),
            Column("active", "boolean"),
            Column("note", free_text=True),
        ),
        [
            (
                1,
                "Ana Müller",
                dt.date(1980, 2, 3),
                dt.datetime.fromisoformat("2025-01-02 03:04:05"),
                1.5,
                True,
                'Says "hi",\nAna',
            ),
            (2, None, None, None, None, None, None),
        ],
    )
    child = Table(
        "visits", (Column("id", "integer", key=True), Column("who", "integer", references="people.id")), [(7, 1)]
    )
    labels = {("people", "note"): [[(11, 14, "PERSON", "Ana")], []]}
    return DataSet("small", 1, {"people": people, "visits": child}, labels, {"a": 1}, {"people.kind": ["x", "y"]})


def test_csv_files_read_back_as_they_were(techcorp: DataSet, tmp_path: Path) -> None:
    files = export_csv(techcorp, tmp_path)
    assert {path.name for path in files} >= {"customers.csv", "transactions.csv", "support_tickets.csv", "labels.jsonl"}
    for name in ("customers", "support_tickets"):
        with (tmp_path / "techcorp" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        table = techcorp.tables[name]
        assert rows[0] == [column.name for column in table.columns]
        assert rows[1:] == [[as_text(cell) for cell in row] for row in table.rows]


def test_exported_labels_point_into_the_exported_texts(techcorp: DataSet, tmp_path: Path) -> None:
    export_csv(techcorp, tmp_path)
    with (tmp_path / "techcorp" / "support_tickets.csv").open(encoding="utf-8", newline="") as file:
        tickets = list(csv.DictReader(file))
    lines = (tmp_path / "techcorp" / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1200
    for line in lines:
        entry = json.loads(line)
        ticket = tickets[entry["row"]]
        assert ticket["ticket_id"] == entry["key"]
        for start, end, _entity_type, value in entry["labels"]:
            assert ticket[entry["column"]][start:end] == value


def test_exporting_twice_gives_the_same_bytes(small: DataSet, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in export_csv(small, tmp_path / "a")]
    second = [path.read_bytes() for path in export_csv(small, tmp_path / "b")]
    assert first == second


def test_the_schema_names_entity_types_keys_and_planted_groups(small: DataSet, tmp_path: Path) -> None:
    export_csv(small, tmp_path)
    schema = json.loads((tmp_path / "small" / "schema.json").read_text(encoding="utf-8"))
    assert schema["tables"]["people"][1]["personal"] == "PERSON"
    assert schema["tables"]["visits"][1]["references"] == "people.id"
    assert schema["planted"] == {"people.kind": ["x", "y"]}


def test_parquet_keeps_types_and_values(small: DataSet, tmp_path: Path) -> None:
    export_parquet(small, tmp_path)
    frame = pl.read_parquet(tmp_path / "small" / "people.parquet")
    assert frame.rows() == small.tables["people"].rows
    assert frame.schema["born"] == pl.Date


def test_sqlite_holds_every_row_and_its_references(small: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "demo" / "small.db"
    assert load_sqlite(small, path) == 3
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM people ORDER BY id").fetchall()
        assert rows[0] == (1, "Ana Müller", "1980-02-03", "2025-01-02 03:04:05", 1.5, 1, 'Says "hi",\nAna')
        assert rows[1] == (2, None, None, None, None, None, None)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA foreign_key_list(visits)").fetchall()[0][2] == "people"


def test_loading_again_replaces_the_file_at_once(small: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "small.db"
    load_sqlite(small, path)
    load_sqlite(small, path)
    assert [each.name for each in tmp_path.iterdir()] == ["small.db"]


def test_a_failed_load_leaves_the_old_file(small: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "small.db"
    load_sqlite(small, path)
    before = path.read_bytes()
    rows = small.tables["people"].rows
    broken = Table("people", small.tables["people"].columns, [*rows, rows[0]])
    with pytest.raises(sqlite3.IntegrityError):
        load_sqlite(DataSet("small", 1, {"people": broken}, {}, {}, {}), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["small.db"]


def test_an_unreachable_postgres_is_named_without_address_or_password(small: DataSet, tmp_path: Path) -> None:
    url = f"postgresql://demo:hush-hush@/demo?host={tmp_path}"
    with pytest.raises(LoadFailed) as caught:
        load_postgres(small, url)
    assert "hush-hush" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_the_sets_are_listed_in_a_fixed_order() -> None:
    assert demo_data.sets() == ("techcorp", "healthcare", "financial")
