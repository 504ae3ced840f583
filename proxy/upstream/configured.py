"""Providers and routes out of the settings: the one place here that knows what the configuration looks like."""

from __future__ import annotations

from policies.sections import Provider as ProviderSection
from policies.settings import Settings
from proxy.upstream.base import Provider, Timeouts
from proxy.upstream.routing import Route, Routes


def providers_from(settings: Settings) -> dict[str, Provider]:
    """The configured providers by name. Raises ValueError for one that must not be called."""
    gateway = settings.gateway
    return {
        name: Provider(
            name=name,
            kind=section.kind,
            base_url=section.base_url,
            api_key=section.api_key.get_secret_value() if section.api_key else "",
            local=section.local,
            allow_http=section.insecure_http,
            api_version=section.api_version,
            speaks_openai=section.kind != "anthropic" if section.speaks_openai is None else section.speaks_openai,
            speaks_responses=_speaks_responses(section),
            region=section.region,
            retention_days=section.retention_days,
            trains_on_data=section.trains_on_data,
            timeouts=Timeouts(
                connect=gateway.connect_timeout_s,
                answer=section.timeout_s or gateway.upstream_timeout_s,
                idle=gateway.idle_timeout_s,
            ),
        )
        for name, section in settings.providers.items()
    }


def _speaks_responses(section: ProviderSection) -> bool:
    """As configured, else what its kind does: who is translated for in chats knows no responses either."""
    if section.speaks_responses is not None:
        return section.speaks_responses
    return section.kind != "anthropic" and section.speaks_openai is not False


def routes_from(settings: Settings, providers: dict[str, Provider]) -> Routes:
    """The configured routes. Raises ValueError when one names no configured provider."""
    return Routes(
        providers=providers,
        default_provider=settings.fallback_provider,
        models={
            name: Route(tuple((one.target, one.weight) for one in route.balanced), route.fallback)
            for name, route in settings.models.items()
        },
        external_ai=settings.external_ai,
    )
