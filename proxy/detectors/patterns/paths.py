"""Paths inside a person's home folder: they name a user, and often projects and documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page

_POSITION = r"(?::\d{1,6}(?::\d{1,6})?|\(\d{1,6}(?:,\d{1,6})?\))?"
"""Line and column behind a path, as compilers and tracebacks write them."""
_WINDOWS_STEP = r"[^\\/:*?\"<>|\r\n\t]{1,64}"
_UNIX_STEP = r"[^\s/\"'`<>|:;,(){}\[\]\\]{1,64}"


class HomePath:
    r"""`C:\Users\NAME\...`, `/home/NAME/...`, `/Users/NAME/...`; accounts that belong to nobody are left out."""

    name = "patterns.home_path"
    entity_types = frozenset({"FILE_PATH"})

    WINDOWS = re.compile(
        rf"(?<![A-Za-z])[A-Za-z]:(?P<sep>\\{{1,2}}|/)(?:Users|Documents and Settings)(?P=sep)"
        rf"(?P<user>{_WINDOWS_STEP}?)(?P=sep)"
        rf"(?:{_WINDOWS_STEP}?(?P=sep)){{0,16}}"
        rf"(?:{_WINDOWS_STEP}(?<![ =-])(?=>)"  # a prompt
        rf"|[^\\/:*?\"<>|\r\n\t]{{0,48}}?\.\w{{1,5}}(?!\w)|[^\s\\/:*?\"<>|,;)\]}}'`]{{0,64}}){_POSITION}",
        re.IGNORECASE,
    )
    UNIX = re.compile(
        rf"(?<![\w.~/-])/(?:home|Users)/(?P<user>{_UNIX_STEP})(?:/{_UNIX_STEP}){{0,24}}"
        rf"(?:[ ][\w+-]{{1,24}}\.[a-z]{{1,4}}(?!\w))?/?{_POSITION}(?<![.,!?])"
    )
    NOBODY = frozenset(
        "public default all user users username yourname your_name your-name name me myuser youruser someuser ubuntu "
        "root admin administrator app node runner vsts circleci jovyan vagrant pi ec2-user git www www-data deploy "
        "appuser nonroot linuxbrew shared guest "
        "<user> <username> %username% $user ${user} {user} {username} xxx ...".split()
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Whole paths, with the line number behind them."""
        del profile  # the same everywhere
        text = page.text
        if ":" in text and ("sers" in text or "SERS" in text or "ettings" in text):
            yield from self._paths(self.WINDOWS, text)
        if "/home/" in text or "/Users/" in text:
            yield from self._paths(self.UNIX, text)

    def _paths(self, pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
        for match in pattern.finditer(text):
            if match.group("user").strip().casefold() not in self.NOBODY:
                yield Finding(match.start(), match.end(), "FILE_PATH", 0.75, self.name)
