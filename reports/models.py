"""Which models write a report, and what they cost; nothing is called.

Names are those of the configuration as the report's tenant sees it (`Settings.seen_by`).
"""

from __future__ import annotations

import fnmatch
from typing import Final

from policies.pricing import priced
from policies.settings import Settings
from reports.document import PrivacyLevel
from reports.order import Order

DEMO_MODEL: Final = "sting-demo"
DEFAULTS: Final = {"write": "gpt-4o", "analyse": "claude", "light": "ollama/phi3", "local": "ollama/llama3"}
"""Models of the roles that templates name, unless the configuration or the order says otherwise."""
NO_MODEL: Final = "none"
"""As the model of a step: the rule-based writer does it."""


class NoLocalModel(Exception):
    """Level `local` is wanted and no local model is configured."""


def provider_of(settings: Settings, model: str) -> str | None:
    """Name of the provider that serves a model name, as the gateway would choose it; None when it has none."""
    route = settings.models.get(model)
    if route is None:
        patterns = [name for name in settings.models if "*" in name and fnmatch.fnmatchcase(model, name)]
        if patterns:
            route = settings.models[
                max(patterns, key=lambda name: (len(name.replace("*", "")), -name.count("*"), name))
            ]
    if route is not None:
        return route.balanced[0].target.partition("/")[0]
    prefix, slash, rest = model.partition("/")
    if slash and rest and prefix in settings.providers:
        return prefix
    demos = [name for name, provider in settings.providers.items() if provider.kind == "demo"]
    if demos and model in {DEMO_MODEL, *demos}:
        return demos[0]
    return settings.fallback_provider if settings.fallback_provider in settings.providers else None


def is_local(settings: Settings, model: str) -> bool:
    """Whether a prompt to this model stays on this site: Ollama passes models with `cloud` in their tag on."""
    route = settings.models.get(model)
    if route is not None:
        # All that share its load, and all that stand in for it: the gateway may ask any of them.
        names = [*(one.target for one in route.balanced), *route.fallback]
        return all(_stays(settings, name.partition("/")[0], name) for name in names)
    return _stays(settings, provider_of(settings, model), model)


def _stays(settings: Settings, provider: str | None, name: str) -> bool:
    section = settings.providers.get(provider or "")
    if section is None or not section.local:
        return False
    return not (name.rpartition(":")[2] == "cloud" or name.endswith("-cloud"))


def is_demo(settings: Settings, model: str) -> bool:
    """Whether the offline demo model answers for this name."""
    provider = provider_of(settings, model)
    return provider in settings.providers and settings.providers[provider].kind == "demo"


def chain(settings: Settings, wanted: str | None, role: str, level: PrivacyLevel) -> list[str]:
    """The models to try in order for one step: the wanted one, the role's default, local ones, the demo model.

    Empty when the rule-based writer is wanted. At level `local` only local ones. Raises NoLocalModel.
    """
    if wanted == NO_MODEL:
        return []
    first = [wanted] if wanted else []
    local = [name for name in settings.models if "*" not in name and is_local(settings, name)]
    demo = [DEMO_MODEL] if any(provider.kind == "demo" for provider in settings.providers.values()) else []
    # a provider without a credential would only refuse
    default = [name for name in (DEFAULTS.get(role, DEFAULTS["write"]),) if _usable(settings, name)]
    names = list(dict.fromkeys([*first, *default, *local, *demo]))
    if level == "local" or not settings.external_ai:
        names = [name for name in names if is_local(settings, name)]
        if level == "local" and not names:
            raise NoLocalModel(
                "level `local` needs a provider marked `local: true` in the configuration (Ollama, or the demo model)"
            )
    return names


def writers(settings: Settings, order: Order, role: str) -> list[str]:
    """Models to try in order for the sections of a role; none: by rules. Raises NoLocalModel."""
    return chain(settings, order.models.get(role) or order.models.get("write"), role, order.level)


def revisers(settings: Settings, order: Order) -> list[str]:
    """Models that look at texts once more: the demo model has no opinion, so only when it is asked for by name."""
    wanted = order.models.get("revise")
    names = chain(settings, wanted, "analyse", order.level)
    return [name for name in names if name == wanted or not is_demo(settings, name)][:2]


def _usable(settings: Settings, model: str) -> bool:
    provider = provider_of(settings, model)
    if provider not in settings.providers:
        return False
    found = settings.providers[provider]
    return bool(found.api_key) or (found.local and found.kind == "openai") or model in settings.models


def cost(settings: Settings, model: str, tokens_in: int, tokens_out: int) -> float | None:
    """What tokens of a model cost in the operator's currency; None without a configured price. The demo model: 0."""
    if is_demo(settings, model):
        return 0.0
    price = priced(settings.prices, model, model.partition("/")[2])
    return (tokens_in * price.input + tokens_out * price.output) / 1e6 if price else None
