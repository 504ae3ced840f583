"""API keys, tokens, private keys and connection strings: credentials with a telling form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser

_FORMS = (
    ("sk-", r"sk-(?:ant-|proj-|or-|svcacct-|admin-)?[A-Za-z0-9_-]{16,200}"),
    ("_live_", r"(?:sk|pk|rk)_live_[A-Za-z0-9]{10,100}"),
    ("_test_", r"(?:sk|pk|rk)_test_[A-Za-z0-9]{10,100}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{20,80}"),
    ("gh", r"gh[pousr]_[A-Za-z0-9]{20,255}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    ("glpat-", r"gl(?:pat|ptt|dt|rt)-[A-Za-z0-9_-]{16,64}"),
    ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,250}"),
    ("xapp-", r"xapp-\d-[A-Za-z0-9-]{20,250}"),
    ("hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,100}"),
    ("AKIA", r"AKIA[0-9A-Z]{16}"),
    ("ASIA", r"ASIA[0-9A-Z]{16}"),
    ("AIza", r"AIza[0-9A-Za-z_-]{35}"),
    ("ya29.", r"ya29\.[0-9A-Za-z_-]{20,400}"),
    ("GOCSPX-", r"GOCSPX-[0-9A-Za-z_-]{20,64}"),
    ("SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,64}"),
    ("AC", r"(?:AC|SK)[0-9a-f]{32}"),
    ("key-", r"key-[0-9a-f]{32}"),
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-", r"pypi-[A-Za-z0-9_-]{50,300}"),
    ("hf_", r"hf_[A-Za-z0-9]{30,64}"),
    ("_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
    ("shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("sq0", r"sq0(?:atp|csp)-[0-9A-Za-z_-]{22,43}"),
    ("EAAA", r"EAAA[A-Za-z0-9]{60}"),
    ("lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    ("hvs.", r"hvs\.[A-Za-z0-9_-]{24,200}"),
    ("nvapi-", r"nvapi-[A-Za-z0-9_-]{40,100}"),
    ("gsk_", r"gsk_[A-Za-z0-9]{40,80}"),
    ("r8_", r"r8_[A-Za-z0-9]{37}"),
    ("dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{20,64}"),
    ("PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    ("1000.", r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}"),
    ("figd_", r"figd_[A-Za-z0-9_-]{40,64}"),
    ("secret_", r"secret_[A-Za-z0-9]{40,50}"),
    ("AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{50,64}"),
    (":AA", r"\d{8,10}:AA[A-Za-z0-9_-]{32,34}"),
)


class ApiKey:
    """Known prefixes of issued keys, and JSON web tokens."""

    name = "patterns.api_key"
    entity_types = frozenset({"API_KEY"})

    FORMS = tuple((start, re.compile(rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])")) for start, form in _FORMS)
    SHORTEST = 15
    """Every form has so many of base64's characters in a row."""
    JWT = re.compile(
        r"(?<![\w-])eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,4000}){0,3}(?![\w-])"
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Keys and tokens."""
        del profile  # the same everywhere
        text = page.text
        for start, form in self.FORMS if page.has_run(self.SHORTEST) else ():
            if start in text:
                for match in form.finditer(text):
                    if any(char.isdigit() for char in match.group()) or len(set(match.group())) > 12:  # noqa: PLR2004 - a placeholder repeats itself
                        yield Finding(match.start(), match.end(), "API_KEY", 0.95, self.name)
        if "eyJ" in text:
            for match in self.JWT.finditer(text):
                yield Finding(match.start(), match.end(), "API_KEY", 0.95, self.name)


class PrivateKey:
    """PEM blocks of private keys, to their end, or to the end of the base64 when the end line is missing."""

    name = "patterns.private_key"
    entity_types = frozenset({"PRIVATE_KEY"})

    BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
    END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
    BODY = re.compile(r"(?:[A-Za-z0-9+/=]|\\n|\\r|[\s:,.\"'-]){0,20000}")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Whole blocks."""
        del profile  # the same everywhere
        if "PRIVATE KEY" not in page.text:
            return
        done = 0
        for begin in self.BEGIN.finditer(page.text):
            if begin.start() < done:
                continue
            end = self.END.search(page.text, begin.end(), begin.end() + 20000)
            body = self.BODY.match(page.text, begin.end())
            done = end.end() if end else body.end() if body else begin.end()
            yield Finding(begin.start(), done, "PRIVATE_KEY", 0.98, self.name)


class ConnectionString(RuleRecogniser):
    """Addresses that carry user and password, and keys inside of key=value strings."""

    name = "patterns.connection"
    rules = (
        Rule(
            "SECRET",
            re.compile(
                r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@\"'<>`]{0,128}:[^\s/@\"'<>`]{1,256}@[^\s\"'<>`,;)\]}]{1,512}"
            ),
            0.97,
            noisy=True,
        ),
        Rule(
            "USERNAME",
            re.compile(
                r"(?<![A-Za-z0-9+.-])(?:mysql|mariadb|postgres(?:ql)?|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|"
                r"clickhouse|snowflake|db2|imaps?|smtps?)(?:\+[a-z0-9]{1,16})?://(?P<value>[\w.+-]{2,64})@[\w[]"
            ),
            0.75,
            noisy=True,
        ),
        Rule(
            "SECRET",
            re.compile(
                r"(?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=(?P<value>[A-Za-z0-9+/%_-]{20,200}={0,2})"
            ),
            0.92,
            noisy=True,
        ),
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Nothing is looked for without `://` or a key's name."""
        if (
            "://" in page.text
            or "curl" in page.text
            or "Key=" in page.text
            or "Signature=" in page.text
            or "sig=" in page.text
        ):
            yield from super().find(page, profile)
