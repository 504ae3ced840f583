"""What became of a body's messages, kept for the next turn and for others that begin alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proxy.core.beginnings import Beginning
from proxy.core.borders import goes_on
from proxy.core.jsontext import Document, Path
from proxy.core.positions import counted
from proxy.core.settled import Settled, settled_of
from proxy.core.slots import Slots, TextSlot
from proxy.dialects.base import Dialect, family
from proxy.dialects.citations import cites
from proxy.dialects.notice import NOTICE
from proxy.dialects.providers_own import models_within
from proxy.outgoing import Scrambled
from proxy.receiving import Received
from proxy.runs import Run
from proxy.services import Services
from proxy.session_names import seed_of

_WORTH_WHILE, _WORTH_WHILE_BEHIND = 512, 2048
"""Characters from which messages that were read are kept without the last one; behind a known beginning more of them,
for there each turn of a conversation adds an answer, which another question rarely follows."""
_MOVES = '"cache_control'
"""What clients put at the end of the last message, and take away from there in the next turn."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The first `count` messages, which end before `end`, and those of the request's texts that stand in them."""

    count: int
    end: int
    texts: Sequence[TextSlot]


def keep(
    services: Services, run: Run, dialect: Dialect, received: Received, slots: Slots, scrambled: Scrambled
) -> None:
    """Keep what became of the messages of this body, and have the vault note that it is stored.

    Where much of a body was read, those before the last message are kept by themselves, too: examples or documents may
    stand there, behind which another question follows.
    """
    parts = _parts(dialect, received, slots, scrambled)
    settled, done = scrambled.settled or Settled(b""), 0
    for part in parts:
        texts = part.texts[done:]
        first = slots.ahead + done
        made = scrambled.decisions[first : first + len(texts)]
        running = scrambled.digests[first + len(texts)] if part.texts or received.found is None else settled.behind
        base, before = received.body.containers[dialect.traits.grows][0], settled
        after = settled_of(received.body.text, base, before, texts, made, running)
        if after is None:
            return
        if run.stores:
            services.vault.note(run.scope, scrambled.fresh, after.number, before.number if scrambled.settled else 0)
        _put(services, dialect, received, slots, part, scrambled.digests[slots.ahead], after)
        settled, done = after, len(part.texts)


def _parts(dialect: Dialect, received: Received, slots: Slots, scrambled: Scrambled) -> list[_Part]:
    """What is worth keeping, the shorter one first."""
    body, found = received.body, received.found
    known, array, state = found.beginning.count if found is not None else 0, dialect.traits.grows, dialect.traits.state
    if (*array, known) not in body.containers or not scrambled.digests or slots.unscannable or slots.owned:
        return []  # no further message, something else among them, or what is to be looked at each time
    named = state is not None and (state.named(body) or state.brought(body))
    if named or any(leaf.path[:1] == array for leaf in models_within(body)):
        return []  # objects and models that a request names are this key's to use or not
    base, ends = body.containers[array][0], _ends(body, array, known)
    texts = slots.texts[slots.ahead : slots.ahead + slots.inside]
    if not ends or counted(body) or (dialect.traits.cites and cites(body)):
        return []  # such positions move with the texts, which a known beginning does not tell
    if any(not base < slot.leaves[0].start < ends[-1] for slot in texts):
        return []  # where the array stands twice, texts of the other one are no part of this one
    whole = _Part(known + len(ends), ends[-1], texts)
    last = body.text[ends[-2] : ends[-1]] if len(ends) > 1 else ""
    begun, least = (base, _WORTH_WHILE) if found is None else (found.end, _WORTH_WHILE_BEHIND)
    much = last and received.stale is None and ends[-2] - begun >= least
    if not much and _MOVES not in last:
        return [whole]
    before = [slot for slot in texts if slot.leaves[0].start < ends[-2]]
    return [_Part(whole.count - 1, ends[-2], before), whole]


def _ends(body: Document, array: Path, known: int) -> list[int]:
    """Where each of the messages behind the known ones ends; nothing when something else stands among them."""
    ends: list[int] = []
    while (*array, known + len(ends)) in body.containers:
        ends.append(body.containers[*array, known + len(ends)][1])
    closing = body.containers[array][1] - 1
    return [] if body.text[ends[-1] : closing].strip() else ends


def _put(
    services: Services,
    dialect: Dialect,
    received: Received,
    slots: Slots,
    part: _Part,
    before_it: bytes,
    settled: Settled,
) -> None:
    """Keep one part with what became of it behind the texts that this digest is of."""
    text, stale, base = received.body.text, received.stale, received.body.containers[dialect.traits.grows][0]
    if stale is not None and stale.beginning.count == part.count and stale.end == part.end:
        services.beginnings.settle(family(dialect), text, base, stale.beginning, before_it, settled)
        return
    beginning = _beginning(dialect, received, slots, part, base)
    if beginning is not None:
        beginning.settle(before_it, settled)
        services.beginnings.put(family(dialect), text, base, beginning)


def _beginning(dialect: Dialect, received: Received, slots: Slots, part: _Part, base: int) -> Beginning | None:
    """What is known of the messages whatever the context; None while the conversation has no user's message yet."""
    body, length, count = received.body, part.end - base, part.count
    array = dialect.traits.grows
    many = received.many  # to count too many costs less than to walk over very many once more
    values = len(body.leaves) + len(body.scalars) + len(body.containers) if many else _values(body, array, count)
    if received.found is not None:
        old = received.found.beginning
        open_number = goes_on(part.texts[-1].text) if part.texts else old.goes_on
        return Beginning(length, count, old.values + values, old.seed, old.notice, open_number)
    if all(body.value(*array, position, "role") != "user" for position in range(count)):
        return None
    notice = [(edit.start - base, edit.end - base, edit.new) for edit in dialect.with_notice(body, NOTICE)]
    inside = tuple(one for one in notice if one[0] > 0 and one[1] <= length)
    if inside and len(inside) < len(notice):
        return None
    seed = dialect.session_seed(body, slots.texts)[slots.ahead :]
    open_number = bool(part.texts) and goes_on(part.texts[-1].text)
    return Beginning(length, count, values, seed_of(seed), inside if inside or not notice else None, open_number)


def _values(body: Document, array: Path, count: int) -> int:
    """Values in the first messages, as far as they were read."""
    places: list[Path] = [*(leaf.path for leaf in body.leaves), *body.scalars, *body.containers]
    return sum(1 for path in places if len(path) > 1 and path[:1] == array and _before(path[1], count))


def _before(step: str | int, count: int) -> bool:
    return isinstance(step, int) and step < count
