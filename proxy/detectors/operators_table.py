"""The table of the docs: what each one-way action makes of each entity type, worked out from the operators."""

from __future__ import annotations

from typing import Final

from policies.entity_types import ENTITY_TYPES
from policies.model import Action
from proxy.detectors.operators import OneWay
from proxy.detectors.operators_generalize import COARSER
from proxy.detectors.operators_mask import MASKS

_KEY: Final = bytes(32)
_YEAR: Final = 2026


def one_way_table() -> str:
    """A Markdown table: per entity type its made-up example and the result of `mask` and `generalize`, with the rule.

    `redact` and `hash` treat all types alike and have no column.
    """
    one_way = OneWay(_KEY, _YEAR)
    rows = ["| entity type | example | `mask` | `generalize` |", "|---|---|---|---|"]
    for name, info in sorted(ENTITY_TYPES.items()):
        example = info.example.split("\n", maxsplit=1)[0]
        masked = _cell(one_way(Action.MASK, name, info.example), MASKS[name].meaning if name in MASKS else "")
        coarser = _cell(
            one_way(Action.GENERALIZE, name, info.example), COARSER[name].meaning if name in COARSER else ""
        )
        rows.append(f"| {name} | `{example}` | {masked} | {coarser} |")
    return "\n".join(rows) + "\n"


def _cell(result: str, meaning: str) -> str:
    return f"`{result}`: {meaning}" if meaning else "redacted"
