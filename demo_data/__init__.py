"""Three demo sets with known contents: seeded, the same bytes on every run, every personal value labelled.

    dataset = demo_data.generate("techcorp")
    dataset.tables["customers"].rows
    dataset.labels["support_tickets", "body"]      # per row: (start, end, entity type, value)

Nothing here is about a real person: see demo_data/identifiers.py for the reserved ranges that the numbers come from.
"""

from __future__ import annotations

import importlib

from demo_data.model import Column, DataSet, Label, Span, Table, UnknownSet
from demo_data.seeding import DEFAULT_SEED

__all__ = ["DEFAULT_SEED", "Column", "DataSet", "Label", "Span", "Table", "UnknownSet", "generate", "sets"]
_SETS = ("techcorp", "healthcare", "financial")


def sets() -> tuple[str, ...]:
    """The names of the demo sets."""
    return _SETS


def generate(name: str, seed: int = DEFAULT_SEED) -> DataSet:
    """The demo set `name`. The same name and seed give the same bytes; raises UnknownSet."""
    if name not in _SETS:
        raise UnknownSet(f"no demo set {name!r}: choose {', '.join(_SETS)}")
    dataset: DataSet = importlib.import_module(f"demo_data.{name}").generate(seed)
    return dataset
