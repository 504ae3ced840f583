"""Which providers an exchange may go to, in which order, and with whose credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policies.model import ANYWHERE
from policies.places import Passage
from policies.sections_providers import entry_of
from proxy.accounting import Exchange
from proxy.core.jsontext import Document
from proxy.core.slots import is_model_name
from proxy.dialects.base import Dialect, where
from proxy.dialects.providers_own import models_within
from proxy.errors import BadRequest, Forbidden, ModelNotAllowed, StingError
from proxy.limits import affordable
from proxy.services import Services
from proxy.upstream.base import Target
from proxy.upstream.routing import Routes, matches_any
from proxy.vault.base import Home

_OWN_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("openai", "azure_openai"),
    "anthropic": ("anthropic",),
    "ollama": ("ollama",),
}
"""Kinds of providers that a client's own credential can be for, by the dialect that it speaks."""


def targets_of(services: Services, exchange: Exchange, body: Document, homes: Sequence[Home]) -> list[Target]:
    """Providers to try: those that serve the model and, where the request names stored objects, keep these."""
    dialect = exchange.dialect
    known = routes_for(services, exchange).providers  # what keeps the objects may be gone, or no longer be the tenant's
    if not dialect.traits.names_model:
        gone = bool(homes) and homes[0].provider not in known
        targets = [] if gone else [default_target(services, exchange, dialect.traits.kinds, homes)]
    else:
        targets = targets_for(services, exchange, dialect, body, kinds=dialect.traits.kinds)
    kept = [
        target
        for target in targets
        if target.provider in known and all(home.provider == target.provider for home in homes)
    ]
    if not kept:
        raise BadRequest("The provider of this model does not keep what the request goes on from.", param="model")
    return answerable(services, exchange, kept)


def passage_to(model: str, targets: Sequence[Target]) -> Passage:
    """What is known of texts that may go to any of these targets, asked for by this name."""
    names = frozenset({model, *(target.model for target in targets)})
    providers = frozenset(entry_of(target.provider) for target in targets)
    return Passage(models=None if "" in names else names, providers=providers)


def at_home(services: Services, exchange: Exchange, targets: Sequence[Target], error: StingError) -> list[Target]:
    """Those of the targets in the house, where the policy lets texts that nobody could look at go there.

    Raises `error` where it does not, where there are none, and where guardrails would be shown the texts.
    """
    policy = exchange.policy
    if policy is None or policy.on_failure != "local" or policy.hooks.before or policy.hooks.after:
        raise error
    routes = routes_for(services, exchange)
    kept = [target for target in targets if routes.is_local(target)]
    if not kept:
        raise error
    return kept


def default_target(services: Services, exchange: Exchange, kinds: Sequence[str], homes: Sequence[Home] = ()) -> Target:
    """Where a request goes that names no model: to what keeps its objects, else to the default. Raises ModelNotAllowed.

    What was made under another policy, or with another key of the vault, may be where this one's texts must not go.
    """
    wanted = exchange.policy.route if exchange.policy is not None else ANYWHERE
    target = routes_for(services, exchange).default_target(kinds, wanted, homes[0].provider if homes else None)
    if exchange.principal is None:
        return target
    return affordable(exchange.principal.limits, [target], exchange.model, services.settings)[0]


def targets_for(
    services: Services, exchange: Exchange, dialect: Dialect, body: Document, *, kinds: Sequence[str]
) -> list[Target]:
    """Providers of these kinds that serve the model which a body names, and that the key and the policy allow."""
    principal = exchange.principal
    wanted = exchange.policy.route if exchange.policy is not None else ANYWHERE
    exchange.model = _model(dialect, body)
    allowed = principal.models if principal is not None else ()
    refuse_models(exchange, body)
    targets = routes_for(services, exchange).targets(exchange.model, allowed=allowed, policy=wanted, kinds=kinds)
    if principal is not None:
        targets = affordable(principal.limits, targets, exchange.model, services.settings)
    return targets


def refuse_models(exchange: Exchange, body: Document) -> None:
    """Raise ModelNotAllowed when a body names a further model, of a tool or to fall back to, that the key may not use.

    The name is not repeated: a client may have put anything there.
    """
    allowed = exchange.principal.models if exchange.principal is not None else ()
    if "*" in allowed:
        return
    for named in models_within(body):
        if not matches_any(named.text, allowed):
            place = where(named.path)
            raise ModelNotAllowed(f"The key may not use the model that {place} names. Nothing was sent.", param=place)


def _model(dialect: Dialect, body: Document) -> str:
    model = dialect.model(body)
    if not model:
        raise BadRequest("The body names no model.", param="model")
    if sum(leaf.is_key and leaf.path == ("model",) for leaf in body.leaves) > 1:
        raise BadRequest("The body names two models; providers differ in which of them counts.", param="model")
    if not is_model_name(model):
        raise BadRequest("This is no name of a model. Nothing was sent.", param="model")
    return model


def gets_own(services: Services, exchange: Exchange, target: Target, targets: Sequence[Target] = ()) -> bool:
    """Whether a target gets the client's own credential (decision 0860).

    One address of an exchange does: of those of `targets` that speak the client's API and are no fallback, the first
    whose entry is meant for such credentials, else the first that says nothing of them. Who shares the load with it, or
    takes its place, at another address does not.
    """
    if exchange.credential is None:
        return False
    known = routes_for(services, exchange).providers
    kinds = _OWN_KINDS.get(exchange.dialect.name, ())
    first = [known[one.provider] for one in targets or (target,) if one.group == 0 and one.provider in known]
    speaking = [provider for provider in first if provider.kind in kinds]
    meant = [provider for said in (True, None) for provider in speaking if provider.takes_own is said]
    asked = known.get(target.provider)
    if not meant or asked is None:
        return False
    return (asked.kind, asked.base_url) == (meant[0].kind, meant[0].base_url)


def answerable(services: Services, exchange: Exchange, targets: Sequence[Target]) -> list[Target]:
    """Those of the targets that have a key here, need none, or get the client's own credential where it brought one.

    Raises Forbidden when there is none: to be told why is more than a provider's "no key".
    """
    if exchange.credential is None:
        return list(targets)
    known = routes_for(services, exchange).providers
    kept = [
        target
        for target in targets
        if target.provider not in known  # sending says so
        or known[target.provider].has_credential
        or gets_own(services, exchange, target, targets)
    ]
    if not kept:
        raise Forbidden(
            f"The provider '{entry_of(targets[0].provider)}' has no key here, and clients' own credentials do not go "
            "to it. Nothing was sent. Its operator sets `api_key`, or `pass_through: true` if they are meant for it."
        )
    return kept


def routes_for(services: Services, exchange: Exchange) -> Routes:
    """Where requests of the exchange's tenant may go."""
    return services.routes.of(exchange.principal.tenant) if exchange.principal is not None else services.routes
