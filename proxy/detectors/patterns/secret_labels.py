"""Passwords, PINs and keys that are secret because a label says so."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
# ruff: noqa: PLR2004 - lengths and ranges stand in the definition beside them
from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, first_words, label_pattern

_LABELS = (
    "password, passwd, pwd, pass, passphrase, passcode, pass word, passwort, kennwort, mot de passe, "
    "mdp, contraseña, contrasena, clave, senha, wachtwoord, hasło, haslo, parola d ordine, pw, new "
    "password, temp password, temporary password"
)
_WORDS = frozenset(
    "password passwords passwort reset required policy policies field hash hashed hashing protected protection "
    "manager change changed expired expires must should will would could can cannot may is was are be been for "
    "to and or with in on at of by from the a an my your his her our their its it this that string str bool int "
    "text varchar none null true false undefined optional type input value email e-mail username user login "
    "authentication auth verification confirmation recovery generator strength length rules encryption "
    "encrypted wallet secure security credentials leak leaked breach breached compromised exposed stolen reuse "
    "rotation based only not no yes if when then than but so as which who where here there were again once "
    "twice correct incorrect wrong invalid missing empty blank default example placeholder changeme hidden "
    "masked redacted self os env environ process config settings request req body data args kwargs props state "
    "form get getpass prompt bcrypt argon2 sha256 md5 salt token key database server attempts attempt error "
    "errors failed failure screen page box dialog link button label help forgot forget forgotten authenticator "
    "two-factor sharing spraying cracking guessing less free word phrase number numbers code codes".split()
)
_CODE = re.compile(
    r"[\w.]+[(\[].*|\$\{?\w+\}?|\{\{?.*\}?\}|<[^>]*>|%[sd]|[A-Z][A-Z_]+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|\*+|x+|X+|\.+|"
    r"\[.*\]?|self\..*|[A-Za-z_]{2,30}=.*|your[-_]\w.*|@[a-z]+|[a-z]+@|\d+(?:ms|s|px|kb|mb)"
)
"""Calls, variables, placeholders, amounts: what stands behind "password" in code and manuals."""


def _is_password(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    bare = value.strip("\"'`.,;:!?)]}")
    if bare.casefold() in _WORDS or _CODE.fullmatch(bare) or len(bare) < 3:
        return False
    mixed = any(char.isdigit() or not char.isalnum() for char in bare.strip("-'’"))
    if linked:
        return mixed or len(bare) >= 6 or bare != bare.lower()
    odd = re.search(r"\d|[!@#$%^&*+=?~]|[a-z][A-Z]", bare) is not None
    return odd and (mixed or value.endswith("!"))


class Password(LabelRecogniser):
    """The word behind "password:", "pwd=", "with password"; a plain word counts behind a colon only."""

    name = "patterns.password"
    labels = (
        Label("PASSWORD", _LABELS, r"[^\s\"'`<>,;|]{3,63}[^\s\"'`<>,;|.?:)\]}\\]", 0.8, _is_password),
        Label(
            "PASSWORD",
            "pin, pin code, otp, one time password, one time code, passcode, access code, security pin, "
            "verification code, 2fa code, unlock code, geheimzahl, tan",
            r"\d{3}[ -]?\d{1,5}(?![\w.,/-])|\d{4,8}(?!\w)",
            0.75,
            lambda value, linked: linked or len(value) == 4,
        ),
        Label(
            "SECRET",
            "security answer, secret answer, recovery code, backup code, seed phrase, mother s maiden name, "
            "maiden name",
            r"[^\s\"'`<>,;|]{3,64}",
            0.6,
            lambda value, linked: linked and value.casefold() not in _WORDS,
        ),
    )


class QuotedPassword:
    """A quoted value behind the label is a secret with its spaces and quotes inside ("correct horse")."""

    name = "patterns.quoted_password"
    entity_types = frozenset({"PASSWORD"})

    PATTERN = label_pattern(_LABELS, r"(?<=[\"'`“])(?!\s)[^\"'`”\n]{4,64}(?<!\s)(?=[\"'`”])")
    TRIGGERS = first_words(_LABELS)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Quoted passwords."""
        del profile  # the same everywhere
        if self.TRIGGERS.isdisjoint(page.vocabulary):
            return
        for start in page.starts(self.TRIGGERS):
            match = self.PATTERN.match(page.text, start)
            if (
                match is not None
                and _is_password(match.group("value"), linked=True)
                and ":" not in match.group("value")[:2]
            ):
                yield Finding(*match.span("value"), "PASSWORD", 0.8, self.name)


class MailAndPassword:
    """The second half of "jane@example.com / secret" and "jane@example.com:secret", as leaked lists write it."""

    name = "patterns.mail_and_password"
    entity_types = frozenset({"PASSWORD"})

    PATTERN = re.compile(r"@[\w.-]{4,80}(?:\s[/|]\s|[:|])(?P<value>[^\s\"'`<>,;|/]{6,63}[^\s\"'`<>,;|.?:)\]}\\])")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Passwords with a capital or a digit, and a sign or a digit."""
        del profile  # the same everywhere
        if "@" not in page.text:
            return
        for match in self.PATTERN.finditer(page.text):
            value = match.group("value")
            signs = any(not char.isalnum() for char in value) or any(char.isdigit() for char in value)
            if signs and not value.isdigit() and value != value.lower() and "@" not in value[1:-1].replace("@", "", 1):
                yield Finding(*match.span("value"), "PASSWORD", 0.65, self.name)


class LoginPair:
    """`credentials: jdoe/W1nter2024`: user name and password behind a word for both, in one piece."""

    name = "patterns.login_pair"
    entity_types = frozenset({"PASSWORD", "USERNAME"})

    LABELS = (
        "credentials, creds, login, logins, log in, login data, login details, access, access data, access details, "
        "account, user and password, username and password, username password, user password, user pass, "
        "zugangsdaten, anmeldedaten, zugang, identifiants, identifiant, accès, credenciales, acceso, credenziali, "
        "accesso, inloggegevens, toegang, логин, логин и пароль, логин пароль, доступ, доступу, доступы, доступа"
    )
    PATTERN = label_pattern(
        LABELS,
        r"[A-Za-z][\w.@-]{2,40}\s?[/|:]\s?(?=[^\s/|:]{0,30}(?:\d|[!@#$%^&*+=?~]))[^\s\"'`<>,;|/:()]{5,40}[^\s\"'`<>,;|/:().?]",
    )
    TRIGGERS = first_words(LABELS)
    PARTS = re.compile(r"(?P<user>[^\s/|:]+)\s?[/|:]\s?(?P<password>\S+)")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Both parts; the second has a capital and a digit or a sign, so that dates and paths stay."""
        del profile  # the same everywhere
        if self.TRIGGERS.isdisjoint(page.vocabulary) or not any(sign in page.text for sign in "/|:"):
            return
        for start in page.starts(self.TRIGGERS):
            match = self.PATTERN.match(page.text, start)
            parts = self.PARTS.fullmatch(page.text, *match.span("value")) if match else None
            if parts is None or parts.group("password") == parts.group("password").lower():
                continue
            if _is_password(parts.group("password"), linked=False):
                yield Finding(*parts.span("user"), "USERNAME", 0.6, self.name)
                yield Finding(*parts.span("password"), "PASSWORD", 0.65, self.name)


def entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


_LEAST_BITS = 2.8
_LONG_KEY = 16
"""So long a value needs no colon in front."""


def _is_key(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    if _CODE.fullmatch(value) or value.casefold() in _WORDS or value.startswith(("http", "/", "./")):
        return False
    kinds = (
        any(char.isdigit() for char in value),
        any(char.islower() for char in value),
        any(char.isupper() for char in value),
        any(char in "+/_-=.~" for char in value),
    )
    random = kinds[0] and sum(kinds) > 1 and entropy(value) >= _LEAST_BITS
    return random and (linked or len(value) >= _LONG_KEY)


class LabelledSecret(LabelRecogniser):
    """Random-looking text behind "api key", "secret", "token", "bearer"."""

    name = "patterns.secret"
    labels = (
        Label(
            "SECRET",
            "api key, apikey, api token, api secret, access key, access key id, secret access key, secret, "
            "secret key, client secret, access token, auth token, refresh token, session token, bearer, "
            "bearer token, token, auth key, encryption key, private key, signing key, x api key, "
            "authorization, authorization bearer, consumer key, consumer secret, account key, master key, "
            "webhook secret, license key, product key, session, session id, sessionid, sid, session uuid, cookie, "
            "csrf token, jsessionid, phpsessid, app secret, deploy key, basic, authorization basic, "
            "ssh key, shared key, key",
            r"[A-Za-z0-9+/_\-.=~!@#$%^&*]{8,200}(?<![.])",
            0.85,
            _is_key,
        ),
    )
