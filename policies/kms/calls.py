"""One HTTP call to a key management service. It blocks: it is made at start, before anything is served."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from policies.client_tls import client_context
from policies.kms.base import KeyServiceFailed

SECONDS: Final = 15.0
_LARGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `ways`: ca_file, client_cert and client_key."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    method: str = "POST"
    ways: tuple[str | None, str | None, str | None] = (None, None, None)


def ask(who: str, question: Question) -> dict[str, Any]:
    """The JSON object that the service `who` answers with. Raises KeyServiceFailed, without what was asked or said."""
    status, raw, why = 0, b"", ""
    try:
        status, raw = _called(question)
    except (OSError, HTTPException, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else type(error).__name__
    if why:
        raise KeyServiceFailed(f"{who} does not answer ({why}); nothing starts without the master key")
    if status != HTTPStatus.OK:
        raise KeyServiceFailed(f"{who} refuses (status {status}); {_ADVICE.get(status, 'look into its log')}")
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise KeyServiceFailed(f"{who} answers with what is no JSON object; check its address")
    return told


_ADVICE: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "the wrapped key is not of this key, or was changed",
    HTTPStatus.UNAUTHORIZED: "check its credential",
    HTTPStatus.FORBIDDEN: "its credential may not use this key",
    HTTPStatus.NOT_FOUND: "check address and name of the key",
    HTTPStatus.SERVICE_UNAVAILABLE: "it is sealed or down",
}


def text_of(who: str, told: Mapping[str, Any], name: str) -> str:
    """A text of an answer. Raises KeyServiceFailed."""
    value = told.get(name)
    if not isinstance(value, str):
        raise KeyServiceFailed(f"{who} answers without `{name}`; check its address")
    return value


def _called(question: Question) -> tuple[int, bytes]:
    parts = urlsplit(question.url)
    if parts.scheme == "https":
        context = client_context(*question.ways)
        connection: HTTPConnection = HTTPSConnection(parts.netloc, timeout=SECONDS, context=context)
    else:
        connection = HTTPConnection(parts.netloc, timeout=SECONDS)
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(question.method, path, body=question.body or None, headers=dict(question.headers))
        answer = connection.getresponse()  # redirects are not followed: they would carry the credential along
        return answer.status, answer.read(_LARGEST)
    finally:
        connection.close()
