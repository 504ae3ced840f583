"""The whole configuration, read once. The only module that looks at the process environment.

Errors name file, line and the nearest known key (`policies.documents`); the names are those of docs/contract.md.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from policies.documents import Document, DocumentError, read_document, suggestion, validate
from policies.master_keys import GENERATE, decode_master_keys, decode_wrapped, is_wrapped
from policies.sections import (
    Audit,
    Auth,
    BootstrapKey,
    ConnectorsSection,
    DatabaseSection,
    DetectionSection,
    Gateway,
    Name,
    PoliciesSection,
    Price,
    Quotas,
    Redis,
    Storage,
)
from policies.sections_alerts import Alerts
from policies.sections_base import Section
from policies.sections_console import Console
from policies.sections_demo import Demo
from policies.sections_feeds import AuditFeed
from policies.sections_hooks import HookSection
from policies.sections_kms import Kms, NoKms
from policies.sections_providers import ModelRoute, Provider, Tenant, check_tenants, entry_of
from policies.sections_reports import ReportsSection
from policies.sections_tracing import Tracing


class SettingsError(DocumentError):
    """The configuration cannot be used; each line of the message is one fault with file and line."""


def environment() -> Mapping[str, str]:
    """The process environment; everything else is handed a mapping."""
    return os.environ  # noqa: TID251 - the one place that reads it


class Settings(Section):
    """All sections of the configuration. Secrets and addresses with passwords are in no repr."""

    gateway: Gateway = Gateway()
    console: Console = Console()
    redis: Redis = Redis()
    database: DatabaseSection = DatabaseSection()
    data_dir: Path = Path(".sting")
    storage: Storage = Storage()
    connectors: ConnectorsSection = ConnectorsSection()
    master_key: SecretStr = SecretStr(GENERATE)
    kms: Kms = NoKms()
    providers: dict[Name, Provider] = Field(default_factory=dict)
    tenants: dict[Name, Tenant] = Field(default_factory=dict)
    provider_objects: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    models: dict[str, ModelRoute] = Field(default_factory=dict)
    default_provider: str = "openai"
    policies: PoliciesSection = PoliciesSection()
    keys: tuple[BootstrapKey, ...] = ()
    auth: Auth = Auth()
    audit: Audit = Audit()
    alerts: Alerts = Alerts()
    audit_feeds: dict[Name, AuditFeed] = Field(default_factory=dict)
    detection: DetectionSection = DetectionSection()
    hooks: dict[Name, HookSection] = Field(default_factory=dict)
    tracing: Tracing = Tracing()
    reports: ReportsSection = ReportsSection()
    demo_mode: bool = False
    demo: Demo = Demo()
    external_ai: bool = True
    quotas: Quotas = Quotas()
    prices: dict[str, Price] = Field(default_factory=dict)

    @field_validator("master_key")
    @classmethod
    def _readable_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text != GENERATE:
            (decode_wrapped if is_wrapped(text) else decode_master_keys)(text)
        return value

    @field_validator("external_ai", mode="before")
    @classmethod
    def _auto_is_off_in_a_demo(cls, value: object, info: ValidationInfo) -> object:
        return not info.data.get("demo_mode", False) if value == "auto" else value

    @field_validator("keys")
    @classmethod
    def _distinct_names(cls, value: tuple[BootstrapKey, ...]) -> tuple[BootstrapKey, ...]:
        seen: set[str] = set()
        for key in value:
            if key.name in seen:
                raise ValueError(f"two keys have the name {key.name!r}")
            seen.add(key.name)
        return value

    @field_validator("tenants")
    @classmethod
    def _names_that_fit(cls, value: dict[str, Tenant]) -> dict[str, Tenant]:
        return check_tenants(value)

    @property
    def embedded(self) -> bool:
        """True when both stores are ours and live in `data_dir`."""
        return self.redis.embedded and self.database.embedded

    @property
    def generates_master_key(self) -> bool:
        """True when the master key is the one in `data_dir`."""
        return self.master_key.get_secret_value() == GENERATE

    @property
    def wraps_master_key(self) -> bool:
        """True when a key service wraps the master key."""
        return self.kms.kind != "none"

    @property
    def console_url(self) -> str:
        """The address under which people reach the console."""
        return self.console.public_url or f"{self.console.tls.scheme}://{self.console.host}:{self.console.port}"

    @property
    def fallback_provider(self) -> str:
        """The provider of model names that nothing else matches.

        The default one; without a credential for it the offline demo model answers, when one is configured.
        """
        provider = self.providers.get(self.default_provider)
        if provider is not None and (provider.has_credential or self.auth.pass_through):
            return self.default_provider
        demos = [name for name, other in self.providers.items() if other.kind == "demo"]
        return demos[0] if demos else self.default_provider

    def section_of(self, full: str) -> Provider | None:
        """A provider by the name that the gateway calls it by: `openai`, or `openai@acme` for a tenant's own."""
        tenant = full.partition("@")[2]
        if not tenant:
            return self.providers.get(full)
        return self.tenants[tenant].providers.get(entry_of(full)) if tenant in self.tenants else None

    def seen_by(self, tenant: str) -> Settings:
        """The settings with the providers that a tenant's requests can go to, by the names that it says."""
        section = self.tenants.get(tenant)
        if section is None:
            return self
        shared = {name: provider for name, provider in self.providers.items() if section.may_share(name)}
        return self.model_copy(update={"providers": {**shared, **section.providers}})


def load_settings(
    path: Path | None = None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """The configuration of file `path` (None: the defaults alone).

    `environ` answers `${NAME}`. `overrides` come from the command line by dotted name, `{"gateway.port": 9080}`, and
    win. A relative `policies.directory` is meant from the file's own folder, a relative `data_dir` from the working
    directory. Raises SettingsError.
    """
    try:
        return _load(path, environ, overrides or {})
    except DocumentError as error:
        raise SettingsError(str(error)) from None


def check_policy_names(settings: Settings, names: Collection[str]) -> None:
    """Raise SettingsError when the configuration names a policy that is not among the loaded ones (`names`)."""
    named = [("policies.default", settings.policies.default)]
    named += [(f"policies.floors.{tenant}", name) for tenant, name in settings.policies.floors.items()]
    for key in settings.keys:
        named += [(f"keys.{key.name}.policy", key.policy)] if key.policy else []
        named += [(f"keys.{key.name}.policies", name) for name in key.policies or () if name != "*"]
    for where, name in named:
        if name not in names:
            raise SettingsError(f"{where}: there is no policy {name!r}{suggestion(name, names)}")


def _load(path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object]) -> Settings:
    if path is None:
        document = Document("defaults", {}, {})
    else:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SettingsError(f"{path}: cannot be read: {reason}") from None
        document = read_document(str(path), text, environ)
    defaults_text = resources.files("policies").joinpath("defaults.yaml").read_text(encoding="utf-8")
    defaults = read_document("defaults.yaml", defaults_text, environ)
    data = {**defaults.data, **{name: value for name, value in document.data.items() if value is not None}}
    for name, value in overrides.items():
        _override(data, name.split("."), value)
    if "default_provider" not in data and isinstance(data.get("providers"), dict):
        _choose_default_provider(data)
    settings = validate(Settings, document, data)
    _check_fit(settings, document)
    return _with_absolute_policies(settings, path)


def _check_fit(settings: Settings, document: Document) -> None:
    """Refuse sections that are right alone and wrong together."""
    if settings.generates_master_key and not settings.embedded:
        raise document.error(
            ("master_key",)
            if "master_key" in document.data
            else ("redis" if settings.database.embedded else "database",),
            "master_key: generate is for embedded stores only; other gateways could not read what this one seals. "
            "Make a key with `openssl rand -base64 32` and set STING_MASTER_KEY",
        )
    used: set[str] = set()
    for index, key in enumerate(settings.keys):
        secret = key.secret.get_secret_value() if key.secret else None
        if secret in used:
            raise document.error(("keys", index), f"the key {key.name!r} has the secret of another key")
        used |= {secret} if secret else set()
    named: list[tuple[tuple[str, ...], str]] = [(("default_provider",), settings.default_provider)]
    for public, route in settings.models.items():
        place = "targets" if route.targets else "target"
        named.extend((("models", public, place), one.target) for one in route.balanced)
        named.extend((("models", public, "fallback"), target) for target in route.fallback)
    for path, target in named:
        name = target.partition("/")[0]
        if name not in settings.providers:
            hint = suggestion(name, settings.providers)
            raise document.error(path, f"{'.'.join(path)!r} names no configured provider{hint}")


def _override(data: dict[str, Any], parts: list[str], value: object) -> None:
    for part in parts[:-1]:
        section = data.get(part)
        data[part] = dict(section) if isinstance(section, dict) else {}
        data = data[part]
    data[parts[-1]] = value


def _choose_default_provider(data: dict[str, Any]) -> None:
    """Without `default_provider`, the first configured provider when there is none called openai."""
    names = list(data["providers"])
    if names and Settings.model_fields["default_provider"].default not in names:
        data["default_provider"] = names[0]


def _with_absolute_policies(settings: Settings, path: Path | None) -> Settings:
    directory = settings.policies.directory
    if path is None or directory is None or directory.is_absolute():
        return settings
    section = settings.policies.model_copy(update={"directory": path.parent / directory})
    return settings.model_copy(update={"policies": section})
