"""The connectors of files, against files on a disk."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.base import ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.registry import open_connector
from tests.connector_contract import ROWS, ConnectorContract, people

SCHEMA = {"id": pl.Int64, "name": pl.String, "amount": pl.Float64, "day": pl.Date, "note": pl.String}


class FileContract(ConnectorContract):
    """Files lie in an allowed folder."""

    suffix: str

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        self.boundaries = Boundaries(folders=(tmp_path,))
        for name, rows in (("people", people()), ("nobody", [])):
            (tmp_path / f"{name}.{self.suffix}").write_bytes(self.written(rows))
        return {"path": f"{tmp_path}/*.{self.suffix}"}

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        raise NotImplementedError

    @pytest.mark.usefixtures("config")
    async def test_a_damaged_or_foreign_file_is_told(self, tmp_path: Path) -> None:
        whole = (tmp_path / self.table.partition("#")[0]).read_bytes()
        for number, data in enumerate((whole[: len(whole) // 2], b"\x00\x01\x02\x03" * 9_000)):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / f"people.{self.suffix}").write_bytes(data)
            connector = open_connector(self.kind, {"path": f"{folder}/*"}, self.boundaries)
            batches, problem = [], None
            try:
                for found in await connector.describe():
                    batches += [batch async for batch in connector.read(Reading(found.name))]
            except ConnectorProblem as error:
                problem = error
            aside = sum(len(batch.set_aside) for batch in batches)
            assert problem is not None or aside or (self.suffix == "csv" and number == 0)


class TestCsvConnector(FileContract):
    kind, suffix = "csv", "csv"
    table, empty_table = "people.csv", "nobody.csv"

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=";")
        writer.writerow(SCHEMA)
        writer.writerows(row.values() for row in rows)
        return out.getvalue().encode("utf-16")


class TestGzippedCsvConnector(TestCsvConnector):
    suffix = "csv.gz"

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        return gzip.compress(super().written(rows), mtime=0)

    @pytest.mark.usefixtures("config")
    async def test_a_damaged_or_foreign_file_is_told(self, tmp_path: Path) -> None:
        whole = (tmp_path / "people.csv.gz").read_bytes()
        (tmp_path / "people.csv.gz").write_bytes(whole[:-20])
        with pytest.raises(ConnectorProblem, match="ends too early"):
            await open_connector("csv", {"path": f"{tmp_path}/people.csv.gz"}, self.boundaries).describe()


class TestParquetConnector(FileContract):
    kind, suffix = "parquet", "parquet"
    table, empty_table = "people.parquet", "nobody.parquet"

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        out = io.BytesIO()
        pl.DataFrame(rows, schema=SCHEMA).write_parquet(out, row_group_size=300)
        return out.getvalue()

    async def test_nested_columns_come_as_text(self, tmp_path: Path) -> None:
        frame = pl.DataFrame({"a": [[1, 2], None], "b": [{"x": "ü"}, {"x": None}], "c": [b"\x01", None]})
        frame.write_parquet(tmp_path / "x.parquet")
        connector = open_connector("parquet", {"path": f"{tmp_path}/x.parquet"}, Boundaries(folders=(tmp_path,)))
        [batch] = [batch async for batch in connector.read(Reading("x.parquet"))]
        assert batch.frame.rows() == [("[1, 2]", '{"x": "ü"}', "01"), (None, '{"x": null}', None)]
        [table] = await connector.describe()
        assert [column.dtype for column in table.columns] == ["String"] * 3


class TestJsonConnector(FileContract):
    kind, suffix = "json", "json"
    table, empty_table = "people.json", None

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        return json.dumps(rows, default=str, indent=1, ensure_ascii=False).encode()


class TestJsonLinesConnector(FileContract):
    kind, suffix = "json", "jsonl"
    table, empty_table = "people.jsonl", None

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        return "\n".join(json.dumps(row, default=str) for row in rows).encode()

    async def test_broken_lines_are_set_aside_and_nested_objects_get_dots(self, tmp_path: Path) -> None:
        deep = b"[" * 100_000
        lines = [
            b'{"a": 1, "b": {"c": "x", "d": [1, {"e": null}]}}',
            b"{oops",
            b"[1]",
            b'{"a": NaN}',
            deep,
            b'{"a": 2}',
        ]
        (tmp_path / "x.jsonl").write_bytes(b"\r\n".join([*lines, b'{"a": "\xff"}']))
        connector = open_connector("json", {"path": f"{tmp_path}/x.jsonl"}, Boundaries(folders=(tmp_path,)))
        [batch] = [batch async for batch in connector.read(Reading("x.jsonl"))]
        assert batch.frame.columns == ["a", "b.c", "b.d"]
        assert batch.frame.rows()[:2] == [("1", "x", '[1, {"e": null}]'), ("2", None, None)]
        assert [row.line for row in batch.set_aside] == [2, 3, 4, 5, 7]


class TestExcelConnector(FileContract):
    kind, suffix = "excel", "xlsx"
    table, empty_table = "people.xlsx#people", "people.xlsx#nobody"

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        self.boundaries = Boundaries(folders=(tmp_path,))
        (tmp_path / "people.xlsx").write_bytes(self.written(people()))
        return {"path": f"{tmp_path}/people.xlsx"}

    def written(self, rows: list[dict[str, Any]]) -> bytes:
        from openpyxl import Workbook

        book = Workbook()
        book.remove(book.active)
        for title, content in (("people", rows), ("nobody", [])):
            sheet = book.create_sheet(title)
            sheet.append(list(SCHEMA))
            for row in content:
                sheet.append([row["id"], None, *list(row.values())[2:]])
                cell = sheet.cell(sheet.max_row, 2)
                cell.value, cell.data_type = row["name"], "s"
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    async def test_a_bomb_is_refused_before_it_is_unpacked(self, config: dict[str, Any], tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "people.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet9.xml", b" " * (200 << 20))
        with pytest.raises(ConnectorProblem) as caught:
            await open_connector("excel", config, self.boundaries).describe()
        assert caught.value.code == "too_large"


def test_the_contract_has_rows_in_several_batches() -> None:
    assert len(people()) == ROWS > 2 * 500
