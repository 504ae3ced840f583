"""The sections that say where prompts may go: providers, a tenant's own ones, models that lead to them. Pure."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from policies.sections import Name, ProxyAddress, Seconds, Secret, is_private_host
from policies.sections_base import Section

ProviderKind = Literal["openai", "azure_openai", "anthropic", "bedrock", "vertex", "ollama", "demo"]
_BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "ollama": "http://127.0.0.1:11434",
    "demo": "",
}
_OFFICIAL: Final = {
    "openai": re.compile(r"(?:[a-z]{2,8}\.)?api\.openai\.com"),
    "anthropic": re.compile(r"api\.anthropic\.com"),
    "ollama": re.compile(r"ollama\.com"),
}
"""Hosts that the keys of a kind's maker are for."""
_CREDENTIALS_OF_CLIENTS: Final = frozenset({"openai", "azure_openai", "anthropic", "ollama"})
_HTTPS_PORT: Final = 443
_AWS_REGION = re.compile(r"(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_VERTEX_PLACE = re.compile(r"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/?")
_MOST_FULL_NAME: Final = 64
"""Characters of `entry@tenant`: as many as the audit keeps of a provider's name."""


class Provider(Section):
    """One upstream. `openai` is any server that speaks OpenAI's dialect at `base_url`.

    `local`: it runs on this site, so `external_ai: false` still allows it. `timeout_s` overrides
    `gateway.upstream_timeout_s`. `api_version` is Azure's. `insecure_http` allows a plain http address that is
    neither local nor private. `speaks_openai`: whether OpenAI's chat completions are sent to it as they are, or
    translated into its own API; left out, those to `anthropic` and `bedrock` are translated, those to `vertex` by the
    model's name, and those to `ollama` are not. `speaks_responses: false`: OpenAI's responses are asked for as chat
    completions; left out, where these are translated.
    `region`, `retention_days` and `trains_on_data` are what its operator promises; a policy's `route` goes by them.
    `proxy`: an http proxy that tunnels to it (CONNECT), with its credentials. `ca_file`: the only certificates that
    may sign its own; `client_cert` and `client_key`: PEM files that the gateway shows it. `aws_region`: for `bedrock`
    behind an address that does not say it. `metadata_server`: `vertex` gets its tokens from the machine it runs on.
    `token_url`: where `vertex` gets them, if not at Google's or the machine's usual address.
    `pass_through`: whether clients' own credentials may go to it (`auth.pass_through`); left out, they may unless
    a target beside it is the maker of the API or says so.
    """

    kind: ProviderKind
    base_url: str = ""
    api_key: Secret = None
    local: bool = False
    timeout_s: Seconds | None = None
    api_version: str | None = None
    insecure_http: bool = False
    speaks_openai: bool | None = None
    speaks_responses: bool | None = None
    region: str | None = None
    retention_days: int | None = Field(default=None, ge=0)
    trains_on_data: bool | None = None
    proxy: ProxyAddress = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    aws_region: str | None = Field(default=None, pattern=r"^[a-z0-9-]{3,40}$")
    metadata_server: bool = False
    token_url: str = Field(default="", pattern=r"^(https?://[^\s?#@]+)?$")
    pass_through: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_base_url(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        if isinstance(data, dict) and not data.get("base_url"):
            return {**data, "base_url": _BASE_URLS.get(str(data.get("kind")), "")}
        return data

    @model_validator(mode="after")
    def _usable_address(self) -> Provider:
        if self.kind == "demo":
            return self
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("base_url must be an http:// or https:// address")
        if self.kind == "azure_openai" and parts.path.rstrip("/") in {"", "/openai"} and not self.api_version:
            raise ValueError("Azure takes an api_version with deployments (2024-10-21, say); without: .../openai/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("base_url must have no user, password, query or fragment; put the key into api_key")
        if parts.scheme == "http" and not (self.local or self.insecure_http or is_private_host(parts.hostname)):
            raise ValueError("plain http to a provider that is not local; use https, or say insecure_http: true")
        return self

    @model_validator(mode="after")
    def _usable_connection(self) -> Provider:
        if self.client_key is not None and self.client_cert is None:
            raise ValueError("client_key belongs to a client_cert; name that file, too")
        if self.local and self.proxy is not None:
            raise ValueError("a local provider is called directly: its address is checked, and a proxy would hide it")
        return self

    @model_validator(mode="after")
    def _usable_cloud(self) -> Provider:
        if self.kind == "bedrock" and self.signing_region is None:
            raise ValueError("bedrock takes aws_region where base_url is not bedrock-runtime.REGION.amazonaws.com")
        if self.kind == "vertex" and not _VERTEX_PLACE.fullmatch(urlsplit(self.base_url).path):
            raise ValueError(
                "vertex takes a base_url with project and location: "
                "https://europe-west1-aiplatform.googleapis.com/v1/projects/PROJECT/locations/europe-west1"
            )
        if self.metadata_server and self.kind != "vertex":
            raise ValueError("metadata_server is for kind vertex")
        if self.pass_through and self.kind not in _CREDENTIALS_OF_CLIENTS:
            raise ValueError(f"pass_through is for kinds {', '.join(sorted(_CREDENTIALS_OF_CLIENTS))}")
        return self

    @property
    def signing_region(self) -> str | None:
        """The AWS region that requests are signed for: as configured, else told from the address."""
        found = _AWS_REGION.search(urlsplit(self.base_url).hostname or "")
        return self.aws_region or (found[1] if found else None)

    @property
    def has_credential(self) -> bool:
        """Whether it can be called: with a key, by the machine's own identity, or without any at home."""
        return self.api_key is not None or self.metadata_server or self.local

    @property
    def takes_own(self) -> bool | None:
        """Whether clients' own credentials may go to it: as configured, and to the maker of its API; None: unsaid."""
        if self.pass_through is not None or self.kind not in _CREDENTIALS_OF_CLIENTS:
            return bool(self.pass_through)
        official = _OFFICIAL.get(self.kind)
        parts = urlsplit(self.base_url)
        at_home = parts.scheme == "https" and parts.port in {None, _HTTPS_PORT}
        known = official is not None and at_home and official.fullmatch(parts.hostname or "") is not None
        return True if known else None


class Tenant(Section):
    """What one tenant has of its own. An entry takes the place of the shared one of its name, key and all.

    `shared_providers`: shell patterns of the shared providers that its requests may go to besides its own.
    """

    shared_providers: tuple[str, ...] = ("*",)
    providers: dict[Name, Provider] = Field(default_factory=dict)

    def may_share(self, provider: str) -> bool:
        """Whether a shared provider of this name may be used: allowed, and not replaced by an own one."""
        return provider not in self.providers and any(
            fnmatch.fnmatchcase(provider, pattern) for pattern in self.shared_providers
        )


def full_name(provider: str, tenant: str) -> str:
    """What a tenant's own entry is called wherever entries of several tenants meet."""
    return f"{provider}@{tenant}"


def entry_of(full: str) -> str:
    """The name of an entry as its tenant says it."""
    return full.partition("@")[0]


def check_tenants(tenants: dict[str, Tenant]) -> dict[str, Tenant]:
    """The same. Raises ValueError for a name that the audit could not keep."""
    for tenant, section in tenants.items():
        for name in section.providers:
            check_full_name(name, tenant)
    return tenants


def check_full_name(provider: str, tenant: str) -> None:
    """Raise ValueError for names that are too long together."""
    if len(full_name(provider, tenant)) > _MOST_FULL_NAME:
        raise ValueError(f"the names of a tenant and its provider have {_MOST_FULL_NAME - 1} characters at most")


class WeightedTarget(Section):
    """One of several targets that share the load; a text is one of weight 1."""

    target: str = Field(min_length=1)
    weight: int = Field(default=1, ge=1, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        return {"target": data} if isinstance(data, str) else data


class ModelRoute(Section):
    """Where a public model name (or a pattern such as `claude-*`) leads: `provider` or `provider/model`.

    `target` is one, `targets` are several that share the load; `fallback` are tried in order when those fail.
    `context`: tokens that its window holds, told to clients that list models.
    """

    target: str = Field(min_length=1)
    targets: tuple[WeightedTarget, ...] = ()
    fallback: tuple[str, ...] = ()
    context: int | None = Field(default=None, ge=1, le=1_000_000_000)

    @model_validator(mode="before")
    @classmethod
    def _first_of_several(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        """Of `targets` the first one is `target` too, for who wants to know one."""
        several = data.get("targets") if isinstance(data, dict) else None
        if not several or not isinstance(several, list | tuple):
            return data
        first = several[0]
        name = first if isinstance(first, str) else dict(first).get("target")
        if data.get("target") not in (None, name):
            raise ValueError("say either `target` or `targets`")
        return {**data, "target": name}

    @property
    def balanced(self) -> tuple[WeightedTarget, ...]:
        """The targets that are tried first."""
        return self.targets or (WeightedTarget(target=self.target),)
