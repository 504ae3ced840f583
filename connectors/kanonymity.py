"""How few rows share the same quasi-identifiers. Pure.

k of a table is the size of its smallest group of rows that agree in all quasi-identifiers (Samarati and Sweeney,
1998): with k = 1 somebody stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

FEW = 5
"""Groups smaller than this count as a risk."""


@dataclass(frozen=True, slots=True)
class KAnonymity:
    """`k`: rows of the smallest group, None without quasi-identifiers; `few`: share of rows in groups below five."""

    k: int | None = None
    few: float = 0.0
    columns: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For the database and the API."""
        return {"k": self.k, "share_below_5": self.few, "columns": list(self.columns)}


@dataclass(slots=True)
class GroupCounter:
    """Counts groups over batches of rows; keeps one number of eight bytes per row."""

    columns: Sequence[str]
    _hashes: list[pl.Series] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a batch; it holds the quasi-identifiers at least."""
        if self.columns and frame.height:
            self._hashes.append(frame.select(self.columns).hash_rows(seed=1))

    def result(self) -> KAnonymity:
        """The figure for all rows so far."""
        if not self._hashes:
            return KAnonymity(columns=tuple(self.columns))
        sizes = pl.concat(self._hashes).to_frame("h").group_by("h").len().get_column("len")
        rows = int(sizes.sum())
        few = int(sizes.filter(sizes < FEW).sum())
        smallest = sizes.min()
        return KAnonymity(int(str(smallest)), round(few / rows, 4), tuple(self.columns))
