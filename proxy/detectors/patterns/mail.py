"""E-mail addresses, also spelled out ("jane at example dot com")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page


class Mail:
    """Looks around each `@`, and around each spelled-out `at` that is followed by `dot`."""

    name = "patterns.mail"
    entity_types = frozenset({"EMAIL_ADDRESS"})

    LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
    DOMAIN = re.compile(
        r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})|(?:ok(?:sbi|axis|icici|hdfcbank)|ybl|paytm|upi|apl|ibl|axl)(?!\w)|\[\d{1,3}(?:\.\d{1,3}){3}\]"
    )
    LIKE = re.compile(r"[\w.-]{0,64}%(?=['\"`])")
    """The rest of an address that SQL compares by its beginning: `LIKE 'jane.doe@%'`."""
    SPELLED = re.compile(
        r"(?<![\w.@])(?P<value>[a-z0-9][\w.+-]{0,63}"
        r"(?:\s?[(\[{<]\s?at\s?[)\]}>]\s?|\sat\s|\s?@\s?)"
        r"[a-z0-9][a-z0-9-]{0,62}"
        r"(?:(?:\s?[(\[{<]\s?dot\s?[)\]}>]\s?|\sdot\s|\.)[a-z0-9-]{2,63}){1,4})",
        re.IGNORECASE,
    )
    ENDINGS = tuple(
        "com org net edu gov mil info biz io co ai app dev eu uk de fr es nl pl ch ca au br se dk ie "
        "example test".split()
    )
    DOT = re.compile(r"[(\[{<]\s?dot\s?[)\]}>]|\sdot\s", re.IGNORECASE)
    MARKED_AT = re.compile(r"[(\[{<]\s?at\s?[)\]}>]", re.IGNORECASE)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """E-mail addresses; a spelled-out one scores less."""
        del profile  # the format is the same everywhere
        text = page.text
        at = text.find("@")
        while at >= 0:
            yield from self._around(text, at)
            at = text.find("@", at + 1)
        words = page.words
        if ("at" in words and ("dot" in words or self.MARKED_AT.search(text))) or " @ " in text:
            yield from self._spelled(page)

    def _around(self, text: str, at: int) -> Iterator[Finding]:
        low = max(0, at - 64)
        low = max(low, text.rfind(" ", low, at) + 1)  # the search tries every place, and none before a space can do
        local = self.LOCAL.search(text[low:at]) if at and not text[at - 1].isspace() else None
        domain = self.DOMAIN.match(text, at + 1, at + 256)
        domain = domain or self.LIKE.match(text, at + 1, at + 128)
        if local is None or domain is None:
            return
        name = local.group()
        written = name.rstrip("-")
        kept = written.lstrip(".!#$%&'*/=?^`{|}~-+")
        for mark in ("=", "/", "'", "`", "|", "{", "}", "?", "&"):  # left of these stands other text: to=jane@...
            kept = kept.rpartition(mark)[2] or kept
        if kept and written == name and not kept.startswith("."):
            yield Finding(at - len(kept), domain.end(), "EMAIL_ADDRESS", 0.95, self.name)

    def _spelled(self, page: Page) -> Iterator[Finding]:
        for match in self.SPELLED.finditer(page.text):
            value = match.group()
            if not value.lower().endswith(self.ENDINGS):
                continue
            marked = self.MARKED_AT.search(value) is not None
            if marked or self.DOT.search(value) or re.search(r"\s?@\s", value):
                yield Finding(match.start(), match.end(), "EMAIL_ADDRESS", 0.7, self.name)
