"""Known values at full size: time to be ready, memory, and time per text; with --others, Aho-Corasick libraries too.

    python benchmarks/bench_known_values.py [--values 1000000] [--others]

Half of the values are persons, the rest mail addresses, phones and record numbers, all made up. "Ready" is what a
gateway does when it starts: read the sealed chunks from SQLite, open them, build the index. Memory is what the process
holds more than before. CPU time stands beside the time on the clock, in which other work on the machine shows.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from policies.db import open_database
from policies.sealing import Sealer
from policies.settings import load_settings
from policies.values import Chunk, ValueLists
from proxy.detectors.known_index import KnownIndex
from proxy.detectors.known_match import find
from proxy.detectors.known_values import KnownValues

SYLLABLES = "ma ri jo hn an na el sa be tho mas pe ter lu ka son berg man sen ov ska ta ni ko wa ra mi".split()
ORDINARY = (
    "The meeting was long and nobody could agree on the price of the new machines. We should look at the figures "
    "again: sales rose in the spring and fell in the summer. Invoice 20231107 over 1,204.50 EUR is due in 30 days. "
)
CHUNK = 10_000
KEY = b"\x07" * 32


def word(source: random.Random) -> str:
    """A made-up name."""
    return "".join(source.choice(SYLLABLES) for _ in range(source.randint(2, 4))).capitalize()


def made_up(count: int) -> dict[str, list[str]]:
    """Values per entity type, `count` in all."""
    source = random.Random(3)
    families = [word(source) for _ in range(max(10, count // 7))]

    def family() -> str:
        return source.choice(families)

    return {
        "PERSON": [f"{family()} {family()}" for _ in range(count // 2)],
        "EMAIL_ADDRESS": [f"{family()}.{family()}{n % 97}@{family()}.example.com".lower() for n in range(count // 5)],
        "PHONE_NUMBER": [
            f"+1 {source.randint(200, 999)} {source.randint(200, 999)} {source.randint(1000, 9999)}"
            for _ in range(count // 5)
        ],
        "MEDICAL_RECORD": [f"MRN {source.randint(10**7, 10**8)}" for _ in range(count // 10)],
    }


def texts_of(values: dict[str, list[str]]) -> dict[str, str]:
    """Texts to look at, by what is special about them."""
    hits = [values[kind][place] for place in (3, 77, 401) for kind in values]
    letter = "".join(f"{ORDINARY}Please write to {hit}. " for hit in hits) * 4
    table = "\n".join(f"{name};{mail}" for name, mail in zip(values["PERSON"], values["EMAIL_ADDRESS"], strict=False))
    return {
        "short message (200 characters)": letter[:200],
        "10 KB without values": (ORDINARY * 50)[:10_000],
        "10 KB letter": letter[:10_000],
        "10 KB, nothing but values": table[:10_000],
    }


def megabytes() -> float:
    """Memory that this process holds."""
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


async def stored(folder: Path, values: dict[str, list[str]]) -> None:
    """Put the values into a database in `folder`."""
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": str(folder)}))
    lists = ValueLists(database, Sealer([KEY]))
    draft = await lists.begin("default", "bench")
    for kind, listed in values.items():
        for begin in range(0, len(listed), CHUNK):
            await lists.write(draft, [draft.seal(Chunk(kind, listed[begin : begin + CHUNK]))])
    await lists.commit(draft, replace=True)
    await database.close()


async def loaded(folder: Path) -> KnownIndex:
    """Load them as a gateway does, and say what it took."""
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": str(folder)}))
    known = KnownValues(ValueLists(database, Sealer([KEY])))
    gc.collect()
    before, clock, cpu = megabytes(), time.perf_counter(), time.process_time()
    await known.start()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    index = await known.index("default")
    assert index is not None
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{index.size:,} rows: ready in {clock:.1f} s ({cpu:.1f} s CPU); tables {index.nbytes / 1e6:.0f} MB,")
    print(f"  process +{megabytes() - before:.0f} MB, at most +{peak - before:.0f} MB while it loads")
    await known.close()
    await database.close()
    return index


def timed(look: Callable[[], object]) -> str:
    """Median and best of the time on the clock, and the mean CPU time, per call in milliseconds."""
    look()
    clocks = []
    cpu = time.process_time()
    for _ in range(30):
        began = time.perf_counter()
        look()
        clocks.append((time.perf_counter() - began) * 1e3)
    cpu = (time.process_time() - cpu) / len(clocks) * 1e3
    return f"{statistics.median(clocks):6.2f} ms (best {min(clocks):.2f}, CPU {cpu:.2f})"


def automaton(library: str, values: list[str], text: str) -> None:
    """The same values, one spelling each, in an automaton of another library."""
    before, began = megabytes(), time.perf_counter()
    module = importlib.import_module(library)
    if library == "ahocorasick":
        made = module.Automaton(module.STORE_INTS)
        for place, value in enumerate(values):
            made.add_word(value, place)
        made.make_automaton()
        look: Callable[[], object] = lambda: list(made.iter(text))  # noqa: E731 - the two branches name one thing
    else:
        kind = module.Implementation.ContiguousNFA
        made = module.AhoCorasick(values, implementation=kind, store_patterns=False)
        look = lambda: made.find_matches_as_indexes(text, overlapping=True)  # noqa: E731 - the same
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    took = time.perf_counter() - began
    print(f"{library}: {took:.1f} s, +{megabytes() - before:.0f} MB, at most +{peak - before:.0f} MB")
    print(f"  10 KB letter: {timed(look)}")


def main() -> None:
    """Measure what was asked for; each part in a process of its own, for memory is not given back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--others", action="store_true", help="needs pyahocorasick and ahocorasick-rs")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part in {"ahocorasick", "ahocorasick_rs"}:
        values = made_up(options.values)
        lowered = sorted({value.lower() for listed in values.values() for value in listed})
        automaton(options.part, lowered, texts_of(values)["10 KB letter"].lower())
    elif options.part == "store":
        asyncio.run(stored(options.folder, made_up(options.values)))
    elif options.part == "load":
        texts = texts_of(made_up(options.values))
        index = asyncio.run(loaded(options.folder))
        for name, text in texts.items():
            print(f"  {name}: {timed(lambda text=text: find(text, index))}, {len(find(text, index))} findings")
    else:
        with tempfile.TemporaryDirectory() as folder:
            for part in ("store", "load", *(("ahocorasick", "ahocorasick_rs") if options.others else ())):
                own = ["--values", str(options.values), "--part", part, "--folder", folder]
                subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()
