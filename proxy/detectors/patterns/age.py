"""Ages of people."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, words_of
from proxy.detectors.patterns.recogniser import at_starts

_AGE = r"(?P<value>1[01]\d|[1-9]?\d)"


class Age:
    """A number before "years old" or behind "aged", "turned", "age:"; the number alone is reported."""

    name = "patterns.age"
    entity_types = frozenset({"AGE"})

    AFTER = re.compile(
        rf"(?<![\w.,$€£-]){_AGE}(?:(?:\s?-\s?|\s)(?:years?|yrs?|months?|weeks?)(?:\s?-\s?|\s)(?:old|of\sage)\b|\s?(?:yo|y/o|y\.o\.)(?!\w)"
        r"|\s?-?jährig\w{0,2}\b|\sJahre\salt\b|\sans\b(?=\s*(?:[,.;)]|et\b|$))|\saños\s(?:de\sedad)?|\sanni\b(?=\s*(?:[,.;)]|$))|\sjaar\soud\b|\slat\b(?=\s*[,.;)]))",
        re.IGNORECASE,
    )
    BEFORE = re.compile(
        r"(?<!\w)(?:when\s(?:he|she|i|they)\s(?:was|were|is|am|turned)|aged|age\s?(?:is|was|of|at)?|ages|turn(?:ed|s|ing)?|alter|âge|edad|età|leeftijd|wiek|idade|im\salter\svon|"
        r"(?:i['’]m|i\sam|he['’]s|she['’]s|he\sis|she\sis))"
        rf"[\s\"':=|]{{1,4}}{_AGE}(?![\w%°]|[.,:/-]\d|\s?(?:%|km|kg|cm|mm|px|minutes?|hours?|days?|items?|st\b|nd\b|rd\b|th\b))",
        re.IGNORECASE,
    )
    WEAK = re.compile(r"(?:i['’]m|i\sam|he['’]s|she['’]s|he\sis|she\sis)\b", re.IGNORECASE)
    JOINED = re.compile(
        rf"(?:and|who)\s(?:is|was|just\sturned|has\sturned)\s(?:now\s|already\s|only\s)?{_AGE}(?![\w%°]|[.,:/-]\d)"
    )
    PEOPLE = words_of(
        "he she his her him who mr mrs ms miss dr patient client customer member resident tenant employee applicant "
        "mother father mom mum dad wife husband son daughter sister brother grandmother grandfather aunt uncle man "
        "woman boy girl lives lived married widowed retired divorced us"
    )
    """Words that tell of a person: "... has been with us and is 71"."""
    PERSONAL = re.compile(r"\s?(?:[.,;!?)]|$|and\b|male|female|man|woman|m\b|f\b|year|yr)", re.IGNORECASE)
    JOINING = words_of("and who")
    TRIGGERS = JOINING | words_of(
        "years year yrs yr months weeks yo y aged age ages turn turned turns turning alter âge edad età leeftijd wiek "
        "idade jährig jährige jähriger jahre ans años anni jaar lat i he she when"
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Ages; "I'm 36" counts less than "36 years old"."""
        del profile  # all languages count
        if page.digits < 1 or self.TRIGGERS.isdisjoint(page.vocabulary):
            return
        for match in at_starts(self.AFTER, page.text, page.digit_starts):
            yield Finding(*match.span("value"), "AGE", 0.75, self.name)
        for match in at_starts(self.JOINED, page.text, sorted(page.starts(self.JOINING))):
            if self.PERSONAL.match(page.text, match.end()) and page.near(self.PEOPLE, match.start()):
                yield Finding(*match.span("value"), "AGE", 0.4, self.name)
        for match in at_starts(self.BEFORE, page.text, sorted(page.starts(self.TRIGGERS))):
            weak = self.WEAK.match(match.group()) is not None
            if not weak:
                yield Finding(*match.span("value"), "AGE", 0.7, self.name)
            elif self.PERSONAL.match(page.text, match.end()):
                yield Finding(*match.span("value"), "AGE", 0.4, self.name)
