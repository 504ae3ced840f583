"""What stands around the table in a CSV file or a sheet: titles above it, a row of units, totals below it. Pure.

A table is told by its width, the one that most records have, and by its heading. Lines above are passed over when
they are of another width or emptier than the table's rows, and then only as far as its heading, or as its first row
where there is none. What is passed over is set aside with its reason: nothing goes in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median_high

from connectors.csv_heading import LOOKED_AT, is_heading, is_naming

MOST_ABOVE = 40
"""Records above a heading, at most."""
TAIL = 4
"""Records at the end that may be no rows."""
ABOVE = "it stands above the table"
UNITS = "it holds the units of the columns"
TOTALS = "it is a row of totals"
BELOW = "it stands below the table"

_MOST_FULL = 0.9
_LEAST_SHARE = 0.5
_FOOTED = 3
"""Columns from which on a row with one cell can be told from a short row."""
_PERIOD = re.compile(r"(?:19|20)\d\d|[QHTS][1-4](?: ?(?:19|20)?\d\d)?|(?:KW|CW|W) ?\d{1,2}", re.IGNORECASE)
_NUMBER = re.compile(r"[-+(]?[\s\d.,'\u00a0\u202f]*\d[\s\d.,'\u00a0\u202f]*\)?-? ?(?:%|€|\$|£|[A-Z]{3})?")
_TOTALS = frozenset(
    """
    total totals subtotal sum overall gesamt summe gesamtsumme zwischensumme endsumme insgesamt totale somma totaux
    somme suma totaal totalen
    """.split()
)
_TOTAL_WORDS = frozenset("grand general général generale sub eind der die in all".split())
_UNITS = frozenset(
    """
    % ‰ € $ £ ¥ eur usd chf gbp euro euros dollar dollars teur keur tsd mio ct cent g kg mg t lb oz l ml hl m mm cm km
    m2 m² m3 m³ ha sqm h hrs hours std stunden min mins minutes minuten s sec seconds sekunden ms d days day tage tag
    weeks wochen months monate years jahre jours jour heures días día horas giorni ore dagen uren st stk stck stück
    pcs pieces units anz anzahl kwh mwh w kw °c c mb gb kb
    """.split()
)


@dataclass(frozen=True, slots=True)
class Margins:
    """Where the table is: `above` records before it, whether one of names and one of units come first.

    `groups`: what stands over the names, per column, where two rows name the columns; `dense`: its rows hardly have
    empty cells.
    """

    above: int = 0
    has_names: bool = False
    has_units: bool = False
    groups: tuple[str, ...] = ()
    dense: bool = False


def margins(records: Sequence[Sequence[str]]) -> Margins:
    """Where the table stands among the first records of a file."""
    if not records:
        return Margins()
    width = _width(records)
    place = _heading(records, width) if width > 1 else None
    if place is None:
        return _without(records, width)
    rest = [record for record in records[place + 1 :] if _filled(record)]
    groups = _groups(records[place - 1], width) if place else ()
    has_units = bool(rest) and _is_units(rest[0], rest[1:])
    return Margins(place, has_names=True, has_units=has_units, groups=groups, dense=_dense(rest, width))


def named(margins_of: Margins, names: Sequence[str]) -> list[str]:
    """The names of a heading, with what stands over them."""
    over = margins_of.groups or ("",) * len(names)
    return [f"{group} {name.strip()}".strip() for group, name in zip(over, names, strict=True)]


def is_blank(cells: Sequence[str]) -> bool:
    """Whether a record of several cells holds nothing."""
    return len(cells) > 1 and not _filled(cells)


def below(last: Sequence[Sequence[str]], *, dense: bool) -> list[str]:
    """Why the last records of a file are no rows of its table: a reason for each of its end, empty for none."""
    reasons: list[str] = []
    for cells in reversed(last):
        reason = _no_row(cells, dense=dense)
        if not reason:
            break
        reasons.insert(0, reason)
    return reasons


def _no_row(cells: Sequence[str], *, dense: bool) -> str:
    if is_totals(cells):
        return TOTALS
    return BELOW if dense and len(cells) >= _FOOTED and _filled(cells) == 1 else ""


def is_totals(cells: Sequence[str]) -> bool:
    """Whether a record is the sum of others: it says so, and holds but numbers beside."""
    said = [cell.strip() for cell in cells if cell.strip()]
    if len(said) < 2:  # noqa: PLR2004 - a word and a number
        return False
    words = re.findall(r"[^\W\d_]+", said[0].casefold())
    is_named = any(word in _TOTALS for word in words) and all(word in _TOTALS | _TOTAL_WORDS for word in words)
    return is_named and all(_NUMBER.fullmatch(cell) for cell in said[1:])


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _width(records: Sequence[Sequence[str]]) -> int:
    """The width of most records; the first record's where none has half of them."""
    width, count = max(Counter(map(len, records)).items(), key=lambda item: (item[1], item[0]))
    return width if count >= _LEAST_SHARE * len(records) else len(records[0])


def _dense(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether rows hardly ever have empty cells; units, and the last ones, may be no rows and do not count."""
    rows = [row for row in rows if len(row) == width and not _units_of(row)]
    counted = rows[: len(rows) - min(TAIL, len(rows) // 2)]
    return bool(counted) and sum(_filled(row) == width for row in counted) >= _MOST_FULL * len(counted)


def _heading(records: Sequence[Sequence[str]], width: int) -> int | None:
    """The place of the record that names the columns, with none above it that may be a row."""
    typical = median_high(_filled(record) for record in records if len(record) == width)
    for place, record in enumerate(records[: MOST_ABOVE + 1]):
        filled = _filled(record)
        if len(record) == width and filled:
            rest = [row for row in records[place + 1 : place + 1 + 2 * LOOKED_AT] if not is_blank(row)]
            rest = rest[1:] if rest and _is_units(rest[0], rest[1:]) else rest
            if rest and is_heading(record, rest):
                return place + 1 if _names_groups(record, records[place + 1 : place + 2], rest[1:]) else place
            emptier = filled * 2 <= typical or (filled < width and _dense(rest, width))
            if not (emptier or _groups(record, width)):
                return None
    return None


def _names_groups(record: Sequence[str], below: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a full row of names repeats those of groups, and the row right below names the columns in them."""
    return (
        len(rows) >= _FOOTED
        and len(below[0]) == len(record)
        and bool(_groups(record, len(record)))
        and is_heading(below[0], rows)
    )


def _without(records: Sequence[Sequence[str]], width: int) -> Margins:
    """A table without a heading begins with its first record of its width."""
    first = records[0]
    if len(first) == width or len(first) > 1:
        return Margins(has_names=is_heading(first, records[1:]), dense=_dense(records[1:], width))
    above = next(place for place, record in enumerate(records) if len(record) == width)
    return Margins(above if above <= MOST_ABOVE else 0, dense=_dense(records[above:], width))


def _groups(record: Sequence[str], width: int) -> tuple[str, ...]:
    """What each column stands under, where a record names groups of columns: with words that columns are called by.

    Other words (a title, who made the list) become part of no name: names stand in clear. Groups stand over their first
    column, or over each of them again.
    """
    said = [cell.strip() for cell in record]
    filled = [cell for cell in said if cell]
    runs = [name for name, _ in groupby(filled)]
    if len(said) != width or not 2 <= len(runs) < width or len(set(runs)) < len(runs):  # noqa: PLR2004 - one alone is a title
        return ()
    if not all(is_naming(cell) or _PERIOD.fullmatch(cell) for cell in filled):
        return ()
    over, groups = "", []
    for cell in said:
        over = cell or over
        groups.append(over)
    return tuple(groups)


def _is_units(record: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a record says in what its columns are counted: nothing but units, that do not stand below again."""
    places = _units_of(record)
    columns = [row for row in rows[:LOOKED_AT] if len(row) == len(record)] if places else []
    return bool(columns) and not any(record[place].strip() == row[place].strip() for row in columns for place in places)


def _units_of(record: Sequence[str]) -> list[int]:
    """The places where units stand in a record that holds nothing else; empty for any other."""
    said = {place: cell.strip().strip("[]()").casefold() for place, cell in enumerate(record) if cell.strip()}
    return list(said) if all(cell in _UNITS for cell in said.values()) else []
