"""Which groups are large enough to be told. Pure.

Leaving out what is under k is not enough where groups make up a whole that is told, too: the only group that was left
out is the whole without the others. So as many more are left out, the smallest first, as k people hide behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

_PEOPLE: Final = ("customer", "patient", "account", "user", "employee")
"""Columns that say whose a row is."""
_HUNDRED: Final = (98.0, 102.0)
"""What the shares of a whole come to, rounded and with a few rows that belong to no group."""


def people_behind(frame: pl.DataFrame) -> int:
    """How many people stand behind rows; each row counts as one where nothing says whose it is."""
    name = next((name for name in _PEOPLE if name in frame.columns), None)
    if name is None:
        return len(frame)
    return frame[name].drop_nulls().n_unique() + frame[name].null_count()


def too_small(counts: Sequence[int], k: int) -> list[int]:
    """Places of the groups under k, and of the smallest others until at least k stand behind all that is left out."""
    gone = [place for place, count in enumerate(counts) if count < k]
    hidden = sum(counts[place] for place in gone)
    rest = sorted((place for place, count in enumerate(counts) if count >= k), key=lambda place: counts[place])
    while 0 < hidden < k and rest:
        gone.append(rest.pop(0))
        hidden += counts[gone[-1]]
    return gone


def make_up_a_whole(values: Sequence[object], unit: str) -> bool:
    """Whether these figures of groups can be added up: counts, or shares of one whole."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != len(values):
        return False
    if unit == "%":
        return _HUNDRED[0] <= sum(numbers) <= _HUNDRED[1]
    return unit == "" and all(isinstance(value, int) for value in numbers)
