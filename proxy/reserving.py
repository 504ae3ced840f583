"""Keeps room under a key's tokens per minute for what a request may use, before it is sent."""

from __future__ import annotations

from collections.abc import Callable

from proxy.accounting import Exchange
from proxy.core.jsontext import Document
from proxy.services import Services
from proxy.tokens_asked import tokens_asked


async def keep_room(services: Services, exchange: Exchange, body: Document, left: Callable[[], str]) -> None:
    """Raise RateLimited where there is none; `left` gives what leaves. Keys without that limit cost nothing."""
    admission = exchange.admission
    if admission is None or admission.limits.tokens_per_minute is None:
        return
    expected = services.settings.gateway.expected_answer_tokens
    await services.limiter.keep_room(admission, tokens_asked(body, left(), exchange.route, expected=expected))
