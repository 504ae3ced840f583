"""Which HTTP headers pass the gateway: names on a list with values of the shape that SDKs send.

Headers are not scanned, and users can set them: a value of another shape stays here, an e-mail address among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from proxy.core.slots import tells_number
from proxy.upstream.base import Provider, UpstreamRequest

ANTHROPIC_VERSION = "2023-06-01"
"""Sent when the client names none: the API refuses a request without it."""

ACCEPT_ENCODING = "identity"
"""Answers are read and edited here, so compressing them costs both sides (decision 0060)."""

_BETAS = re.compile(r"[a-z][A-Za-z0-9._=-]{0,80}(?:[,;] ?[a-z][A-Za-z0-9._=-]{0,80}){0,30}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,255}", re.ASCII)
_MEDIA = re.compile(
    r"[a-z*]+/[A-Za-z0-9.*+-]+(?:\s*[,;]\s*(?:[a-z*]+/[A-Za-z0-9.*+-]+|(?:charset|q|v|boundary)=\"?[A-Za-z0-9._-]+\"?))*",
    re.ASCII,
)
_PRODUCT = r"[A-Za-z][A-Za-z0-9_.+-]{0,40}(?:/[A-Za-z0-9][A-Za-z0-9_.+-]{0,40}){1,4}"
_RELEASE = r"v?\d[A-Za-z0-9_.+-]{0,40}"
_PLATFORM = (
    r"(?i:x86|x64|x86_64|amd64|i[3-6]86|arm64|aarch64|linux|gnu|darwin|mac|macos|macintosh|intel|os|x|windows|nt|win32|"
    r"win64|freebsd|openbsd|android|ios|debian|ubuntu|fedora|alpine|external|cli|sdk-[a-z]{1,10}|unknown|"
    r"(?:codex|claude)[a-z_-]{0,20})"
)
_REMARK = rf"(?:{_PRODUCT}|{_RELEASE}|{_PLATFORM})"
_AGENT = re.compile(
    rf"node|{_PRODUCT}(?: (?:{_PRODUCT}|{_RELEASE}|unknown|\({_REMARK}(?:[;,]? {_REMARK}){{0,12}}\))){{0,12}}", re.ASCII
)
"""Products with their versions, and platforms in brackets. A remark of anybody's own keeps the whole header here."""
_OWNER = re.compile(r"(?:org|proj|user)[-_][A-Za-z0-9_-]{1,80}", re.ASCII)
_OUTWARD = {
    "accept": _MEDIA,
    "anthropic-beta": _BETAS,
    "anthropic-version": _NAME,
    "content-type": _MEDIA,
    "idempotency-key": _NAME,
    "openai-beta": _BETAS,
    "openai-organization": _OWNER,
    "openai-project": _OWNER,
    "user-agent": _AGENT,
}
"""Name -> what its value looks like."""
_JSON = "application/json"
_RETRIED = "idempotency-key"
_LETTER = re.compile(r"[A-Za-z]")
_STAINLESS_PREFIX = "x-stainless-"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9._:-]{0,40}(?:, ?[A-Za-z][A-Za-z0-9._:-]{0,40}){0,8}", re.ASCII)
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){0,3}[A-Za-z0-9.+-]{0,24}|unknown", re.ASCII)
_COUNT = re.compile(r"\d{1,7}(?:\.\d{1,6})?|NOT_GIVEN|true|false|None", re.ASCII)
_STAINLESS = {
    "lang": re.compile(r"python|js|go|java|kotlin|ruby|csharp|php|unknown"),
    "os": re.compile(r"(?:Linux|MacOS|Windows|FreeBSD|OpenBSD|Android|iOS|Unknown)|Other:[A-Za-z0-9]{1,16}"),
    "arch": re.compile(r"x32|x64|arm|arm64|unknown|other:[a-z0-9_]{1,16}"),
    "runtime": re.compile(
        r"CPython|PyPy|Jython|IronPython|JRE|go|ruby|node|deno|bun|edge|vercel|unknown|browser:[a-z]{1,12}"
    ),
    "raw-response": re.compile(r"raw|stream|true|false"),
    "async": re.compile(r"false|async:[a-z]{1,12}"),
    **dict.fromkeys(("package-version", "runtime-version"), _VERSION),
    **dict.fromkeys(
        ("retry-count", "timeout", "read-timeout", "custom-poll-interval", "poll-helper", "custom-event-handler"),
        _COUNT,
    ),
    **dict.fromkeys(("helper", "helper-method", "stream-helper"), _WORD),
}
"""What SDKs say of themselves."""

_INWARD = frozenset(
    {
        "content-type",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "x-amzn-requestid",
        "x-request-id",
        "x-should-retry",
    }
)
_INWARD_PREFIXES = ("anthropic-", "openai-", "x-ratelimit-")


@lru_cache(maxsize=512)
def _leaves(name: str, value: str) -> str:
    """The name in lower case when it may leave with this value, else nothing."""
    lower = name.lower()
    shape = _OUTWARD.get(lower)
    if lower.startswith(_STAINLESS_PREFIX):
        shape = _STAINLESS.get(lower.removeprefix(_STAINLESS_PREFIX))
    if shape is None or not shape.fullmatch(value):
        return ""
    return "" if tells_number(value) and not (lower == _RETRIED and _LETTER.search(value)) else lower


@lru_cache(maxsize=512)
def _comes_in(name: str) -> str:
    """The name in lower case when the client may see it, else nothing."""
    lower = name.lower()
    return lower if lower in _INWARD or lower.startswith(_INWARD_PREFIXES) else ""


def outward(request: UpstreamRequest, provider: Provider) -> dict[str, str]:
    """The headers that leave: the client's allowed ones, in lower case, and the provider's credential."""
    kept: dict[str, str] = {}
    for name, value in request.headers.items():
        if lower := _leaves(name, value):
            kept.setdefault(lower, value)
    if request.body and "content-type" not in kept:
        kept["content-type"] = _JSON
    kept["accept-encoding"] = ACCEPT_ENCODING
    if provider.kind == "anthropic":
        kept.setdefault("anthropic-version", ANTHROPIC_VERSION)
    credential = provider.api_key if request.credential is None else request.credential
    if credential:
        name, value = _credential(provider, credential)
        kept[name] = value
    return kept


def _credential(provider: Provider, credential: str) -> tuple[str, str]:
    """The header that carries the credential. Anthropic's OAuth tokens are the one kind it takes as Bearer only."""
    if provider.kind == "anthropic" and not credential.startswith("sk-ant-oat"):
        return "x-api-key", credential
    if provider.kind == "azure_openai":
        return "api-key", credential
    return "authorization", f"Bearer {credential}"


def inward(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of an answer that may reach the client, in lower case; of a repeated name the first.

    Length, encoding, ETag and digest speak of a body that is edited here; cookies are nobody's business.
    """
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if lower := _comes_in(name):
            kept.setdefault(lower, value)
    return kept
