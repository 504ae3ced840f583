"""How long a CSV file takes to become a classified jar, and how much memory: `python benchmarks/jars_scale.py`.

    python benchmarks/jars_scale.py [--rows 100000] [--no-gateway]

Generates a file of customers (eleven columns, one of them free text), imports it as `sting jars add` does, and prints
seconds and the peak memory of the importing process (the gateway is a process of its own).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import resource
import tempfile
import time
from pathlib import Path

from connectors.boundaries import Boundaries
from connectors.gateway_client import GatewayClient
from connectors.jar_access import LOCAL
from connectors.jar_sources import Reach, add_file
from connectors.jars import Jars, JarSpec
from connectors.local import Place, local_gateway, local_jars
from policies.settings import load_settings

FIRST = "Ann Ben Cora Dan Eve Finn Gwen Hal Iris Jon Kim Leo Mia Ned Ola Pia Quin Rob Sue Tom".split()
TOPICS = ("wants to know where the order is", "asks for a refund of the second item", "reports a broken screen")


def write(path: Path, rows: int) -> None:
    """The file; the same bytes each time."""
    draw = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow("customer_id first_name last_name email phone birth_date city country signup amount note".split())
        for number in range(rows):
            first, last = draw.choice(FIRST), f"Vander{number % 5000:04}mill"
            out.writerow(
                (
                    f"C-{100_000 + number}", first, last, f"{first}.{number}@mail.example".lower(),
                    f"+1 415 555 {number % 10_000:04}", f"19{50 + number % 50}-0{1 + number % 9}-1{number % 9}",
                    f"Town{number % 300}", draw.choice(("US", "GB", "DE")), f"2024-0{1 + number % 9}-01",
                    f"{draw.uniform(5, 900):.2f}",
                    f"{first} {last} {draw.choice(TOPICS)}, number {draw.randint(1000, 9999)}, please call back today.",
                )
            )  # fmt: skip


async def main(rows: int, *, gateway: bool) -> None:
    """Import and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        await asyncio.to_thread(write, folder / "customers.csv", rows)
        settings = load_settings(None, environ={}, overrides={"data_dir": folder / "data"})
        place = Place(settings, None, folder / "data")
        async with local_jars(place) as jars:
            if gateway:
                async with local_gateway(place, jars) as client:
                    await fill(jars, folder, client, rows)
            else:
                await fill(jars, folder, None, rows)


async def fill(jars: Jars, folder: Path, gateway: GatewayClient | None, rows: int) -> None:
    """The import that is measured."""
    row = await jars.create(JarSpec("scale"), LOCAL.id)
    started = time.perf_counter()
    filled = await add_file(
        jars, row, folder / "customers.csv", Reach(Boundaries(folders=(folder,)), gateway, LOCAL.id)
    )
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    known = "no gateway" if filled.known is None else f"{filled.known:,} values told to the gateway"
    print(f"{rows:,} rows, {filled.columns} columns ({filled.personal_columns} personal), {known}: ", end="")
    print(f"{took:.1f} s, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--no-gateway", action="store_true")
    options = parser.parse_args()
    asyncio.run(main(options.rows, gateway=not options.no_gateway))
