"""Authors as bibliographies list them: surname, comma, initials, two or more in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page

_SURNAME = (
    r"(?:(?:van|von|de|der|den|del|di|da|la|le|al|el)\s){0,2}"
    r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,24}(?:\s[A-ZÀ-ÖØ-Þ][\w'’-]{1,24}){0,2}"  # noqa: RUF001 - an apostrophe as people type it
)
_INITIALS = r"(?:[A-ZÀ-ÖØ-Þ]\.[\s-]?){1,3}"
_AUTHOR = rf"{_SURNAME},\s{_INITIALS}"


class CitedAuthors:
    """`Renzo, G. C., Conry, J. A., & Blake, J.`: each author is a person."""

    name = "patterns.cited_authors"
    entity_types = frozenset({"PERSON"})

    LIST = re.compile(rf"(?<!\w){_AUTHOR}(?:(?:,\s?|\s)?(?:\.\.\.\s?|…\s?)?(?:&\s|and\s)?{_AUTHOR}){{1,30}}")
    INITIAL = re.compile(r",\s[A-ZÀ-ÖØ-Þ]\.")
    """Every author has one, and it is found fast: it begins with a sign."""
    ONE = re.compile(rf"(?<!\w)(?:{_SURNAME}),\s{_INITIALS}(?<!\s)")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """The authors of lists of at least two."""
        if profile.identifiers or page.text.count(".") < 2 or "," not in page.text:  # noqa: PLR2004 - initials of two
            return
        if self.INITIAL.search(page.text) is None:
            return
        for listed in self.LIST.finditer(page.text):
            for one in self.ONE.finditer(page.text, listed.start(), listed.end()):
                yield Finding(one.start(), one.end(), "PERSON", 0.6, self.name)
