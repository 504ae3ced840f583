"""A sample of a table: the same rows for the same seed, spread over its first part. Bounded memory."""

from __future__ import annotations

from contextlib import aclosing
from random import Random

import polars as pl

from connectors.base import Connector, Reading

WITHIN = 200_000


async def sampled(
    connector: Connector, table: str, *, rows: int = 100, within: int = WITHIN, random: Random
) -> pl.DataFrame:
    """`rows` rows drawn evenly from the first `within` rows, in the source's order. Raises ConnectorProblem.

    Each row gets a random rank and the lowest ranks win, which is an even draw without knowing the number of rows.
    """
    kept: pl.DataFrame | None = None
    seen = 0
    async with aclosing(connector.read(Reading(table))) as batches:
        async for batch in batches:
            frame = batch.frame.head(within - seen)
            ranks = pl.Series("", [random.random() for _ in range(len(frame))], dtype=pl.Float64)
            places = pl.Series("", range(seen, seen + len(frame)), dtype=pl.Int64)
            ranked = pl.DataFrame({"_rank": ranks, "_place": places, "_row": frame.to_struct("_row")})
            kept = (ranked if kept is None else pl.concat([kept, ranked])).bottom_k(rows, by="_rank")
            seen += len(frame)
            if seen >= within:
                break
    assert kept is not None  # noqa: S101 - `read` gives at least one batch
    return kept.sort("_place")["_row"].struct.unnest()
