"""The prompts of a run exactly as they will leave, made before anything does, for a person to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import Field

from reports.facts import Plain
from reports.marks import withheld
from reports.models import writers
from reports.prompts import section_prompt, system_prompt
from reports.steps import Protected, RunTools, digest_of, plan_of

REVIEWED = "reviewed"
"""Name of the note that holds which prompts a person has let go."""


class PreparedPrompt(Plain):
    """One section's prompt, scrambled, and the models that it goes to, in the order in which they are tried."""

    section: str
    title: str
    models: tuple[str, ...]
    prompt: str = Field(repr=False)


class Prepared(Plain):
    """All first prompts of a run. `entities`: values that were scrambled in them, per entity type."""

    system: str
    prompts: tuple[PreparedPrompt, ...]
    entities: dict[str, int] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What a reviewer lets go: these very prompts, to these very models."""
        return digest_of(self.model_dump_json())

    def text(self, section: str) -> str:
        """The prompt of a section; empty when none goes to a model."""
        return next((one.prompt for one in self.prompts if one.section == section), "")


async def prepare(tools: RunTools, protected: Protected, asked: Mapping[str, str]) -> Prepared:
    """The prompts. `asked`: per section what a person wants changed. Raises GatewayFailed, NoLocalModel."""
    plans = [
        (section, models, plan)
        for section in tools.template.sections
        if (models := writers(tools.settings, tools.order, section.model))
        and (plan := plan_of(tools, protected, section, asked[section.id])).facts
    ]
    scrambled = await tools.gateway.scramble(
        [section_prompt(plan) for _, _, plan in plans], ours=not any(plan.typed for _, _, plan in plans)
    )
    hide = withheld(protected.missed)
    return Prepared(
        system=system_prompt(),
        prompts=tuple(
            PreparedPrompt(section=section.id, title=section.title, models=tuple(models), prompt=hide(text))
            for (section, models, _), text in zip(plans, scrambled.texts, strict=True)
        ),
        entities=dict(sorted(Counter(scrambled.entities).items())),
    )
