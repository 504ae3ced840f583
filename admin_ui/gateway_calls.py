"""How the console asks the gateway: over HTTP, with the service key of the caller's tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from policies.console_routes import Problem
from policies.db import Database
from policies.sealing import Sealer
from policies.service_keys import KEY_NAME, GatewayAccess, gateway_access, gateway_trust, gateway_url
from policies.settings import Settings

WAIT = aiohttp.ClientTimeout(total=180, connect=5)
_GLANCE = aiohttp.ClientTimeout(total=8)
"""Who looks how the gateway is must hear soon that it hangs."""
_BAD = 400
_SERVER_FAULT = 500


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """Status, JSON and headers of an answer."""

    status: int
    data: Any
    headers: Mapping[str, str]


class GatewayCalls:
    """Calls to the gateway."""

    def __init__(self, settings: Settings, database: Database, sealer: Sealer, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._database = database
        self._sealer = sealer
        self._http = http

    async def ask(
        self,
        tenant: str,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        key: str = KEY_NAME,
    ) -> GatewayAnswer:
        """The answer to a call on behalf of `tenant`, with one of its service keys.

        Raises Problem: unreachable, or refused with its reason.
        """
        access = await gateway_access(self._settings, self._database, self._sealer, tenant, key)
        sent = {**(headers or {}), "X-Sting-Key": access.key}
        answer = await self._sent(access, method, path, body, sent)
        if answer.status >= _BAD:
            told = answer.data.get("error") if isinstance(answer.data, dict) else None
            error = told if isinstance(told, dict) else {}
            status = answer.status if answer.status < _SERVER_FAULT else 502
            message = str(error.get("message", "The gateway refused this."))
            raise Problem(status, str(error.get("code") or "gateway_refused"), message)
        return answer

    async def look(self, path: str) -> GatewayAnswer:
        """The answer to a call without a key, whatever its status. Raises Problem when none comes in eight seconds."""
        url = gateway_url(self._settings)
        nobody = GatewayAccess(url, "", gateway_trust(self._settings, url))
        return await self._sent(nobody, "GET", path, None, {}, wait=_GLANCE)

    async def _sent(
        self,
        access: GatewayAccess,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        *,
        wait: aiohttp.ClientTimeout = WAIT,
    ) -> GatewayAnswer:
        url, tls = access.url + path, access.tls()
        try:
            async with self._http.request(method, url, json=body, headers=headers, ssl=tls, timeout=wait) as answer:
                return GatewayAnswer(answer.status, await answer.json(content_type=None), answer.headers)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = type(error).__name__
            raise Problem(
                502, "gateway_unreachable", f"The gateway cannot be reached ({why}); is it running?"
            ) from None
