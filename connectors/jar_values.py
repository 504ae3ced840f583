"""Personal values of a jar as the gateway's known values: what a column holds is then found in every text."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import polars as pl
from sqlalchemy import select

from connectors.column_names import words_of
from connectors.gateway_client import GatewayClient, GatewayFailed
from connectors.jar_tables import JarColumnRow, JarRow, ValueReviewRow
from connectors.jars import Jars
from connectors.no_values import is_nothing

NEVER_KNOWN = frozenset(
    "AGE NRP DATE_PART DATE_TIME NUMBER CARD_EXPIRY CARD_SECURITY_CODE CREDIT_CARD PASSWORD SECRET API_KEY "
    "PRIVATE_KEY COORDINATES BIOMETRIC_ID".split()
)
"""Types that are no known values: they stand in every text by chance, have a form that is always found (cards), or
should lie in as few places as can be (secrets)."""
MOST_VALUES = 900_000
_SIGNS = re.compile(r"[\W_]+")
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
    words = await _value_words(jars, row)
    pairs: dict[tuple[str, str], None] = {}
    for table in dict.fromkeys(column.table_name for column in columns):
        known = [
            column
            for column in columns
            if column.table_name == table and (is_known(column) or (table, column.name) in words)
        ]
        if known:
            async for pair in _values(jars, row, table, known, words):
                if len(pairs) < MOST_VALUES:
                    pairs[pair] = None
    people = {_SIGNS.sub(" ", value).casefold() for value, kind in pairs if kind == "PERSON"}
    pairs = {
        (value, kind): None
        for value, kind in pairs
        if kind != "USERNAME" or _SIGNS.sub(" ", value).casefold() not in people
    }  # `ann.lee` is Ann Lee: a name found as a login would be another person's token
    total = await gateway.put_values(list_name(row), pairs) if pairs else 0
    if not pairs:
        await gateway.delete_values(list_name(row))
    await jars.note_values(row, jars.now())
    return total


async def known_values(jars: Jars, row: JarRow, gateway: GatewayClient | None) -> int | None:
    """Register the jar's values; None when the gateway is not there (it is told at the next rescan)."""
    if gateway is None:
        return None
    try:
        return await register_values(jars, row, gateway)
    except GatewayFailed:
        return None


def is_known(column: JarColumnRow) -> bool:
    """Whether the column's values are registered."""
    return column.entity_type is not None and column.role != "text" and column.entity_type not in NEVER_KNOWN


Words = Mapping[tuple[str, str], Mapping[str, str | None]]
"""What people said of values: (table, column) -> digest -> entity type."""


async def _value_words(jars: Jars, row: JarRow) -> Words:
    async with jars.database.session() as session:
        rows = (await session.scalars(select(ValueReviewRow).where(ValueReviewRow.jar == row.id))).all()
    words: dict[tuple[str, str], dict[str, str | None]] = {}
    for word in rows:
        words.setdefault((word.table_name, word.column_name), {})[word.digest] = word.entity_type
    return words


async def _values(
    jars: Jars, row: JarRow, table: str, columns: Sequence[JarColumnRow], words: Words
) -> AsyncIterator[tuple[str, str]]:
    first, last = _name_parts(columns)
    objects = jars.objects(row)
    async for frame in jars.stored(row, table, [column.name for column in columns]):
        for column in columns:
            said = words.get((table, column.name), {})
            if column.name in {first, last} and not said:
                continue
            usual = column.entity_type if is_known(column) else None
            for value in _texts(frame.get_column(column.name)):
                entity_type = said.get(objects.digest(value), usual) if said else usual
                if entity_type is not None and entity_type not in NEVER_KNOWN:
                    yield value, entity_type
        if first is not None and last is not None:
            for value in _texts(frame.select(pl.concat_str([first, last], separator=" ")).to_series()):
                yield value, "PERSON"


def _texts(column: pl.Series) -> Iterator[str]:
    """Its values; junk would be found in every text: `n/a`, and `unknown unknown` of two columns."""
    for value in column.drop_nulls().unique().to_list():
        words = str(value).split()
        text = " ".join(words)
        if not is_nothing(text) and not all(map(is_nothing, words)):
            yield text


def _name_parts(columns: Sequence[JarColumnRow]) -> tuple[str | None, str | None]:
    """The columns of first and last name, when there is one of each: the gateway knows parts of whole names itself."""
    people = [column.name for column in columns if column.entity_type == "PERSON"]
    first = [name for name in people if any(part in words_of(name) for part in _FIRST)]
    last = [name for name in people if any(part in words_of(name) for part in _LAST)]
    return (first[0], last[0]) if len(first) == len(last) == 1 else (None, None)
