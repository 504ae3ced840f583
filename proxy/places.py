"""Where a gateway listens, with how many processes: what is known before anything is loaded or opened."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field

from pydantic import SecretStr

from policies.sections import BootstrapKey
from policies.settings import Settings

LOCAL_KEY = "local"
"""Name of the key, and of the vault, that commands on this machine use."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gateway listens, and the key that commands on this machine use."""

    host: str
    port: int
    local_key: str = field(repr=False)
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Base address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def with_local_key(settings: Settings) -> tuple[Settings, str]:
    """Settings with one key more, all roles, made for this run; and the key."""
    local_key = secrets.token_urlsafe(32)
    local = BootstrapKey(
        name=LOCAL_KEY,
        secret=SecretStr(local_key),
        vault=LOCAL_KEY,
        policies=("*",),
        roles=("use", "restore", "values", "audit", "admin"),
    )
    return settings.model_copy(update={"keys": (*settings.keys, local)}), local_key


def gateway_workers(settings: Settings) -> int:
    """Processes that answer requests: as configured, else one for two cores, for detection needs the other."""
    workers = settings.gateway.workers
    return workers if isinstance(workers, int) else max(1, (os.cpu_count() or 1) // 2)


def detection_workers(settings: Settings) -> int:
    """Detection workers of one process that answers requests: as configured, else its share of the cores."""
    workers = settings.detection.workers
    return workers if isinstance(workers, int) else max(1, (os.cpu_count() or 1) // gateway_workers(settings))
