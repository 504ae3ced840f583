"""No name that a tenant can ask for leads to another tenant's provider, or to a shared one that it may not use."""

from __future__ import annotations

import fnmatch
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.model import Route
from policies.settings import Settings, SettingsError, load_settings
from proxy.errors import ModelNotAllowed
from proxy.upstream.base import Target
from proxy.upstream.configured import providers_from, routes_from

NAMES = ("openai", "house", "gpu", "demo-model")
ENTRY: dict[str, Any] = {"kind": "openai", "base_url": "https://shared.test/v1", "api_key": "sk-shared"}
tenant = st.fixed_dictionaries(
    {
        "shared_providers": st.lists(st.sampled_from(("*", "openai", "h*", "no")), max_size=2),
        "own": st.sets(st.sampled_from(NAMES), max_size=3),
    }
)
asked = st.sampled_from(
    [f"{name}{tail}" for name in ("", *NAMES, "gpu@beta", "alias", "alias2") for tail in ("", "/x")]
)


def settings_of(tenants: dict[str, dict[str, Any]]) -> Settings:
    """Two shared providers, aliases with fallbacks, and these tenants."""
    sections = {
        name: {
            "shared_providers": one["shared_providers"],
            "providers": {
                own: {"kind": "openai", "base_url": f"https://{name}.test/{own}/v1", "api_key": f"sk-{name}"}
                for own in sorted(one["own"])
            },
        }
        for name, one in tenants.items()
    }
    overrides = {
        "providers": {"openai": ENTRY, "house": {**ENTRY, "base_url": "https://house.test/v1"}},
        "models": {
            "alias": {"target": "openai/a", "fallback": ["house/b"]},
            "alias2": {"targets": ["house/c", "openai"]},
        },
        "tenants": sections,
    }
    return load_settings(None, environ={}, overrides=overrides)


@given(acme=tenant, beta=tenant, model=asked, instead=asked)
def test_a_tenants_requests_stay_with_its_own(
    acme: dict[str, Any], beta: dict[str, Any], model: str, instead: str
) -> None:
    settings = settings_of({"acme": acme, "beta": beta})
    providers = providers_from(settings)
    routes = routes_from(settings, providers)
    for name, one in (("acme", acme), ("beta", beta)):
        targets: list[Target] = []
        with suppress(ModelNotAllowed):
            targets += routes.of(name).targets(model, policy=Route(instead=(instead or "x",)))
        with suppress(ModelNotAllowed):
            targets.append(routes.of(name).default_target(("openai",)))
        for target in targets:
            used = providers[target.provider]
            if "@" in target.provider:
                assert target.provider.endswith(f"@{name}")
                assert (used.base_url.split(".")[0], used.api_key) == (f"https://{name}", f"sk-{name}")
            else:
                assert used.api_key == "sk-shared"
                assert target.provider not in one["own"], "its own takes the place of the shared one"
                assert any(fnmatch.fnmatchcase(target.provider, wanted) for wanted in one["shared_providers"])
    assert all("@" not in target.provider for target in routes.of("other").targets(model or "x"))


def test_names_that_the_audit_could_not_keep_are_refused() -> None:
    with pytest.raises(SettingsError, match="63 characters at most"):
        settings_of({"t" * 60: {"shared_providers": [], "own": {"openai"}}})


def test_a_policy_goes_by_what_the_tenants_own_entry_promises() -> None:
    settings = settings_of({"acme": {"shared_providers": [], "own": {"openai", "house"}}})
    own = settings.tenants["acme"].providers
    own["house"] = own["house"].model_copy(update={"region": "eu", "trains_on_data": False, "retention_days": 0})
    routes = routes_from(settings, providers_from(settings)).of("acme")
    for policy in (Route(regions=("eu",)), Route(trains_on_data=False), Route(retention_days=1)):
        assert routes.targets("alias", policy=policy) == [Target("house@acme", "b")], "the fallback alone may be asked"
    with pytest.raises(ModelNotAllowed, match="does not let this request"):
        routes.targets("alias", policy=Route(local=True))
