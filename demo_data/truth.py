"""The planted structure of all sets as one document: what analysis should find (truth.json).

`python -m demo_data.truth` writes the file anew after a generator was changed.
"""

from __future__ import annotations

import json
from pathlib import Path

from demo_data.model import DataSet
from demo_data.seeding import DEFAULT_SEED

TRUTH_FILE = Path(__file__).with_name("truth.json")


def truth_document(datasets: list[DataSet]) -> dict[str, object]:
    """The figures of all sets, with the seed that they belong to."""
    return {"seed": DEFAULT_SEED, "sets": {dataset.name: dict(dataset.truth) for dataset in datasets}}


def read_truth() -> dict[str, object]:
    """The committed figures."""
    document: dict[str, object] = json.loads(TRUTH_FILE.read_text(encoding="utf-8"))
    return document


def write_truth(datasets: list[DataSet], path: Path = TRUTH_FILE) -> None:
    """Write the figures of `datasets` to `path`."""
    path.write_text(json.dumps(truth_document(datasets), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    from demo_data import generate, sets

    write_truth([generate(name) for name in sets()])
