"""Addresses of machines: IPv4, IPv6 and MAC."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, outlines
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser


class IpAddress:
    """Candidates by shape, then Python's own parser; loopback and unspecified addresses belong to nobody."""

    name = "patterns.ip"
    entity_types = frozenset({"IP_ADDRESS"})

    V4 = re.compile(r"(?<![\w.])(?<!\d[-+])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w])(?!\.\d)")
    V6 = re.compile(
        r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?:%[\w.-]{1,16})?(?:/\d{1,3})?(?![\w:])"
    )
    VERSION = re.compile(
        r"(?:\b(?:v|ver|version|release|build|firmware|driver|rev)\.?\s?:?\s?|==|>=|<=|~=)\Z", re.IGNORECASE
    )
    DOTTED = outlines("0.0")
    SCOPED = re.compile(r"@\d\.")
    """`package@1.2.3.4`; `deploy@10.2.3.4` is a machine."""
    NOBODY = ("127.", "0.", "255.255.")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Addresses, with their prefix length or zone when written."""
        del profile  # the format is the same everywhere
        text = page.text
        if page.shows(self.DOTTED):
            for match in self.V4.finditer(text):
                start = match.start()
                version = self.VERSION.search(text, max(0, start - 12), start) or self.SCOPED.match(text, start - 1)
                if self._counts(match.group()) and not version:
                    yield Finding(match.start(), match.end(), "IP_ADDRESS", 0.9, self.name)
        if text.count(":") > 1:
            for match in self.V6.finditer(text):
                if match.group().count(":") > 1 and self._counts(match.group()):
                    yield Finding(match.start(), match.end(), "IP_ADDRESS", 0.9, self.name)

    def _counts(self, value: str) -> bool:
        bare = value.partition("/")[0]
        if bare.startswith(self.NOBODY) or sum(char.isalnum() for char in bare) < 4:  # noqa: PLR2004 - `::1`, `a::b` are no one's
            return False
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            return False
        return True


class MacAddress(RuleRecogniser):
    """Six pairs of hexadecimal digits, or three groups of four as routers print them."""

    name = "patterns.mac"
    digits = 1
    rules = (
        Rule(
            "MAC_ADDRESS",
            re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?P<sep>[:-])(?:[0-9A-Fa-f]{2}(?P=sep)){4}[0-9A-Fa-f]{2}(?![\w:-])"),
            0.9,
            check=lambda value: any(c.isalnum() and c not in "0fF" for c in value),
            clue=re.compile(r"[:-][0-9A-Fa-f]{2}[:-]"),
        ),
        Rule(
            "MAC_ADDRESS",
            re.compile(r"(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])"),
            0.8,
            check=lambda value: any(c.isalpha() for c in value),
            clue=re.compile(r"\.[0-9A-Fa-f]{4}\."),
        ),
    )
