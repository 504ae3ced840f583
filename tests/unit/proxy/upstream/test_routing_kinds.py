from __future__ import annotations

import pytest

from proxy.errors import ModelNotAllowed
from proxy.upstream.base import Provider, Target
from proxy.upstream.routing import Route, Routes

LOCAL = "http://127.0.0.1:1"
ROUTES = Routes(
    providers={
        "gpt": Provider("gpt", "openai", LOCAL),
        "llama": Provider("llama", "ollama", LOCAL, local=True),
        "claude": Provider("claude", "anthropic", LOCAL),
    },
    default_provider="gpt",
    models={
        "mixed": Route("gpt/x", ("claude/y", "llama/z")),
        "only-gpt": Route("gpt/x"),
        "pinned:1b": Route("gpt/x"),
    },
)
ANTHROPIC = ("anthropic", "ollama")


def test_a_bare_name_goes_to_the_first_provider_that_speaks_the_api() -> None:
    assert ROUTES.targets("new-model") == [Target("gpt", "new-model")]
    assert ROUTES.targets("new-model", kinds=ANTHROPIC) == [Target("claude", "new-model")]
    assert ROUTES.targets("new-model", kinds=("ollama",)) == [Target("llama", "new-model")]


def test_fallbacks_that_do_not_speak_the_api_are_left_out() -> None:
    assert ROUTES.targets("mixed", kinds=ANTHROPIC) == [Target("claude", "y"), Target("llama", "z")]


@pytest.mark.parametrize("model", ["only-gpt", "gpt/x"])
def test_a_model_whose_provider_does_not_speak_the_api_is_not_allowed(model: str) -> None:
    with pytest.raises(ModelNotAllowed):
        ROUTES.targets(model, kinds=ANTHROPIC)


def test_a_servers_model_is_listed_under_a_name_that_leads_to_it() -> None:
    assert ROUTES.name_of("llama", "tiny:1b") == "tiny:1b"
    assert ROUTES.name_of("llama", "pinned:1b") == "llama/pinned:1b"
    assert ROUTES.name_of("llama", "tiny:1b", ("gpt-*",)) is None
    assert ROUTES.name_of("llama", "tiny:1b", ("llama/*",)) == "llama/tiny:1b"
