"""How the providers do, and who is to be asked first.

A provider that fails rests for a while: others are asked before it. One that failed several times in a row is not asked
at all until it has rested, and then by one request first (a circuit breaker). Among targets that share the load the one
with the least in flight for its weight is first; a conversation stays with the target that answered it last.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from proxy.upstream.base import ProviderFailed, Target

_STICKY_SECONDS: Final = 600.0
_MOST_STICKY: Final = 20_000
_LONGEST_REST: Final = 300.0


@dataclass(slots=True)
class _State:
    """One provider: failures in a row, until when it rests, and what is in flight."""

    failures: int = 0
    rests_until: float = 0.0
    in_flight: int = 0


class Health:
    """State of all providers, kept in this process.

    `failures` in a row open the breaker, 0: never; `rest` is in seconds; `changed` is told a provider's name and 1 when
    it is asked as usual, 0 when it is not.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        rest: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[str, int], None] = lambda _provider, _up: None,
        opened: Callable[[str], None] = lambda _provider: None,
    ) -> None:
        """`opened` is told the name of a provider whose breaker has opened."""
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._changed = changed
        self._opened = opened
        self._states: dict[str, _State] = {}
        self._running: dict[Target, int] = {}
        self._sticky: OrderedDict[str, tuple[float, Target]] = OrderedDict()

    def ordered(self, conversation: str, targets: Sequence[Target]) -> list[Target]:
        """The targets in the order to try: rested ones first, then by group, the conversation's own, the least busy."""
        if len(targets) == 1:
            return list(targets)
        now = self._clock()
        since, own = self._sticky.get(conversation, (0.0, None))
        own = own if now - since < _STICKY_SECONDS else None

        def rank(target: Target) -> tuple[bool, bool, int, float]:
            resting = self._state(target).rests_until > now
            return resting, target != own, target.group, self._running.get(target, 0) / target.weight

        return sorted(targets, key=rank)

    def admit(self, target: Target) -> None:
        """Raise ProviderFailed while the breaker is open; behind a rest one request is let through to try."""
        state = self._state(target)
        if not self._most or state.failures < self._most:
            return
        now = self._clock()
        if state.rests_until > now:
            wait = max(1, round(state.rests_until - now))
            failed = ProviderFailed("connect", target.provider, "it failed several times in a row and is left alone")
            failed.status = 503
            failed.headers = {"retry-after": str(wait)}
            raise failed
        state.rests_until = now + self._rest

    def began(self, target: Target) -> None:
        """A request goes to the target."""
        self._running[target] = self._running.get(target, 0) + 1
        self._state(target).in_flight += 1

    def ended(self, target: Target) -> None:
        """Its answer is complete, or it failed."""
        self._state(target).in_flight -= 1
        left = self._running.get(target, 0) - 1
        if left > 0:
            self._running[target] = left
        else:
            self._running.pop(target, None)

    def answered(self, conversation: str, target: Target) -> None:
        """The target gave an answer that is passed on."""
        state = self._state(target)
        if state.failures or state.rests_until:
            state.failures, state.rests_until = 0, 0.0
            self._changed(target.provider, 1)
        if conversation:
            since, before = self._sticky.get(conversation, (self._clock(), target))
            # A conversation that had to go elsewhere comes back after a while, however busy it is.
            stays = target.group and before == target
            self._sticky[conversation] = (since if stays else self._clock(), target)
            self._sticky.move_to_end(conversation)
            if len(self._sticky) > _MOST_STICKY:
                self._sticky.popitem(last=False)

    def failed(self, target: Target, rest: float | None = None, *, counts: bool = True) -> None:
        """The target did not answer, or said that it is overloaded, and for how long (seconds).

        `counts`: towards the breaker; a rate limit does not, for the client has to see it.
        """
        state = self._state(target)
        state.failures += counts
        state.rests_until = self._clock() + min(rest or self._rest, _LONGEST_REST)
        self._changed(target.provider, 0)
        if counts and self._most and state.failures == self._most:
            self._opened(target.provider)

    def told(self) -> dict[str, dict[str, Any]]:
        """Each known provider's state: `up`, `resting` or `open`."""
        now = self._clock()
        return {
            name: {"state": self._word(state, now), "failures": state.failures, "in_flight": state.in_flight}
            for name, state in sorted(self._states.items())
        }

    def _word(self, state: _State, now: float) -> str:
        if self._most and state.failures >= self._most:
            return "open"
        return "resting" if state.rests_until > now else "up"

    def _state(self, target: Target) -> _State:
        state = self._states.get(target.provider)
        if state is None:
            state = self._states[target.provider] = _State()
        return state
