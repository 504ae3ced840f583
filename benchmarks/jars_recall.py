"""How much of the demo jars' free text is found: every labelled value, and those that a column of the jar holds.

    python benchmarks/jars_recall.py [--texts 1000] [--data-dir DIR]

Makes the demo jars (or takes those of DIR), starts a gateway, and sends samples of each free-text column to
`/sting/v1/analyze` under the jar's policy. A value counts as found when findings cover all of its letters and digits.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import demo_data
from connectors.demo_jars import DEMO_JARS, ensure_demo_jars
from connectors.gateway_client import Found, GatewayClient
from connectors.local import Place, local_gateway, local_jars
from demo_data.model import DataSet, as_text
from policies.settings import load_settings

WEAK = frozenset({"DATE_TIME", "AGE", "DATE_PART", "NUMBER", "CARD_EXPIRY", "CARD_SECURITY_CODE"})
"""Types that no list of known values takes: detectors alone find them."""


def covered(start: int, end: int, text: str, found: Sequence[Found]) -> bool:
    """True when findings cover every letter and digit of the span."""
    return all(
        any(one.start <= place < one.end for one in found) for place in range(start, end) if text[place].isalnum()
    )


def column_values(dataset: DataSet) -> set[str]:
    """What stands in personal columns, and the parts of names, without case and separators."""
    values: set[str] = set()
    for table in dataset.tables.values():
        for column in table.columns:
            if column.personal is not None and not column.free_text:
                values |= {plain(as_text(value)) for value in table.values(column.name) if value is not None}
        names = {column.name for column in table.columns}
        if {"first_name", "last_name"} <= names:
            pairs = zip(table.values("first_name"), table.values("last_name"), strict=True)
            values |= {plain(f"{first} {last}") for first, last in pairs}
    return values - {""}


def plain(text: str) -> str:
    """The letters and digits of a text, in lower case."""
    return re.sub(r"[\W_]+", "", text).casefold()


@dataclass(frozen=True, slots=True)
class Recall:
    """What was found in texts of one column. Keys: `all` and `customer`, and these with a blank and an entity type."""

    column: str
    texts: int
    seconds: float
    total: Counter[str]
    missed: Counter[str]

    def __str__(self) -> str:
        shares = (
            f"{kind} values found {1 - self.missed[kind] / self.total[kind]:.2%} of {self.total[kind]:,}"
            for kind in ("customer", "all")
            if self.total[kind]
        )
        types = {kind: count for kind, count in self.missed.items() if " " in kind}
        return f"{self.column}: {self.texts:,} texts in {self.seconds:.1f} s; {'; '.join(shares)}; missed {types}"


async def measure(gateway: GatewayClient, dataset: DataSet, policy: str, most: int) -> AsyncIterator[Recall]:
    """The recall of each free-text column of a set, from at most `most` of its texts, about."""
    known = column_values(dataset)
    for (table, column), labels in dataset.labels.items():
        step = max(1, len(labels) // most)
        cells = dataset.tables[table].values(column)[::step]
        texts, spans = [as_text(cell) for cell in cells], labels[::step]
        started = time.perf_counter()
        findings = await gateway.analyze(texts, policy)
        took = time.perf_counter() - started
        total: Counter[str] = Counter()
        missed: Counter[str] = Counter()
        for text, own, found in zip(texts, spans, findings, strict=True):
            for start, end, entity_type, value in own:
                kinds = ["all"]
                if plain(value) in known and entity_type not in WEAK:
                    kinds.append("customer")
                total.update(kinds)
                if not covered(start, end, text, found):
                    missed.update([*kinds, *(f"{kind} {entity_type}" for kind in kinds)])
        yield Recall(f"{dataset.name}.{table}.{column} ({policy})", len(texts), took, total, missed)


async def main(most: int, folder: Path) -> None:
    """Make the jars and measure."""
    settings = load_settings(None, environ={}, overrides={"data_dir": folder})
    place = Place(settings, None, folder)
    async with local_jars(place) as jars, local_gateway(place, jars) as gateway:
        started = time.perf_counter()
        made = await ensure_demo_jars(settings, jars.database, jars.sealer)
        cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        print(
            f"demo jars: {sum(one.made for one in made)} made in {time.perf_counter() - started:.1f} s "
            f"({cpu[0]:.1f} s of one core here, {cpu[1]:.1f} s in the generators)",
            flush=True,
        )
        total: Counter[str] = Counter()
        missed: Counter[str] = Counter()
        for spec in DEMO_JARS:
            async for recall in measure(gateway, demo_data.generate(spec.name), str(spec.policy), most):
                print(recall, flush=True)
                total, missed = total + recall.total, missed + recall.missed
        for kind in ("customer", "all"):
            print(f"together {kind} values found {1 - missed[kind] / total[kind]:.2%} of {total[kind]:,}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=1_000, help="texts of each column at most, about")
    parser.add_argument("--data-dir", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(main(options.texts, options.data_dir or Path(temporary)))
