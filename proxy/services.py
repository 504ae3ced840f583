"""Everything that an exchange needs besides its request, made once per process and passed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from policies.entity_types import ENTITY_TYPES
from policies.keys import KeyStore
from policies.model import Policy
from policies.settings import Settings
from proxy.core.beginnings import Beginnings
from proxy.core.guards import Guards
from proxy.core.prefixes import Prefixes
from proxy.core.tokens import LITERAL
from proxy.detectors.base import Detector
from proxy.detectors.known_values import KnownValues
from proxy.hooks.guardrails import Guardrails
from proxy.limits import Limiter
from proxy.metrics import Metrics
from proxy.payloads import Payloads
from proxy.tracing import Tracer
from proxy.trail import Outcomes
from proxy.upstream.base import Upstream
from proxy.upstream.health import Health
from proxy.upstream.routing import Routes
from proxy.vault.base import Answers, ProviderObjects, Vault


class NamingKeys(Protocol):
    """Gives the key that names tokens of a vault."""

    async def naming_key(self, tenant: str, owner: str) -> bytes:
        """32 bytes, the same for as long as the tenant exists."""
        ...


@dataclass(slots=True)
class Services:
    """The parts of one gateway process.

    `settings`, `policies`, `routes` and `upstream` are exchanged whole when people change them (`proxy.changes`): take
    each once per exchange.
    """

    settings: Settings
    policies: Mapping[str, Policy]
    keys: KeyStore
    naming_keys: NamingKeys
    vault: Vault
    objects: ProviderObjects
    answers: Answers
    detector: Detector
    known: KnownValues
    upstream: Upstream
    routes: Routes
    health: Health
    metrics: Metrics
    limiter: Limiter
    payloads: Payloads | None
    guardrails: Guardrails
    prefixes: Prefixes
    beginnings: Beginnings
    background: Background
    outcomes: Outcomes
    tracer: Tracer | None = None
    """Where exchanges are traced; None: they are not."""


class Background:
    """Work that an answer does not wait for, kept until it is done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Future[Any]] = set()

    def start(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        """Begin what is not begun yet; whoever starts it looks at its failures."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self) -> None:
        """Wait for all of it.

        What is done is not waited for: from Python 3.12 on `gather` of done tasks does not give the loop a turn, so
        that they would stay in the set for ever.
        """
        while running := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*running, return_exceptions=True)


Made = TypeVar("Made")
_MOST_POLICIES: Final = 256
_VOCABULARY: Final = frozenset(ENTITY_TYPES) | {LITERAL}


class OfPolicy(Generic[Made]):
    """What follows from a policy, made once: told by its digest, for to hash a whole policy takes longer than most."""

    def __init__(self, make: Callable[[Policy], Made]) -> None:
        self._make = make
        self._made: dict[str, Made] = {}

    def __call__(self, policy: Policy) -> Made:
        """The one of this policy; the same object each time, as long as few policies are in use."""
        made = self._made.get(policy.digest)
        if made is None:
            if len(self._made) >= _MOST_POLICIES:
                self._made.clear()
            made = self._made[policy.digest] = self._make(policy)
        return made


guards_of: Final = OfPolicy(
    lambda policy: Guards(policy.restore.hosts, policy.restore.tools.allow, policy.restore.tools.deny)
)
"""Where originals may come back under a policy."""

token_types: Final = OfPolicy(lambda policy: _VOCABULARY.union(policy.types))
"""Entity types whose tokens may occur under a policy."""
