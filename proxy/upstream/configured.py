"""Providers and routes out of the settings: the one place here that knows what the configuration looks like."""

from __future__ import annotations

from collections.abc import Mapping

from policies.sections_providers import Provider as ProviderSection
from policies.sections_providers import full_name
from policies.settings import Settings
from proxy.upstream.base import Provider, Timeouts, Way
from proxy.upstream.routing import Route, Routes

_TRANSLATED = frozenset({"anthropic", "bedrock", "vertex"})
"""Kinds whose own API is not OpenAI's, or not for all of their models."""


def providers_from(settings: Settings) -> dict[str, Provider]:
    """The configured providers, those of tenants as `openai@acme`. Raises ValueError for one not to be called."""
    sections = dict(settings.providers)
    for tenant, own in settings.tenants.items():
        sections |= {full_name(name, tenant): section for name, section in own.providers.items()}
    return {name: _provider(name, section, settings) for name, section in sections.items()}


def _provider(name: str, section: ProviderSection, settings: Settings) -> Provider:
    gateway = settings.gateway
    return Provider(
        name=name,
        kind=section.kind,
        base_url=section.base_url,
        api_key=section.api_key.get_secret_value() if section.api_key else "",
        local=section.local,
        allow_http=section.insecure_http,
        api_version=section.api_version,
        speaks_openai=section.kind not in _TRANSLATED if section.speaks_openai is None else section.speaks_openai,
        speaks_responses=_speaks_responses(section),
        region=section.region,
        retention_days=section.retention_days,
        trains_on_data=section.trains_on_data,
        timeouts=Timeouts(
            connect=gateway.connect_timeout_s,
            answer=section.timeout_s or gateway.upstream_timeout_s,
            idle=gateway.idle_timeout_s,
        ),
        way=_way(section, settings),
        signing_region=section.signing_region or "",
        metadata_server=section.metadata_server,
        token_url=section.token_url,
        takes_own=section.takes_own,
    )


def _way(section: ProviderSection, settings: Settings) -> Way | None:
    """How connections to it are made; None for the plain way, as to what is local and says nothing else."""
    gateway = settings.gateway
    proxy = section.proxy or (None if section.local else gateway.upstream_proxy)
    files = (
        section.ca_file or (None if section.local else gateway.upstream_ca_file),
        section.client_cert,
        section.client_key,
    )
    way = Way(proxy.get_secret_value() if proxy else None, *(str(file) if file else None for file in files))
    return way if way != Way() else None


def _speaks_responses(section: ProviderSection) -> bool:
    """As configured, else what its kind does: who is translated for in chats knows no responses either."""
    if section.speaks_responses is not None:
        return section.speaks_responses
    return section.kind not in {*_TRANSLATED, "demo"} and section.speaks_openai is not False


def routes_from(settings: Settings, providers: Mapping[str, Provider]) -> Routes:
    """The configured routes, with those of tenants. Raises ValueError when one names no configured provider."""
    return Routes(
        providers={name: providers[name] for name in settings.providers},
        default_provider=settings.fallback_provider,
        models=_models(settings),
        external_ai=settings.external_ai,
        tenants={tenant: _routes_of(tenant, settings, providers) for tenant in settings.tenants},
    )


def _routes_of(tenant: str, settings: Settings, providers: Mapping[str, Provider]) -> Routes:
    """A tenant's ways: its own entries in the place of shared ones, and of these only those that it may use."""
    seen = settings.seen_by(tenant)
    own = {name: full_name(name, tenant) for name in settings.tenants[tenant].providers}
    names = {name: own.get(name, name) for name in seen.providers}
    default = seen.fallback_provider if seen.fallback_provider in names else next(iter(names), "")
    return Routes(
        providers={full: providers[full] for full in names.values()},
        default_provider=names.get(default, ""),
        models=_models(settings),
        external_ai=settings.external_ai,
        names=names,
    )


def _models(settings: Settings) -> dict[str, Route]:
    return {
        name: Route(tuple((one.target, one.weight) for one in route.balanced), route.fallback)
        for name, route in settings.models.items()
    }
