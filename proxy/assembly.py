"""The parts of a gateway, put together from the settings and taken apart again in the right order."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from policies.announcing import Announcer
from policies.audit_query import written
from policies.db import Database, open_database
from policies.documents import suggestion
from policies.hearing import hear
from policies.keyring import Keyring
from policies.keys import VirtualKeys
from policies.master_key import open_sealer
from policies.model import Policy
from policies.redis_client import Client, make_client
from policies.sealing import Sealer
from policies.settings import Settings, SettingsError
from policies.values import ValueLists
from proxy.alerting import Alerting
from proxy.changes import Changes, Sources, live_now
from proxy.core.beginnings import Beginnings
from proxy.core.prefixes import Prefixes
from proxy.detectors.cache import CachedDetector
from proxy.detectors.known_values import KnownValues, KnownValuesDetector
from proxy.detectors.pool import PoolDetector
from proxy.equipping import engines_wanted, keep_equipped
from proxy.ground import longest_session
from proxy.hooks.guardrails import Guardrails
from proxy.limits import Limiter
from proxy.metrics import Metrics
from proxy.payloads import Payloads
from proxy.places import detection_workers
from proxy.readiness import Readiness
from proxy.services import Background, Services
from proxy.tracing import Tracer
from proxy.trail import Outcomes
from proxy.translating import Translating
from proxy.upstream.base import Provider
from proxy.upstream.configured import providers_from, routes_from
from proxy.upstream.health import Health
from proxy.upstream.sending import Providers
from proxy.vault.answers import RedisAnswers
from proxy.vault.embedded import rewrite_journal
from proxy.vault.objects import RedisObjects
from proxy.vault.redis import RedisVault

_Keys = TypeVar("_Keys", Keyring, VirtualKeys)
_FOLD_SECONDS = 0.5
_GATEWAY = "_gateway"
"""Owner of secrets that belong to no tenant; no tenant's name may begin with `_`."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway's services and, beside them, what only its rim needs."""

    services: Services
    database: Database
    pool: PoolDetector
    readiness: Readiness
    valkey_url: str
    value_lists: ValueLists


@asynccontextmanager
async def assembled(settings: Settings, redis_url: str) -> AsyncIterator[Gateway]:
    """A gateway's parts, running, over the stores of `proxy.ground`; all is closed at the end, in the opposite order.

    Raises SettingsError, PolicyError, DatabaseUnavailable, VaultUnavailable, DetectionFailed, each with what to do.
    """
    async with AsyncExitStack() as stack:
        sealer, database = await _opened(settings, redis_url, stack)
        configured, live = settings, await live_now(settings, database, sealer)
        settings, policies = live.settings, live.policies
        keyring = _closed_at_end(Keyring(database, sealer, session_ttl_max=longest_session(policies.values())), stack)
        store = await _store(settings, redis_url, keyring, stack)
        pool = await _workers(settings, await engines_wanted(settings, policies, database), stack)
        opened = _connections(providers := providers_from(settings), settings.gateway.max_in_flight, stack)
        background, metrics = _background(stack), await _metrics(stack)
        alerting = Alerting(database, settings.alerts, background)
        value_lists, known = await _known(database, sealer, stack)
        services = Services(
            settings=settings,
            policies=policies,
            keys=(keys := _closed_at_end(VirtualKeys(database, settings.keys), stack)),
            naming_keys=keyring,
            vault=store.vault,
            objects=store.objects,
            answers=store.answers,
            detector=KnownValuesDetector(CachedDetector(pool, entries=settings.detection.cache_entries), known),
            known=known,
            upstream=opened[0],
            routes=routes_from(settings, providers),
            health=_health(settings, metrics, alerting),
            metrics=metrics,
            limiter=Limiter(store.client, metrics, settings, nearly=alerting.budget),
            payloads=_payloads(settings, Payloads(store.client, database, sealer, metrics), stack),
            guardrails=_guardrails(settings, policies, stack),
            prefixes=Prefixes(secrets.token_bytes(32), settings.detection.cache_entries),
            beginnings=Beginnings(secrets.token_bytes(32), settings.detection.cache_entries // 10),
            background=background,
            outcomes=_outcomes(store, database, background, stack),
            tracer=_tracer(settings, metrics, stack),
        )
        changes = Changes(configured, Sources(database, sealer), services, opened, live.state)
        _watch(stack, changes.run(), hear(redis_url, _told(changes, known, keys, keyring)))
        _watch(stack, keep_equipped(services, database, pool))
        ready = Readiness(store.vault, database, pool, policies[settings.policies.default])
        yield Gateway(services, database, pool, ready, redis_url, value_lists)


def _closed_at_end(keys: _Keys, stack: AsyncExitStack) -> _Keys:
    """What asks the database ahead of time, and is waited for before that is closed."""
    stack.push_async_callback(keys.close)
    return keys


def _payloads(settings: Settings, payloads: Payloads, stack: AsyncExitStack) -> Payloads | None:
    """Keeps what leaves, where the configuration says so."""
    if settings.audit.payloads != "scrambled":
        return None
    stack.push_async_callback(payloads.close)
    return payloads


async def _opened(settings: Settings, redis_url: str, stack: AsyncExitStack) -> tuple[Sealer, Database]:
    """What opens secrets, and the database; what is changed in it is told in this Redis."""
    sealer = open_sealer(settings)
    database = await open_database(settings)
    database.announce = Announcer(settings, redis_url).tell
    stack.push_async_callback(database.close)
    return sealer, database


async def _known(database: Database, sealer: Sealer, stack: AsyncExitStack) -> tuple[ValueLists, KnownValues]:
    """The lists of known values, and their index, kept up to date."""
    value_lists = ValueLists(database, sealer)
    known = KnownValues(value_lists)
    stack.push_async_callback(known.close)
    await known.start()
    return value_lists, known


def _told(changes: Changes, known: KnownValues, keys: VirtualKeys, keyring: Keyring) -> dict[str, Callable[[], None]]:
    """Who is told of what changes in the database, by the words of `policies.announcing`."""
    return {
        "records": changes.tell,
        "values": known.tell,
        "keys": keys.forget_cache,
        "day-keys": keyring.forget_cache,
    }


def _connections(providers: dict[str, Provider], most: int, stack: AsyncExitStack) -> list[Translating]:
    """The way to the providers; what takes its place when they change is added, and all of it closed at the end.

    `most`: exchanges at once, each of which has one connection.
    """
    opened = [Translating(Providers(providers, connections=most), providers)]
    stack.push_async_callback(_closed, opened)
    return opened


def _background(stack: AsyncExitStack) -> Background:
    """What answers do not wait for; all of it is done at the end."""
    background = Background()
    stack.push_async_callback(background.finish)
    return background


def _tracer(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Tracer | None:
    """What traces exchanges, where the configuration names a collector."""
    if settings.tracing.endpoint is None:
        return None
    tracer = Tracer(settings.tracing, metrics)
    stack.push_async_callback(_cancelled, asyncio.get_running_loop().create_task(tracer.run()))
    return tracer


def _outcomes(store: _Store, database: Database, background: Background, stack: AsyncExitStack) -> Outcomes:
    """What exchanges leave for the audit trail, looked after until the end."""
    outcomes = Outcomes(store.vault, partial(written, database), background.start)
    stack.push_async_callback(_cancelled, asyncio.get_running_loop().create_task(outcomes.run()))
    return outcomes


def _guardrails(settings: Settings, policies: Mapping[str, Policy], stack: AsyncExitStack) -> Guardrails:
    """The configured hooks. Raises SettingsError when a policy names another one, or an entry point cannot be used."""
    for policy in policies.values():
        for name in (*policy.hooks.before, *policy.hooks.after):
            if name not in settings.hooks:
                hint = suggestion(name, settings.hooks)
                raise SettingsError(f"the policy {policy.name!r} names the hook {name!r}; `hooks` has none such{hint}")
    try:
        guardrails = Guardrails(settings.hooks)
    except ValueError as error:
        raise SettingsError(f"hooks: {error}") from None
    stack.push_async_callback(guardrails.close)
    return guardrails


async def _closed(opened: list[Translating]) -> None:
    for upstream in opened:
        await upstream.close()


def _watch(stack: AsyncExitStack, *watching: Coroutine[Any, Any, None]) -> None:
    """Take over what people change, until the end."""
    for one in watching:
        stack.push_async_callback(_cancelled, asyncio.get_running_loop().create_task(one))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _health(settings: Settings, metrics: Metrics, alerting: Alerting) -> Health:
    for name in providers_from(settings):
        metrics.provider_up.labels(name).set(1)
    return Health(
        failures=settings.gateway.breaker_failures,
        rest=settings.gateway.breaker_rest_s,
        changed=lambda provider, up: metrics.provider_up.labels(provider).set(up),
        opened=alerting.provider_down,
    )


async def _metrics(stack: AsyncExitStack) -> Metrics:
    """Metrics that are brought up to date twice a second."""
    metrics = Metrics()

    async def fold() -> None:
        while True:
            await asyncio.sleep(_FOLD_SECONDS)
            metrics.fold()

    folding = asyncio.get_running_loop().create_task(fold())
    stack.callback(metrics.fold)
    stack.callback(folding.cancel)
    return metrics


@dataclass(frozen=True, slots=True)
class _Store:
    """What lies in Redis, and the client to it."""

    client: Client
    vault: RedisVault
    objects: RedisObjects
    answers: RedisAnswers


async def _store(settings: Settings, url: str, keyring: Keyring, stack: AsyncExitStack) -> _Store:
    """The vault and what is kept beside it."""
    client = make_client(url)
    stack.push_async_callback(client.aclose)
    address_key = await keyring.naming_key(_GATEWAY, "vault-address")
    vault = RedisVault(
        client,
        keyring,
        address_key=address_key,
        backlog_limit=settings.audit.backlog_limit,
        on_shred=partial(rewrite_journal, client) if settings.redis.embedded else None,
    )
    answers = RedisAnswers(client, address_key=address_key)
    return _Store(client, vault, RedisObjects(client, keyring, address_key=address_key), answers)


async def _workers(settings: Settings, engines: Sequence[str], stack: AsyncExitStack) -> PoolDetector:
    """Detection workers with the engines of the policies that are assigned; others are loaded when used."""
    detection = settings.detection
    pool = PoolDetector(
        engines,
        workers=detection_workers(settings),
        deadline=detection.deadline_s,
        places={str(name): place for name, place in detection.places.items()},
    )
    stack.push_async_callback(pool.close)
    await pool.start()
    return pool
