"""The console's section of the configuration."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from policies.sections import Name, Port, Secret, is_private_host
from policies.sections_base import Section
from policies.sections_tls import ListenerTls

UserRole = Literal["viewer", "auditor", "editor", "admin"]


class Oidc(Section):
    """OpenID Connect login to the console.

    `issuer` is where the provider's `/.well-known/openid-configuration` stands. `roles` maps groups (the values of the
    claim `groups_claim`) to roles of the console; who has none of them is not let in. `name` stands on the button.
    """

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: Secret = None
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: str = "groups"
    roles: dict[str, UserRole] = Field(min_length=1)
    tenant: Name = "default"
    name: str = "Single sign-on"

    @field_validator("issuer")
    @classmethod
    def _trustworthy(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_private_host(parts.hostname or "")):
            raise ValueError("issuer must be an https:// address (http:// for a private one)")
        return value.rstrip("/")


class Console(Section):
    """The admin UI's listener, the address under which people reach it (`public_url`, default host and port), OIDC."""

    host: str = "127.0.0.1"
    port: Port = 8081
    public_url: str | None = None
    tls: ListenerTls = ListenerTls()
    oidc: Oidc | None = None
