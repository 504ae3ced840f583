"""Full dates in many spellings, birth dates by their label. Bare weekdays, months and years stay."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, alternatives, words_of
from proxy.detectors.patterns.recogniser import at_starts, first_words, label_pattern

_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec "
    "januar jänner februar märz maerz mai juni juli oktober dezember mrz okt dez "
    "janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre "
    "januari februari maart mei augustus "
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia "
    "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro"
).split()
MONTH_WORDS = frozenset(_MONTHS)
_MONTH = rf"(?:{alternatives(MONTH_WORDS)})\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|º|er|\.)?"
_YEAR = r"(?:1[89]\d\d|20\d\d)"
_TIME = r"(?:(?:,|\s+at|\s+um|\s+à|[ T])\s?[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?:\s?[AaPp]\.?[Mm]\b\.?)?)?"
_NUMERIC = (
    rf"(?:{_YEAR}(?P<s1>[-/.])(?:0?[1-9]|1[0-2])(?P=s1)(?:0?[1-9]|[12]\d|3[01])"
    rf"|(?:0?[1-9]|[12]\d|3[01])(?P<s2>[-/.])(?:0?[1-9]|[12]\d|3[01])(?P=s2)(?:{_YEAR}|\d\d))"
)
_DAY_FIRST = (
    rf"(?:{_DAY}(?:\s|-|/)?(?:of\s|de\s|di\s)?{_MONTH}(?:[\s,/-]|\sde\s|\sdel\s)\s?(?:{_YEAR}|['’]?\d\d(?!\d|:))"
    rf"|{_YEAR}[\s-]{_MONTH}[\s-]{_DAY})"
)
_MONTH_FIRST = rf"{_MONTH}\s?-?{_DAY}(?:,\s?|\s|-){_YEAR}"
_WRITTEN = rf"(?:{_DAY_FIRST}|{_MONTH_FIRST})"
_DATE_OF_BIRTH = (
    "date of birth, dob, d.o.b., bday, birth date, birthdate, birthday, born, born on, birth, geburtsdatum, "
    "geboren, geboren am, geb, geb., geburtstag, né le, née le, date de naissance, naissance, fecha "
    "de nacimiento, nacimiento, nacido el, nacida el, f. nac, data di nascita, nato il, nata il, "
    "geboortedatum, geboren op, data urodzenia, urodzony, urodzona, data de nascimento, nascimento, "
    "nascido em"
)


class Dates:
    """Numeric and written dates; a machine's timestamp and a date that opens a log line are not personal."""

    name = "patterns.dates"
    entity_types = frozenset({"DATE_TIME"})

    NUMERIC = re.compile(rf"(?<![\w.,/=-])(?<!\d:){_NUMERIC}{_TIME}(?![\w/-])(?!\.\d)")
    DAY_FIRST = re.compile(rf"(?<![\w-]){_DAY_FIRST}{_TIME}(?!\w)", re.IGNORECASE)
    MONTH_FIRST = re.compile(rf"(?<![\w-]){_MONTH_FIRST}{_TIME}(?!\w)", re.IGNORECASE)
    DAY_MONTH = re.compile(
        rf"(?<![\w$€£.-])(?:(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)\s(?:of\s)?{_MONTH}"
        rf"|\d{{1,2}}\.?\s(?:de\s)?{_MONTH})(?![\w%]|[.:,]\d)",
        re.IGNORECASE,
    )
    MONTH_DAY = re.compile(
        rf"(?<![\w$€£.-]){_MONTH}\s(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\w%]|[.:,]\d)", re.IGNORECASE
    )
    FULL_STOP = re.compile(r"[^\W\d_]{5,}\.\Z")  # behind a month written in full: a sentence ends
    LOG_TAIL = re.compile(
        r"[.,]\d{3}|Z\b|[+-]\d\d:?\d\d\b|\]?\s*(?:\||\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|ERROR|FATAL|CRITICAL)\b)"
    )
    DOTTED_SHORT = re.compile(r"\d{1,2}\.\d{1,2}\.\d\d")
    DOTTED_VERSION = re.compile(r"\d{1,2}\.(?:1[3-9]|[23]\d)\.\d\d")  # no country has dots and the month first
    VERSION = re.compile(r"(?:\bv|version|release|build|==|>=|~=|\^)\s?\Z", re.IGNORECASE)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Dates with their time of day."""
        del profile  # all spellings count everywhere
        if page.digits < 1:
            return
        text = page.text
        if page.digits >= 4:  # noqa: PLR2004 - 1/2/99
            for match in at_starts(self.NUMERIC, text, page.digit_starts):
                if self._is_date(page, match):
                    yield Finding(match.start(), match.end(), "DATE_TIME", 0.7, self.name)
        if not MONTH_WORDS.isdisjoint(page.vocabulary):
            months = sorted(page.starts(MONTH_WORDS))
            for pattern, starts, score in (
                (self.DAY_FIRST, page.digit_starts, 0.75),
                (self.MONTH_FIRST, months, 0.75),
                (self.DAY_MONTH, page.digit_starts, 0.5),
                (self.MONTH_DAY, months, 0.5),
            ):
                for match in at_starts(pattern, text, starts):
                    end = match.end() - bool(self.FULL_STOP.search(match.group()))
                    yield Finding(match.start(), end, "DATE_TIME", score, self.name)

    def _is_date(self, page: Page, match: re.Match[str]) -> bool:
        text, start, end = page.text, match.start(), match.end()
        if page.is_noise(start, end) or self.VERSION.search(text, max(0, start - 10), start):
            return False
        if self.LOG_TAIL.match(text, end) and ":" in match.group():
            return False
        if self.DOTTED_VERSION.fullmatch(match.group()):
            return False
        return self.DOTTED_SHORT.fullmatch(match.group()) is None or page.near(MONTH_WORDS | _DATE_CUES, start, 40)


_DATE_CUES = words_of("on am date dated le el il op dnia since until from born vom bis geboren datum dob")


class BirthDate:
    """A date behind a label such as "born on", "DOB", "Geburtsdatum"."""

    name = "patterns.birth_date"
    entity_types = frozenset({"DATE_OF_BIRTH"})

    PATTERN = label_pattern(
        _DATE_OF_BIRTH,
        rf"(?:{_NUMERIC}|{_WRITTEN}|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|(?:19|20)\d{{6}}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?!\d))(?!\d)",
    )
    TRIGGERS = first_words(_DATE_OF_BIRTH)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Birth dates."""
        del profile  # all languages' labels count
        if page.digits < 1 or self.TRIGGERS.isdisjoint(page.vocabulary):
            return
        for start in page.starts(self.TRIGGERS):
            match = self.PATTERN.match(page.text, start)
            if match is not None:
                yield Finding(*match.span("value"), "DATE_OF_BIRTH", 0.9, self.name)
