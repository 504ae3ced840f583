"""Which price counts for a model: one of its name, else that of the pattern that says most. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policies.sections import Price


def priced(prices: Mapping[str, Price], *names: str) -> Price | None:
    """The price of a model that goes by these names, the first of which counts most; None where none is known.

    `*` in a name of the table stands for any letters, as in `models`; without a slash it is compared with names that
    have none: `o*` prices no model of `openai/`. The pattern with the most letters wins, then the one with the fewest
    stars, then by its name.
    """
    for name in names:
        if name in prices:
            return prices[name]
    patterns = [pattern for pattern in prices if "*" in pattern and any(_fits(pattern, name) for name in names)]
    best = min(patterns, key=lambda one: (-len(one.replace("*", "")), one.count("*"), one), default=None)
    return None if best is None else prices[best]


def _fits(pattern: str, name: str) -> bool:
    if "/" in name and "/" not in pattern and pattern.strip("*"):
        return False
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None
