"""AWS Signature Version 4 for requests with a body in memory. Pure: the time is passed in.

As AWS documents it, for services other than S3: the path is escaped once more than it is sent.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote

_ALGORITHM = "AWS4-HMAC-SHA256"
_LEAST_PARTS, _MOST_PARTS = 2, 3


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """An access key; `session_token` for temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def aws_keys(text: str) -> AwsKeys:
    """`ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` for temporary ones. Raises ValueError without it."""
    parts = text.split(":", 2)
    if not _LEAST_PARTS <= len(parts) <= _MOST_PARTS or not all(parts):
        raise ValueError("an AWS key is written ACCESS_KEY_ID:SECRET_ACCESS_KEY or ...:SESSION_TOKEN")
    return AwsKeys(*parts)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a request goes: region and signing name of the service (`bedrock`, `kms`)."""

    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Signable:
    """A request. `path` is as it is sent, escaped; `query` the raw text; `headers` are signed, `host` among them."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


def sign(request: Signable, keys: AwsKeys, scope: Scope, now: datetime) -> dict[str, str]:
    """The headers to add (names in lower case): `authorization`, `x-amz-date` and what else is signed. `now` is UTC."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": moment}
    if keys.session_token:
        added["x-amz-security-token"] = keys.session_token
    headers = {name.lower(): " ".join(value.split()) for name, value in {**request.headers, **added}.items()}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            request.method,
            quote(request.path or "/", safe="/~"),
            _query(request.query),
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    place = f"{moment[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = "\n".join([_ALGORITHM, moment, place, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{keys.secret_key}".encode()
    for part in place.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    added["authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{place}, SignedHeaders={names}, Signature={signature}"
    )
    return added


def _query(raw: str) -> str:
    pairs = [(quote(name, safe="~"), quote(value, safe="~")) for name, value in parse_qsl(raw, keep_blank_values=True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
