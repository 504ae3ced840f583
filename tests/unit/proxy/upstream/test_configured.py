"""Settings become providers and routes."""

from __future__ import annotations

from policies.settings import load_settings
from proxy.upstream.base import Target, Timeouts
from proxy.upstream.configured import providers_from, routes_from


def test_the_defaults_give_providers_and_the_demo_model_without_keys() -> None:
    settings = load_settings(None, environ={})
    providers = providers_from(settings)
    assert {"openai", "anthropic", "ollama", "demo"} <= set(providers)
    assert [name for name, one in providers.items() if not one.speaks_responses] == ["anthropic", "demo"]
    assert providers["openai"].timeouts == Timeouts(connect=10, answer=600, idle=120)
    assert routes_from(settings, providers).targets("gpt-4o")[0].provider == "demo"


def test_with_a_key_unknown_names_go_to_the_default_provider() -> None:
    settings = load_settings(None, environ={"OPENAI_API_KEY": "sk-made-up"})
    providers = providers_from(settings)
    assert providers["openai"].api_key == "sk-made-up"
    assert routes_from(settings, providers).targets("gpt-4o") == [Target("openai", "gpt-4o")]
