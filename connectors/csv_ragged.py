"""Texts with delimiters in them that nobody quoted: how many columns such a file really has. Pure.

`Message` over lines such as `Hello, the app crashes, please call` has a different number of commas in every line. Read
by its commas, most lines would be set aside and the rest cut into columns. A table tells itself by rows of one width;
where they have none and the last name (or the only one) is what texts are called, all that is left belongs to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from connectors.column_names import says_text, words_of
from connectors.csv_heading import is_naming

_FEWEST: Final = 5
"""Records below the heading that are needed to judge by."""
_LEAST_WIDER: Final = 0.1
_MOST_ALIKE: Final = 0.8
"""Of the records that are too wide, at most so many of one width: more would be a table under another heading."""
_FITTING: Final = 0.9
_PROSE: Final = 0.9
_TEXTS: Final = frozenset(
    """
    nachricht kommentar beschreibung anmerkung notiz freitext anfrage frage antwort rückmeldung meldung inhalt
    commentaire description remarque texte avis comentario descripción mensaje testo commento descrizione messaggio
    messages comments opinion opmerking bericht tekst
    """.split()
)


def text_width(records: Sequence[Sequence[str]], delimiter: str) -> int:
    """The columns of a file whose last one is text with delimiters in it, unquoted; 0 for any other file.

    `records` are the first of the file as its delimiter cuts them; the first may be the heading.
    """
    rows = [record for record in records[1:] if record]
    if len(rows) < _FEWEST or not records[0]:
        return 0
    first = [cell.strip().strip("\ufeff") for cell in records[0]]
    if all(map(is_naming, first)) and (len(first) == 1 or _is_text(first[-1])):
        return len(first) if _overflows(rows, len(first)) else 0
    return 1 if _is_prose(records, delimiter) else 0


def _is_text(name: str) -> bool:
    return says_text(name) or words_of(name).split("_")[-1] in _TEXTS


def _overflows(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether enough rows are wider than the heading, of many widths, and hardly any narrower."""
    wider = Counter(len(row) for row in rows if len(row) > width)
    fitting = sum(len(row) >= width for row in rows)
    return (
        fitting >= _FITTING * len(rows)
        and wider.total() >= _LEAST_WIDER * len(rows)
        and max(wider.values()) <= _MOST_ALIKE * wider.total()
    )


def _is_prose(records: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Whether lines without a heading are sentences: delimiters are followed by a blank, and widths differ."""
    widths = Counter(map(len, records))
    inner = [cell for record in records for cell in record[1:]]
    return (
        delimiter in ",;"
        and max(widths.values()) < len(records) / 2
        and bool(inner)
        and sum(cell.startswith(" ") for cell in inner) >= _PROSE * len(inner)
    )
