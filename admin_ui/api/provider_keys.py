"""`/provider-keys`: keys of the providers, tried, kept sealed and never shown; those of a tenant's own ones, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from admin_ui.api.bodies import INSTALLATION, Body, Name
from admin_ui.api.policies import put_checked
from admin_ui.parts import Parts
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem, UserRole
from policies.live import keep_provider_key, provider_keys
from policies.provider_tests import KeyNotTaken, check_form, try_key
from policies.records import Record, current_records
from policies.sections_providers import Provider
from policies.settings import Settings

_ADMIN: tuple[UserRole, ...] = ("admin",)
_LONGEST = 8_000
"""Characters: a service account of Google's is a JSON text with a key in it."""


class KeyBody(Body):
    """A provider's key. `test`: ask the provider first, and keep the key only when it takes it.

    `tenant`: the key is for what this tenant has of its own; people of other tenants than `default` mean their own.
    """

    provider: Name
    tenant: Name | None = None
    key: SecretStr = Field(min_length=1, max_length=_LONGEST)
    test: bool = True


class TestBody(Body):
    """Which provider to ask; `tenant` as for keys."""

    provider: Name
    tenant: Name | None = None


class ProviderKeyAnswer(BaseModel):
    """That a provider has a key, since when and by whom. `tenant`: null for one that tenants share."""

    provider: str
    tenant: str | None
    source: Literal["config", "database"]
    version: int
    updated_at: int | None
    updated_by: str | None


class ProviderKeys(BaseModel):
    """Which providers have keys."""

    items: list[ProviderKeyAnswer]
    next: str | None = None


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    path, tag = "/provider-keys", "provider"
    one = f"{path}/{{name:.+}}"
    listed, kept, dropped = (partial(work, parts) for work in (_key_list, _keep_key, _drop_key))
    return (
        ConsoleRoute("GET", path, listed, "Who has a key", tag, roles=_ADMIN, answer=ProviderKeys),
        ConsoleRoute(
            "POST", path, kept, "Keep a provider's key", tag, _ADMIN, KeyBody, answer=ProviderKeyAnswer, status=201
        ),
        ConsoleRoute(
            "POST",
            "/provider-tests",
            partial(_test, parts),
            "Ask a provider whether it takes its key",
            tag,
            _ADMIN,
            TestBody,
            status=204,
        ),
        ConsoleRoute("DELETE", one, dropped, "Forget a provider's key", tag, roles=_ADMIN, status=204),
    )


async def _key_list(parts: Parts, call: ConsoleCall) -> ProviderKeys:
    kept = await provider_keys(parts.database, parts.sealer)
    records = await current_records(parts.database, "provider_key")
    names = {*kept, *_configured(parts.settings)}
    return ProviderKeys(items=[_told_key(name, kept, records) for name in sorted(names) if _may_know(call, name)])


def _configured(settings: Settings) -> set[str]:
    """Providers that have a key in the configuration; those of tenants as `acme/openai`."""
    names = {name for name, provider in settings.providers.items() if provider.api_key}
    for tenant, section in settings.tenants.items():
        names |= {f"{tenant}/{name}" for name, provider in section.providers.items() if provider.api_key}
    return names


def _may_know(call: ConsoleCall, name: str) -> bool:
    """Whether a key is the caller's business: of the tenant `default` all are, of another one its own."""
    return call.caller.tenant in {INSTALLATION, name.rpartition("/")[0]}


def _told_key(name: str, kept: Mapping[str, str], records: Mapping[str, Record]) -> ProviderKeyAnswer:
    record = records.get(name) if name in kept else None
    tenant, _, provider = name.rpartition("/")
    return ProviderKeyAnswer(
        provider=provider,
        tenant=tenant or None,
        source="database" if name in kept else "config",
        version=record.version if record else 0,
        updated_at=record.at if record else None,
        updated_by=record.who_name if record else None,
    )


async def _keep_key(parts: Parts, call: ConsoleCall) -> ProviderKeyAnswer:
    body: KeyBody = call.body
    name, provider = await _meant(parts, call, body)
    secret = body.key.get_secret_value().strip()
    try:
        check_form(provider, secret)
        if body.test:
            await try_key(parts.http, parts.settings, provider, secret)
    except KeyNotTaken as fault:
        anyway = "" if fault.code in {"bad_key", "no_key_needed"} else " The key can be kept without the test."
        raise Problem(422, fault.code, f"{fault}{anyway}") from None
    await keep_provider_key(parts.database, parts.sealer, name, secret)
    record = await put_checked(parts, call, ("provider_key", name), "{}", "", None)
    return _told_key(name, {name: ""}, {name: record})


async def _meant(parts: Parts, call: ConsoleCall, body: KeyBody | TestBody) -> tuple[str, Provider]:
    """The provider that a body means, and what its key is called by. Raises Problem."""
    tenant = body.tenant or ("" if call.caller.tenant == INSTALLATION else call.caller.tenant)
    name = f"{tenant}/{body.provider}" if tenant else body.provider
    live = await parts.live()
    own = live.tenants[tenant].providers if tenant in live.tenants else {}
    provider = (own if tenant else live.providers).get(body.provider)
    if provider is None or not _may_know(call, name):
        raise Problem(404, "no_such_provider", "There is no such provider of this tenant.")
    return name, provider


async def _test(parts: Parts, call: ConsoleCall) -> None:
    name, provider = await _meant(parts, call, call.body)
    kept = (await provider_keys(parts.database, parts.sealer)).get(name)
    configured = provider.api_key.get_secret_value() if provider.api_key is not None else ""
    try:
        await try_key(parts.http, parts.settings, provider, configured if kept is None else kept)
    except KeyNotTaken as fault:
        raise Problem(422, fault.code, str(fault)) from None


async def _drop_key(parts: Parts, call: ConsoleCall) -> None:
    name = call.path["name"]
    if not _may_know(call, name) or name not in await provider_keys(parts.database, parts.sealer):
        raise Problem(404, "no_such_key", "The database has no key of this provider.")
    await keep_provider_key(parts.database, parts.sealer, name, None)
    await put_checked(parts, call, ("provider_key", name), None, "", None)
