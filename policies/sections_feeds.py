"""The configuration's section of audit feeds: where the audit's rows are also sent as they come."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from policies.sections import Network, Secret, is_private_host
from policies.sections_base import Section

_SCHEMES = {
    "syslog": {"tls", "tcp", "udp"},
    "webhook": {"https", "http"},
    "bucket": {"s3"},
}


class AuditFeed(Section):
    """One receiver of the audit.

    `syslog`: RFC 5424 to `tls://HOST:PORT`, or to `tcp://` or `udp://` on a private address; `form` is what stands in
    the message. `webhook`: POSTs of JSON, signed under `secret`. `bucket`: objects below `s3://BUCKET/PREFIX`, locked
    for `lock_days` (the bucket must have object lock; 0: not locked); `endpoint` for stores that are not Amazon's.
    `private_networks`: private ranges that a webhook may call.
    """

    kind: Literal["syslog", "webhook", "bucket"]
    url: SecretStr
    secret: Secret = None
    form: Literal["jsonl", "cef"] = "jsonl"
    lock_days: int = Field(default=0, ge=0, le=36_500)
    endpoint: str | None = None
    access_key: Secret = None
    secret_key: Secret = None
    private_networks: tuple[Network, ...] = ()

    @model_validator(mode="after")
    def _usable(self) -> AuditFeed:
        parts = urlsplit(self.url.get_secret_value())
        allowed = _SCHEMES[self.kind]
        if parts.scheme not in allowed or not parts.hostname:
            raise ValueError(
                f"a feed of kind {self.kind} takes an address that begins with {' or '.join(sorted(allowed))}"
            )
        if parts.username or parts.password:
            raise ValueError("url must have no user and no password")
        if parts.scheme in {"tcp", "udp", "http"} and not is_private_host(parts.hostname):
            raise ValueError("this leaves without TLS: only for a private address")
        if self.kind == "syslog" and not parts.port:
            raise ValueError("say the port (tls://siem.example.com:6514)")
        if self.kind == "webhook" and not self.secret:
            raise ValueError("a webhook needs a `secret`: its receiver checks the signature with it")
        return self
