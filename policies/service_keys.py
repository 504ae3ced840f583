"""How console, worker and commands reach the gateway: its address and a sealed virtual key per tenant."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from policies.db import Database
from policies.key_rows import KeyProblem, KeyRequest, create_key, rotate_key
from policies.listener_tls import OwnTrust, own_trust
from policies.running import find_running
from policies.sealing import SealBroken, Sealer
from policies.settings import Settings
from policies.tables import SecretRow, VirtualKeyRow

KEY_NAME = "sting-service"
"""Name of the key, and of the vault, that the report engine and the connectors of a tenant use."""
PLAYGROUND_NAME = "sting-playground"
"""Name of the key, and of the vault, with which people try texts. Other vaults name values otherwise: who types a name
there learns nothing of the tokens that stand in jars and reports."""
_ROLES: Mapping[str, tuple[str, ...]] = {
    KEY_NAME: ("use", "restore", "values", "audit"),
    PLAYGROUND_NAME: ("use", "restore"),
}
OWN_KEYS: Mapping[str, str] = {
    KEY_NAME: "honey jars, reports and the console ask the gateway with it",
    PLAYGROUND_NAME: "the console's playground asks the gateway with it",
}
"""What each key that the installation makes for itself is for, for people who come upon it."""
RESERVED = frozenset(OWN_KEYS)
"""Names that belong to the installation itself."""


@dataclass(frozen=True, slots=True)
class GatewayAccess:
    """Base address of the gateway (without `/v1`) and a virtual key for it."""

    url: str
    key: str = field(repr=False)
    trust: OwnTrust | None = field(repr=False, default=None)

    def tls(self) -> ssl.SSLContext | bool:
        """What to check the gateway's certificate by, for each connection anew; True when there is no TLS."""
        return True if self.trust is None else self.trust.context()


async def gateway_access(
    settings: Settings, database: Database, sealer: Sealer, tenant: str, name: str = KEY_NAME
) -> GatewayAccess:
    """Where the gateway is and a service key of the tenant; it is made at first use. Raises DatabaseUnavailable."""
    url = gateway_url(settings)
    return GatewayAccess(url, await service_key(database, sealer, tenant, name), gateway_trust(settings, url))


def gateway_trust(settings: Settings, url: str) -> OwnTrust | None:
    """How to check the certificate of the gateway at `url`; None when it speaks plain HTTP."""
    if not url.startswith("https://"):
        return None
    return own_trust(settings.gateway.tls, elsewhere=settings.gateway.url is not None)


def gateway_url(settings: Settings) -> str:
    """The address under which processes of this installation reach the gateway."""
    if settings.gateway.url is not None:
        return settings.gateway.url.rstrip("/")
    running = find_running(settings.data_dir)
    return running.gateway if running is not None else listener_url(settings)


def listener_url(settings: Settings) -> str:
    """The address at which a gateway of these settings listens."""
    gateway = settings.gateway
    return f"{gateway.tls.scheme}://{gateway.host}:{gateway.port}"


async def service_key(database: Database, sealer: Sealer, tenant: str, key_name: str = KEY_NAME) -> str:
    """The secret of a service key of the tenant: may use every policy, restores within its own vault only."""
    name = f"service-key/{tenant}" if key_name == KEY_NAME else f"service-key/{tenant}/{key_name}"
    async with database.session() as session:
        sealed = await session.scalar(select(SecretRow.sealed).where(SecretRow.name == name))
    if sealed is not None:
        try:
            return str(json.loads(sealer.open(sealed, name))["secret"])
        except SealBroken:
            pass  # another master key now counts: a fresh secret for the same key, hence for the same vault
    secret = await _made(database, tenant, key_name)
    fresh = sealer.seal(json.dumps({"secret": secret}).encode(), name)
    async with database.session(write=True) as session:
        row = await session.get(SecretRow, name)
        if row is None:
            session.add(SecretRow(name=name, sealed=fresh))
        else:
            row.sealed = fresh
    return secret


async def _made(database: Database, tenant: str, name: str) -> str:
    now = time.time_ns() // 1_000_000
    async with database.session() as session:
        known = await session.scalar(
            select(VirtualKeyRow.id).where(VirtualKeyRow.tenant == tenant, VirtualKeyRow.name == name)
        )
    if known is not None:
        return (await rotate_key(database, name, tenant=tenant, now=now, overlap_ms=60_000)).secret
    wanted = KeyRequest(name=name, tenant=tenant, vault=name, policies=("*",), roles=_ROLES[name])
    try:
        return (await create_key(database, wanted, now=now)).secret
    except KeyProblem:  # another process was first; its secret is sealed in a moment, ours replaces it with overlap
        return (await rotate_key(database, name, tenant=tenant, now=now, overlap_ms=60_000)).secret
