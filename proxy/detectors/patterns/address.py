"""Street addresses of ten countries, with the unit, postcode and town that follow. No gazetteer."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.address_parts import (
    BOX_WORDS,
    COMPOUND_ENDINGS,
    LINK,
    LOWER_SUFFIXES,
    NO_STREETS,
    NUMBER,
    PREFIX_WORDS,
    PREFIXES,
    SUFFIX_WORDS,
    SUFFIXES,
    TAIL,
    TOWN_TAIL,
    UNIT_WORDS,
    UP,
    WORD,
)
from proxy.detectors.patterns.page import Page
from proxy.detectors.patterns.recogniser import at_starts

_NO_STREET = (
    r"(?!(?:people|of|in|the|and|to|a|on|for|at|or|with|years?|days?|times|miles?|km|minutes?|meters|more|cars?|"
    r"houses|feet|yards|blocks)\b)"
)
_STREET = rf"{WORD}(?:[ -](?:(?i:{LINK})\s?)?{WORD}){{0,4}}"


class StreetAddress:
    """A core (number and street, in the country's order), then as much of unit, postcode, town as follows."""

    name = "patterns.address"
    entity_types = frozenset({"STREET_ADDRESS"})

    # Number first: each is tried where a number begins, if one of the words is on the page.
    NUMBER_FIRST = (
        (
            SUFFIX_WORDS,
            0.75,
            re.compile(
                rf"{NUMBER},?\s(?:(?:[NSEW]\.?|[NS][EW]|North|South|East|West)\s)?"
                rf"(?:(?:{UP}|\d{{1,3}}(?:st|nd|rd|th)\b)[\w.'’-]{{0,24}}\s){{1,4}}?(?:(?i:{SUFFIXES})\b\.?|Broadway)"
                r"(?:\s(?:[NSEW]|[NS][EW])\b\.?)?"
            ),
        ),
        (
            SUFFIX_WORDS,
            0.6,
            re.compile(
                rf"\d{{1,6}}\s(?:[nsew]\.?\s)?{_NO_STREET}[a-z]{{2,20}}\s"
                rf"(?:(?!in|on|the|and|of|to|a\b)[a-z]{{2,20}}\s)?(?:{LOWER_SUFFIXES})\b"
            ),
        ),
        (
            PREFIX_WORDS,
            0.75,
            re.compile(rf"{NUMBER},?\s(?i:{PREFIXES})(?:{LINK}\s?)?{_STREET}(?:,?\s\d{{1,4}}\b)?"),
        ),
        (
            UNIT_WORDS,
            0.65,
            re.compile(
                rf"(?:{NUMBER}\s)?{NUMBER}\s{WORD}(?:\s{WORD}){{0,3}}(?:\s\d{{1,4}})?,?"
                r"[\s,>?]{1,8}(?:Suite|Apt\.?)\s\d{1,5}"
            ),
        ),
    )
    # A word first: each is tried where one of its words begins.
    WORD_FIRST = (
        (
            PREFIX_WORDS,
            0.7,
            re.compile(
                rf"(?i:{PREFIXES})(?:(?i:{LINK})\s?)?{_STREET},?\s"
                rf"(?:n[º°.]{{1,2}}\s?|núm\.?\s?|nr\.?\s)?{NUMBER}(?!\w)"
            ),
        ),
        (
            BOX_WORDS,
            0.75,
            re.compile(
                r"(?:P\.?\s?O\.?\s?Box|Post\sOffice\sBox|PSC|Postfach|Boîte\spostale|B\.?P\.|Apartado|"
                r"Casella\spostale|Postbus|Caixa\spostal|GPO\sBox)\s(?:no\.?\s|\#\s?)?\d{1,7}(?:,?\sBox\s\d{1,6})?|"
                r"(?:Unit|PSC|CMR)\s\d{1,5},?\sBox\s\d{1,5}|(?:USNS|USNV|USCGC|USS)\s\w{2,20}(?=,?\s(?:APO|FPO|DPO)\b)",
                re.IGNORECASE,
            ),
        ),
        (
            UNIT_WORDS,
            0.7,
            re.compile(
                r"(?:H\.?\s?No|House\sNo|Flat\sNo|Plot\sNo|Door\sNo|Flat|Plot)\.?\s?[:#-]?\s?[A-Z]?-?\d[\w/-]{0,9}"
                rf"(?:,\s{WORD}(?:\s{WORD}){{0,3}}){{1,4}}"
            ),
        ),
        (UNIT_WORDS, 0.5, re.compile(r"(?:Apt|Apartment|Suite|Ste)\b\.?\s\#?\d{1,5}[A-Z]?(?!\w)")),
    )
    COMPOUND = re.compile(rf"(?![\w'’]{{0,40}}str\s)[\w'’]{{3,40}}\.?\s{NUMBER}(?!\w)")
    LAST_LETTERS = frozenset(ending[-3:] for ending in COMPOUND_ENDINGS)
    """Asked first: most words end like no street, and there are many endings."""
    COMPOUND_BEFORE = re.compile(rf"(?:{UP}[\w.'’]{{1,24}}-){{1,4}}\Z|{UP}[\w'’-]{{1,24}}(?:er|e|en|te|m|n)?[ -]\Z")
    SECOND_NUMBER = re.compile(r"(?<!\S)\d{1,5}\s\Z")
    NO_ADDRESS_BEFORE = re.compile(
        r"(?:figure|table|chapter|section|page|step|version|line|item|act|rule|no|top|last|first|next)\.?\s\Z",
        re.IGNORECASE,
    )
    MOST_TAILS = 5

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Addresses to the last part that surely belongs to them."""
        del profile  # all countries count
        if page.digits < 1:
            return
        text = page.text
        for match, score in self._cores(page):
            start = self._begin(text, match.start())
            if not self.NO_ADDRESS_BEFORE.search(text, max(0, start - 12), start):
                yield Finding(start, self._end(text, match.end()), "STREET_ADDRESS", score, self.name)

    def _cores(self, page: Page) -> Iterator[tuple[re.Match[str], float]]:
        text, words = page.text, page.vocabulary
        numbers = [at for at in page.digit_starts if at == 0 or text[at - 1] not in ".,:$€£#-"]
        for triggers, score, pattern in self.NUMBER_FIRST:
            if not triggers.isdisjoint(words):
                for match in at_starts(pattern, text, numbers):
                    yield match, score
        for triggers, score, pattern in self.WORD_FIRST:
            if not triggers.isdisjoint(words):
                for match in at_starts(pattern, text, sorted(page.starts(triggers))):
                    yield match, score
        for match in self._compounds(page):
            yield match, 0.75

    def _compounds(self, page: Page) -> Iterator[re.Match[str]]:
        """`Musterstraße 12`, in one word; in lower case only where the ending leaves no doubt."""
        for word, starts in page.words.items():
            if word[-3:] in self.LAST_LETTERS and word.endswith(COMPOUND_ENDINGS) and word not in NO_STREETS:
                sure = word.endswith(("straße", "strasse", "straat"))
                yield from (
                    one for one in at_starts(self.COMPOUND, page.text, starts) if sure or one.group()[0].isupper()
                )

    def _begin(self, text: str, start: int) -> int:
        """What stands in front and belongs to the street: `Karl-Marx-` of a compound, a second number."""
        if text[start].isalpha():
            before = self.COMPOUND_BEFORE.search(text, max(0, start - 60), start)
            hyphened = before is not None and before.group().endswith("-")
            bare = (
                text[start : start + 12].casefold().startswith(("straße", "strasse", "str.", "weg", "platz", "allee"))
            )
            if before is not None and (hyphened or bare):
                start = before.start()
        number = self.SECOND_NUMBER.search(text, max(0, start - 7), start)
        return start if number is None else number.start()

    def _end(self, text: str, end: int) -> int:
        core_end = end
        for _ in range(self.MOST_TAILS):
            tail = TAIL.match(text, end)
            if tail is None:
                break
            end = tail.end()
        town = TOWN_TAIL.match(text, end) if end > core_end else None
        return end if town is None else town.end()
