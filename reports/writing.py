"""Writing one section: scramble the prompt, ask the models of the chain in turn, check every sentence, else rules.

No answer is taken on trust. A text with faults is asked for once more; sentences that are still at fault are left out;
when no model gives a text that stands, the rule-based writer tells the facts, and the section says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import Field

from reports.document import Origin, PromptSeen
from reports.facts import Plain
from reports.gateway import AWAY, Answer, GatewayFailed, Scrambled
from reports.marks import withheld
from reports.numbers import cited
from reports.own_words import own_words, tokens_of
from reports.prompts import (
    SectionPlan,
    chosen_facts,
    marks,
    material,
    own_case,
    recited,
    revise_prompt,
    section_prompt,
    system_prompt,
)
from reports.render.words import words
from reports.sentences import told_facts
from reports.texts import Draft, Fault, cut_off_removed, faults_of, for_reader, read_draft, readable, without

_TRIES: Final = 2
_FEWEST_SENTENCES: Final = 1
_MOST_TOLD: Final = 6


class Models(Protocol):
    """What writing needs of the gateway."""

    async def scramble(self, texts: Sequence[str], *, ours: bool = False) -> Scrambled:
        """Texts as they may leave; `ours`: nobody has typed anything in them."""
        ...

    async def restore(self, texts: Sequence[str]) -> list[str]:
        """Texts with the originals of this session's tokens. Raises GatewayFailed."""
        ...

    async def ask(self, model: str, system: str, prompt: str, *, most_tokens: int = 1500) -> Answer:
        """One answer, with tokens. Raises GatewayFailed."""
        ...


class Part(Plain):
    """A paragraph or point for the reader, and the facts that it cites."""

    text: str
    facts: tuple[str, ...] = ()


class Written(Plain):
    """A written section, the requests that were made for it, and the entities that were scrambled in them."""

    paragraphs: tuple[Part, ...]
    points: tuple[Part, ...] = ()
    origin: Origin
    model: str = ""
    degraded: str | None = None
    dropped: int = 0
    prompts: tuple[PromptSeen, ...] = ()
    entities: dict[str, int] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chains:
    """Models to try in order for writing and for revising; an empty one: by rules, or not at all."""

    write: Sequence[str]
    revise: Sequence[str] = ()
    cost: Callable[[str, int, int], float | None] = lambda _model, _in, _out: None


class Writing:
    """The writing of one section."""

    def __init__(self, models: Models, plan: SectionPlan, chains: Chains) -> None:
        self._models = models
        self._plan = plan
        self._chains = chains
        self._seen: list[PromptSeen] = []
        self._entities: dict[str, int] = {}
        self._said = words(plan.language)
        self._words = (plan.title, plan.report, *plan.findings, *plan.samples)
        self._marks = marks(plan.facts)
        self._shown = "\n".join([*material(plan), *(fact.told(plan.form) for fact in plan.facts)])
        self._kept = tokens_of([self._shown, *plan.samples, *plan.missed.values()])

    async def write(self) -> Written:
        """The section. Raises GatewayFailed when the gateway cannot scramble or is away: then nothing may leave."""
        if not self._plan.facts:
            return self.by_rules(None)
        reason: str | None = None
        for model in self._chains.write:
            try:
                draft, faults = await self._draft(model)
            except GatewayFailed as error:
                if error.code == AWAY:  # the run waits for it: a report by rules would stay one
                    raise
                reason = self._said["no_answer"].format(model=model, code=error.code)
                continue
            kept = readable(without(draft, faults), {fact.id: fact for fact in self._plan.facts}, self._plan.form)
            if len(kept.paragraphs) >= _FEWEST_SENTENCES:
                kept = await self._revised(kept)
                degraded = (
                    None
                    if model == self._chains.write[0]
                    else self._said["other_wrote"].format(reason=reason, model=model)
                )
                return self._written(kept, "model", model, degraded, dropped=len(faults))
            reason = self._said["no_stand"].format(model=model)
        return self.by_rules(reason)

    async def _draft(self, model: str) -> tuple[Draft, list[Fault]]:
        """A model's text and what is wrong in it, after a second try when something was."""
        told: list[str] = []
        best: tuple[Draft, list[Fault]] = (Draft(()), [])
        for attempt in range(_TRIES):
            prompt, tokens = await self._prompt(told)
            answer = await self._ask("write", model, prompt)
            draft = read_draft(await self._read(answer.text))
            if answer.truncated:
                draft = cut_off_removed(draft)
            faults = faults_of(draft, chosen_facts(self._plan.facts), self._words, tokens, self._plan.form)
            if not attempt or len(without(draft, faults).text) > len(without(*best).text):
                best = draft, faults
            if not faults:
                return draft, faults
            told = list(dict.fromkeys(fault.reason for fault in faults))[:_MOST_TOLD]
        return best

    async def _revised(self, draft: Draft) -> Draft:
        """The draft after a look at it by the principles; the draft itself when the mended text does not stand."""
        for model in self._chains.revise:
            try:
                text = recited(draft.text, {name: mark for mark, name in self._marks.items()})
                prompt, tokens = await self._scrambled(revise_prompt(text))
                answer = await self._ask("revise", model, prompt)
                mended = read_draft(await self._read(answer.text))
            except GatewayFailed:
                continue
            if answer.text.strip().rstrip(".").upper() == "OK" or answer.truncated:
                return draft
            facts = chosen_facts(self._plan.facts)
            stands = not faults_of(mended, facts, self._words, tokens, self._plan.form)
            # a mended text that has lost most of what it said is no improvement
            return mended if stands and 2 * len(mended.text) > len(draft.text) else draft
        return draft

    async def _prompt(self, told: Sequence[str]) -> tuple[str, frozenset[str]]:
        """The prompt as it may leave (the first time as it was reviewed, when it was), and the tokens in it."""
        text = self._plan.prepared
        if told or not text:
            return await self._scrambled(section_prompt(self._plan, told))
        return text, tokens_of([text])

    async def _scrambled(self, prompt: str) -> tuple[str, frozenset[str]]:
        scrambled = await self._models.scramble([prompt], ours=not self._plan.typed)
        for name, count in scrambled.entities.items():
            self._entities[name] = self._entities.get(name, 0) + count
        text = withheld(self._plan.missed)(scrambled.texts[0])
        return text, tokens_of([text])

    async def _read(self, answer: str) -> str:
        """An answer with our own words for tokens, ids for marks, and groups as the data writes them."""
        plan = self._plan
        typed = f"{plan.remark}\n{plan.report}"
        back = await own_words([answer], self._models, shown=self._shown, kept=self._kept, typed=typed)
        return own_case(recited(back[0], self._marks), plan.facts)

    async def _ask(self, step: str, model: str, prompt: str) -> Answer:
        answer = await self._models.ask(model, system_prompt(), prompt)
        for name, count in answer.entities.items():
            self._entities[name] = self._entities.get(name, 0) + count
        self._seen.append(
            PromptSeen(
                step=step,
                section=self._plan.id,
                model=answer.model or model,
                prompt=prompt,
                answer=answer.text,
                exchange=answer.exchange,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                cost=self._chains.cost(answer.model or model, answer.input_tokens, answer.output_tokens),
            )
        )
        return answer

    def by_rules(self, reason: str | None) -> Written:
        """The facts told by rules; `reason`: why no model did it."""
        draft = Draft(tuple(told_facts(self._plan.facts, self._plan.form)))
        degraded = self._said["by_rules"].format(reason=reason) if reason else None
        return self._written(draft, "rules", "", degraded)

    def _written(self, draft: Draft, origin: Origin, model: str, degraded: str | None, *, dropped: int = 0) -> Written:
        return Written(
            paragraphs=tuple(_part(text) for text in draft.paragraphs),
            points=tuple(_part(text) for text in draft.points),
            origin=origin,
            model=model,
            degraded=degraded,
            dropped=dropped,
            prompts=tuple(self._seen),
            entities=dict(self._entities),
        )


def _part(text: str) -> Part:
    return Part(text=for_reader(text), facts=tuple(cited(text)))
