"""The section `kms`: who wraps the master key. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from policies.sections import Secret, is_private_host
from policies.sections_base import Section


def _is_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("expected an https:// address without user, password and query")
    if parts.scheme == "http" and not is_private_host(parts.hostname):
        raise ValueError("plain http only to this machine or a private address; use https")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_is_address)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class NoKms(Section):
    """The master key is not wrapped."""

    kind: Literal["none"] = "none"


class FileKms(Section):
    """A key in a file (32 bytes as base64 or hex, readable for its owner only) that lies apart from the database."""

    kind: Literal["file"]
    path: Path


class EnvironmentKms(Section):
    """A key that comes with the process: `key: ${STING_KMS_KEY}`, 32 bytes as base64 or hex."""

    kind: Literal["environment"]
    key: SecretStr


class Pkcs11Kms(Section):
    """An AES key inside a hardware security module, by PKCS#11. Takes the extra `hsm`.

    `library`: the maker's module; `token` and `key`: their labels.
    """

    kind: Literal["pkcs11"]
    library: Path
    token: Label
    key: Label
    pin: SecretStr


class VaultKms(Section):
    """HashiCorp Vault's (or OpenBao's) engine Transit. `token_file` is what an agent keeps fresh."""

    kind: Literal["vault"]
    url: Address
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
    mount: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]{1,128}$")] = "transit"
    token: Secret = None
    token_file: Path | None = None
    namespace: str | None = Field(default=None, pattern=r"^[\x21-\x7e]{1,200}$")
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None

    @model_validator(mode="after")
    def _one_token(self) -> VaultKms:
        if (self.token is None) == (self.token_file is None):
            raise ValueError("say either token or token_file")
        return self


class AwsKms(Section):
    """AWS KMS. `credentials` is ACCESS_KEY_ID:SECRET_ACCESS_KEY, perhaps with :SESSION_TOKEN."""

    kind: Literal["aws"]
    key: Label
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{3,40}$")]
    credentials: SecretStr
    url: Address | None = None


class GcpKms(Section):
    """Google Cloud KMS. `key` is `projects/P/locations/L/keyRings/R/cryptoKeys/K`.

    `credentials`: the JSON of a service account; with `metadata_server` the machine's own identity is used.
    """

    kind: Literal["gcp"]
    key: Annotated[str, Field(pattern=r"^projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+$")]
    credentials: Secret = None
    metadata_server: bool = False
    url: Address = "https://cloudkms.googleapis.com"
    token_url: str = Field(default="", pattern=r"^(https?://[^\s?#@]+)?$")

    @model_validator(mode="after")
    def _one_identity(self) -> GcpKms:
        if self.metadata_server == (self.credentials is not None):
            raise ValueError("say either credentials or metadata_server: true")
        return self


class AzureKms(Section):
    """An RSA key in Azure Key Vault. `url` is the vault's. `tenant`, `client_id`, `client_secret`: an application."""

    kind: Literal["azure"]
    url: Address
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,127}$")]
    tenant: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,100}$")]
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
    client_secret: SecretStr
    authority: Address = "https://login.microsoftonline.com"


Kms = Annotated[
    NoKms | FileKms | EnvironmentKms | Pkcs11Kms | VaultKms | AwsKms | GcpKms | AzureKms, Field(discriminator="kind")
]
