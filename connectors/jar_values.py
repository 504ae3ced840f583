"""Personal values of a jar as the gateway's known values: what a column holds is then found in every text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

import polars as pl

from connectors.column_names import words_of
from connectors.gateway_client import GatewayClient
from connectors.jar_tables import JarColumnRow, JarRow
from connectors.jars import Jars

NEVER_KNOWN = frozenset(
    "AGE NRP DATE_PART DATE_TIME NUMBER CARD_EXPIRY CARD_SECURITY_CODE CREDIT_CARD PASSWORD SECRET API_KEY "
    "PRIVATE_KEY COORDINATES BIOMETRIC_ID".split()
)
"""Types that are no known values: they stand in every text by chance, have a form that is always found (cards), or
should lie in as few places as can be (secrets)."""
MOST_VALUES = 900_000
_FIRST = ("first", "given", "forename", "vorname", "prenom")
_LAST = ("last", "sur", "family", "nachname", "apellido")


def list_name(row: JarRow) -> str:
    """The name of the jar's list of known values."""
    return f"jar-{row.id}"


async def register_values(jars: Jars, row: JarRow, gateway: GatewayClient) -> int:
    """Tell the gateway all personal values of the jar, in place of those before; returns how many are known.

    Raises GatewayFailed, DatabaseUnavailable, StorageFailed.
    """
    columns = await jars.columns(row)
    pairs: dict[tuple[str, str], None] = {}
    for table in dict.fromkeys(column.table_name for column in columns):
        known = [column for column in columns if column.table_name == table and is_known(column)]
        if known:
            async for pair in _values(jars, row, table, known):
                if len(pairs) < MOST_VALUES:
                    pairs[pair] = None
    total = await gateway.put_values(list_name(row), pairs) if pairs else 0
    if not pairs:
        await gateway.delete_values(list_name(row))
    await jars.note_values(row, jars.now())
    return total


def is_known(column: JarColumnRow) -> bool:
    """Whether the column's values are registered."""
    return column.entity_type is not None and column.role != "text" and column.entity_type not in NEVER_KNOWN


async def _values(
    jars: Jars, row: JarRow, table: str, columns: Sequence[JarColumnRow]
) -> AsyncIterator[tuple[str, str]]:
    first, last = _name_parts(columns)
    async for frame in jars.stored(row, table, [column.name for column in columns]):
        for column in columns:
            if column.name not in {first, last} and column.entity_type is not None:
                for value in _texts(frame.get_column(column.name)):
                    yield value, column.entity_type
        if first is not None and last is not None:
            for value in _texts(frame.select(pl.concat_str([first, last], separator=" ")).to_series()):
                yield value, "PERSON"


def _texts(column: pl.Series) -> Iterator[str]:
    for value in column.drop_nulls().unique().to_list():
        if text := " ".join(str(value).split()):
            yield text


def _name_parts(columns: Sequence[JarColumnRow]) -> tuple[str | None, str | None]:
    """The columns of first and last name, when there is one of each: the gateway knows parts of whole names itself."""
    people = [column.name for column in columns if column.entity_type == "PERSON"]
    first = [name for name in people if any(part in words_of(name) for part in _FIRST)]
    last = [name for name in people if any(part in words_of(name) for part in _LAST)]
    return (first[0], last[0]) if len(first) == len(last) == 1 else (None, None)
