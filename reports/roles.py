"""Which column of a jar plays which role of a template: a proposal that people may change, and the frames made of it.

Names are compared word by word, German words through a small dictionary; a column whose cells cannot be read in the
role's kind is no candidate. All roles with the same prefix (`order.`) come from one table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from reports.casting import cast, readable
from reports.facts import Plain
from reports.results import ColumnKind, ColumnRef, RoleNeed

_LEAST: Final = 0.25
"""The score under which a column is not proposed for a role."""
_READABLE: Final = 0.7
_GERMAN: Final = {
    "kunde": "customer", "kunden": "customer", "kundennr": "customer id", "kundennummer": "customer id", "nr": "id",
    "nummer": "id", "kennung": "id", "datum": "date", "bestelldatum": "order date", "bestellung": "order",
    "bestellnr": "order id", "auftrag": "order", "auftragsdatum": "order date", "rechnung": "invoice",
    "betrag": "amount", "umsatz": "amount", "summe": "amount", "gesamt": "total", "preis": "price", "menge": "quantity",
    "anzahl": "quantity", "artikel": "product", "produkt": "product", "kategorie": "category", "gruppe": "category",
    "gekuendigt": "churned", "gekündigt": "churned", "kündigung": "churned", "vertrag": "contract", "beginn": "started",
    "ende": "ended", "erstellt": "created", "geöffnet": "opened", "geschlossen": "closed", "erledigt": "resolved",
    "status": "status", "betreff": "subject", "beschreibung": "description", "text": "text", "nachricht": "message",
    "mitarbeiter": "employee", "bearbeiter": "agent", "abteilung": "department", "kosten": "cost", "dauer": "duration",
    "stufe": "stage", "schritt": "stage", "phase": "stage", "benutzer": "user", "zeitpunkt": "time", "aktion": "action",
    "monat": "month", "region": "region", "land": "country", "kanal": "channel", "rabatt": "discount",
    "zufriedenheit": "satisfaction", "bewertung": "rating", "priorität": "priority", "thema": "topic", "von": "from",
    "bis": "to", "anmeldung": "signup", "registriert": "signup",
}  # fmt: skip


class RoleProposal(Plain):
    """The proposed mapping: role to column with a score of 0 to 1, and the roles for which nothing was found."""

    roles: dict[str, ColumnRef]
    scores: dict[str, float]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    role: RoleNeed
    column: str


def propose(needs: Sequence[RoleNeed], samples: Mapping[str, pl.DataFrame]) -> RoleProposal:
    """The best column of a jar for each role; `samples` holds the first rows of each of its tables."""
    roles: dict[str, ColumnRef] = {}
    scores: dict[str, float] = {}
    for prefix in dict.fromkeys(need.name.partition(".")[0] for need in needs):
        wanted = [need for need in needs if need.name.startswith(f"{prefix}.")]
        best_table, best, best_score = "", dict[str, _Candidate](), 0.0
        for table, frame in samples.items():
            found = _assign(table, frame, wanted, prefix)
            score = _table_score(table, prefix, wanted, found)
            if score > best_score:
                best_table, best, best_score = table, found, score
        for name, candidate in best.items():
            roles[name] = ColumnRef(table=best_table, column=candidate.column)
            scores[name] = round(min(1.0, candidate.score), 2)
    missing = tuple(need.name for need in needs if need.name not in roles)
    return RoleProposal(roles=roles, scores=scores, missing=missing)


def _table_score(table: str, prefix: str, wanted: Sequence[RoleNeed], found: Mapping[str, _Candidate]) -> float:
    required = [need for need in wanted if need.required]
    if any(need.name not in found for need in required) or not found:
        return 0.0
    total = sum(candidate.score * (2 if candidate.role.required else 1) for candidate in found.values())
    named = 1.0 if prefix in _words(table) or f"{prefix}s" in table.lower() else 0.0
    return total + named


def _assign(table: str, frame: pl.DataFrame, wanted: Sequence[RoleNeed], prefix: str) -> dict[str, _Candidate]:
    """Roles to columns, the surest pairs first; a column plays one role only."""
    pairs = [
        _Candidate(score, need, column)
        for need in wanted
        for column in frame.columns
        if (score := _score(need, column, table, prefix)) >= _LEAST and _fits(frame[column], need.kind)
    ]
    pairs.sort(key=lambda pair: (-pair.score, not pair.role.required, pair.role.name, pair.column))
    assigned: dict[str, _Candidate] = {}
    taken: set[str] = set()
    for pair in pairs:
        if pair.role.name not in assigned and pair.column not in taken:
            assigned[pair.role.name] = pair
            taken.add(pair.column)
    return assigned


def _fits(column: pl.Series, kind: ColumnKind) -> bool:
    if kind == "text":
        return column.dtype == pl.String
    if kind in {"id", "category"}:
        return column.dtype != pl.Float64 or column.null_count() < len(column)
    if kind in {"date", "datetime"} and column.dtype.is_numeric():
        return False
    return readable(column, kind) >= _READABLE


def _score(need: RoleNeed, column: str, table: str, prefix: str) -> float:
    """How well a column's name fits, 0 to 1: the first of `need.words` counts most, a whole name more than a part."""
    words = _words(column)
    own = [word for word in words if word not in {prefix, f"{prefix}s", *_words(table)}] or words
    best = 0.0
    for position, wished in enumerate((*need.words, need.name.partition(".")[2])):
        weight = max(0.5, 1.0 - 0.06 * position)
        parts = _words(wished)
        if parts in (words, own):
            best = max(best, weight)
        elif parts and all(part in words for part in parts):
            best = max(best, weight * (0.55 + 0.3 * len(parts) / len(words)))
        elif len(wished) >= 4 and wished.lower() in "_".join(words):  # noqa: PLR2004 - shorter ones are in every word
            best = max(best, weight * 0.45)
    return best


def _words(name: str) -> list[str]:
    """The words of a column's name in lower case, English where the dictionary knows them."""
    split = re.sub(r"([a-zäöüß])([A-ZÄÖÜ])", r"\1 \2", name)
    raw = [word for word in re.split(r"[^0-9A-Za-zÄÖÜäöüß]+", split.lower()) if word]
    return [part for word in raw for part in _GERMAN.get(word, word).split()]


def role_frame(
    frame: pl.DataFrame, table: str, roles: Mapping[str, ColumnRef], needs: Sequence[RoleNeed]
) -> pl.DataFrame:
    """Rows of `table` with the columns of one kind of row, named and typed by role."""
    columns = [
        cast(frame[roles[need.name].column], need.kind).rename(need.name.partition(".")[2])
        for need in needs
        if need.name in roles and roles[need.name].table == table
    ]
    return pl.DataFrame(columns)
