"""Which HTTP headers pass the gateway: names on a list with values of the shape that SDKs send.

Headers are not scanned, and users can set them: a value of another shape stays here, an e-mail address among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from proxy.upstream.base import Provider, UpstreamRequest

ANTHROPIC_VERSION = "2023-06-01"
"""Sent when the client names none: the API refuses a request without it."""

ACCEPT_ENCODING = "identity"
"""Answers are read and edited here, so compressing them costs both sides (decision 0060)."""

_WORDS = re.compile(r"[A-Za-z0-9._=,;+ -]{1,1000}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,255}", re.ASCII)
_MEDIA = re.compile(
    r"[a-z*]+/[A-Za-z0-9.*+-]+(?:\s*[,;]\s*(?:[a-z*]+/[A-Za-z0-9.*+-]+|(?:charset|q|v|boundary)=\"?[A-Za-z0-9._-]+\"?))*",
    re.ASCII,
)
_AGENT = re.compile(r"[\w.:;,/+() -]{1,500}")
_OUTWARD = {
    "accept": _MEDIA,
    "anthropic-beta": _WORDS,
    "anthropic-version": _NAME,
    "content-type": _MEDIA,
    "idempotency-key": _NAME,
    "openai-beta": _WORDS,
    "openai-organization": _NAME,
    "openai-project": _NAME,
    "user-agent": _AGENT,
}
"""Name -> what its value looks like."""
_JSON = "application/json"
_OUTWARD_PREFIXES = ("x-stainless-",)

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
    shape = _OUTWARD.get(lower) or (_AGENT if lower.startswith(_OUTWARD_PREFIXES) else None)
    return lower if shape is not None and shape.fullmatch(value) else ""


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
