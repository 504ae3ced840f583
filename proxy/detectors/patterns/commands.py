"""Passwords and keys on command lines: `curl -u ann:secret`, `PGPASSWORD=secret`, `mysql -psecret`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser

_REST = r"(?:[^|;&\n]|\\\n){0,300}?"
"""What stands between a command and its option; a backslash carries the line on."""
_LOGIN = r"(?:docker|podman|az|oc|nerdctl)\s(?:registry\s)?login"
_VALUE = r"['\"]?(?P<value>[^\s'\"`$<>{}()|;,]{4,200})"
_NO_SECRET = re.compile(r"[\d.:/]+(?:tcp|udp)?|[a-z]+|\*+|x+|your[-_].*|[A-Z_]+|true|false|none|null", re.IGNORECASE)


def _is_secret(value: str) -> bool:
    """Whether it is no port, no lone word and no placeholder."""
    return _NO_SECRET.fullmatch(value) is None


class CommandSecret(RuleRecogniser):
    """Options and variables that take a password; a variable's name in place of the value stays."""

    name = "patterns.command_secret"
    rules = (
        Rule(
            "SECRET",
            re.compile(
                rf"\bcurl\s{_REST}(?:-u|--user|--proxy-user)[ =]?['\"]?"
                r"(?P<value>[^\s'\":$<{]{1,64}:[^\s'\"$<{]{3,128})"
            ),
            0.92,
            noisy=True,
        ),
        Rule(
            "PASSWORD",
            re.compile(rf"\b(?:sshpass|mongo(?:sh|dump)?|{_LOGIN})\s{_REST}-p[ ]?{_VALUE}"),
            0.85,
            _is_secret,
            noisy=True,
        ),
        Rule(
            "PASSWORD", re.compile(rf"\bmysql(?:dump|admin)?\s{_REST}(?<=\s)-p{_VALUE}"), 0.85, _is_secret, noisy=True
        ),
        Rule("PASSWORD", re.compile(rf"\bredis-cli\s{_REST}-a[ ]{_VALUE}"), 0.85, _is_secret, noisy=True),
        Rule("PASSWORD", re.compile(rf"\bldap\w{{3,8}}\s{_REST}-w[ ]?{_VALUE}"), 0.85, _is_secret, noisy=True),
        Rule("PASSWORD", re.compile(rf"\s-pass(?:in|out)?\spass:{_VALUE}"), 0.9, _is_secret, noisy=True),
        Rule(
            "SECRET",
            re.compile(
                rf"(?<![\w-])--(?:password|passwd|pass|token|secret|api-?key|access-token|client-secret)[ =]{_VALUE}"
            ),
            0.85,
            _is_secret,
            noisy=True,
        ),
        Rule(
            "SECRET",
            re.compile(rf"(?<!\w)[A-Z][A-Z0-9_]{{0,40}}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY)={_VALUE}"),
            0.85,
            _is_secret,
            noisy=True,
        ),
    )
    SIGNS = ("curl", "-p", "-a ", "-w", "PASS", "SECRET", "TOKEN", "KEY=", "--token", "--secret", "--api", "--client")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Nothing is looked for in a text without an option or a variable of these."""
        if any(sign in page.text for sign in self.SIGNS):
            yield from super().find(page, profile)
