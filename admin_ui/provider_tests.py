"""Trying a provider's key before it is kept: the provider is asked for its models. Nothing of anybody's text leaves."""

from __future__ import annotations

import aiohttp

from policies.console_routes import Problem
from policies.sections_providers import Provider

_WAIT = aiohttp.ClientTimeout(total=15)
_BAD = 400


class ProviderTests:
    """Asks providers over HTTP."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def test(self, provider: Provider, secret: str) -> None:
        """Return when the provider takes the key. Raises Problem."""
        if provider.kind == "demo":
            raise Problem(422, "no_key_needed", "The demo model needs no key.")
        url, headers = _question(provider, secret)
        try:
            # a redirect could carry the key to another host
            async with self._http.get(url, headers=headers, timeout=_WAIT, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = type(error).__name__
            message = f"The provider does not answer ({why}). Keep the key anyway with `test: false`."
            raise Problem(422, "provider_silent", message) from None
        if status in {401, 403}:
            raise Problem(422, "key_refused", f"The provider refuses this key (status {status}).")
        if status >= _BAD:
            message = f"The provider answers with status {status}; check its address. Keep anyway with `test: false`."
            raise Problem(422, "provider_failed", message)


def _question(provider: Provider, secret: str) -> tuple[str, dict[str, str]]:
    """Where to ask for the models, and with which headers."""
    base = provider.base_url.rstrip("/")
    if provider.kind == "anthropic":
        return f"{base}/v1/models", {"x-api-key": secret, "anthropic-version": "2023-06-01"}
    if provider.kind == "azure_openai":
        return f"{base}/openai/models?api-version={provider.api_version or '2024-10-21'}", {"api-key": secret}
    if provider.kind == "ollama":
        return f"{base}/api/tags", {"Authorization": f"Bearer {secret}"}
    return f"{base}/models", {"Authorization": f"Bearer {secret}"}
