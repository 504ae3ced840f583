"""How fast connectors read files, and how much memory that takes: python benchmarks/bench_connectors.py [ROWS].

Writes made-up files into a temporary folder, reads each in a process of its own, and prints rows per second and the
peak of resident memory over that of the process before reading. Default: 10 million rows of CSV, a million of the rest.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from openpyxl import Workbook

from connectors.base import Reading
from connectors.boundaries import Boundaries
from connectors.registry import open_connector

ROWS = 10_000_000
OTHERS = 1_000_000
EXCEL_ROWS = 100_000


def write(folder: Path, rows: int) -> list[tuple[str, Path, int]]:
    """Files of six columns, among them a text with quotes and commas."""

    def part(start: int, count: int) -> pl.DataFrame:
        numbers = pl.Series("id", range(start, start + count), dtype=pl.Int64)
        return pl.DataFrame({"id": numbers}).with_columns(
            pl.format("Zoë Müller {}", "id").alias("name"),
            pl.format("user{}@example.com", "id").alias("email"),
            pl.format('Order {}, "urgent", please call back', "id").alias("note"),
            (pl.col("id") % 10_000 / 4).alias("amount"),
            pl.lit("2026-01-02").alias("day"),
        )

    csv = folder / "a.csv"
    with csv.open("wb") as out:
        for start in range(0, rows, 500_000):
            part(start, min(500_000, rows - start)).write_csv(out, include_header=start == 0)
    other, small = part(0, min(rows, OTHERS)), part(0, min(rows, EXCEL_ROWS))
    other.write_parquet(folder / "a.parquet")
    other.write_ndjson(folder / "a.jsonl")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("a")
    sheet.append(small.columns)
    for row in small.iter_rows():
        sheet.append(row)
    book.save(folder / "a.xlsx")
    return [
        ("csv", csv, rows),
        ("parquet", folder / "a.parquet", len(other)),
        ("json", folder / "a.jsonl", len(other)),
        ("excel", folder / "a.xlsx", len(small)),
    ]


async def read(kind: str, path: Path) -> tuple[int, int]:
    """Rows read and rows set aside."""
    connector = open_connector(kind, {"path": str(path)}, Boundaries(folders=(path.parent,)))
    table = f"{path.name}#a" if kind == "excel" else path.name
    rows = aside = 0
    async for batch in connector.read(Reading(table)):
        rows, aside = rows + len(batch.frame), aside + len(batch.set_aside)
    return rows, aside


def peak_mib() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, path: Path) -> None:
    """In a process of its own: read once and print."""
    before, start = peak_mib(), time.perf_counter()
    rows, aside = asyncio.run(read(kind, path))
    took = time.perf_counter() - start
    size = path.stat().st_size / 1e6
    print(
        f"{kind:8} {rows:>11,} rows ({size:,.0f} MB) in {took:6.1f} s = {rows / took:>10,.0f} rows/s, "
        f"{aside} set aside, memory +{peak_mib() - before:,.0f} MiB (whole process {peak_mib():,.0f} MiB)"
    )


def main() -> None:
    """All kinds, one after the other."""
    match sys.argv[1:]:
        case [kind, path]:
            measure(kind, Path(path))
            return
        case [number]:
            rows = int(number)
        case _:
            rows = ROWS
    with tempfile.TemporaryDirectory(prefix="sting-bench-") as folder:
        for kind, path, wanted in write(Path(folder), rows):
            done = subprocess.run(
                [sys.executable, __file__, kind, str(path)], check=True, capture_output=True, text=True
            )
            print(done.stdout, end="", flush=True)
            assert f"{wanted:,} rows" in done.stdout


if __name__ == "__main__":
    main()
