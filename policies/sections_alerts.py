"""The configuration's section of alerts: who is told by which channel of what happens."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from policies.sections import Name, Network, Port, Secret, is_private_host
from policies.sections_base import Section

AlertKind = Literal["budget", "provider_down", "leak_check", "report_ready", "test"]
ALERT_KINDS: tuple[AlertKind, ...] = ("budget", "provider_down", "leak_check", "report_ready")
"""What can be asked for; `test` goes to the channel that is tried."""
_ADDRESS = re.compile(r"[^\s@<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,255}")


class Channel(Section):
    """One way to tell people.

    `webhook`: a POST of JSON, signed under `secret`. `slack`: a POST of `{"text": ...}` to a webhook of Slack's form.
    `email`: by the server of `alerts.smtp` to the addresses `to`. `events`: which alerts, all by default. `tenant`:
    those of one tenant only.
    """

    kind: Literal["webhook", "slack", "email"]
    url: SecretStr | None = Field(default=None)
    secret: Secret = None
    to: tuple[str, ...] = ()
    events: tuple[AlertKind, ...] = ALERT_KINDS
    tenant: Name | None = None

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not _ADDRESS.fullmatch(address):
                raise ValueError("`to` takes plain e-mail addresses")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Channel:
        if self.kind == "email":
            if not self.to:
                raise ValueError("a channel of kind email needs `to`")
            return self
        parts = urlsplit(self.url.get_secret_value() if self.url else "")
        host = parts.hostname or ""
        if parts.scheme != "https" and not (parts.scheme == "http" and is_private_host(host)):
            raise ValueError("url must be an https:// address (http:// for a private one)")
        if parts.username or parts.password:
            raise ValueError("url must have no user and no password")
        if self.kind == "webhook" and not self.secret:
            raise ValueError("a webhook needs a `secret`: its receiver checks the signature with it")
        return self


class Smtp(Section):
    """The mail server. `tls`: `starttls`, `tls` from the first byte, or `none` for one on this machine or network."""

    host: str
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret = None
    sender: str

    @model_validator(mode="after")
    def _safe(self) -> Smtp:
        if self.tls == "none" and not is_private_host(self.host):
            raise ValueError("`tls: none` is for a server on a private address; take starttls or tls")
        if not _ADDRESS.fullmatch(self.sender):
            raise ValueError("sender must be a plain e-mail address")
        return self


class Alerts(Section):
    """`channels` by name; `budget_share`: the part of a key's budget from which on it is told.

    `private_networks`: private ranges that webhooks may call; link-local addresses, where clouds keep their metadata,
    are never called.
    """

    channels: dict[Name, Channel] = Field(default_factory=dict)
    smtp: Smtp | None = None
    budget_share: float = Field(default=0.8, gt=0, le=1)
    private_networks: tuple[Network, ...] = ()

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> Alerts:
        if self.smtp is None and any(channel.kind == "email" for channel in self.channels.values()):
            raise ValueError("a channel of kind email needs `alerts.smtp`")
        return self
