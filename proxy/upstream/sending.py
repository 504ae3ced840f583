"""Sending a request to the first of several targets that gives an answer, over HTTP or to the demo model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from proxy.upstream.base import Answer, Provider, ProviderFailed, Target, Upstream, UpstreamRequest
from proxy.upstream.client import HttpClient
from proxy.upstream.demo import answer_offline

_TRY_ELSEWHERE = frozenset({408, 429})
"""Besides 5xx: what another provider may do better."""

_SERVER_ERROR = 500


class Providers:
    """All configured providers behind one face: HTTP ones over one pool, the demo model in process.

    Make it inside the running event loop; `close()` it there.
    """

    def __init__(self, providers: Mapping[str, Provider], *, connections: int = 512) -> None:
        self._providers = dict(providers)
        http = [provider for provider in providers.values() if provider.kind != "demo"]
        self._client = HttpClient(http, connections=connections)

    async def send(self, target: Target, request: UpstreamRequest) -> Answer:
        """Send and wait for the status; see `Upstream.send`."""
        provider = self._providers.get(target.provider)
        if provider is None:  # it was removed while this exchange ran
            raise ProviderFailed("connect", target.provider, "it is no longer configured")
        if provider.kind == "demo":
            return answer_offline(request)
        return await self._client.send(provider, request)

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()


Noted = Callable[[Target, str], None]
"""Told of each failed try for the metrics: the target, and the failure's kind or the status as text."""


async def send_with_fallbacks(
    upstream: Upstream,
    targets: Sequence[Target],
    body_for: Callable[[Target], UpstreamRequest],
    *,
    note: Noted = lambda _target, _why: None,
) -> tuple[Target, Answer]:
    """The first good answer of `targets` in order, and who gave it.

    `body_for(target)` makes the request with that target's model name. A target is tried once (decision 0061). The
    next one follows after a ProviderFailed and after 408, 429 and 5xx; nothing has reached the client by then. When
    all fail, the last error answer is given, and without one the last ProviderFailed is raised.
    """
    kept: tuple[Target, Answer] | None = None
    failure: ProviderFailed | None = None
    try:
        for target in targets:
            try:
                answer = await upstream.send(target, body_for(target))
            except ProviderFailed as error:
                failure = error
                note(target, error.kind)
                continue
            if kept is not None:
                kept[1].close()
            kept = (target, answer)
            if not _worth_another(answer.status):
                break
            note(target, str(answer.status))
    except BaseException:
        if kept is not None:
            kept[1].close()
        raise
    if kept is not None:
        return kept
    raise failure or ValueError("there must be a target")


def _worth_another(status: int) -> bool:
    return status in _TRY_ELSEWHERE or status >= _SERVER_ERROR
