"""The demo sets' free text, with their columns of direct identifiers registered: the customers' values are found."""

import datetime as dt
import functools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

import pytest

import demo_data
from demo_data.model import DataSet, as_text
from proxy.detectors.known_index import KnownIndex, fit, joined, rows_of
from proxy.detectors.known_match import find
from proxy.detectors.known_words import Codebook
from proxy.values import NOT_DIRECT
from tests.demo_sets import demo_set

BOOK = Codebook(b"a key of a test.")
FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%B %d, %Y", "%d %B %Y", "%b %d, %Y", "%d %b %Y")


def folded(value: str) -> str:
    plain = unicodedata.normalize("NFKD", value.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[\W_]", "", plain)


def words(value: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", value.casefold())


@functools.cache
def days(value: str) -> set[dt.date]:
    found = set()
    for form in FORMATS:
        try:
            found.add(dt.datetime.strptime(value, form).replace(tzinfo=dt.UTC).date())
        except ValueError:
            continue
    return found


@dataclass
class Registered:
    """Values per type, and what tells a label of free text to be one of them, however it is written."""

    values: dict[str, set[str]] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    days: set[dt.date] = field(default_factory=set)

    def add(self, entity_type: str, value: str) -> None:
        self.values.setdefault(entity_type, set()).add(value)
        self.folded.add(folded(value))
        if entity_type == "PHONE_NUMBER":
            self.phones.add(re.sub(r"\D", "", value)[-10:])
        if entity_type == "PERSON":
            self.names.update(words(value))
        if entity_type == "DATE_OF_BIRTH":
            self.days |= days(value)

    def holds(self, entity_type: str, value: str) -> bool:
        if entity_type == "PERSON":
            return bool(words(value)) and self.names.issuperset(words(value))
        if entity_type == "PHONE_NUMBER":
            return re.sub(r"\D", "", value)[-10:] in self.phones
        if entity_type == "DATE_OF_BIRTH":
            return bool(self.days & days(value))
        return entity_type in self.values and folded(value) in self.folded


def registered(dataset: DataSet) -> Registered:
    made = Registered()
    for table in dataset.tables.values():
        for place, column in enumerate(table.columns):
            if column.personal and not column.quasi and column.personal not in NOT_DIRECT:
                values = sorted({as_text(row[place]) for row in table.rows} - {""})
                for value, fits in zip(values, fit(values), strict=True):
                    if fits:
                        made.add(column.personal, value)
    return made


@pytest.mark.parametrize("name", demo_data.sets())
def test_registered_columns_are_found_in_free_text(name: str) -> None:
    dataset = demo_set(name)
    known = registered(dataset)
    types = tuple(known.values)
    rows = joined(rows_of(sorted(known.values[kind]), kind, place, BOOK) for place, kind in enumerate(types))
    index = KnownIndex(rows, types, BOOK)
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    beside = plain = 0
    for (table, column), labels in dataset.labels.items():
        for text, spans in zip(map(as_text, dataset.tables[table].values(column)), labels, strict=True):
            covered = {place for finding in find(text, index) for place in range(finding.start, finding.end)}
            personal = {place for start, end, _, _ in spans for place in range(start, end)}
            beside += len(covered - personal)
            plain += len(text) - len(personal)
            for start, end, kind, value in spans:
                if known.holds(kind, value):
                    wanted[kind] += 1
                    found[kind] += all(place in covered for place in range(start, end) if text[place].isalnum())
    total, hits = sum(wanted.values()), sum(found.values())
    figures = f"{hits} of {total} values found ({hits / total:.2%}), {beside / plain:.3%} of other text covered"
    print(f"{name}: {figures}")  # noqa: T201 - the figure of the contract
    print({kind: f"{found[kind]}/{number}" for kind, number in sorted(wanted.items())})  # noqa: T201 - the same
    assert total > 1_000
    assert hits / total >= 0.995
    assert beside / plain < 0.02
