"""Reads labelled text: CoNLL columns become running text with spans, in the tagger's own types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from training.nationalities import DEMONYMS, LANGUAGE_BEFORE

Span = tuple[int, int, str]
"""Start and end (characters, `end` exclusive) and the type: PER, LOC, ORG, NRP or ADDR."""

UNSURE = "?"
"""Type of a stretch whose label is not to be learned from."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text. `spans` are disjoint and in order."""

    text: str
    spans: tuple[Span, ...] = field(default=())


CORPORA = ("uner_ewt_dev", "btc", "wnut17_train", "wikigold", "sec_filings")
"""Files of the data folder's `ner` part that are learned from."""

_TYPES = {
    "PER": "PER", "PERSON": "PER", "LOC": "LOC", "LOCATION": "LOC",
    "ORG": "ORG", "CORPORATION": "ORG", "GROUP": "ORG", "MISC": "MISC",
}  # fmt: skip
_ROLES = frozenset(
    "bank borrower lender agent company executive employee employer tenant landlord guarantor purchaser seller buyer "
    "investor trustee parent holder client consultant lessee lessor administrative issuer grantor debtor creditor "
    "subsidiary subsidiaries lenders borrowers parties party assignee assignor collateral".split()
)
"""Words that loan agreements label as people or organisations but that name nobody."""

_NO_SPACE_BEFORE = re.compile(r"^(?:[,.;:!?)\]}%…]+|['\u2019](?:s|re|ve|m|ll|d|t|S)|n['\u2019]t|N'T|''|”)$")
_NO_SPACE_AFTER = re.compile(r"^(?:[(\[{$£€#@“]|``)$")


def load(folder: Path, name: str) -> list[Example]:
    """Sentences of the corpus `name` as running text."""
    return [_running_text(sentence, name) for sentence in _sentences(folder / f"{name}.conll")]


def _sentences(path: Path) -> list[list[tuple[str, str]]]:
    """Sentences of pairs (word, label)."""
    sentences: list[list[tuple[str, str]]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        columns = line.split()
        if len(columns) < 2 or columns[0] == "-DOCSTART-":  # noqa: PLR2004 - a word and its label
            sentences.append([])
        else:
            sentences[-1].append((columns[0], columns[-1]))
    return [sentence for sentence in sentences if sentence]


def _gap(before: str, word: str, *, quoted: bool) -> str:
    """What stands between two words in running text. `quoted`: a straight quotation mark is open."""
    if _NO_SPACE_BEFORE.match(word) or _NO_SPACE_AFTER.match(before):
        return ""
    if (word == '"' and quoted) or (before == '"' and quoted):
        return ""
    return " "


def _running_text(sentence: list[tuple[str, str]], corpus: str) -> Example:
    text = ""
    quoted = False
    spans: list[Span] = []
    previous = ""
    for word, label in sentence:
        if text:
            text += _gap(previous, word, quoted=quoted)
        quoted ^= word == '"'
        start, end = len(text), len(text) + len(word)
        text += word
        _extend(spans, (start, end), label, _own_type(word, label, text[:start], corpus))
        previous = word
    return Example(text, tuple(_without_article(text, span) for span in spans if not _is_role(text, span)))


def _own_type(word: str, label: str, before: str, corpus: str) -> str | None:
    """The tagger's type for a labelled word, or None."""
    kind = _TYPES.get(label[2:].upper()) if len(label) > 1 else None
    if corpus in ("btc", "wnut17_train") and (before.endswith("@") or word.startswith("@")):
        return UNSURE  # account names are labelled every which way; the pattern pack finds them
    if kind in (None, "MISC", "LOC") and word[:1].isupper() and word.lower() in DEMONYMS:
        return None if LANGUAGE_BEFORE.search(before) else "NRP"
    return None if kind == "MISC" else kind


def _extend(spans: list[Span], place: tuple[int, int], label: str, kind: str | None) -> None:
    """Add a word to `spans`: a new span, or more of the last one."""
    if kind is None:
        return
    start, end = place
    if spans and not label.startswith("B-") and spans[-1][2] == kind and start - spans[-1][1] <= 1:
        spans[-1] = (spans[-1][0], end, kind)
    else:
        spans.append((start, end, kind))


def _without_article(text: str, span: Span) -> Span:
    start, end, kind = span
    return (start + 4, end, kind) if text[start : start + 4].lower() == "the " else span


def _is_role(text: str, span: Span) -> bool:
    return text[span[0] : span[1]].lower() in _ROLES
