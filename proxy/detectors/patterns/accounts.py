"""User names and handles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, outlines, words_of
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser

_NOT_NAMES = frozenset(
    "optional required filter parameter assistant service_account seq table unknown sequence model group "
    "and or the a an is are was for with not in on at to of from as by it this that must field name names "
    "required password passwords email e-mail id string str int varchar text null none true false undefined "
    "input value type contains should will can has have prompt login page form screen button session sessions "
    "attempt attempts failed successful credentials details info information data access user users your my our "
    "their his her you new old here there where which who if when then than but no yes please enter change "
    "taken already exists invalid admin root guest test random anonymous nobody system administrator self".split()
)
_CODE = re.compile(r"(?:self|this|req|request|user|data|form|params|args|os|env)\.|[A-Z]\w*\.[A-Z]")


def _is_name(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    if value.casefold() in _NOT_NAMES or value.isdigit() or _CODE.match(value):
        return False
    return linked or any(char.isdigit() or char in "._-" for char in value.rstrip(".,-"))


class Username(LabelRecogniser):
    """A name behind "username", "login", "user id"."""

    name = "patterns.username"
    labels = (
        Label(
            "USERNAME",
            "username, user name, user, login, login name, userid, user id, handle, screen name, nick, "
            "nickname, account name, benutzername, nutzername, nom d utilisateur, identifiant, usuario, nome "
            "utente, gebruikersnaam, nazwa użytkownika, twitter, instagram, telegram, github user, skype, "
            "discord, wechat, weixin, snapchat, tiktok, gamertag, steam id",
            r"@?[A-Za-z][\w.\-]{2,31}(?:\#\d{4})?(?<![.\-])(?![\w@(\[/\\]|\.\w|\s?=[^=])",
            0.7,
            _is_name,
        ),
    )


_CODED = r"(?<![\w.+/#=&-])[A-Z]{1,3}\d{8,12}"


class CodedId(RuleRecogniser):
    """A few capitals and eight digits or more (`C1231006815`): customers, accounts and orders of many systems."""

    name = "patterns.coded_id"
    digits = 8
    rules = (
        Rule("ACCOUNT_NUMBER", re.compile(rf"{_CODED}(?![\w.-])"), 0.4, noisy=True, shows=outlines("A00000000")),
        Rule("ACCOUNT_NUMBER", re.compile(rf"{_CODED}(?=\.(?:\s|\Z))"), 0.4, noisy=True, shows=outlines("A00000000")),
    )


class CopyrightHolder:
    """The account that stands behind a copyright sign at the head of a file: `© tzack88`, `Copyright 2021 foo_dev`."""

    name = "patterns.copyright_holder"
    entity_types = frozenset({"USERNAME"})

    PATTERN = re.compile(
        r"(?:©|copyright)\s{1,2}(?:(?:©|\(c\))\s?)?(?:\d{4}(?:\s?[-–,]\s?\d{4})?,?\s)?(?:by\s)?"  # noqa: RUF001
        r"(?P<value>(?=[\w-]{0,30}[\d_])[A-Za-z][\w-]{2,30})(?![\w@(.])",
        re.IGNORECASE,
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Holders that are one word with a digit or an underscore in it; the names model knows the others."""
        del profile  # the same everywhere
        if "©" not in page.text and "copyright" not in page.words:
            return
        for match in self.PATTERN.finditer(page.text):
            yield Finding(*match.span("value"), "USERNAME", 0.5, self.name)


class Handle:
    """`@name` as on social networks; decorators, CSS rules, documentation tags and packages are none."""

    name = "patterns.handle"
    entity_types = frozenset({"USERNAME"})

    PATTERN = re.compile(
        r"@(?<![\w@/.:$%&+=`'\"\\*-].)(?P<value>[A-Za-z_]\w{2,29}|(?=[\w-]*\d)[A-Za-z_]\w{0,29}(?:-\w{1,15}){1,3})"
        r"(?![\w@/(]|\.\w|-\w|::)"
    )
    DOTTED = re.compile(r"@(?<![\w@/.:$%&+=`'\"\\*-].)(?P<value>[A-Za-z_]\w{1,29}(?:\.\w{1,29}){1,3})(?![\w@/(-]|\.\w)")
    """As decorators and imports are written, too: only where a network is named before."""
    NETWORKS = words_of("instagram insta tiktok snapchat twitter telegram bluesky mastodon")
    KEYWORDS = frozenset(
        "param params return returns throws throw see since author deprecated override overrides type typedef "
        "property media import charset font keyframes supports layer container include mixin extend if else for "
        "each tailwind apply everyone here channel all todo example code link inherit test before after "
        "beforeeach aftereach staticmethod classmethod dataclass cached pytest autowired component service "
        "injectable input output entity id column public private protected interface implementation end "
        "selector synthesize brief file version note time timestamp message level host latest next beta alpha".split()
    )
    LINE_START = re.compile(r"(?:^|\n)[ \t]*\Z")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Handles, without the `@`."""
        del profile  # the same everywhere
        if "@" not in page.text:
            return
        for match in self.PATTERN.finditer(page.text):
            start = match.start()
            if match.group("value").casefold() in self.KEYWORDS or self._is_decorator(page.text, start, match.end()):
                continue
            yield Finding(*match.span("value"), "USERNAME", 0.5, self.name)
        for match in self.DOTTED.finditer(page.text):
            if page.near(self.NETWORKS, match.start()) and not self._is_decorator(page.text, *match.span()):
                yield Finding(*match.span("value"), "USERNAME", 0.5, self.name)

    def _is_decorator(self, text: str, start: int, end: int) -> bool:
        """A line of its own that begins with `@`."""
        if not self.LINE_START.search(text, max(0, start - 40), start):
            return False
        line_end = text.find("\n", end)
        rest = text[end : line_end if line_end >= 0 else end + 200].strip()
        return not rest and line_end >= 0
