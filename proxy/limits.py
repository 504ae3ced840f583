"""Limits of virtual keys: requests and tokens per minute, exchanges at once, budgets. Counted in Redis, atomically.

One script admits an exchange, one keeps room for its tokens and one settles it (`proxy.limit_scripts`), so gateways
that share a Redis share the counts. Requests and tokens are counted exactly, over the last 60 seconds. What an exchange
uses is known when it has ended: tokens per minute have room kept for what it may use at most (docs/decisions/0691), a
budget can be overspent by what was in flight, no more.
"""

from __future__ import annotations

import asyncio
import logging
import math
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from policies.pricing import priced
from policies.principals import NO_LIMITS, Principal
from policies.redis_client import Client
from policies.sections import Budget, KeyLimits, Price
from policies.sections_providers import entry_of
from policies.settings import Settings
from proxy.errors import BudgetExceeded, ModelNotAllowed, RateLimited, VaultUnavailable
from proxy.limit_scripts import ADMIT, RESERVE, SETTLE
from proxy.metrics import Metrics
from proxy.tokens_asked import Asked
from proxy.upstream.base import Target
from proxy.vault.connection import run

_log = logging.getLogger("sting.limits")
_MICRO = 1_000_000
"""Costs are counted in millionths of the currency: prices are per million tokens, so that is tokens times price."""
_LEASE_SECONDS = 1_800
"""An exchange that never settles (its gateway was killed) stops counting after this time."""
_RUNNING, _TOKENS = 2, 3
"""The scripts' words for exchanges at once and for tokens per minute."""
_TOGETHER = "together"
"""Stands for the id of a key where all keys of a public demo are counted as one."""
_NO_RETRY = {"x-should-retry": "false"}


@dataclass(frozen=True, slots=True)
class Admission:
    """An exchange that was let in, and is to be settled when it has ended; `user`: against an end user's budget."""

    id: str
    key_id: str
    limits: KeyLimits
    period: str
    tenant: str = ""
    key_name: str = ""
    user: bool = False


class Limiter:
    """Counts what keys use, in the Redis of `client`. `today` gives the UTC date as `2026-11-28`."""

    def __init__(
        self,
        client: Client,
        metrics: Metrics,
        settings: Settings,
        today: Callable[[], str] = lambda: f"{datetime.now(UTC):%Y-%m-%d}",
        nearly: Callable[[Admission, float], None] = lambda _admission, _share: None,
    ) -> None:
        """`nearly` is told the share that is spent when a key's budget passes `alerts.budget_share`."""
        self._client = client
        self._metrics = metrics
        self._settings = settings
        self._today = today
        self._nearly = nearly
        self._together = _together(settings)
        self._settling: dict[str, set[asyncio.Future[None]]] = {}
        """By key: exchanges whose answer is out and whose room is about to be given back."""

    async def admit(self, principal: Principal, exchange: str) -> Admission | None:
        """Let an exchange in, or raise RateLimited or BudgetExceeded; None when there is nothing to count.

        Without Redis rates are not enforced (a metric tells), budgets are: VaultUnavailable.
        """
        limits = principal.limits
        if self._together is not None:
            await self._admit_together(self._together, exchange)
        elif not limits.counted:
            return None
        period = _period(limits.budget, self._today())
        admission = Admission(exchange, principal.key_id, limits, period, principal.tenant, principal.key_name)
        running, requests, spent, tokens = _keys(principal.key_id)
        arguments = (
            exchange,
            _LEASE_SECONDS,
            limits.concurrent or 0,
            limits.requests_per_minute or 0,
            limits.tokens_per_minute or 0,
            _budget_amount(limits.budget),
            admission.period,
        )
        try:
            used_up, wait = await run(self._client, ADMIT, (running, requests, spent, tokens), arguments)
            if used_up == _RUNNING and (settling := self._settling.get(principal.key_id)):
                # A client that sends one request after the other is not refused for its own last one.
                await asyncio.wait([*settling])
                used_up, wait = await run(self._client, ADMIT, (running, requests, spent, tokens), arguments)
        except VaultUnavailable:
            self._metrics.limits_skipped.inc()
            if limits.budget is not None:
                raise
            return admission
        if used_up:
            raise _refusal(int(used_up), limits, int(float(wait)))
        return admission

    async def keep_room(self, admission: Admission, asked: Asked) -> None:
        """Keep room for the tokens that an exchange may use, until it is settled. Raises RateLimited.

        Without Redis rates are not enforced (a metric tells).
        """
        limit = admission.limits.tokens_per_minute
        if limit is None:
            return
        if asked.likely > limit:
            raise RateLimited(
                f"This request alone may use {asked.likely} tokens, and this key has {limit} per minute. Nothing was "
                "sent. Shorten it, or ask for a shorter answer (`max_tokens`).",
                headers=dict(_NO_RETRY),
            )
        tokens = _keys(admission.key_id)[3]
        arguments = (admission.id, min(asked.least, limit), asked.most, limit, _LEASE_SECONDS)
        try:
            wait = await run(self._client, RESERVE, (tokens,), arguments)
        except VaultUnavailable:
            self._metrics.limits_skipped.inc()
            return
        if wait:
            raise _refusal(_TOKENS, admission.limits, int(wait))

    async def admit_user(self, principal: Principal, user: str, exchange: str) -> Admission | None:
        """Let an exchange in for the end user of this mark, empty for nobody in particular. Raises BudgetExceeded.

        None when the key sets no budget per user. Without Redis: VaultUnavailable.
        """
        budget = principal.limits.user_budget
        if budget is None:
            return None
        counted = f"{principal.key_id}:user:{user or 'nobody'}"
        if await self._spent(counted, budget, exchange):
            raise BudgetExceeded(
                f"What one user of this key may spend ({_spoken(budget)}) is used up for this user. Nothing was sent.",
                headers=until_renewed(budget, datetime.now(UTC)),
            )
        limits, period = KeyLimits(budget=budget), _period(budget, self._today())
        return Admission(exchange, counted, limits, period, principal.tenant, principal.key_name, user=True)

    async def _spent(self, counted: str, budget: Budget, exchange: str) -> bool:
        """Whether a budget that is counted under this name is used up."""
        arguments = (exchange, _LEASE_SECONDS, 0, 0, 0, _budget_amount(budget), _period(budget, self._today()))
        used_up, _ = await run(self._client, ADMIT, _keys(counted), arguments)
        return bool(used_up)

    async def _admit_together(self, budget: Budget, exchange: str) -> None:
        if await self._spent(_TOGETHER, budget, exchange):
            raise BudgetExceeded(
                f"This demo has spent all that it may until its next reset ({budget.amount:g}). Nothing was sent.",
                headers=dict(_NO_RETRY),
            )

    async def settle(self, admission: Admission, target: Target | None, public: str, given: int, made: int) -> None:
        """Count what the exchange used: tokens `given` to and `made` by the model `public`, in truth `target`."""
        done = asyncio.get_running_loop().create_future()
        of_key = self._settling.setdefault(admission.key_id, set())
        of_key.add(done)
        try:
            await self._settle(admission, target, public, given, made)
        finally:
            done.set_result(None)
            of_key.discard(done)
            if not of_key:
                del self._settling[admission.key_id]

    async def _settle(self, admission: Admission, target: Target | None, public: str, given: int, made: int) -> None:
        budget = admission.limits.budget
        tokens = amount = given + made
        cost = self._cost(target, public, given, made)
        if budget is not None and budget.unit == "cost":
            amount = cost
        running, _, spent, counted = _keys(admission.key_id)
        counts = tokens if admission.limits.tokens_per_minute else -1
        arguments = (admission.id, counts, amount, admission.period, _kept_seconds(budget), _LEASE_SECONDS)
        try:
            if self._together is not None and not admission.user:
                await self._settle_together(self._together, admission.id, cost)
            now_spent = int(await run(self._client, SETTLE, (running, spent, counted), arguments))
        except VaultUnavailable:
            self._metrics.limits_skipped.inc()
            _log.warning("what an exchange used could not be counted", extra={"exchange": admission.id})
            return
        if budget is not None and not admission.user:
            whole = _budget_amount(budget)
            line = whole * self._settings.alerts.budget_share
            if now_spent - amount < line <= now_spent:
                self._nearly(admission, now_spent / whole)

    async def _settle_together(self, budget: Budget, exchange: str, cost: int) -> None:
        running, _, spent, counted = _keys(_TOGETHER)
        arguments = (exchange, -1, cost, _period(budget, self._today()), _kept_seconds(budget), 0)
        await run(self._client, SETTLE, (running, spent, counted), arguments)

    def _cost(self, target: Target | None, public: str, given: int, made: int) -> int:
        """What the tokens cost, in millionths of the currency."""
        price = price_of(self._settings, target, public) if target is not None else None
        return math.ceil(given * price.input + made * price.output) if price is not None else 0


def _together(settings: Settings) -> Budget | None:
    """What all keys of a public demo may spend together: until the reset, which empties the count."""
    amount = settings.demo.spend if settings.demo_mode else None
    return Budget(amount=amount, unit="cost", per="ever") if amount is not None else None


def price_of(settings: Settings, target: Target, public: str = "") -> Price | None:
    """What the target's tokens cost: by `provider/model`, model or public name; nothing where the model runs here."""
    found = priced(settings.prices, f"{entry_of(target.provider)}/{target.model}", target.model, public)
    if found is not None:
        return found
    provider = settings.section_of(target.provider)
    return Price(input=0, output=0) if provider is not None and (provider.local or provider.kind == "demo") else None


def affordable(limits: KeyLimits, targets: list[Target], public: str, settings: Settings) -> list[Target]:
    """Targets that the key may use, and whose cost its budget can count. Raises ModelNotAllowed."""
    together = _together(settings) is not None
    unbudgeted = limits.budget is None and limits.user_budget is None and not together
    if unbudgeted and limits.providers == NO_LIMITS.providers:
        return targets
    allowed = [target for target in targets if limits.may_use_provider(entry_of(target.provider))]
    if not allowed:
        raise ModelNotAllowed("This key may not use the provider of this model. Nothing was sent.", param="model")
    if not together and not any(budget and budget.unit == "cost" for budget in (limits.budget, limits.user_budget)):
        return allowed
    priced = [target for target in allowed if price_of(settings, target, public) is not None]
    if not priced:
        raise ModelNotAllowed(
            "This key has a budget, and the model has no price to count against it. Nothing was sent. Add it to "
            "`prices` in the configuration, or give the key a budget in tokens."
            if not together
            else "This demo may spend so much, and the model has no price to count against it. Nothing was sent.",
            param="model",
        )
    return priced


def _keys(key_id: str) -> tuple[str, str, str, str]:
    """Redis keys of one virtual key, in one slot of a cluster."""
    base = f"{{sting:limits:{key_id}}}"
    return f"{base}:running", f"{base}:requests", f"{base}:spent", f"{base}:used"


def _period(budget: Budget | None, today: str) -> str:
    if budget is None:
        return ""
    return {"day": today, "month": today[:7], "ever": "ever"}[budget.per]


def _kept_seconds(budget: Budget | None) -> int:
    """How long a count is kept: longer than its period, for ever when it has no end."""
    return {"day": 2 * 86_400, "month": 32 * 86_400, "ever": 0}[budget.per] if budget is not None else 0


def _budget_amount(budget: Budget | None) -> int:
    if budget is None:
        return 0
    return max(1, round(budget.amount * (1 if budget.unit == "tokens" else _MICRO)))


def _counted(most: int | None, what: str) -> str:
    return f"{most} {what}" if most == 1 else f"{most} {what}s"


def _spoken(budget: Budget) -> str:
    return f"{budget.amount:g} {budget.unit} per {budget.per}"


def until_renewed(budget: Budget, now: datetime) -> dict[str, str]:
    """Headers of a refusal: clients must not try again by themselves; when the next day or month begins they may.

    A budget that is never renewed tells no time.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if budget.per == "ever":
        return dict(_NO_RETRY)
    days = 1 if budget.per == "day" else monthrange(now.year, now.month)[1] - now.day + 1
    return {**_NO_RETRY, "retry-after": str(math.ceil((midnight + timedelta(days=days) - now).total_seconds()))}


def _refusal(used_up: int, limits: KeyLimits, wait: int) -> RateLimited | BudgetExceeded:
    if used_up == 4:  # noqa: PLR2004 - the script's word for the budget
        budget = limits.budget
        spoken = _spoken(budget) if budget is not None else ""
        return BudgetExceeded(
            f"This key's budget ({spoken}) is used up. Nothing was sent. Ask whoever gave you the key.",
            headers=dict(_NO_RETRY) if budget is None else until_renewed(budget, datetime.now(UTC)),
        )
    what = {
        1: f"make {_counted(limits.requests_per_minute, 'request')} per minute",
        _RUNNING: f"have {_counted(limits.concurrent, 'request')} running at once",
        _TOKENS: f"use {_counted(limits.tokens_per_minute, 'token')} per minute",
    }[used_up]
    seconds = max(1, math.ceil(wait / 1000))
    return RateLimited(
        f"This key may {what}. Nothing was sent; try again in {seconds} s.", headers={"retry-after": str(seconds)}
    )
