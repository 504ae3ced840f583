"""Reading a table anew by its watermark: what changed comes from the source, the rest from what is stored.

Rows that are gone are noticed by their keys. What cannot be told from keys and watermark is read as a whole.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

import polars as pl

from connectors.base import Batch, Connector, Reading, SourceTable
from connectors.card_guard import without_card_secrets


class ChangesMissed(Exception):
    """The source has rows that are neither stored nor behind the watermark: the table has to be read as a whole."""


@dataclass(slots=True)
class Changes:
    """What an incremental reading found: rows that were read, stored rows that the source has no more."""

    read: int = 0
    gone: int = 0


async def with_changes(
    connector: Connector,
    table: SourceTable,
    since: str,
    stored: Callable[[], AsyncIterator[pl.DataFrame]],
    changes: Changes,
) -> AsyncGenerator[Batch, None]:
    """All rows of the table as it is now: those from the watermark on, then those of before that are still there.

    Memory is that of the keys of the whole table and one batch. Raises ConnectorProblem, ChangesMissed (at the end).
    """
    key = list(table.key)
    alive = await _keys(connector, table)  # first: what is added meanwhile is behind the watermark
    again = alive.clear()
    async with aclosing(connector.read(Reading(table.name, since=since))) as batches:
        async for batch in batches:
            again = again.vstack(_as_stored(batch.frame.select(key)))
            changes.read += batch.frame.height
            yield batch
    waiting = alive.join(again, on=key, how="anti")
    kept = 0
    async for frame in stored():
        here = frame.join(waiting, on=key, how="semi", maintain_order="left")
        kept += here.height
        changes.gone += frame.join(pl.concat([alive, again]), on=key, how="anti").height
        yield Batch(here)
    if kept < waiting.height:
        raise ChangesMissed


async def _keys(connector: Connector, table: SourceTable) -> pl.DataFrame:
    """The key columns of the whole table."""
    reading = Reading(table.name, columns=table.key)
    async with aclosing(connector.read(reading)) as batches:
        return pl.concat([_as_stored(batch.frame) async for batch in batches])


def _as_stored(keys: pl.DataFrame) -> pl.DataFrame:
    """Keys as the jar holds them: it stores no card's secrets, wherever they stand."""
    return without_card_secrets(keys)
