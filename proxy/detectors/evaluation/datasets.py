"""Labelled text in five file formats, read into one shape.

Formats: Presidio-research JSON (`full_text`, `spans`), string-labelled JSON (`text`, `NER` with `entity` and `label`),
PUPA CSV (`user_query`, `pii_units`), CoNLL (token and BIO tag per line), and our own JSONL
(`{"text": ..., "spans": [{"start", "end", "entity_type"}]}`).
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IGNORED_TYPES = frozenset({"TITLE"})
"""Labels that some sets have and that are nobody's data ("Mr", "HR Manager"): neither missed nor covered too much."""

_PLACEHOLDER = re.compile(r"<?PRESIDIO_ANONYMIZED_\w+>?")
"""What an anonymizer had put in before the set was labelled: nobody's data, though its units name it."""
_TITLE = re.compile(r"(?:(?:mrs?|ms|miss|mx|dr|prof|professor|sir|madam|lady|lord|rev)\b\.?\s+)+", re.IGNORECASE)
"""What PUPA's units begin with ("Dr. Oberman"); other sets label it as TITLE or leave it outside."""
_UNTYPED = "UNIT"


class UnreadableDataset(ValueError):
    """The file is in none of the formats, or is broken."""


@dataclass(frozen=True, slots=True)
class Gold:
    """One labelled piece of personal data: characters `start` to `end` of its message."""

    start: int
    end: int
    entity_type: str


@dataclass(frozen=True, slots=True)
class Message:
    """A text with its gold spans; `ignored` ranges count neither way."""

    text: str
    spans: tuple[Gold, ...]
    ignored: tuple[tuple[int, int], ...] = ()


def read_dataset(path: Path) -> list[Message]:
    """All messages of a file, its format told by name and content. Raises UnreadableDataset."""
    try:
        if path.suffix == ".csv":
            return list(_pupa(path))
        if path.suffix == ".jsonl":
            return [_own(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip()]
        if path.suffix in (".conll", ".txt", ".bio"):
            return list(_conll(path.read_text("utf-8").splitlines()))
        rows = json.loads(path.read_text("utf-8"))
        return [_presidio(row) if "full_text" in row else _strings(row) for row in rows]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UnreadableDataset(f"{path.name}: not one of the known formats ({type(error).__name__})") from error


def _message(text: str, spans: Iterable[Gold], ignored: Iterable[tuple[int, int]] = ()) -> Message:
    rows = list(spans)
    skipped = [(span.start, span.end) for span in rows if span.entity_type in IGNORED_TYPES]
    kept = tuple(span for span in rows if span.entity_type not in IGNORED_TYPES)
    return Message(text, kept, (*ignored, *skipped))


def _presidio(row: dict[str, Any]) -> Message:
    spans = (Gold(span["start_position"], span["end_position"], span["entity_type"]) for span in row["spans"])
    return _message(row["full_text"], spans)


def _own(row: dict[str, Any]) -> Message:
    return _message(row["text"], (Gold(span["start"], span["end"], span["entity_type"]) for span in row["spans"]))


def _strings(row: dict[str, Any]) -> Message:
    """Every occurrence of every labelled string; labels without a string that stands in the text are left out."""
    text = row["text"]
    labelled = [(item["entity"], item["label"]) for item in row["NER"] if item.get("entity")]
    spans = [Gold(start, end, label) for value, label in labelled for start, end in _occurrences(text, value)]
    return _message(text, _without_doubles(spans))


def _occurrences(text: str, value: str) -> Iterator[tuple[int, int]]:
    for form in (value, value.strip("*'\" ")):
        found = (
            [match.span() for match in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", text, re.IGNORECASE)]
            if form
            else []
        )
        if found:
            yield from found
            return


def _without_doubles(spans: list[Gold]) -> list[Gold]:
    """The longest of overlapping spans."""
    kept: list[Gold] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda one: one.start)


def _pupa(path: Path) -> Iterator[Message]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["user_query"]
            units = [unit.strip() for unit in (row["pii_units"] or "").split("||")]
            spans = [Gold(start, end, _UNTYPED) for unit in units for start, end in _occurrences(text, unit)]
            masked = [match.span() for match in _PLACEHOLDER.finditer(text)]
            titles = (_TITLE.match(text, span.start, span.end) for span in spans)
            masked = sorted({*masked, *(title.span() for title in titles if title)})
            yield _message(text, _without_doubles(_outside(spans, masked)), masked)


def _outside(spans: Iterable[Gold], masked: list[tuple[int, int]]) -> list[Gold]:
    """What of the spans lies outside the masked ranges."""
    parts = []
    for span in spans:
        start = span.start
        for low, high in [*masked, (span.end, span.end)]:
            if low > span.end or high <= start:
                continue
            if start < low:
                parts.append(Gold(start, low, span.entity_type))
            start = max(start, high)
        if start < span.end:
            parts.append(Gold(start, span.end, span.entity_type))
    return parts


def _conll(lines: Iterable[str]) -> Iterator[Message]:
    tokens: list[tuple[str, str]] = []
    for line in (*lines, ""):
        parts = line.split()
        if len(parts) > 1 and parts[0] != "-DOCSTART-":
            tokens.append((parts[0], parts[-1]))
        elif tokens:
            yield _sentence(tokens)
            tokens = []


def _sentence(tokens: list[tuple[str, str]]) -> Message:
    spans: list[Gold] = []
    start = 0
    previous = "O"
    for token, tag in tokens:
        prefix, _, entity_type = tag.partition("-")
        if entity_type and prefix != "B" and previous.partition("-")[2] == entity_type:
            spans[-1] = Gold(spans[-1].start, start + len(token), entity_type)
        elif entity_type:
            spans.append(Gold(start, start + len(token), entity_type))
        start += len(token) + 1
        previous = tag
    return _message(" ".join(token for token, _ in tokens), spans)
