"""`/providers`, `/tenants`, `/tenant-providers`, `/models`, `/prices`: where prompts may go, and what that costs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from admin_ui.api.bodies import INSTALLATION, Body, require_installation, version_in
from admin_ui.api.policies import edited_version, put_checked
from admin_ui.parts import Parts
from admin_ui.problems import faults
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem, UserRole
from policies.live import RecordFault, forget_orphan, laid_records, provider_keys, with_records
from policies.records import Kind, Record, current_records, history
from policies.sections import Price
from policies.sections_providers import ModelRoute, Provider, ProviderKind, Tenant
from policies.settings import Settings

_ENTRY = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_NAMES: Mapping[str, str] = {"provider": _ENTRY, "tenant": _ENTRY, "tenant_provider": f"{_ENTRY}/{_ENTRY}"}
_MODELS: Mapping[str, type[BaseModel]] = {
    "provider": Provider,
    "model": ModelRoute,
    "price": Price,
    "tenant": Tenant,
    "tenant_provider": Provider,
}


class ProviderBody(Body):
    """A provider as in the configuration, without its key."""

    kind: ProviderKind
    base_url: str = Field(default="", max_length=500)
    local: bool = False
    timeout_s: float | None = Field(default=None, gt=0, le=86_400)
    api_version: str | None = Field(default=None, max_length=40)
    insecure_http: bool = False
    speaks_openai: bool | None = None
    speaks_responses: bool | None = None
    region: str | None = Field(default=None, max_length=40)
    retention_days: int | None = Field(default=None, ge=0, le=36_500)
    trains_on_data: bool | None = None
    aws_region: str | None = Field(default=None, pattern=r"^[a-z0-9-]{3,40}$")
    metadata_server: bool = False


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


class TenantProviderAnswer(ProviderAnswer):
    """A provider that one tenant has of its own; its name is `tenant/provider`."""


class TenantProviders(BaseModel):
    """What tenants have of their own."""

    items: list[TenantProviderAnswer]
    next: str | None = None


class TenantBody(Body):
    """Which of the shared providers a tenant's requests may go to besides its own: shell patterns of names."""

    shared_providers: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(default=["*"], max_length=100)


class TenantAnswer(TenantBody):
    """A tenant that has providers of its own, or may not use all of the shared ones."""

    name: str
    source: Literal["config", "database"]
    version: int


class Tenants(BaseModel):
    """All such tenants."""

    items: list[TenantAnswer]
    next: str | None = None


class TargetBody(Body):
    """One of several targets that share the load, by weight."""

    target: str = Field(min_length=1, max_length=300)
    weight: int = Field(default=1, ge=1, le=1000)


class ModelBody(Body):
    """Where a public model name leads: `provider` or `provider/model`, and what follows when that fails.

    `targets`: several that share the load, of which `target` is the first. `context`: tokens that its window holds.
    """

    target: str = Field(min_length=1, max_length=300)
    targets: list[TargetBody] = Field(default=[], max_length=50)
    fallback: list[str] = Field(default=[], max_length=10)
    context: int | None = Field(default=None, ge=1, le=1_000_000_000)


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
        *_record_routes(parts, "tenant", "/tenants", TenantBody, (TenantAnswer, Tenants), _ADMIN),
        *_record_routes(
            parts,
            "tenant_provider",
            "/tenant-providers",
            ProviderBody,
            (TenantProviderAnswer, TenantProviders),
            _ADMIN,
        ),
        *_record_routes(parts, "model", "/models", ModelBody, (ModelAnswer, Models), _EDITOR),
        *_record_routes(parts, "price", "/prices", PriceBody, (PriceAnswer, Prices), _EDITOR),
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


async def _items(parts: Parts, kind: Kind, answer: type[BaseModel], call: ConsoleCall) -> dict[str, BaseModel]:
    """All of one kind, the configuration's and the database's, by name; of other tenants nothing."""
    records = await current_records(parts.database, kind)
    live = await parts.live()
    kept = await provider_keys(parts.database, parts.sealer) if "provider" in kind else {}
    items = {}
    for name, section in _sections(live, kind, call.caller.tenant).items():
        record = records.get(name)
        extra: dict[str, Any] = {}
        if isinstance(section, Provider):
            extra["key"] = "database" if name in kept else "config" if section.api_key else "none"
            extra["is_default"] = kind == "provider" and name == live.fallback_provider
        content = {key: value for key, value in section.model_dump().items() if key in answer.model_fields}
        source = "database" if record else "config"
        items[name] = answer(name=name, source=source, version=record.version if record else 0, **content, **extra)
    return dict(sorted(items.items()))


def _sections(live: Settings, kind: Kind, tenant: str) -> Mapping[str, BaseModel]:
    """What counts, by name, as far as it is a tenant's business."""
    everything = tenant == INSTALLATION
    if kind == "tenant":
        return {name: section for name, section in live.tenants.items() if everything or name == tenant}
    if kind == "tenant_provider":
        return {
            f"{owner}/{name}": provider
            for owner, section in live.tenants.items()
            if everything or owner == tenant
            for name, provider in section.providers.items()
        }
    if kind == "provider":
        own = live.tenants.get(tenant, Tenant())
        return {name: one for name, one in live.providers.items() if everything or own.may_share(name)}
    return live.models if kind == "model" else live.prices


async def _list(
    parts: Parts, kind: Kind, answers: tuple[type[BaseModel], type[BaseModel]], call: ConsoleCall
) -> BaseModel:
    return answers[1](items=list((await _items(parts, kind, answers[0], call)).values()))


async def _get(
    parts: Parts, kind: Kind, answers: tuple[type[BaseModel], type[BaseModel]], call: ConsoleCall
) -> ConsoleAnswer:
    found = (await _items(parts, kind, answers[0], call)).get(call.path["name"])
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

    if not re.fullmatch(_NAMES.get(kind, r"[^\s\x00-\x1f\x7f]{1,200}"), name):
        raise Problem(422, "bad_name", "This name cannot be used; take letters, digits, `_`, `.` and `-`.")
    try:
        if data is not None:
            _MODELS[kind].model_validate(json.loads(data))
    except ValidationError as error:
        found = faults(error, _MODELS[kind])
        raise Problem(422, f"bad_{kind}", "This cannot be used; nothing was changed.", errors=found) from None
    records = await laid_records(parts.database)
    changed = {one: record for one, record in records[kind].items() if one != name}
    if data is not None:
        changed[name] = Record(kind, name, 0, data, removed=False, at=0, who="", who_name="", note="")
    try:
        with_records(parts.settings, {**records, kind: changed}, {})
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
    if "provider" in kind:
        await forget_orphan(parts.database, parts.sealer, await parts.live(), name)
