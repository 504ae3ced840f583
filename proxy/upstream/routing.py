"""Which provider serves a model name. Pure: names in, targets out; whether a provider is well is not known here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from policies.model import ANYWHERE
from policies.model import Route as PolicyRoute
from policies.sections_providers import entry_of
from proxy.errors import ModelNotAllowed
from proxy.upstream.base import Provider, Target

DEMO_MODEL = "sting-demo"
"""What the offline demo model calls itself."""


_MOST_KNOWN = 512
_LONGEST_NAME = 256
"""Characters of a model name: what clients send is matched against patterns."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a public model name leads: `provider/model`, or `provider` alone for the name as asked.

    `target` may be several that share the load, each with its weight.
    """

    target: str | tuple[tuple[str, int], ...]
    fallback: tuple[str, ...] = ()

    @property
    def balanced(self) -> tuple[tuple[str, int], ...]:
        """The targets to try first, with their weights."""
        return ((self.target, 1),) if isinstance(self.target, str) else self.target


@dataclass(frozen=True)
class Routes:
    """All configured ways from a model name to targets.

    `models` maps public names or patterns with `*` to routes; `external_ai=False` leaves providers marked local only.
    `tenants` are the ways of those that have providers of their own; in these `names` says which provider an entry's
    name leads to, and what leads to no provider of theirs is left out.
    Raises ValueError when a route names no configured provider.
    """

    providers: Mapping[str, Provider]
    default_provider: str
    models: Mapping[str, Route] = field(default_factory=dict)
    external_ai: bool = True
    names: Mapping[str, str] | None = None
    tenants: Mapping[str, Routes] = field(default_factory=dict)

    def of(self, tenant: str) -> Routes:
        """The ways of a tenant's requests."""
        return self.tenants.get(tenant, self)

    def __post_init__(self) -> None:
        if self.names is not None:
            return
        named = [self.default_provider]
        for route in self.models.values():
            named += [*(target for target, _ in route.balanced), *route.fallback]
        for target in named:
            if target.partition("/")[0] not in self.providers:
                raise ValueError(f"'{target}' names no configured provider")

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Route]]:
        """Patterns, the most specific first: the most letters, then the fewest stars, then by name."""
        names = [name for name in self.models if "*" in name]
        names.sort(key=lambda name: (-len(name.replace("*", "")), name.count("*"), name))
        return [(_pattern(name), self.models[name]) for name in names]

    def targets(
        self, model: str, *, allowed: Sequence[str] = ("*",), policy: PolicyRoute = ANYWHERE, kinds: Sequence[str] = ()
    ) -> list[Target]:
        """Where a request for `model` may go, in the order to try; never empty.

        `allowed`: the key's model patterns, matched with the name as asked. `policy`: where the policy lets it go, with
        the targets that take the place of those it does not. `kinds`: kinds of providers that speak the client's API,
        the preferred first; empty: all. Raises ModelNotAllowed, without the name: a client may have put anything there.
        """
        asked = (model, tuple(allowed), policy, tuple(kinds))
        if (known := self._known.get(asked)) is None:
            known = self._worked_out(model, allowed, policy, kinds)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[asked] = known
        return list(known)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[str, ...], PolicyRoute, tuple[str, ...]], list[Target]]:
        """Answers of `targets`: clients ask for the same few models."""
        return {}

    def _worked_out(
        self, model: str, allowed: Sequence[str], policy: PolicyRoute, kinds: Sequence[str]
    ) -> list[Target]:
        if not 0 < len(model) <= _LONGEST_NAME or not matches_any(model, allowed):
            raise ModelNotAllowed("The key may not use this model.", param="model")
        found = self._candidates(model, kinds)
        last = max((target.group for target in found), default=0) + 1
        found += [self._target(text, model, last) for text in policy.instead]
        found = [target for target in found if target.provider in self.providers]
        if not found:
            raise ModelNotAllowed("Your tenant has no provider for this model. Nothing was sent.", param="model")
        if kinds:
            found = [target for target in found if self.providers[target.provider].kind in kinds]
            if not found:
                raise ModelNotAllowed("The provider of this model does not speak this API.", param="model")
        if not self.external_ai:
            found = [target for target in found if self.is_local(target)]
            if not found:
                raise ModelNotAllowed(
                    "External AI is switched off here (`external_ai`): only models of local providers answer, and "
                    "this is none. Nothing was sent.",
                    param="model",
                )
        found = [target for target in found if self._lets(policy, target)]
        if not found:
            raise ModelNotAllowed(
                "The policy does not let this request go to any provider of this model (its section `route`).",
                param="model",
            )
        return list(dict.fromkeys(found))

    def _lets(self, policy: PolicyRoute, target: Target) -> bool:
        """Whether a policy lets requests go to a target. What stays in the house meets every wish about others."""
        if self.is_local(target):
            return True
        provider = self.providers[target.provider]
        days, trains = provider.retention_days, provider.trains_on_data
        return (
            not policy.local
            and (policy.regions is None or provider.region in policy.regions)
            and (policy.retention_days is None or (days is not None and days <= policy.retention_days))
            and (policy.trains_on_data or trains is False)
        )

    def default_target(
        self, kinds: Sequence[str], policy: PolicyRoute = ANYWHERE, provider: str | None = None
    ) -> Target:
        """Where a request goes that names no model: the default provider, else the first that speaks the API.

        `provider`: the one that it has to go to. Raises ModelNotAllowed when none does, or when it may not.
        """
        target = Target(self._default(kinds) if provider is None else provider, "")
        if not self._kind_in(target.provider, kinds) or not (self.external_ai or self.is_local(target)):
            raise ModelNotAllowed("No provider speaks this API.")
        if not self._lets(policy, target):
            raise ModelNotAllowed("The policy does not let this request go to the provider (its section `route`).")
        return target

    def is_local(self, target: Target) -> bool:
        """Whether the prompt stays in the house: Ollama passes models with `cloud` in their tag on to its makers."""
        tag = target.model.rpartition(":")[2]
        return self.providers[target.provider].local and not (tag == "cloud" or target.model.endswith("-cloud"))

    def public_names(self, allowed: Sequence[str] = ("*",)) -> list[str]:
        """Configured model names (patterns left out) that a key may use, sorted; the demo model when there is one."""
        names = {name for name in self.models if "*" not in name}
        names |= {DEMO_MODEL for provider in self.providers.values() if provider.kind == "demo"}
        return sorted(name for name in names if matches_any(name, allowed) and self._has_target(name))

    def name_of(self, provider: str, model: str, allowed: Sequence[str] = ("*",)) -> str | None:
        """The public name that leads to this provider's model, None when there is none or the key may not use it."""
        for name in (model, f"{entry_of(provider)}/{model}"):
            with suppress(ModelNotAllowed):
                kinds = (self.providers[provider].kind,)
                if self.targets(name, allowed=allowed, kinds=kinds)[0] == Target(provider, model):
                    return name
        return None

    def _has_target(self, name: str) -> bool:
        found = [target for target in self._candidates(name) if target.provider in self.providers]
        return any(self.external_ai or self.is_local(target) for target in found)

    def _candidates(self, model: str, kinds: Sequence[str] = ()) -> list[Target]:
        """Targets by exact name, pattern, provider prefix, the demo model's own name, else the default provider.

        When that does not speak the client's API (`kinds`), the first one that does takes its place.
        """
        route = self.models.get(model)
        if route is None:
            route = next((found for pattern, found in self._patterns if pattern.fullmatch(model)), None)
        if route is not None:
            first = [self._target(text, model, weight=weight) for text, weight in route.balanced]
            return first + [self._target(text, model, number) for number, text in enumerate(route.fallback, 1)]
        prefix, slash, rest = model.partition("/")
        if slash and rest and (known := self._full(prefix)) in self.providers:
            return [Target(known, rest)]
        for provider in self.providers.values():
            if provider.kind == "demo" and model in {entry_of(provider.name), DEMO_MODEL}:
                return [Target(provider.name, DEMO_MODEL)]
        return [Target(self._default(kinds), model)]

    def _default(self, kinds: Sequence[str]) -> str:
        if not kinds or self._kind_in(self.default_provider, kinds):
            return self.default_provider
        speaking = (provider.name for kind in kinds for provider in self.providers.values() if provider.kind == kind)
        return next(speaking, self.default_provider)

    def _kind_in(self, provider: str, kinds: Sequence[str]) -> bool:
        return provider in self.providers and self.providers[provider].kind in kinds

    def _full(self, name: str) -> str:
        """The provider that an entry's name leads to; a full name of anybody leads nowhere."""
        return name if self.names is None else self.names.get(name, "")

    def _target(self, text: str, asked: str, group: int = 0, weight: int = 1) -> Target:
        """The target written in a route. A provider's own prefix on the name as asked is not part of its model."""
        provider, slash, model = text.partition("/")
        return Target(self._full(provider), model if slash else asked.removeprefix(f"{provider}/"), group, weight)


@lru_cache(maxsize=4096)
def _pattern(name: str) -> re.Pattern[str]:
    """`*` stands for any text, an empty one too; everything else for itself."""
    return re.compile(".*".join(re.escape(part) for part in name.split("*")), re.DOTALL)


def matches_any(model: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns (with `*`) fits the whole name."""
    return any(_pattern(pattern).fullmatch(model) for pattern in patterns)
