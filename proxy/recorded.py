"""Signed texts of the provider's: which of them a session has seen coming (docs/architecture.md, rule 8)."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence

from proxy.errors import StingError
from proxy.runs import Run
from proxy.services import Services
from proxy.vault.base import Home


async def record_signed(services: Services, run: Run, texts: Sequence[str]) -> None:
    """Remember that these signed texts came from the provider in this session. A text that is not is refused later."""
    principal = run.principal
    with contextlib.suppress(StingError):
        ids = [_signed_id(run, text) for text in texts]
        await services.objects.link(principal.tenant, principal.owner, ids, Home("", (run.session,)), run.ttl)


async def signed_is_recorded(services: Services, run: Run, text: str) -> bool:
    """Whether this signed text came from the provider in this session."""
    principal = run.principal
    return await services.objects.find(principal.tenant, principal.owner, _signed_id(run, text)) is not None


def _signed_id(run: Run, text: str) -> str:
    return f"signed/{run.session}/{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
