"""How commands reach a gateway over HTTP: the one that runs on this data_dir, else one of their own for a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from policies.listener_tls import own_trust
from policies.running import find_running
from policies.sections_tls import ListenerTls
from policies.settings import Settings
from proxy.serving import listening


class CallFailed(Exception):
    """The gateway refused or could not be reached; the message is the gateway's."""


class LocalGateway:
    """Calls to the gateway's own API with the local key."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"X-Sting-Key": key}

    async def call(self, method: str, path: str, body: object | None = None) -> Any:  # noqa: ANN401 - JSON
        """The answer's JSON. Raises CallFailed."""
        return await self._answered(method, path, json=body)

    async def upload(self, method: str, path: str, pieces: Iterable[bytes]) -> Any:  # noqa: ANN401 - JSON
        """The same with a body that is sent piece by piece as `pieces` gives it; there is no limit on its time."""

        async def sent() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        return await self._answered(method, path, data=sent(), timeout=aiohttp.ClientTimeout(total=None))

    async def _answered(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        try:
            async with self._session.request(method, self._url + path, headers=self._headers, **options) as answer:
                data = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CallFailed(f"the gateway at {self._url} cannot be reached: {type(error).__name__}") from None
        if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise CallFailed(str(data.get("error", {}).get("message", f"HTTP {answer.status}")))
        return data


@asynccontextmanager
async def local_gateway(settings: Settings) -> AsyncIterator[LocalGateway]:
    """The running gateway of `settings.data_dir`, else a new one that lives as long as the block."""
    async with AsyncExitStack() as stack:
        running = find_running(settings.data_dir)
        if running is not None:
            url, key = running.gateway, running.local_key
            trust = own_trust(settings.gateway.tls, elsewhere=False) if url.startswith("https://") else None
        else:
            free_port = settings.gateway.model_copy(update={"port": 0, "tls": ListenerTls()})
            place = await stack.enter_async_context(
                listening(settings.model_copy(update={"gateway": free_port}), drain=1.0)
            )
            url, key, trust = place.url, place.local_key, None
        connector = aiohttp.TCPConnector(ssl=trust.context() if trust else True)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        yield LocalGateway(session, url, key)
