"""The release gate: what a report must be before anybody gets it. Pure; it finds, and whoever asks refuses.

A report holds tokens of its session only, no unfinished text, no placeholder, no number without a fact, no original:
what the gateway finds in its texts was replaced before (`steps`), and the values of the jar are looked for again here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from reports.document import FactsTable, Paragraph, Points, ReportDocument, Section
from reports.document_texts import texts_of
from reports.facts import ENGLISH, Fact, NumberFormat
from reports.numbers import TOKEN, unborne
from reports.texts import PLACEHOLDER

_UNFINISHED: Final = re.compile(r"(?:[,;:(]|\b(?:and|or|the|of|with|und|oder|der|die|das))\s*$")
_SHORTEST_VALUE: Final = 5
_LONGEST_VALUE: Final = 8
"""Words of a value that is looked for: an address has so many."""


class NotReleased(Exception):
    """A report may not be given out; the message says what is wrong, without a value."""

    def __init__(self, faults: Collection[str]) -> None:
        super().__init__("; ".join(sorted(faults)))
        self.faults = tuple(sorted(faults))


def check(
    document: ReportDocument,
    *,
    tokens: Collection[str],
    originals: Iterable[str] = (),
    form: NumberFormat = ENGLISH,
    words: Iterable[str] = (),
) -> None:
    """Raise NotReleased when the document must not leave this system.

    `tokens`: those that the run's session issued. `originals`: values of personal columns, none of which may stand in
    a text. `words`: texts whose numbers count as given.
    """
    faults: set[str] = set()
    texts = list(_spoken(document))
    for text in texts:
        faults |= text_faults(text, tokens)
    for section in document.sections:
        faults |= section_faults(section, document, form, words)
    if not any(section.blocks for section in document.sections):
        faults.add("no section has any content")
    if holds_any("\n".join(texts), looked_for(originals)):
        faults.add("a value of a personal column")
    if faults:
        raise NotReleased(faults)


def text_faults(text: str, tokens: Collection[str]) -> set[str]:
    """What may stand in no text of a report, whoever wrote it: tokens but `tokens`, and placeholders."""
    faults = set()
    if any(match[0] not in tokens for match in TOKEN.finditer(text)):
        faults.add("a token that this report's session did not issue")
    if PLACEHOLDER.search(text):
        faults.add("a placeholder that was not filled in")
    return faults


def facts_of(document: ReportDocument) -> list[Fact]:
    """All facts that the document shows."""
    return [
        fact
        for section in document.sections
        for block in section.blocks
        if isinstance(block, FactsTable)
        for fact in block.facts
    ]


def doubtful(document: ReportDocument, form: NumberFormat = ENGLISH, words: Iterable[str] = ()) -> list[str]:
    """The numbers in texts of models that no fact of the document bears out. Texts of people are their own."""
    facts, given = facts_of(document), [*words, document.title, *(section.title for section in document.sections)]
    return [
        number.text
        for section in document.sections
        for text in _model_texts(section)
        for number in unborne(text, facts, given, form)
    ]


def section_faults(
    section: Section, document: ReportDocument, form: NumberFormat = ENGLISH, words: Iterable[str] = ()
) -> set[str]:
    """What is wrong with the texts that a model or the rule-based writer made."""
    faults = set()
    texts = list(_model_texts(section))
    if any(_UNFINISHED.search(text) or not text.strip() for text in texts):
        faults.add(f"the section {section.title!r} ends in the middle of a sentence")
    given = [*words, document.title, *(other.title for other in document.sections)]
    if any(unborne(text, facts_of(document), given, form) for text in texts):
        faults.add(f"the section {section.title!r} has a number that no fact bears out")
    return faults


def _model_texts(section: Section) -> Iterable[str]:
    for block in section.blocks:
        if isinstance(block, Paragraph) and block.origin != "person":
            yield block.text
        elif isinstance(block, Points) and block.origin != "person":
            yield from block.items


def _spoken(document: ReportDocument) -> Iterable[str]:
    """What a reader reads of the sections; the appendix shows prompts as they left, checked when they left."""
    yield document.title
    yield document.subtitle
    for section in document.sections:
        yield from texts_of(section)


def tell_tale(value: str) -> bool:
    """Whether a value is looked for: with a digit, an at sign, or of several words. `Price` may be a name or a word."""
    return len(value) >= _SHORTEST_VALUE and bool(re.search(r"\d|@|\w \w", value))


def looked_for(values: Iterable[str]) -> frozenset[str]:
    """The values that texts are looked through for, as they would stand there."""
    return frozenset(value.strip("+#-./ ") for value in values if tell_tale(value))


def holds_any(text: str, values: frozenset[str]) -> bool:
    """Whether one of the values (`looked_for`) stands in a text."""
    return not values.isdisjoint(_phrases(text))


def _phrases(text: str) -> set[str]:
    """Every run of up to eight words as it stands in the text, so that many values are looked up quickly."""
    spans = [match.span() for match in re.finditer(r"\w+", text)]
    return {
        text[start : spans[last][1]]
        for first, (start, _) in enumerate(spans)
        for last in range(first, min(first + _LONGEST_VALUE, len(spans)))
    }
