"""Web addresses: URLs of any scheme, `www.` names and bare domain names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, words_of

_TAIL = r"[^\s<>\"'`{}|\\^\[\]]{0,2000}(?<![.,;:!?)*_])"


class Web:
    """Schemes, `www.`, and host names under a common domain; a country's domain needs a path or a cue."""

    name = "patterns.web"
    entity_types = frozenset({"URL"})

    SCHEME = re.compile(
        rf"(?<![A-Za-z])(?:https?|ftps?|sftp|wss?|ssh|git|ldaps?|smb|socks[45]?h?|rts?mp|rtsp|mqtts?|nfs|tcp|udp)://{_TAIL}",
        re.IGNORECASE,
    )
    WWW = re.compile(rf"(?<![\w@/.-])www\d?\.[^\W_][\w-]{{0,62}}\.{_TAIL}", re.IGNORECASE)
    ENDING = re.compile(
        r"\.(?:(?P<generic>com|org|net|edu|gov|mil|info|biz|health|bank|online|shop|site)|"
        r"co\.uk|org\.uk|ac\.uk|gov\.uk|com\.au|com\.br|co\.in|"
        r"de|fr|es|it|nl|pl|ch|at|be|ca|se|dk|eu|ie|pt|cz|fi|no|io|me|us|uk|au|br|in|ai|app|dev)"
        rf"(?![\w@(=-]|\.\w)(?P<path>/{_TAIL})?",
        re.IGNORECASE,
    )
    HOST = re.compile(
        r"(?<![\w@/.$-])(?:_[a-z]{2,16}\._(?:tcp|udp)\.)?[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_][\w-]{0,62}){0,3}\Z"
    )
    DEEP = re.compile(r"^(?=.*[\d-])(?=.*[a-z])[a-z\d-]+\.[a-z\d-]+\.[a-z\d-]+\Z")
    """Three lower-case names with a digit or hyphen among them: no attribute of a programming language looks so."""
    PLACE = re.compile(r"\b(?:at|on|in|from|to|via|into)\s\Z")
    """What stands before a place: behind it three names in lower case are a host, unless code goes on around them."""
    THREE = re.compile(
        r"(?!(?:self|this|window|document|args|request|config|app|os|np|pd|df|tf|torch)\.)[a-z]{3,}\.[a-z]{3,}\Z"
    )
    LONGEST_HOST = 120
    CUES = words_of(
        "website web site homepage page domain url link visit browse blog portfolio linkedin github hostname host"
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Web addresses with their paths and queries."""
        del profile  # the same everywhere
        text = page.text
        if "://" in text:
            for match in self.SCHEME.finditer(text):
                if "." in match.group() or "@" in match.group():
                    yield Finding(match.start(), match.end(), "URL", 0.9, self.name)
        if "www" in text or "WWW" in text or "Www" in text:
            for match in self.WWW.finditer(text):
                yield Finding(match.start(), match.end(), "URL", 0.85, self.name)
        if "." in text:
            for ending in self.ENDING.finditer(text):
                yield from self._bare(page, ending)

    def _host_start(self, text: str, low: int, end: int) -> int:
        """Where the letters, digits, `_`, `.` and `-` before `end` begin: nowhere else can a host that ends there."""
        start = end
        while start > low and (text[start - 1].isalnum() or text[start - 1] in "_.-"):
            start -= 1
        return start

    def _bare(self, page: Page, ending: re.Match[str]) -> Iterator[Finding]:
        low = max(0, ending.start() - self.LONGEST_HOST)
        start = self._host_start(page.text, low, ending.start())
        host = self.HOST.match(page.text, start, ending.start()) if page.text[ending.start() - 1].isalnum() else None
        if host is None or (low and start == low):
            return
        if ending.group("generic"):
            yield Finding(host.start(), ending.end(), "URL", 0.6, self.name)
        elif (
            ending.group("path")
            or self.DEEP.search(host.group())
            or page.near(self.CUES, host.start())
            or (self.THREE.match(host.group()) and self.PLACE.search(page.text, host.start() - 8, host.start()))
        ):
            yield Finding(host.start(), ending.end(), "URL", 0.5, self.name)
