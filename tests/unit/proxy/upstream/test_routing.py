"""Model names lead to targets."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from policies.model import ANYWHERE
from policies.model import Route as PolicyRoute
from proxy.errors import ModelNotAllowed
from proxy.upstream.base import Provider, Target
from proxy.upstream.routing import DEMO_MODEL, Route, Routes, matches_any

PROVIDERS = {
    "openai": Provider("openai", "openai", "https://a.test/v1"),
    "anthropic": Provider("anthropic", "anthropic", "https://b.test"),
    "ollama": Provider("ollama", "ollama", "http://127.0.0.1:1", local=True),
    "demo": Provider("demo", "demo", local=True),
}
MODELS = {
    "gpt-4o": Route("openai/gpt-4o", ("ollama/llama3",)),
    "claude-*": Route("anthropic"),
    "claude-3-*": Route("ollama/llama3:8b"),
    "*-private": Route("ollama"),
    "*": Route("openai"),
    "fast": Route("openai/org/model-x"),
}


def routes(*, external_ai: bool = True, everything: bool = False) -> Routes:
    models = MODELS if everything else {name: route for name, route in MODELS.items() if name != "*"}
    return Routes(PROVIDERS, "openai", models, external_ai=external_ai)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", [Target("openai", "gpt-4o"), Target("ollama", "llama3")]),  # an exact name, fallbacks in order
        ("claude-opus", [Target("anthropic", "claude-opus")]),  # a bare provider keeps the name
        ("claude-3-haiku", [Target("ollama", "llama3:8b")]),  # the more specific pattern wins
        ("fast", [Target("openai", "org/model-x")]),  # split at the first slash only
        ("anthropic/claude-x", [Target("anthropic", "claude-x")]),
        ("ollama/llama3:8b", [Target("ollama", "llama3:8b")]),
        ("ollama/hf.co/a/b:Q4", [Target("ollama", "hf.co/a/b:Q4")]),
        ("ollama/x-private", [Target("ollama", "x-private")]),  # the pattern's provider is no part of the name
        ("meta-llama/llama-3:free", [Target("openai", "meta-llama/llama-3:free")]),  # no such provider
        ("openai/", [Target("openai", "openai/")]),
        ("demo", [Target("demo", DEMO_MODEL)]),
        (DEMO_MODEL, [Target("demo", DEMO_MODEL)]),
        ("o9", [Target("openai", "o9")]),
    ],
)
def test_a_name_leads_to_its_targets(model: str, expected: list[Target]) -> None:
    assert routes().targets(model) == expected


def test_a_star_alone_takes_what_no_better_pattern_fits() -> None:
    assert routes(everything=True).targets("meta/x") == [Target("openai", "meta/x")]
    assert routes(everything=True).targets("claude-x") == [Target("anthropic", "claude-x")]


@pytest.mark.parametrize(
    ("model", "allowed"),
    [
        ("gpt-4o", ()),
        ("gpt-4o", ("gpt-4o-mini",)),
        ("openai/gpt-4o", ("gpt-*",)),  # another spelling is another name
        ("xgpt-4o", ("gpt-*",)),
        ("gpt-4o", ("gpt.4o",)),  # only * is special
        ("GPT-4o", ("gpt-*",)),
        ("x" * 300, ("*",)),
        ("", ("*",)),
    ],
)
def test_a_key_reaches_only_its_models(model: str, allowed: Sequence[str]) -> None:
    with pytest.raises(ModelNotAllowed) as caught:
        routes().targets(model, allowed=allowed)
    assert not model or model not in caught.value.message


def test_without_external_ai_only_local_targets_are_left() -> None:
    closed = routes(external_ai=False)
    assert closed.targets("gpt-4o") == [Target("ollama", "llama3")]
    assert closed.targets("demo") == [Target("demo", DEMO_MODEL)]
    with pytest.raises(ModelNotAllowed):
        closed.targets("claude-opus")
    assert routes().targets("gpt-4o", policy=PolicyRoute(local=True)) == [Target("ollama", "llama3")]


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "minimax-m2:cloud"])
def test_ollamas_cloud_models_are_not_local(model: str) -> None:
    with pytest.raises(ModelNotAllowed):
        routes(external_ai=False).targets(f"ollama/{model}")
    assert routes().targets(f"ollama/{model}") == [Target("ollama", model)]


def test_public_names_are_those_that_the_key_can_use() -> None:
    assert routes().public_names() == ["fast", "gpt-4o", DEMO_MODEL]
    assert routes().public_names(("gpt-*",)) == ["gpt-4o"]
    assert routes(external_ai=False).public_names() == ["gpt-4o", DEMO_MODEL]


@pytest.mark.parametrize(
    ("default", "route"),
    [("nobody", Route("openai")), ("openai", Route("nobody/x")), ("openai", Route("openai", ("nobody",)))],
)
def test_a_route_to_nobody_is_refused(default: str, route: Route) -> None:
    with pytest.raises(ValueError, match="'nobody"):
        Routes(PROVIDERS, default, {"m": route})


def test_a_long_name_is_matched_quickly() -> None:
    assert not matches_any("a" * 256, ["*a*a*b"])


def test_a_request_without_a_model_goes_to_the_default_provider_or_the_first_that_speaks_the_api() -> None:
    openai_like = ("openai", "azure_openai", "demo")
    assert Routes(PROVIDERS, "openai").default_target(openai_like) == Target("openai", "")
    assert Routes(PROVIDERS, "anthropic").default_target(openai_like) == Target("openai", "")
    assert Routes(PROVIDERS, "demo", external_ai=False).default_target(openai_like) == Target("demo", "")
    only_anthropic = {"anthropic": PROVIDERS["anthropic"]}
    for unfit in (Routes(only_anthropic, "anthropic"), Routes(PROVIDERS, "openai", external_ai=False)):
        with pytest.raises(ModelNotAllowed):
            unfit.default_target(openai_like)


def test_what_keeps_an_object_is_gone_to_where_the_policy_lets_it_only() -> None:
    known = {name: PROVIDERS[name] for name in ("openai", "demo")}
    routes = Routes(known, "demo")
    kinds = ("openai", "demo")
    assert routes.default_target(kinds, ANYWHERE, "openai") == Target("openai", "")
    with pytest.raises(ModelNotAllowed, match="section `route`"):
        routes.default_target(kinds, PolicyRoute(local=True), "openai")
    with pytest.raises(ModelNotAllowed):
        Routes(known, "demo", external_ai=False).default_target(kinds, ANYWHERE, "openai")
