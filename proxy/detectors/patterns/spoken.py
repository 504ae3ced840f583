"""Numbers and dates in words, as transcripts of calls have them: "four one five, five five five, oh one two three"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from stdnum import luhn

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.card import CardNumber
from proxy.detectors.patterns.dates import MONTH_WORDS
from proxy.detectors.patterns.page import Page, alternatives, words_of
from proxy.detectors.patterns.recogniser import at_starts

_ONES = dict(zip("zero one two three four five six seven eight nine".split(), "0123456789", strict=True)) | {"oh": "0"}
_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # 10 to 19
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_DIGITS = _ONES | {word: str(number) for number, word in enumerate(_TEENS, start=10)}
_REPEATED = {"double": 2, "triple": 3}

_ONE = alternatives(_ONES)
_WORD = (
    rf"(?:(?:double|triple)\s(?:{_ONE})|(?:{alternatives(_TENS)})(?:[\s-](?:{_ONE}))?|{alternatives(_DIGITS)}|hundred)"
)
_GAP = r"(?:,\s|\.\s|\s-\s|[\s-])"

_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
).split()
_ORDINAL = rf"(?:(?:twenty|thirty)[\s-](?:{alternatives(_ORDINALS[:9])})|{alternatives(_ORDINALS)})"
_UNDER_HUNDRED = (
    rf"(?:(?:{alternatives(_TENS)})(?:[\s-](?:{_ONE}))?|{alternatives(_TEENS)}|(?:oh|hundred)[\s-](?:{_ONE}))"
)
_YEAR = (
    r"(?:(?:19|20)\d\d"
    rf"|(?:nineteen|twenty)[\s-]{_UNDER_HUNDRED}"
    rf"|two\sthousand(?:\s(?:and\s)?(?:{_UNDER_HUNDRED}|{_ONE}))?)"
)
_MONTH = rf"(?:{alternatives(MONTH_WORDS)})"

_SHORTEST, _SHORTEST_TOLD = 7, 4
"""Digits of a number, and of one behind a word that says what it is."""
_LONGEST_PHONE = 15  # ITU-T E.164


class SpokenNumber:
    """Digits read out: cards by Luhn's check digit, else what the words before say, else a telephone number."""

    name = "patterns.spoken_number"
    entity_types = frozenset(
        {"CREDIT_CARD", "CARD_SECURITY_CODE", "PASSWORD", "US_SSN", "ACCOUNT_NUMBER", "PHONE_NUMBER"}
    )

    STARTS = frozenset({*_ONES, *_REPEATED})
    PATTERN = re.compile(rf"(?:{_WORD})(?:{_GAP}{_WORD}){{3,40}}(?![\w-])", re.IGNORECASE)
    TOLD = (
        ("CREDIT_CARD", words_of("card visa mastercard amex"), 13),
        ("CARD_SECURITY_CODE", words_of("cvv cvc security"), 3),
        ("US_SSN", words_of("ssn social"), 9),
        ("PASSWORD", words_of("pin passcode password code"), _SHORTEST_TOLD),
        ("ACCOUNT_NUMBER", words_of("account member policy routing number id customer reference"), _SHORTEST_TOLD),
    )
    PHONES = words_of("phone call ring reach cell mobile telephone text dial fax callback")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Runs of digit words that do not just count up or down."""
        del profile  # the same everywhere
        if sum(len(page.words[word]) for word in self.STARTS & page.vocabulary) < _SHORTEST_TOLD:
            return
        for match in at_starts(self.PATTERN, page.text, sorted(page.starts(self.STARTS))):
            digits = _digits(match.group())
            entity_type = self._type(page, match.start(), digits)
            if entity_type is not None and not _counting(digits):
                yield Finding(match.start(), match.end(), entity_type, 0.75, self.name)

    def _type(self, page: Page, start: int, digits: str) -> str | None:
        brands = (one.match(digits) is not None and len(digits) in lengths for one, lengths in CardNumber.BRANDS)
        if luhn.is_valid(digits) and any(brands):
            return "CREDIT_CARD"
        if len(digits) >= _SHORTEST and page.near(self.PHONES, start):
            return "PHONE_NUMBER"
        for entity_type, cues, least in self.TOLD:
            if len(digits) >= least and page.near(cues, start, 40):
                return entity_type if len(digits) != 10 or entity_type != "ACCOUNT_NUMBER" else "PHONE_NUMBER"  # noqa: PLR2004 - North America's numbers
        return "PHONE_NUMBER" if _SHORTEST <= len(digits) <= _LONGEST_PHONE else None


_TURKISH = {0x130: "i", 0x131: "i"}


def _digits(words: str) -> str:
    """The digits that `words` read out."""
    told, times, tens = "", 1, ""
    # Without regard to case an expression takes a long s for an s, as folding does, and Turkish letters for an i.
    for word in re.findall(r"[a-z]+", words.translate(_TURKISH).casefold()):
        if word in _REPEATED:
            times = _REPEATED[word]
        elif word in _TENS:
            told += str(_TENS.index(word) + 2) + "0"
            tens = told
        elif word == "hundred":
            told += "00"
        else:
            if tens and tens == told and len(_DIGITS[word]) == 1 and word not in {"oh", "zero"}:
                told = told[:-1]  # twenty-one
            told += _DIGITS[word] * times
            times = 1
    return told


def _counting(digits: str) -> bool:
    """Whether the digits count up or down from the first one: nobody's number."""
    steps = {int(after) - int(before) for before, after in itertools.pairwise(digits)}
    return steps in ({1}, {-1}, {0})


class SpokenDate:
    """A day with its month, in words, and the year behind it; a card's expiry."""

    name = "patterns.spoken_date"
    entity_types = frozenset({"CARD_EXPIRY", "DATE_TIME", "DATE_OF_BIRTH"})

    DAYS = frozenset({*_ORDINALS, "twenty", "thirty"})
    DAY_FIRST = re.compile(
        rf"{_ORDINAL}\s(?P<of>(?:day\s)?of\s)?{_MONTH}(?:,?\s(?P<year>{_YEAR}))?(?![\w-])", re.IGNORECASE
    )
    MONTH_FIRST = re.compile(
        rf"{_MONTH}\s(?P<of>the\s)?(?:{_ORDINAL}|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?=,?\s(?:nineteen|twenty|two)))"
        rf"(?:,?\s(?P<year>{_YEAR}))?(?![\w-])",
        re.IGNORECASE,
    )
    EXPIRY = re.compile(
        rf"(?:{_MONTH}|oh[\s-]{_ONE}|{alternatives(_DIGITS)})[\s,-]{{1,2}}(?P<year>{_YEAR}|{_UNDER_HUNDRED})(?![\w-])",
        re.IGNORECASE,
    )
    BIRTH = words_of("born birth birthday birthdate dob birthdays")
    VERBS = re.compile("(?:may|mar|march)\\b", re.IGNORECASE)
    """Months that are words, too: "you may first ask", "the second may be"."""

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Dates; a birth date behind a word of birth."""
        del profile  # English words
        yield from self._expiries(page)
        if MONTH_WORDS.isdisjoint(page.vocabulary):
            return
        months = sorted(page.starts(MONTH_WORDS))
        for pattern, starts in ((self.MONTH_FIRST, months), (self.DAY_FIRST, sorted(page.starts(self.DAYS)))):
            for match in at_starts(pattern, page.text, starts):
                born = page.near(self.BIRTH, match.start(), 50)
                if match["year"] or match["of"] or born or not self.VERBS.search(match.group()):
                    score = 0.75 if match["year"] or born else 0.5
                    yield Finding(*match.span(), "DATE_OF_BIRTH" if born else "DATE_TIME", score, self.name)

    def _expiries(self, page: Page) -> Iterator[Finding]:
        """A card's expiry, read out: "expires oh three twenty-seven"."""
        for word in ("expiry", "expire", "expires", "expiring", "expiration"):
            for start in page.words.get(word, ()):
                label = re.match(r"\w+(?:\s(?:date|on|in|is))*[\s:,]{1,3}", page.text[start : start + 60])
                match = label and self.EXPIRY.match(page.text, start + label.end())
                if match:
                    yield Finding(*match.span(), "CARD_EXPIRY", 0.75, self.name)
