"""The console's section of the configuration."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from policies.sections import Name, Port, Secret, is_private_host
from policies.sections_base import Section
from policies.sections_tls import ListenerTls

MIN_SCIM_TOKEN = 32
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


class Scim(Section):
    """People and groups kept in step by an identity provider, at `PUBLIC_URL/scim/v2`, by SCIM 2.0.

    `token`: what it sends as bearer token, 32 characters at least; without one there is no SCIM. `roles` maps groups by
    their name to roles, `default_role` is for people in none of them. `revoke_keys`: who leaves loses the virtual keys
    that they have made, too.
    """

    token: Secret = None
    tenant: Name = "default"
    roles: dict[str, UserRole] = Field(default_factory=dict)
    default_role: UserRole = "viewer"
    revoke_keys: bool = True

    @field_validator("token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_SCIM_TOKEN:
            raise ValueError(f"the token has {MIN_SCIM_TOKEN} characters at least")
        return value


class Console(Section):
    """The admin UI's listener, the address under which people reach it (`public_url`, default host and port).

    `oidc`: single sign-on. `scim`: people and groups from an identity provider.
    """

    host: str = "127.0.0.1"
    port: Port = 8081
    public_url: str | None = None
    tls: ListenerTls = ListenerTls()
    oidc: Oidc | None = None
    scim: Scim = Scim()
