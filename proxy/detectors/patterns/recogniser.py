"""What a recogniser is, and the two ready-made kinds: by regular expression and by label. No data lives here.

A recogniser is a small class whose data are class constants. It is registered by one line in `pack.py`.
"""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
# ruff: noqa: E501 - one expression a line reads better than a broken one
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page

PRECISE = 0.85
"""Findings from this score up are so rarely wrong that they count in names of tools and columns too."""


class Recogniser(Protocol):
    """Finds some entity types in one page."""

    @property
    def name(self) -> str:
        """What `Finding.detector` says."""
        ...

    @property
    def entity_types(self) -> frozenset[str]:
        """The types it can report."""
        ...

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Findings in any order; they may overlap."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A regular expression whose group `value` (or whole match) is personal data of `entity_type`.

    `check` gets the value and may refuse it (a checksum). `cues`: words of which one must stand in the 60 characters
    before; without cues none is needed. `noisy`: values inside UUIDs, digests and timestamps count as well. `at_digit`: the expression begins with the first
    digit of a number, and is tried only there. `shows`: pieces of an outline (`page.outlines`) of which every match
    has one at least; on a page without them the expression is not tried. `run`: so many of base64's characters stand in
    a row in every match. `clue`: an expression that is found faster, and inside of every match.
    """

    entity_type: str
    pattern: re.Pattern[str]
    score: float
    check: Callable[[str], bool] | None = None
    cues: frozenset[str] = frozenset()
    noisy: bool = False
    at_digit: bool = False
    shows: tuple[bytes, ...] = ()
    run: int = 0
    clue: re.Pattern[str] | None = None

    def may_match(self, page: Page) -> bool:
        """Whether what a match cannot do without is on the page."""
        return (
            (not self.cues or not self.cues.isdisjoint(page.vocabulary))
            and (not self.run or page.has_run(self.run))
            and (not self.shows or page.shows(self.shows))
            and (self.clue is None or self.clue.search(page.text) is not None)
        )

    def findings(self, page: Page, name: str) -> Iterator[Finding]:
        """Findings of this rule, in order of position."""
        group = "value" if "value" in self.pattern.groupindex else 0
        for match in self._matches(page):
            start, end = match.span(group)
            if self.check is not None and not self.check(match.group(group)):
                continue
            if self.cues and not page.near(self.cues, match.start()):
                continue
            if self.noisy or not page.is_noise(start, end):
                yield Finding(start, end, self.entity_type, self.score, name)

    def _matches(self, page: Page) -> Iterator[re.Match[str]]:
        return (
            at_starts(self.pattern, page.text, page.digit_starts) if self.at_digit else self.pattern.finditer(page.text)
        )


def at_starts(pattern: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """Matches of `pattern` that begin at one of `starts` (ascending) and do not overlap."""
    done = 0
    for start in starts:
        if start >= done:
            match = pattern.match(text, start)
            if match is not None:
                yield match
                done = match.end()


class RuleRecogniser:
    """A recogniser made of rules, asked only when the page has `characters` (all of them) and `digits` enough."""

    name: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]]
    characters: ClassVar[str] = ""
    digits: ClassVar[int] = 0
    entity_types: frozenset[str]

    def __init__(self) -> None:
        self.entity_types = frozenset(rule.entity_type for rule in self.rules)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Findings of all rules."""
        del profile  # formats of this kind do not depend on the caller
        text = page.text
        if (self.digits and page.digits < self.digits) or not all(char in text for char in self.characters):
            return
        for rule in self.rules:
            if rule.may_match(page):
                yield from rule.findings(page, self.name)


_NUMBER_WORD = (
    r"[\s_.\-]{0,2}(?:\#|№|n[°º]|(?:numbers?|nummer|num[eé]ro|n[uú]mero|numer|num|no|nr|nbr|ids?|identifiers?|code|ref|reference|"
    r"address)(?![^\W\d_]))\.?"
)
_LINK = (
    rf"(?:['’]s)?(?P<link>{_NUMBER_WORD})?"
    r"(?:\s?\([^()\n]{1,24}\)|\s(?:information|details|data|on\sfile)(?![^\W\d_]))?"
    r"(?P<colon>[\s\"'`*_\\:=#>~|(\[\]\-–—.,]{0,10})"
    r"(?:(?:(?:is|was|are|were|being|reads|equals|of|under|like|value|ist|lautet|est|es|è|to|as|ending\s(?:in|with))"
    r"\b|e\.g\.,?)[\s\"'`*:=#(\[]{1,6})?"
)
_ANNOUNCING = frozenset(":=#\"'`*|")
"""Characters between label and value that announce a value, as the word "number" does."""


_NUMBER_LABEL = re.compile(
    r"(?:\#|№|n[°º]|(?:number|nummer|num[eé]ro|n[uú]mero|numer|num|no|nr|nbr|id|code|ref|reference|identifier)s?)"
    r"(?:[\W_]|is|was|are)*\Z",
    re.IGNORECASE,
)
_JOINED_ENDINGS = ("no", "nr", "id", "num", "number", "code")


_CITED = re.compile(r"\[f\d{1,3}\]")
"""The mark of a fact in a prompt of a report: what is cited is no number of a customer in front of it."""


def _spelled(phrases: str) -> str:
    """Words of a phrase apart, with `_`, `-` or `.`, or together: `account number`, `account_no`, `accountNumber`."""
    listed = sorted(phrases.split(", "), key=len, reverse=True)
    return "|".join(r"(?:['’]s)?[\s_.\-]{0,2}".join(re.escape(word) for word in phrase.split()) for phrase in listed)


def label_pattern(phrases: str, value: str) -> re.Pattern[str]:
    """An expression that matches, from a label on, the label, what links it, and `value` (group `value`).

    `phrases` are separated by comma and space. All repetitions are bounded, so a match costs constant time.
    """
    ends = r"(?:s?(?![^\W\d_])|(?=number|num|no|nr|id|code))"
    return re.compile(rf"(?:{_spelled(phrases)}){ends}{_LINK}(?P<value>{value})", re.IGNORECASE)


def first_words(phrases: str) -> frozenset[str]:
    """The words by which a page's index finds the phrases, also when they are written together."""
    found: set[str] = set()
    for phrase in phrases.split(", "):
        words = phrase.casefold().split()
        found.update("".join(words[: count + 1]) for count in range(len(words)))
        found.update("".join(words) + ending for ending in _JOINED_ENDINGS)
    return frozenset(re.sub(r"[\W\d_].*", "", word) for word in found)


class Label:
    """Values that are personal because of the label in front of them: "MRN 12345", `"account_no": "..."`.

    `phrases` are separated by comma and space. `check` gets the value and whether something ("number", "#", ":")
    announced it.
    """

    __slots__ = ("_check", "_head", "_pattern", "_value", "entity_type", "score", "triggers")

    def __init__(
        self,
        entity_type: str,
        phrases: str,
        value: str,
        score: float,
        check: Callable[[str, bool], bool] | None = None,
    ) -> None:
        self.entity_type = entity_type
        self.score = score
        self.triggers = first_words(phrases)
        self._check = check
        self._pattern = label_pattern(phrases, value)
        self._head = re.compile(rf"(?:{_spelled(phrases)})s?(?:{_NUMBER_WORD})?", re.IGNORECASE)
        self._value = re.compile(value, re.IGNORECASE)

    def findings(self, page: Page, name: str) -> Iterator[Finding]:
        """Findings behind each occurrence of a label."""
        done = 0
        for start in sorted(page.starts(self.triggers)):
            match = self._pattern.match(page.text, start) if start >= done else None
            if match is None or "==" in match.group("colon"):  # a comparison in code gives nobody a value
                continue
            label = page.text[start : match.start("value")]
            if _CITED.fullmatch(page.text, match.start("value") - 1, match.end("value") + 1):
                continue
            linked = _NUMBER_LABEL.search(label) is not None or not _ANNOUNCING.isdisjoint(match.group("colon"))
            if self._check is None or self._check(match.group("value"), linked):
                yield Finding(*match.span("value"), self.entity_type, self.score, name)
                done = match.end()

    def heads(self, head: str) -> bool:
        """Whether `head`, over a column, is this label."""
        return self._head.fullmatch(head) is not None

    def holds(self, cell: str) -> bool:
        """Whether `cell` under such a head is a value."""
        return self._value.fullmatch(cell) is not None and (self._check is None or self._check(cell, True))  # noqa: FBT003 - the signature of a label's check


class LabelRecogniser:
    """A recogniser made of labels."""

    name: ClassVar[str]
    labels: ClassVar[tuple[Label, ...]]
    entity_types: frozenset[str]
    _triggers: frozenset[str]

    def __init__(self) -> None:
        self.entity_types = frozenset(label.entity_type for label in self.labels)
        self._triggers = frozenset().union(*(label.triggers for label in self.labels))

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Findings of all labels."""
        del profile  # labels do not depend on the caller
        heard = self._triggers & page.vocabulary
        if not heard:
            return
        for label in self.labels:
            if not label.triggers.isdisjoint(heard):
                yield from label.findings(page, self.name)
