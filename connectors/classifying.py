"""Which columns are personal: from their names, a sample of their values, and other tables. Pure.

Order of belief: a name that the values do not contradict, a shape that the values alone have, the class of a key
column that the values come from, what the gateway found in the values. Free text stays text, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from connectors.column_names import entity_type_of, is_people_table, says_category, says_quasi, says_text, words_of
from connectors.jar_model import ColumnRole
from connectors.no_values import is_answer, is_nothing
from connectors.value_shapes import fits_name, is_firm, shape_of, share

QUASI_TYPES = frozenset({"DATE_OF_BIRTH", "AGE", "POSTCODE", "LOCATION", "NRP", "COORDINATES", "ORGANIZATION"})
"""Personal, but pointing at nobody alone: columns of these types are quasi-identifiers (Sweeney, 2000)."""
_NUMERIC_TYPES = frozenset(
    "US_SSN PHONE_NUMBER CREDIT_CARD CARD_SECURITY_CODE US_BANK_NUMBER ABA_ROUTING_NUMBER ACCOUNT_NUMBER EMPLOYEE_ID "
    "TICKET_ID MEDICAL_RECORD MEMBER_ID NPI POSTCODE AGE TAX_ID NATIONAL_ID IMEI DEVICE_ID UK_NHS PASSPORT "
    "COORDINATES PASSWORD DRIVER_LICENSE US_DRIVER_LICENSE".split()
)
_DATE_TYPES = frozenset({"DATE_OF_BIRTH", "CARD_EXPIRY"})
_NAME_FITS, _SHAPE_FITS = 0.4, 0.8
_FIRMS, _MANY_FIRMS = 0.5, 0.1
"""Share of values with a legal form (`Ltd`, `GmbH`) that makes a column one of firms, in short and in long columns.

Most firms go by a name without one; among many different values of one or two words, the few that have it tell."""
_TEXT_WORDS, _TEXT_DISTINCT = 2.5, 25
_LONG = 60
SAMPLED_VALUES = 400


DOCUMENT_COLUMNS = ("document", "page", "text")
"""A table of these columns is a document: its `text` is text, however short."""


@dataclass(frozen=True, slots=True)
class ColumnClass:
    """What is known of one column. `found`: entity type -> share of the sampled values that the gateway found it in.

    `sure`: nothing the gateway could say would change it.
    """

    name: str
    dtype: str
    role: ColumnRole
    entity_type: str | None = None
    confidence: float = 0.0
    share: float = 0.0
    found: Mapping[str, float] = field(default_factory=dict)
    sure: bool = True


def sampled_values(column: pl.Series, most: int = SAMPLED_VALUES) -> list[str]:
    """Different values of a column as texts, at most `most`, spread over it. They are originals.

    Cells that hold no value, and answers of yes and no, say nothing of what a column holds.
    """
    different = column.drop_nulls().unique(maintain_order=True)
    chosen = different.gather_every(max(1, len(different) // most)).head(most)
    texts = (str(value).strip() for value in chosen.to_list())
    return [text for text in texts if not is_nothing(text) and not is_answer(text)]


def classify_table(table: str, sample: pl.DataFrame) -> list[ColumnClass]:
    """A class for each column of a sample of rows."""
    american = any(words_of(name) in {"ssn", "zip", "zip_code", "state"} for name in sample.columns)
    kinds = [_classify(table, sample.get_column(name), american=american) for name in sample.columns]
    if tuple(sample.columns) == DOCUMENT_COLUMNS:
        plain = ColumnClass("text", str(sample.schema["text"]), "text", confidence=1.0, share=1.0, sure=False)
        return [*kinds[:-1], plain]
    return kinds


def _classify(table: str, column: pl.Series, *, american: bool) -> ColumnClass:
    dtype, filled = str(column.dtype), _filled(column)
    plain = ColumnClass(column.name, dtype, "value", share=filled)
    if column.dtype == pl.Boolean or filled == 0:
        return _quasi_or(plain)
    values = sampled_values(column)
    if not values:
        return _quasi_or(plain)
    named = _by_name(table, column, values)
    if named is not None:
        entity_type, fit = named
        if american and entity_type == "DRIVER_LICENSE":
            entity_type = "US_DRIVER_LICENSE"
        return of_type(plain, entity_type, 0.75 + 0.24 * fit)
    if column.dtype != pl.String:
        return _quasi_or(plain)
    shape = shape_of(values, _SHAPE_FITS)
    if shape is not None:
        return of_type(plain, shape[0], 0.6 + 0.39 * shape[1])
    return _of_strings(plain, table, column, values)


def _by_name(table: str, column: pl.Series, values: Sequence[str]) -> tuple[str, float] | None:
    entity_type = entity_type_of(column.name, table)
    if entity_type is None or _is_text(column, values):
        return None
    if column.dtype.is_numeric():
        allowed = entity_type in _NUMERIC_TYPES and not (column.dtype.is_float() and entity_type != "COORDINATES")
    elif column.dtype.is_temporal():
        allowed = entity_type in _DATE_TYPES
    else:
        allowed = True
    fit = fits_name(values, entity_type)
    return (entity_type, fit) if allowed and fit >= _NAME_FITS else None


def _of_strings(plain: ColumnClass, table: str, column: pl.Series, values: Sequence[str]) -> ColumnClass:
    quasi = says_quasi(plain.name)
    firms = share(values, is_firm)
    if firms >= _FIRMS:
        return of_type(plain, "ORGANIZATION", 0.5 + 0.49 * firms)
    if _is_text(column, values) and not (quasi and len(values) < _TEXT_DISTINCT):
        return replace(plain, role="text", confidence=0.95, sure=False)
    if firms >= _MANY_FIRMS and len(values) >= _TEXT_DISTINCT:
        return of_type(plain, "ORGANIZATION", 0.5 + 0.49 * firms)
    if quasi:
        return replace(plain, role="quasi_identifier", confidence=0.9)
    return replace(plain, confidence=0.6 if is_people_table(table) else 0.7, sure=False)


def _quasi_or(plain: ColumnClass) -> ColumnClass:
    if says_quasi(plain.name):
        return replace(plain, role="quasi_identifier", confidence=0.9)
    return replace(plain, confidence=0.95)


def _is_text(column: pl.Series, values: Sequence[str]) -> bool:
    """Sentences rather than names and codes: several words each and many different ones, or simply long."""
    if column.dtype != pl.String or not values:
        return False
    words = sum(value.count(" ") + 1 for value in values) / len(values)
    length = sum(map(len, values)) / len(values)
    if length > _LONG and words > _TEXT_WORDS:
        return True
    many = len(values) >= _TEXT_DISTINCT
    if says_text(column.name):  # a few remarks that are written again and again are sentences all the same
        return words > (_TEXT_WORDS - 1 if many else _TEXT_WORDS)
    return many and words > 2 * _TEXT_WORDS


def of_type(plain: ColumnClass, entity_type: str, confidence: float) -> ColumnClass:
    """The column with this entity type and the role that follows from it."""
    role: ColumnRole = "quasi_identifier" if entity_type in QUASI_TYPES else "identifier"
    return replace(plain, role=role, entity_type=entity_type, confidence=round(min(0.99, confidence), 3), sure=True)


def refine(column: ColumnClass, found: Mapping[str, float], whole: Mapping[str, float], different: int) -> ColumnClass:
    """The column after the gateway has looked at its values.

    `found`: entity type -> share of values with such a finding; `whole`: the same for findings that are the whole
    value; `different`: how many different values were shown to it. Few different values are categories: only persons
    and what has a form count there, since a place's name is also a branch's; persons not where the column's name says
    what it is a list of (`Zahlart`, `Payment method`: Klarna, Visa).
    """
    anything = min(1.0, max(found.values(), default=0.0))
    looked = replace(column, found=dict(found), sure=True)
    if column.role == "text":
        return replace(looked, share=round(anything, 3))
    best = max(whole, key=whole.__getitem__, default=None)
    if best is None or whole[best] < _WHOLE or best in _VAGUE:
        return looked
    if different < _TEXT_DISTINCT and (best in QUASI_TYPES or (best == "PERSON" and says_category(column.name))):
        return looked
    return of_type(looked, best, 0.4 + 0.5 * whole[best])


_WHOLE = 0.7
_VAGUE = frozenset({"NUMBER", "DATE_TIME", "DATE_PART", "URL", "SECRET", "ORGANIZATION", "PASSWORD"})
"""Found in codes and names of things too often to say what a column holds."""


def _filled(column: pl.Series) -> float:
    height = len(column)
    return round(1 - column.null_count() / height, 4) if height else 0.0
