"""`/settings`: the configuration as it counts, without secrets and without addresses that may hold passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from pydantic import BaseModel

from admin_ui.api.bodies import require_installation
from admin_ui.parts import Parts
from policies.console_routes import ConsoleCall, ConsoleRoute
from policies.running import find_running
from policies.sections import Audit, Auth, DetectionSection, Gateway, Quotas
from policies.sections_console import Console
from policies.sections_demo import Demo
from policies.settings import Settings


class FeedView(BaseModel):
    """A receiver of the audit, without its address and secrets."""

    kind: str
    form: str
    lock_days: int


class SettingsAnswer(BaseModel):
    """Sections of the configuration; a change is made in the file and takes a restart. Ports are those in use."""

    gateway: Gateway
    console: Console
    oidc: str | None
    redis: str
    database: str
    storage: str
    data_dir: str
    master_key: str
    default_provider: str
    default_policy: str
    policies_directory: str | None
    policy_floors: dict[str, str]
    auth: Auth
    audit: Audit
    audit_feeds: dict[str, FeedView]
    detection: DetectionSection
    quotas: Quotas
    demo_mode: bool
    demo: Demo
    external_ai: bool


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    return (
        ConsoleRoute(
            "GET",
            "/settings",
            partial(_settings, parts),
            "The configuration",
            "installation",
            roles=("admin",),
            answer=SettingsAnswer,
        ),
    )


async def _settings(parts: Parts, call: ConsoleCall) -> SettingsAnswer:
    require_installation(call)
    settings = parts.settings
    directory = settings.policies.directory
    return SettingsAnswer(
        gateway=await asyncio.to_thread(_gateway_in_use, settings),
        console=settings.console.model_copy(
            update={"oidc": None, "scim": settings.console.scim.model_copy(update={"token": None})}
        ),
        oidc=None if settings.console.oidc is None else settings.console.oidc.issuer,
        redis="embedded" if settings.redis.embedded else settings.redis.url.partition("://")[0],
        database="embedded" if settings.database.embedded else settings.database.url.partition("://")[0],
        storage="embedded" if settings.storage.url == "embedded" else settings.storage.url.partition("://")[0],
        data_dir=str(settings.data_dir),
        master_key="generated in data_dir" if settings.generates_master_key else "from the configuration",
        default_provider=settings.fallback_provider,
        default_policy=settings.policies.default,
        policies_directory=None if directory is None else str(directory),
        policy_floors=settings.policies.floors,
        auth=settings.auth,
        audit=settings.audit,
        audit_feeds={
            name: FeedView(kind=feed.kind, form=feed.form, lock_days=feed.lock_days)
            for name, feed in settings.audit_feeds.items()
        },
        detection=settings.detection,
        quotas=settings.quotas,
        demo_mode=settings.demo_mode,
        demo=settings.demo,
        external_ai=settings.external_ai,
    )


def _gateway_in_use(settings: Settings) -> Gateway:
    """The gateway's section, with the port of the one that runs here: the command line may have given another."""
    running = find_running(settings.data_dir)
    port = urlsplit(running.gateway).port if running is not None else None
    return settings.gateway if port is None else settings.gateway.model_copy(update={"port": port})
