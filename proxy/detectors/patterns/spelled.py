"""Names and e-mail addresses spelled out letter by letter, as in transcripts of calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.mail import Mail
from proxy.detectors.patterns.page import Page, words_of


class SpelledName:
    """Four letters and more one by one behind "name" or "spelled"; three and more as "s as in sugar, m as in mike"."""

    name = "patterns.spelled"
    entity_types = frozenset({"PERSON"})

    CUES = words_of("name surname forename spell spells spelled spelt spelling")
    WINDOW = 60
    """Characters behind a cue in which the letters have to begin."""
    LETTERS = re.compile(r"(?<![\w-])[A-Za-z](?:(?:, ?| ?- ?|\. ?| {1,3})[A-Za-z](?!\w)){3,24}(?!\w)")
    AS = words_of("as")
    LIKE = re.compile(
        r"[A-Za-z] as in [A-Za-z]{1,20}(?:,? (?:and )?[A-Za-z] as in [A-Za-z]{1,20}){2,24}(?!\w)", re.IGNORECASE
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """The letters with what stands between them."""
        del profile  # all languages count
        text = page.text
        if not self.CUES.isdisjoint(page.vocabulary):
            for start in page.starts(self.CUES):
                match = self.LETTERS.search(text, start, start + self.WINDOW)
                if match and (whole := self.LETTERS.match(text, match.start())) and not _alphabet(whole.group()):
                    yield Finding(*whole.span(), "PERSON", 0.85, self.name)
        if not self.AS.isdisjoint(page.vocabulary):
            done = 0
            for start in sorted(page.starts(self.AS)):
                if start - 2 >= done and (match := self.LIKE.match(text, start - 2)):
                    done = match.end()
                    yield Finding(*match.span(), "PERSON", 0.85, self.name)


_GAP = r"(?:\s{1,3}|\s?-\s?|,\s?)"
_SIGN = r"(?:[a-z0-9](?!\w)|[._+](?!\w)|(?:dot|underscore|hyphen|dash|plus)(?!\w))"
_DOT = rf"(?:{_GAP}?(?:\.|(?<!\w)dot(?!\w)){_GAP}?)"
_LABEL = rf"(?:[a-z0-9](?!\w)(?:{_GAP}[a-z0-9](?!\w)){{1,30}}|[a-z0-9][a-z0-9-]{{1,62}})"


class SpelledMail:
    """`j o h n . d o e @ e x a m p l e . c o m`: an address of which one side at least is spelled letter by letter."""

    name = "patterns.spelled_mail"
    entity_types = frozenset({"EMAIL_ADDRESS"})

    AT = words_of("at")
    REACH = 120
    """Characters before the sign that are looked at."""
    LETTER = re.compile(rf"(?<![^\W_])[a-z0-9]{_GAP}\Z", re.IGNORECASE)
    LOCAL = re.compile(rf"(?<![\w@])[a-z0-9](?:{_GAP}{_SIGN}){{2,40}}{_GAP}\Z", re.IGNORECASE)
    DOMAIN = re.compile(rf"(?:@|at(?!\w)){_GAP}?{_LABEL}(?:{_DOT}{_LABEL}){{1,4}}", re.IGNORECASE)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Around each `@` and each `at` behind a single letter."""
        del profile  # the format is the same everywhere
        text = page.text
        signs = [match.start() for match in re.finditer("@", text)] if "@" in text else []
        if not self.AT.isdisjoint(page.vocabulary):
            signs += page.starts(self.AT)
        for at in signs:
            if not self.LETTER.search(text, max(0, at - 4), at):
                continue
            domain = self.DOMAIN.match(text, at)
            if domain is None or not re.sub(r"[\s,-]", "", domain.group().lower()).endswith(Mail.ENDINGS):
                continue
            if local := self.LOCAL.search(text, max(0, at - self.REACH), at):
                yield Finding(local.start(), domain.end(), "EMAIL_ADDRESS", 0.8, self.name)


def _alphabet(letters: str) -> bool:
    """Whether the letters follow each other as in the alphabet, or are all the same: choices, variables."""
    codes = [ord(letter) for letter in letters.lower() if letter.isalpha()]
    return all(after - before in (0, 1) for before, after in pairwise(codes))
