"""On the way out: what is personal in these texts, what stands in its place, and the vault that knows it.

Nothing leaves before the mapping and the audit intent are stored; every failure on the way raises and nothing leaves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policies.model import Policy
from policies.principals import Principal
from policies.resolve import detection_rules
from proxy.core.beginnings import Found
from proxy.core.borders import joined, takes_up
from proxy.core.findings import Finding, disjoint
from proxy.core.scrambler import Decision, Scrambler, Tally
from proxy.core.settled import Settled, Uncut
from proxy.core.slots import Kind, TextSlot, needs_detection
from proxy.core.surrogates import Naming, naming_key_of_session
from proxy.core.tokens import look_alikes
from proxy.detectors.base import Profile
from proxy.detectors.operators import OneWay
from proxy.detectors.operators_realistic import Realistic
from proxy.errors import VaultUnavailable
from proxy.recorded import signed_is_recorded
from proxy.refusing import refusal
from proxy.runs import Run
from proxy.services import OfPolicy, Services, token_types
from proxy.session_names import digest_of
from proxy.vault.base import Noted

_IDENTIFIERS = frozenset({Kind.KEY, Kind.NAME})
_TRIES = 8
"""How often values are named anew when their tokens stand for others already; each try is 2^-35 unlikely."""
_TURN = 200
"""Texts that are walked over in one go."""
_BEFORE = 8
"""Texts of an earlier turn that a number may have begun in."""
_MOST_PROFILES = 1024
"""Profiles that are remembered of one policy: one for each tenant."""
_RENAMES = 2
"""How often values are invented anew when they stand in the request, before their originals get tokens."""


class Unsettled(Exception):
    """A known beginning stands in a context in which nothing was decided about it: all of the body is to be read."""


@dataclass(slots=True)
class Ahead:
    """Messages at the beginning that are known, the body they stand in, and how many texts come before them."""

    found: Found
    body: str = field(repr=False)
    texts: int


@dataclass(slots=True)
class Scrambled:
    """Decisions per text, the originals by token, and how long it took, in seconds.

    `fresh`: the originals of these texts alone, without those of the known beginning.
    `settled`: what became of the known beginning. `digests`: of the texts up to each one, where they are remembered.
    `invented`: the surrogates that are no tokens.
    """

    decisions: Sequence[tuple[Decision, ...]]
    issued: Mapping[str, str] = field(repr=False)
    tally: Tally
    detect_seconds: float
    vault_seconds: float
    settled: Settled | None = None
    digests: Sequence[bytes] = field(default=(), repr=False)
    fresh: Mapping[str, str] = field(default_factory=dict, repr=False)
    invented: Collection[str] = field(default=(), repr=False)
    types: Collection[str] = ()
    """Entity types of the tokens among `issued`."""


Intent = Callable[[Tally], Mapping[str, str]]
"""The audit intent, made when the findings are known."""


async def naming_key(services: Services, principal: Principal) -> bytes:
    """The key that names tokens of the principal's vault; raises VaultUnavailable when the key store cannot be used."""
    try:
        return await services.naming_keys.naming_key(principal.tenant, principal.owner)
    except Exception:  # noqa: BLE001, S110 - whatever the key store raises, nothing may leave without the key
        pass
    raise VaultUnavailable("The key store cannot be used: no key to name tokens with.")


async def scramble(
    services: Services, run: Run, texts: Sequence[TextSlot], intent: Intent, ahead: Ahead | None = None
) -> Scrambled:
    """Scramble texts in order and store what stands for what, with the audit intent, before anything may leave.

    `ahead`: known messages that stand among these texts. Raises Unsettled, Blocked, DetectorUnavailable,
    VaultUnavailable.
    """
    key = run.key if run.policy.linkable else naming_key_of_session(run.key, run.session)
    passed = await _tokens_of_session(services, run, texts)
    inventor = Realistic() if run.invents and run.policy.invents else None
    if ahead is not None and (inventor is not None or run.policy.by_text):
        raise Unsettled  # all texts are looked through for what is invented, and for whose they are
    held = await _standing(services, run, texts) if inventor is not None and run.explicit else frozenset()
    context = _context(services, run, key, passed, held)
    known = None if ahead is None or texts else await _known(services, run, context, ahead, intent)
    if known is not None:
        return known
    naming = Naming(key, inventor=inventor)
    work = _Work(services, run, texts, passed, context, ahead, held=held)
    vault_seconds = 0.0
    for attempt in range(_TRIES):
        scrambler, decisions = await work.scrambled(naming, remember=attempt == 0)
        if scrambler.tally.blocked and await work.pass_recorded(decisions):
            scrambler, decisions = await work.scrambled(naming, remember=attempt == 0)
        if scrambler.tally.blocked:
            raise refusal(services, run, texts, decisions, scrambler.tally)
        if scrambler.name_anew([slot.text for slot in texts], decisions, give_up=attempt >= _RENAMES):
            continue
        started = time.perf_counter()
        issued, fresh = work.issued(scrambler), scrambler.issued
        taken = await _stored(services, run, issued, intent(scrambler.tally))
        vault_seconds += time.perf_counter() - started
        if not taken:
            # What one session has seen the provider sign, another one has not.
            digests = () if attempt or inventor is not None or work.changed else work.digests
            made = decisions, issued, scrambler.tally, work.detect_seconds, vault_seconds
            return Scrambled(*made, work.settled, digests, fresh, scrambler.invented.keys(), scrambler.issued_types)
        for token in taken:
            entity_type = scrambler.invented.get(token) or token.rpartition("_")[0]
            naming.collided(entity_type, issued[token])
    raise VaultUnavailable("Values could not be named: their tokens are taken again and again.")


async def _known(services: Services, run: Run, context: str, ahead: Ahead, intent: Intent) -> Scrambled | None:
    """What becomes of messages that are all known, where the vault has seen their originals in this session.

    None where it has not. Raises VaultUnavailable. No text is looked at, and no original.
    """
    settled = ahead.found.beginning.settled.get(services.prefixes.start(context))
    if settled is None or not run.stores:
        return None
    tally = Tally(dict(settled.found), {}, settled.replaced)
    started = time.perf_counter()
    noted = Noted(settled.number, settled.issued.keys())
    if await services.vault.store(run.scope, {}, intent(tally), noted) is None:
        return None
    services.metrics.count(services.metrics.cache, "hit", by=settled.texts)
    issued = Uncut(settled, ahead.body, ahead.found.base)
    return Scrambled((), issued, tally, 0.0, time.perf_counter() - started, settled, types=settled.types)


async def _stored(
    services: Services, run: Run, issued: Mapping[str, str], intent: Mapping[str, str]
) -> Mapping[str, str]:
    """Store the mapping and the intent; what already stands for other originals, in which case it is to be named anew.

    Of a known beginning that the vault has stored before, nothing is sent but what stands for all of it.
    """
    if not run.stores:
        return await services.vault.store(run.scope, {}, intent) or {}
    if isinstance(issued, Uncut):
        settled = issued.settled
        noted = Noted(settled.number, settled.issued.keys())
        taken = await services.vault.store(run.scope, issued.further, intent, noted)
        if taken is not None:
            return taken
        taken = await services.vault.store(run.scope, dict(issued), intent) or {}
        if not taken:
            services.vault.note(run.scope, issued.known(), settled.number)
        return taken
    return await services.vault.store(run.scope, issued, intent) or {}


@dataclass(slots=True)
class _Work:
    """The texts of one exchange, with the findings of those that were not decided in an earlier turn."""

    services: Services
    run: Run
    texts: Sequence[TextSlot]
    passed: frozenset[str]
    context: str = field(repr=False)
    ahead: Ahead | None = None
    held: frozenset[str] = field(default=frozenset(), repr=False)
    settled: Settled | None = None
    digests: list[bytes] = field(default_factory=list, repr=False)
    """Before the first text, and behind each one."""
    detect_seconds: float = 0.0
    findings: dict[int, list[Finding]] | None = None
    changed: bool = False
    """Whether texts were left out that this session has seen before."""

    def issued(self, scrambler: Scrambler) -> Mapping[str, str]:
        """The originals of all texts by token, those of a known beginning too."""
        if self.settled is None or self.ahead is None:
            return scrambler.issued
        return Uncut(self.settled, self.ahead.body, self.ahead.found.base, scrambler.issued)

    async def scrambled(self, naming: Naming, *, remember: bool) -> tuple[Scrambler, list[tuple[Decision, ...]]]:
        """Decisions on every text, from earlier turns where `remember` allows and the texts before are the same."""
        policy, prefixes = self.run.policy, self.services.prefixes
        one_way = OneWay(naming.key, time.gmtime().tm_year)
        scrambler = Scrambler(policy, naming, one_way, token_types(policy), self.passed, self.held)
        decisions: list[tuple[Decision, ...]] = []
        await self._digest(remember=remember)
        if self.settled is not None and self.ahead is not None:
            scrambler.take_over(self.settled.found, self.settled.replaced, self.settled.types)
        for position, known in enumerate(map(prefixes.get, self.digests[1:])):
            if known is None:
                break
            if known:
                scrambler.recall(self.texts[position].text, known)
            decisions.append(known)
            await _let_others(position)
        self._count(len(decisions))
        if len(decisions) == len(self.texts):
            return scrambler, decisions
        if self.ahead is not None and (len(decisions) < self.ahead.texts or self._takes_up(len(decisions))):
            raise Unsettled
        found = await self._detected(len(decisions))
        self._relive(scrambler, decisions)
        for position in range(len(decisions), len(self.texts)):
            slot = self.texts[position]
            made = scrambler.text(slot.text, slot.kind, found.get(position, ()), self.run.rules(slot))
            decisions.append(made)
            if remember:
                prefixes.put(self.digests[position + 1], made)
            await _let_others(position)
        return scrambler, decisions

    async def _digest(self, *, remember: bool) -> None:
        """Work out the running digests, with the known beginning in its place. Raises Unsettled."""
        prefixes = self.services.prefixes
        self.digests = digests = [prefixes.start(self.context)] if remember else []
        if self.ahead is None:
            for position, slot in enumerate(self.texts if remember else ()):
                digests.append(prefixes.behind(digests[-1], slot))
                await _let_others(position)
            return
        for position, slot in enumerate(self.texts if remember else ()):
            before = self._behind_beginning(digests[-1]) if position == self.ahead.texts else digests[-1]
            digests.append(prefixes.behind(before, slot))
        if self.ahead.texts == len(self.texts) and remember:
            self._behind_beginning(digests[-1])
        if self.settled is None or not remember:
            raise Unsettled

    def _behind_beginning(self, before: bytes) -> bytes:
        self.settled = self.ahead.found.beginning.settled.get(before) if self.ahead is not None else None
        if self.settled is None:
            raise Unsettled
        return self.settled.behind

    def _takes_up(self, first: int) -> bool:
        """Whether what follows the known beginning may go on with a number in which that ends, up to a new text."""
        if self.ahead is None or not self.ahead.texts <= first < self.ahead.texts + _BEFORE:
            return False
        return self.ahead.found.beginning.goes_on and takes_up(self.texts[self.ahead.texts].text)

    def _relive(self, scrambler: Scrambler, decisions: Sequence[tuple[Decision, ...]]) -> None:
        """Know what the texts that are decided tell about those that are not."""
        first = self.ahead.texts if self.ahead is not None else 0
        for slot, known in zip(self.texts[:first], decisions, strict=False):
            scrambler.relive(slot.text, known)
        if self.settled is not None and self.ahead is not None:
            scrambler.go_on_from(self.settled.recollection(self.ahead.body, self.ahead.found.base))
        for slot, known in zip(self.texts[first:], decisions[first:], strict=False):
            scrambler.relive(slot.text, known)

    async def pass_recorded(self, decisions: Sequence[Sequence[Decision]]) -> bool:
        """Leave out signed texts with findings that this session has seen coming from the provider: it knows them."""
        texts = list(self.texts)
        for position, (slot, made) in enumerate(zip(self.texts, decisions, strict=True)):
            if slot.kind is Kind.SIGNED and made and await signed_is_recorded(self.services, self.run, slot.text):
                texts[position] = replace(slot, text="")
        changed = texts != list(self.texts)
        self.changed |= changed
        self.texts = texts
        self.findings = None
        return changed

    async def _detected(self, first: int) -> dict[int, list[Finding]]:
        """Findings of the texts from `first` on; of all texts in a later try, for then none is remembered."""
        if self.findings is not None and first == 0 and 0 in self.findings:
            return self.findings
        started = time.perf_counter()
        self.findings = {}
        known = self.services.known.version(self.run.principal.tenant) > 0
        for (identifiers, _), (policy, positions) in self._alike(first, known=known).items():
            profile = profile_of(policy, self.run.principal.tenant, identifiers=identifiers)
            results = await self.services.detector.detect([self.texts[at].text for at in positions], profile)
            self.findings.update(zip(positions, map(list, results), strict=True))
            if not identifiers:
                await self._look_over_borders(self._just_before(first, policy), positions, profile)
        self.detect_seconds += time.perf_counter() - started
        return self.findings

    def _just_before(self, first: int, policy: Policy) -> list[int]:
        """The last texts before a new one that were decided in an earlier turn under the same rules."""
        here = range(max(first - _BEFORE, 0 if self.ahead is None else self.ahead.texts), first)
        return [position for position in here if self.run.rules(self.texts[position]).digest == policy.digest]

    async def _look_over_borders(self, earlier: Sequence[int], positions: Sequence[int], profile: Profile) -> None:
        """Add what stands across the borders of these texts, which were looked at one by one.

        `earlier` ones before them stay as they left; what goes on in a new text is found there all the same.
        """
        places = [*earlier, *positions]
        runs = joined([self.texts[at] for at in places], len(earlier))
        if not runs or self.findings is None:
            return
        results = await self.services.detector.detect([run.text for run in runs], profile)
        for run, found in zip(runs, results, strict=True):
            for position, finding in run.apart(found):
                if position >= len(earlier):
                    known = self.findings[places[position]]
                    known[:] = disjoint([*known, finding], profile.precedence)

    def _alike(self, first: int, *, known: bool) -> dict[tuple[bool, str], tuple[Policy, list[int]]]:
        """The texts from `first` on that are to be looked at, those together that are looked at in the same way."""
        groups: dict[tuple[bool, str], tuple[Policy, list[int]]] = {}
        for position in range(first, len(self.texts)):
            slot = self.texts[position]
            if known or needs_detection(slot):
                policy = self.run.rules(slot)
                way = slot.kind in _IDENTIFIERS, policy.digest
                groups.setdefault(way, (policy, []))[1].append(position)
        return groups

    def _count(self, hits: int) -> None:
        metrics = self.services.metrics
        metrics.count(metrics.cache, "hit", by=hits + (self.settled.texts if self.settled is not None else 0))
        metrics.count(metrics.cache, "miss", by=len(self.texts) - hits)


async def _let_others(position: int) -> None:
    """Give the event loop to others behind every so many texts: a request may have tens of thousands."""
    if position % _TURN == _TURN - 1:
        await asyncio.sleep(0)


_PROFILES: OfPolicy[dict[tuple[str, bool], Profile]] = OfPolicy(lambda _policy: {})


def profile_of(policy: Policy, tenant: str, *, identifiers: bool = False) -> Profile:
    """How a policy wants texts to be looked at."""
    known = _PROFILES(policy)
    profile = known.get((tenant, identifiers))
    if profile is None:
        if len(known) >= _MOST_PROFILES:
            known.clear()
        profile = known[tenant, identifiers] = _profile_of(policy, tenant, identifiers=identifiers)
    return profile


def _profile_of(policy: Policy, tenant: str, *, identifiers: bool) -> Profile:
    detection = policy.detection
    rules, others = detection_rules(policy)
    return Profile(
        engines=detection.engines,
        languages=detection.languages,
        regions=detection.regions,
        tenant=tenant,
        deny=tuple((entity_type, word) for entity_type, words in sorted(detection.deny.items()) for word in words),
        allow=detection.allow,
        recognisers=detection.expressions,
        rules=rules,
        others=others,
        identifiers=identifiers,
    )


def _context(services: Services, run: Run, key: bytes, passed: frozenset[str], held: frozenset[str]) -> str:
    """All that decisions depend on besides the texts."""
    tenant, named = run.principal.tenant, digest_of(key)
    version = str(services.known.version(tenant))
    style = repr((run.invents, run.passage)) if run.policy.places else str(run.invents)
    return "\x1f".join((tenant, version, named, run.policy.digest, style, ",".join(sorted(passed)), *sorted(held)))


async def _standing(services: Services, run: Run, texts: Sequence[TextSlot]) -> frozenset[str]:
    """Invented values of the session's earlier exchanges that stand in these texts."""
    held = await services.vault.invented(run.scope)
    return frozenset(value for value in held if any(value in slot.text for slot in texts))


async def _tokens_of_session(services: Services, run: Run, texts: Sequence[TextSlot]) -> frozenset[str]:
    """Tokens in the texts that were issued in this session, when the client asked to keep tokens."""
    if not run.keeps_tokens:
        return frozenset()
    types = token_types(run.policy)
    written = {token for slot in texts for _, _, token in look_alikes(slot.text, types)}
    return frozenset(await services.vault.fetch(run.scope, written)) if written else frozenset()
