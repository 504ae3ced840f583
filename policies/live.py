"""What counts now: the configuration and the policy files, with what people keep in the database laid over them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr, ValidationError
from sqlalchemy import delete, select

from policies.db import FILE_NAME, Database, open_database
from policies.documents import Document, DocumentError, read_document
from policies.loader import PolicyError, builtin_documents, compile_policies, directory_documents
from policies.model import Policy
from policies.records import LAID, Kind, Record, current_records, records_state
from policies.sealing import SealBroken, Sealer
from policies.sections import Price
from policies.sections_providers import ModelRoute, Provider, Tenant, check_full_name, full_name
from policies.settings import Settings
from policies.tables import SecretRow

MAX_SESSION_TTL = 30 * 86_400
"""Seconds: day keys live long enough for the sessions of the built-in policies; a longer life takes a file."""
_KEY = "provider-key/"


class RecordFault(ValueError):
    """A record cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Live:
    """Settings with the database's providers, models and prices; all policies; the state that this was read at."""

    settings: Settings = field(repr=False)
    policies: Mapping[str, Policy] = field(repr=False)
    state: int


@dataclass(frozen=True, slots=True)
class PolicySources:
    """Where policies come from: documents of the product, of the configured folder, records of the database."""

    builtin: tuple[Document, ...]
    files: list[Document]
    records: Mapping[str, Record]

    def place(self, name: str) -> str:
        """Where the policy of this name that counts comes from."""
        if name in self.records:
            return "database"
        return "file" if any(document.data.get("name") == name for document in self.files) else "built-in"

    def compiled(self, *, draft: tuple[str, str] | None = None, without: str | None = None) -> Mapping[str, Policy]:
        """All policies, merged. `draft` (name, YAML) takes the place of the record of its name. Raises PolicyError."""
        texts = {name: record.data for name, record in self.records.items() if name != without}
        if draft is not None:
            texts[draft[0]] = draft[1]
        own = [policy_document(name, text) for name, text in texts.items()]
        files = [document for document in self.files if document.data.get("name") not in texts]
        return compile_policies(self.builtin, [*files, *own])


def policy_document(name: str, text: str) -> Document:
    """The document of a policy in the database. Raises PolicyError: no YAML, or another name inside."""
    try:
        document = read_document(name, text)
    except DocumentError as error:
        raise PolicyError(str(error)) from None
    if document.data.get("name") != name:
        raise PolicyError(f"{name}:{document.line(('name',))}: the policy's name must be {name!r}")
    if isinstance(longest := document.data.get("session_ttl_max"), int) and longest > MAX_SESSION_TTL:
        line = document.line(("session_ttl_max",))
        raise PolicyError(f"{name}:{line}: session_ttl_max over 30 days takes a policy file")
    return document


async def policy_sources(settings: Settings, database: Database) -> PolicySources:
    """Read all sources. Raises PolicyError, DatabaseUnavailable."""
    return replace(await file_sources(settings), records=await current_records(database, "policy"))


async def file_sources(settings: Settings) -> PolicySources:
    """Read those that are files. Raises PolicyError."""
    directory = settings.policies.directory
    files = [] if directory is None else await asyncio.to_thread(directory_documents, directory)
    return PolicySources(await asyncio.to_thread(builtin_documents), files, {})


async def stored_sources(settings: Settings) -> PolicySources:
    """Where policies come from, for who has no database open. An embedded one that is not there yet is not made."""
    if settings.database.embedded and not (settings.data_dir / FILE_NAME).exists():
        return await file_sources(settings)
    database = await open_database(settings)
    try:
        return await policy_sources(settings, database)
    finally:
        await database.close()


async def read_live(settings: Settings, database: Database, sealer: Sealer) -> Live:
    """What counts now. Raises PolicyError, RecordFault, DatabaseUnavailable."""
    state = await records_state(database)  # before the rest: what changes meanwhile is noticed at the next look
    sources = await policy_sources(settings, database)
    policies = await asyncio.to_thread(sources.compiled)
    merged = with_records(settings, await laid_records(database), await provider_keys(database, sealer))
    return Live(merged, policies, state)


Laid = Mapping[Kind, Mapping[str, Record]]
"""Records that are laid over the configuration, by kind and name."""


async def laid_records(database: Database) -> dict[Kind, Mapping[str, Record]]:
    """All of them as they are now. Raises DatabaseUnavailable."""
    return {kind: await current_records(database, kind) for kind in LAID}


def with_records(settings: Settings, records: Laid, keys: Mapping[str, str]) -> Settings:
    """The settings with these records laid over them. Raises RecordFault.

    `keys` are those of the database by provider, `acme/openai` for a tenant's own; one wins over the configuration's.
    """
    merged = _with_keys(
        {**settings.providers, **{name: _provider(one) for name, one in records["provider"].items()}}, keys
    )
    routes = {**settings.models, **{name: _parsed(ModelRoute, one) for name, one in records["model"].items()}}
    for public, route in routes.items():
        for target in (*(one.target for one in route.balanced), *route.fallback):
            if target.partition("/")[0] not in merged:
                raise RecordFault(f"the model {public!r} leads to no configured provider")
    if settings.default_provider not in merged:
        raise RecordFault("the default provider is not configured")
    costs = {**settings.prices, **{name: _parsed(Price, one) for name, one in records["price"].items()}}
    tenants = _tenants(settings, records, keys)
    return settings.model_copy(update={"providers": merged, "models": routes, "prices": costs, "tenants": tenants})


def _tenants(settings: Settings, records: Laid, keys: Mapping[str, str]) -> dict[str, Tenant]:
    """What each tenant has of its own. The record of a tenant says what it may share, never what it has."""
    own: dict[str, dict[str, Provider]] = {name: dict(one.providers) for name, one in settings.tenants.items()}
    shared = {name: one.shared_providers for name, one in settings.tenants.items()}
    for tenant, record in records["tenant"].items():
        shared[tenant] = _parsed(Tenant, record).shared_providers
    for name, record in records["tenant_provider"].items():
        tenant, _, provider = name.partition("/")
        try:
            check_full_name(provider, tenant)
        except ValueError as error:
            raise RecordFault(str(error)) from None
        own.setdefault(tenant, {})[provider] = _provider(record)
    return {
        tenant: Tenant(
            shared_providers=shared.get(tenant, Tenant().shared_providers),
            providers=_with_keys(own.get(tenant, {}), keys, f"{tenant}/"),
        )
        for tenant in {**own, **shared}
    }


def _with_keys(providers: dict[str, Provider], keys: Mapping[str, str], prefix: str = "") -> dict[str, Provider]:
    """The providers with the keys that the database has for exactly them."""
    return {
        name: section.model_copy(update={"api_key": SecretStr(keys[prefix + name])})
        if prefix + name in keys
        else section
        for name, section in providers.items()
    }


def _provider(record: Record) -> Provider:
    """An entry of the database, which gets clients' credentials at the maker's address only."""
    section: Provider = _parsed(Provider, record)
    return section if section.takes_own else section.model_copy(update={"pass_through": False})


def _parsed(model: Any, record: Record) -> Any:  # noqa: ANN401 - one of four pydantic models
    try:
        return model.model_validate(json.loads(record.data))
    except (ValidationError, ValueError):
        raise RecordFault(f"the {record.kind} {record.name!r} in the database cannot be read") from None


async def provider_keys(database: Database, sealer: Sealer) -> dict[str, str]:
    """The providers' keys of the database by provider (`acme/openai`: a tenant's own). Raises RecordFault."""
    query = select(SecretRow.name, SecretRow.sealed).where(SecretRow.name.startswith(_KEY, autoescape=True))
    async with database.session() as session:
        rows = (await session.execute(query)).all()
    try:
        return {name.removeprefix(_KEY): sealer.open(sealed, name).decode() for name, sealed in rows}
    except SealBroken:
        raise RecordFault("a provider key was sealed under another master key; enter it again") from None


async def keep_provider_key(database: Database, sealer: Sealer, provider: str, secret: str | None) -> None:
    """Seal the key of a provider (`openai`, or `acme/openai`), or forget it (None). Raises DatabaseUnavailable."""
    name = f"{_KEY}{provider}"
    async with database.session(write=True) as session:
        await session.execute(delete(SecretRow).where(SecretRow.name == name))
        if secret is not None:
            session.add(SecretRow(name=name, sealed=sealer.seal(secret.encode(), name)))


async def forget_orphan(database: Database, sealer: Sealer, settings: Settings, name: str) -> None:
    """Forget the key of a provider (`openai`, `acme/openai`) that is no more: it was for its address."""
    tenant, _, provider = name.rpartition("/")
    if settings.section_of(full_name(provider, tenant) if tenant else provider) is None:
        await keep_provider_key(database, sealer, name, None)
