"""`/providers`, `/provider-keys`, `/models`, `/prices`: where prompts may go, and what that costs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError

from admin_ui.api.bodies import Body, Name, require_installation, version_in
from admin_ui.api.policies import edited_version, put_checked
from admin_ui.parts import Parts
from admin_ui.problems import faults
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem, UserRole
from policies.live import RecordFault, keep_provider_key, provider_keys, with_records
from policies.records import Kind, Record, current_records, history
from policies.sections import ModelRoute, Price, Provider, ProviderKind

_PUBLIC_NAME = r"^[^\s/\x00-\x1f][^\s\x00-\x1f]{0,199}$"


class ProviderBody(Body):
    """A provider as in the configuration, without its key."""

    kind: ProviderKind
    base_url: str = Field(default="", max_length=500)
    local: bool = False
    timeout_s: float | None = Field(default=None, gt=0, le=86_400)
    api_version: str | None = Field(default=None, max_length=40)
    insecure_http: bool = False
    speaks_openai: bool | None = None


class ProviderAnswer(ProviderBody):
    """A provider. `key` says where its key comes from; the key itself is never shown."""

    name: str
    source: Literal["config", "database"]
    version: int
    key: Literal["none", "config", "database"]
    is_default: bool


class Providers(BaseModel):
    """All providers."""

    items: list[ProviderAnswer]
    next: str | None = None


class KeyBody(Body):
    """A provider's key. `test`: ask the provider for its models first, and keep the key only when it answers."""

    provider: Name
    key: SecretStr = Field(min_length=1, max_length=1_000)
    test: bool = True


class ProviderKeyAnswer(BaseModel):
    """That a provider has a key, since when and by whom."""

    provider: str
    source: Literal["config", "database"]
    version: int
    updated_at: int | None
    updated_by: str | None


class ProviderKeys(BaseModel):
    """Which providers have keys."""

    items: list[ProviderKeyAnswer]
    next: str | None = None


class ModelBody(Body):
    """Where a public model name leads: `provider` or `provider/model`, and what follows when that fails."""

    target: str = Field(min_length=1, max_length=300)
    fallback: list[str] = Field(default=[], max_length=10)


class ModelAnswer(ModelBody):
    """A model."""

    name: str
    source: Literal["config", "database"]
    version: int


class Models(BaseModel):
    """All models that are configured by name or pattern."""

    items: list[ModelAnswer]
    next: str | None = None


class PriceBody(Body):
    """Cost per million tokens."""

    input: float = Field(ge=0, le=1e6)
    output: float = Field(ge=0, le=1e6)
    cached_input: float | None = Field(default=None, ge=0, le=1e6)


class PriceAnswer(PriceBody):
    """The price of one model."""

    name: str
    source: Literal["config", "database"]
    version: int


class Prices(BaseModel):
    """The price table."""

    items: list[PriceAnswer]
    next: str | None = None


_ADMIN: tuple[UserRole, ...] = ("admin",)
_EDITOR: tuple[UserRole, ...] = ("editor",)


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    return (
        *_record_routes(parts, "provider", "/providers", ProviderBody, (ProviderAnswer, Providers), _ADMIN),
        *_record_routes(parts, "model", "/models", ModelBody, (ModelAnswer, Models), _EDITOR),
        *_record_routes(parts, "price", "/prices", PriceBody, (PriceAnswer, Prices), _EDITOR),
        ConsoleRoute(
            "GET",
            "/provider-keys",
            partial(_key_list, parts),
            "Who has a key",
            "provider",
            roles=_ADMIN,
            answer=ProviderKeys,
        ),
        ConsoleRoute(
            "POST",
            "/provider-keys",
            partial(_keep_key, parts),
            "Keep a provider's key",
            "provider",
            roles=_ADMIN,
            body=KeyBody,
            answer=ProviderKeyAnswer,
            status=201,
        ),
        ConsoleRoute(
            "DELETE",
            "/provider-keys/{name}",
            partial(_drop_key, parts),
            "Forget a provider's key",
            "provider",
            roles=_ADMIN,
            status=204,
        ),
    )


def _record_routes(
    parts: Parts,
    kind: Kind,
    path: str,
    body: type[BaseModel],
    answers: tuple[type[BaseModel], type[BaseModel]],
    roles: tuple[UserRole, ...],
) -> Sequence[ConsoleRoute]:
    """List, get, keep and remove records of one kind. Names may hold slashes (`provider/model`)."""
    one = f"{path}/{{name:.+}}"
    return (
        ConsoleRoute("GET", path, partial(_list, parts, kind, answers), f"All {path[1:]}", kind, answer=answers[1]),
        ConsoleRoute("GET", one, partial(_get, parts, kind, answers), f"One of {path[1:]}", kind, answer=answers[0]),
        ConsoleRoute(
            "PUT",
            one,
            partial(_put, parts, kind, answers),
            f"Keep one of {path[1:]}",
            kind,
            roles=roles,
            body=body,
            answer=answers[0],
        ),
        ConsoleRoute(
            "DELETE", one, partial(_remove, parts, kind), f"Remove one of {path[1:]}", kind, roles=roles, status=204
        ),
    )


async def _items(parts: Parts, kind: Kind, answer: type[BaseModel]) -> dict[str, BaseModel]:
    """All of one kind, the configuration's and the database's, by name."""
    records = await current_records(parts.database, kind)
    live = await parts.live()
    found: Mapping[str, BaseModel] = {
        "provider": live.providers,
        "model": live.models,
        "price": live.prices,
    }[kind]  # type: ignore[assignment] # one of three mappings of sections
    kept = await provider_keys(parts.database, parts.sealer) if kind == "provider" else {}
    items = {}
    for name, section in found.items():
        record = records.get(name)
        extra: dict[str, Any] = {}
        if isinstance(section, Provider):
            extra["key"] = "database" if name in kept else "config" if section.api_key else "none"
            extra["is_default"] = name == live.fallback_provider
        content = {key: value for key, value in section.model_dump().items() if key in answer.model_fields}
        source = "database" if record else "config"
        items[name] = answer(name=name, source=source, version=record.version if record else 0, **content, **extra)
    return dict(sorted(items.items()))


async def _list(
    parts: Parts, kind: Kind, answers: tuple[type[BaseModel], type[BaseModel]], _call: ConsoleCall
) -> BaseModel:
    return answers[1](items=list((await _items(parts, kind, answers[0])).values()))


async def _get(
    parts: Parts, kind: Kind, answers: tuple[type[BaseModel], type[BaseModel]], call: ConsoleCall
) -> ConsoleAnswer:
    found = (await _items(parts, kind, answers[0])).get(call.path["name"])
    if found is None:
        raise Problem(404, f"no_such_{kind}", f"There is no such {kind}.")
    return ConsoleAnswer(found, etag=str(await _newest(parts, kind, call.path["name"])))


async def _newest(parts: Parts, kind: Kind, name: str) -> int:
    versions = await history(parts.database, kind, name)
    return versions[0].version if versions else 0


async def _put(
    parts: Parts, kind: Kind, answers: tuple[type[BaseModel], type[BaseModel]], call: ConsoleCall
) -> ConsoleAnswer:
    require_installation(call)
    name, data = call.path["name"], json.dumps(call.body.model_dump(exclude_unset=True))
    await _check(parts, kind, name, data)
    await put_checked(parts, call, (kind, name), data, "", await edited_version(parts, call, kind, name))
    return await _get(parts, kind, answers, call)


async def _check(parts: Parts, kind: Kind, name: str, data: str | None) -> None:
    """Raise Problem unless the whole could be used with this record instead of the one before (None: without)."""
    import re  # noqa: PLC0415 - one check

    pattern = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}" if kind == "provider" else r"[^\s\x00-\x1f\x7f]{1,200}"
    if not re.fullmatch(pattern, name):
        raise Problem(422, "bad_name", "This name cannot be used; take letters, digits, `_`, `.` and `-`.")
    models: dict[str, type[BaseModel]] = {"provider": Provider, "model": ModelRoute, "price": Price}
    try:
        if data is not None:
            models[kind].model_validate(json.loads(data))
    except ValidationError as error:
        raise Problem(422, f"bad_{kind}", "This cannot be used; nothing was changed.", errors=faults(error)) from None
    records = {one: dict(await current_records(parts.database, one)) for one in ("provider", "model", "price")}
    if data is None:
        records[kind].pop(name, None)
    else:
        records[kind][name] = Record(kind, name, 0, data, removed=False, at=0, who="", who_name="", note="")
    try:
        with_records(parts.settings, records["provider"], records["model"], records["price"], {})
    except RecordFault as fault:
        raise Problem(409, "does_not_fit", f"Nothing was changed: {fault}.") from None


async def _remove(parts: Parts, kind: Kind, call: ConsoleCall) -> None:
    require_installation(call)
    name = call.path["name"]
    if name not in await current_records(parts.database, kind):
        raise Problem(
            404, f"no_such_{kind}", f"The database has no such {kind}; the configuration is changed in its file."
        )
    await _check(parts, kind, name, None)
    await put_checked(parts, call, (kind, name), None, "", version_in(call))


async def _key_list(parts: Parts, _call: ConsoleCall) -> ProviderKeys:
    kept = await provider_keys(parts.database, parts.sealer)
    records = await current_records(parts.database, "provider_key")
    configured = {name for name, provider in parts.settings.providers.items() if provider.api_key}
    return ProviderKeys(items=[_told_key(name, kept, records) for name in sorted({*kept, *configured})])


def _told_key(name: str, kept: Mapping[str, str], records: Mapping[str, Record]) -> ProviderKeyAnswer:
    record = records.get(name) if name in kept else None
    return ProviderKeyAnswer(
        provider=name,
        source="database" if name in kept else "config",
        version=record.version if record else 0,
        updated_at=record.at if record else None,
        updated_by=record.who_name if record else None,
    )


async def _keep_key(parts: Parts, call: ConsoleCall) -> ProviderKeyAnswer:
    require_installation(call)
    body: KeyBody = call.body
    provider = (await parts.live()).providers.get(body.provider)
    if provider is None:
        raise Problem(404, "no_such_provider", "There is no such provider.")
    secret = body.key.get_secret_value()
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise Problem(422, "bad_key", "A provider's key has printable ASCII characters without spaces.")
    if body.test:
        await parts.providers.test(provider, secret)
    await keep_provider_key(parts.database, parts.sealer, body.provider, secret)
    record = await put_checked(parts, call, ("provider_key", body.provider), "{}", "", None)
    return _told_key(body.provider, {body.provider: ""}, {body.provider: record})


async def _drop_key(parts: Parts, call: ConsoleCall) -> None:
    require_installation(call)
    name = call.path["name"]
    if name not in await provider_keys(parts.database, parts.sealer):
        raise Problem(404, "no_such_key", "The database has no key of this provider.")
    await keep_provider_key(parts.database, parts.sealer, name, None)
    await put_checked(parts, call, ("provider_key", name), None, "", None)
