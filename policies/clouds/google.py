"""Access tokens of Google Cloud: the signed request of a service account, and what comes back. Pure but for the key."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
"""Where tokens are asked for. That of the account's file is not used: whoever sets a key must not choose addresses."""
METADATA_URL: Final = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
METADATA_HEADERS: Final = {"metadata-flavor": "Google"}
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_LIFE = 3600
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who asks, and the key that signs the question."""

    email: str
    key_id: str
    key: RSAPrivateKey = field(repr=False)


def service_account(text: str) -> ServiceAccount:
    """The account of a JSON key file. Raises ValueError, without the text, when it is none."""
    try:
        told = json.loads(text)
        key = load_pem_private_key(told["private_key"].encode(), None)
        account = ServiceAccount(str(told["client_email"]), str(told.get("private_key_id", "")), key)  # type: ignore[arg-type] # looked at below
    except (ValueError, KeyError, TypeError, AttributeError):
        account = None
    if account is None or not isinstance(account.key, RSAPrivateKey):
        raise ValueError("the key is no JSON key of a Google service account (client_email and an RSA private_key)")
    return account


def token_request(account: ServiceAccount, now: float, audience: str = TOKEN_URL) -> bytes:
    """The form to post for a token that lasts an hour from `now` (seconds since 1970)."""
    head = {"alg": "RS256", "typ": "JWT", "kid": account.key_id}
    issued = int(now)
    claims = {"iss": account.email, "scope": SCOPE, "aud": audience, "iat": issued, "exp": issued + _LIFE}
    signed = b".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    assertion = signed + b"." + _base64(account.key.sign(signed, PKCS1v15(), SHA256()))
    return urlencode({"grant_type": _GRANT, "assertion": assertion.decode()}).encode()


def token_of(answer: bytes) -> tuple[str, float]:
    """The token that came, and for how many seconds it counts. Raises ValueError."""
    told: Any = json.loads(answer)
    token = told.get("access_token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ValueError("no token came")
    life = told.get("expires_in")
    return token, float(life) if isinstance(life, int | float) else _LIFE


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
