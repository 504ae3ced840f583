"""Demo sets as files: a folder per set, a file per table, the labels and the schema beside them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from demo_data.model import DataSet, Table, as_text


def export_csv(dataset: DataSet, directory: Path) -> list[Path]:
    """Write `directory/<set>/<table>.csv` (UTF-8, line ends LF) with labels.jsonl and schema.json.

    Returns the files.
    """
    return _export(dataset, directory, "csv", _write_csv)


def export_parquet(dataset: DataSet, directory: Path) -> list[Path]:
    """Write `directory/<set>/<table>.parquet` with labels.jsonl and schema.json; returns the files."""
    return _export(dataset, directory, "parquet", _write_parquet)


def _export(dataset: DataSet, directory: Path, suffix: str, write: Callable[[Table, Path], None]) -> list[Path]:
    folder = directory / dataset.name
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for table in dataset.tables.values():
        path = folder / f"{table.name}.{suffix}"
        write(table, path)
        written.append(path)
    written += [_write_labels(dataset, folder), _write_schema(dataset, folder)]
    return written


def _write_csv(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in table.columns])
        writer.writerows([as_text(cell) for cell in row] for row in table.rows)


def _write_parquet(table: Table, path: Path) -> None:
    types: dict[str, pl.DataType | type[pl.DataType]] = {
        "text": pl.String,
        "integer": pl.Int64,
        "real": pl.Float64,
        "boolean": pl.Boolean,
        "date": pl.Date,
        "datetime": pl.Datetime("us"),
    }
    schema = {column.name: types[column.type] for column in table.columns}
    columns = {column.name: table.values(column.name) for column in table.columns}
    pl.DataFrame(columns, schema=schema).write_parquet(path)


def _write_labels(dataset: DataSet, folder: Path) -> Path:
    """labels.jsonl: one line per text that has labels; `key` is the row's first cell, `row` counts from 0."""
    path = folder / "labels.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for (table, column), rows in dataset.labels.items():
            for number, labels in enumerate(rows):
                if labels:
                    key = as_text(dataset.tables[table].rows[number][0])
                    entry = {"table": table, "column": column, "row": number, "key": key, "labels": labels}
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return path


def _write_schema(dataset: DataSet, folder: Path) -> Path:
    """schema.json: types, entity types, keys and references of all columns."""
    path = folder / "schema.json"
    tables = {
        table.name: [
            {
                "name": column.name, "type": column.type, "personal": column.personal, "free_text": column.free_text,
                "quasi": column.quasi, "key": column.key, "references": column.references,
            }
            for column in table.columns
        ]
        for table in dataset.tables.values()
    }  # fmt: skip
    document = {"set": dataset.name, "seed": dataset.seed, "tables": tables, "planted": dataset.planted}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
