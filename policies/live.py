"""What counts now: the configuration and the policy files, with what people keep in the database laid over them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr, ValidationError
from sqlalchemy import delete, select

from policies.db import Database
from policies.documents import Document, DocumentError, read_document
from policies.loader import PolicyError, builtin_documents, compile_policies, directory_documents
from policies.model import Policy
from policies.records import Record, current_records, records_state
from policies.sealing import SealBroken, Sealer
from policies.sections import ModelRoute, Price, Provider
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

    builtin: list[Document]
    files: list[Document]
    records: Mapping[str, Record]

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
    directory = settings.policies.directory
    files = [] if directory is None else await asyncio.to_thread(directory_documents, directory)
    builtin = await asyncio.to_thread(builtin_documents)
    return PolicySources(builtin, files, await current_records(database, "policy"))


async def read_live(settings: Settings, database: Database, sealer: Sealer) -> Live:
    """What counts now. Raises PolicyError, RecordFault, DatabaseUnavailable."""
    state = await records_state(database)  # before the rest: what changes meanwhile is noticed at the next look
    sources = await policy_sources(settings, database)
    policies = await asyncio.to_thread(sources.compiled)
    merged = with_records(
        settings,
        await current_records(database, "provider"),
        await current_records(database, "model"),
        await current_records(database, "price"),
        await provider_keys(database, sealer),
    )
    return Live(merged, policies, state)


def with_records(
    settings: Settings,
    providers: Mapping[str, Record],
    models: Mapping[str, Record],
    prices: Mapping[str, Record],
    keys: Mapping[str, str],
) -> Settings:
    """The settings with these records laid over them; a key of the database wins. Raises RecordFault."""
    merged = {**settings.providers, **{name: _parsed(Provider, record) for name, record in providers.items()}}
    for name, secret in keys.items():
        if name in merged:
            merged[name] = merged[name].model_copy(update={"api_key": SecretStr(secret)})
    routes = {**settings.models, **{name: _parsed(ModelRoute, record) for name, record in models.items()}}
    for public, route in routes.items():
        for target in (*(one.target for one in route.balanced), *route.fallback):
            if target.partition("/")[0] not in merged:
                raise RecordFault(f"the model {public!r} leads to no configured provider")
    if settings.default_provider not in merged:
        raise RecordFault("the default provider is not configured")
    costs = {**settings.prices, **{name: _parsed(Price, record) for name, record in prices.items()}}
    return settings.model_copy(update={"providers": merged, "models": routes, "prices": costs})


def _parsed(model: Any, record: Record) -> Any:  # noqa: ANN401 - one of three pydantic models
    try:
        return model.model_validate(json.loads(record.data))
    except (ValidationError, ValueError):
        raise RecordFault(f"the {record.kind} {record.name!r} in the database cannot be read") from None


async def provider_keys(database: Database, sealer: Sealer) -> dict[str, str]:
    """The providers' keys of the database by provider; for the gateway alone. Raises RecordFault."""
    query = select(SecretRow.name, SecretRow.sealed).where(SecretRow.name.startswith(_KEY, autoescape=True))
    async with database.session() as session:
        rows = (await session.execute(query)).all()
    try:
        return {name.removeprefix(_KEY): sealer.open(sealed, name).decode() for name, sealed in rows}
    except SealBroken:
        raise RecordFault("a provider key was sealed under another master key; enter it again") from None


async def keep_provider_key(database: Database, sealer: Sealer, provider: str, secret: str | None) -> None:
    """Seal the provider's key, or forget it (None). Raises DatabaseUnavailable."""
    name = f"{_KEY}{provider}"
    async with database.session(write=True) as session:
        await session.execute(delete(SecretRow).where(SecretRow.name == name))
        if secret is not None:
            session.add(SecretRow(name=name, sealed=sealer.seal(secret.encode(), name)))
