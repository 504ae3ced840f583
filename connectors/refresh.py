"""What has gone from a source since it was read: keys that were imported and are no more."""

from __future__ import annotations

from contextlib import aclosing

import polars as pl

from connectors.base import Connector, Reading


async def keys_gone(connector: Connector, table: str, known: pl.DataFrame) -> pl.DataFrame:
    """The rows of `known` (one column per key column, as read before) that the table has no more.

    Reads the key columns of the whole table; memory is that of `known` and one batch. Raises ConnectorProblem.
    """
    gone = known
    async with aclosing(connector.read(Reading(table, columns=tuple(known.columns)))) as batches:
        async for batch in batches:
            gone = gone.join(batch.frame, on=known.columns, how="anti", maintain_order="left", nulls_equal=True)
    return gone
