from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from policies.db import DatabaseUnavailable
from reports import run
from reports.facts import Fact
from reports.gateway import Answer, GatewayFailed, Scrambled
from reports.prompts import SectionPlan
from reports.texts import for_reader
from reports.writing import Chains, Writing

FACTS = (
    Fact(id="churn.rate", label="Churn rate", value=17.5, unit="%", digits=1, rank="headline"),
    Fact(id="segment.loyal.size", label="Loyal customers", value=1104),
)
PLAN = SectionPlan("churn", "Churn", "Customer insights", "Say who leaves.", FACTS, samples=("PERSON_K7Q2M9XA waits",))
GOOD = "The churn rate is 17.5 % [churn.rate].\n\n- Ask PERSON_K7Q2M9XA."


ORIGINALS = {
    "PERSON_7Q2M9XAB": "Margaret",
    "PERSON_K7Q2M9XA": "Loyal",
    "POSTCODE_7Q2M9XAB": "17.5",
    "ORGANIZATION_7Q2M9XAB": "loyal customers",
}
"""What the tokens of the fake session stand for."""


class FakeModels:
    """Answers in turn; an exception is raised."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def scramble(self, texts: Sequence[str], *, ours: bool = False) -> Scrambled:
        self.ours = ours
        return Scrambled([text.replace("Margaret", "PERSON_7Q2M9XAB") for text in texts], Counter({"PERSON": 1}))

    async def restore(self, texts: Sequence[str]) -> list[str]:
        return [ORIGINALS.get(text, text) for text in texts]

    async def ask(self, model: str, system: str, prompt: str, *, most_tokens: int = 1500) -> Answer:
        assert most_tokens
        assert "Principles" in system
        self.asked.append((model, prompt))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, model, f"ex_{len(self.asked)}", truncated=answer.endswith("..."), output_tokens=5)


DOWN = GatewayFailed("sting_upstream_failed", "down", retryable=True)


async def test_a_text_whose_numbers_are_facts_stands() -> None:
    models = FakeModels(GOOD)
    written = await Writing(models, PLAN, Chains(["m"])).write()
    assert [part.text for part in written.paragraphs] == ["The churn rate is 17.5 %."]
    assert written.paragraphs[0].facts == ("churn.rate",)
    assert written.points[0].text == "Ask PERSON_K7Q2M9XA."
    assert (written.origin, written.model, written.degraded) == ("model", "m", None)
    assert written.prompts[0].exchange == "ex_1"


async def test_a_wrong_number_is_asked_for_again_and_left_out_when_it_comes_back() -> None:
    wrong = "The churn rate is 17.5 % [churn.rate]. It was 12.3 % before."
    models = FakeModels(wrong, wrong)
    written = await Writing(models, PLAN, Chains(["m"])).write()
    assert "no fact says 12.3" in models.asked[1][1]
    assert [part.text for part in written.paragraphs] == ["The churn rate is 17.5 %."]
    assert written.dropped == 1


async def test_the_second_try_counts_when_it_is_right() -> None:
    models = FakeModels("It is 99 %.", GOOD)
    written = await Writing(models, PLAN, Chains(["m"])).write()
    assert written.dropped == 0
    assert written.paragraphs[0].text == "The churn rate is 17.5 %."


@pytest.mark.parametrize(
    "bad",
    [
        "PERSON_AAAAAAAA waits.",
        "PERSON_K7Q2M9XA must be the person from Berlin.",
        "The company should charge women more.",
        "It rests on a fact [made.up].",
        "The team of [Company Name] waits.",
        "Costs went down because the",
    ],
)
async def test_sentences_against_the_principles_do_not_stand(bad: str) -> None:
    models = FakeModels(bad, bad)
    written = await Writing(models, PLAN, Chains(["m"])).write()
    assert written.origin == "rules"
    assert "did not stand up" in (written.degraded or "")


async def test_the_chain_goes_on_when_a_model_fails_and_says_so() -> None:
    models = FakeModels(DOWN, GOOD)
    written = await Writing(models, PLAN, Chains(["a", "b"])).write()
    assert [model for model, _ in models.asked] == ["a", "b"]
    assert written.degraded == "the model a did not answer (sting_upstream_failed); b wrote this section"


async def test_a_gateway_that_is_away_ends_the_step_and_not_the_model_s_turn() -> None:
    """The run is tried again later; written by rules it would stay so."""
    away = GatewayFailed("gateway_away", "away", retryable=True)
    with pytest.raises(GatewayFailed, match="away"):
        await Writing(FakeModels(away, GOOD), PLAN, Chains(["a", "b"])).write()


async def test_rules_are_the_floor() -> None:
    written = await Writing(FakeModels(DOWN), PLAN, Chains(["a"])).write()
    assert written.origin == "rules"
    assert "The churn rate is 17.5 %." in written.paragraphs[0].text
    assert "by rules" in (written.degraded or "")
    chosen = await Writing(FakeModels(), PLAN, Chains([])).write()
    assert chosen.degraded is None


async def test_what_leaves_is_what_the_gateway_made_of_it() -> None:
    plan = SectionPlan("s", "About Margaret", "R", "P", FACTS)
    models = FakeModels("Churn is 17.5 %.")
    written = await Writing(models, plan, Chains(["m"])).write()
    assert "Margaret" not in models.asked[0][1]
    assert written.prompts[0].prompt == models.asked[0][1]
    assert written.entities == {"PERSON": 1}


async def test_a_cut_off_text_loses_its_last_sentence() -> None:
    models = FakeModels("Churn is 17.5 % [churn.rate]. And then there is...")
    written = await Writing(models, PLAN, Chains(["m"])).write()
    assert written.paragraphs


async def test_the_mended_text_counts_only_when_it_stands() -> None:
    worse = FakeModels(GOOD, "Churn is 40 %.")
    assert (await Writing(worse, PLAN, Chains(["m"], ["r"])).write()).paragraphs[0].text == "The churn rate is 17.5 %."
    better = FakeModels(GOOD, "Of all customers 17.5 % leave [churn.rate].\n\n- Ask PERSON_K7Q2M9XA first.")
    assert (await Writing(better, PLAN, Chains(["m"], ["r"])).write()).paragraphs[0].text == (
        "Of all customers 17.5 % leave."
    )


@pytest.mark.parametrize("fault", [DatabaseUnavailable("gone"), GatewayFailed("busy", "Busy.", retryable=True)])
async def test_what_ends_a_section_ends_the_run_by_its_own_type(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Not as a group: the worker tells by the type whether the run is tried again."""

    async def fails(*_: object) -> None:
        raise fault

    async def nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(run, "kept", fails)
    monkeypatch.setattr(run, "plan_of", lambda *_: None)
    monkeypatch.setattr(run, "_note", nothing)
    sections = [SimpleNamespace(id=name, model=None) for name in ("risk", "models")]
    tools: Any = SimpleNamespace(template=SimpleNamespace(sections=sections))
    with pytest.raises(type(fault)):
        await run._write_all(tools, tools, "", {"risk": "", "models": ""}, None)


async def test_our_own_words_come_back_for_tokens_and_names_do_not() -> None:
    """`17.5` and `loyal customers` are said by facts; PERSON_K7Q2M9XA stood in a sample, Margaret is nobody's fact."""
    answer = (
        "The churn rate is POSTCODE_7Q2M9XAB % [f1]. The number of ORGANIZATION_7Q2M9XAB is 1,104 [f2].\n\n"
        "- Ask PERSON_K7Q2M9XA, and PERSON_7Q2M9XAB."
    )
    plan = replace(PLAN, remark="Write about Margaret")
    models = FakeModels(answer)
    written = await Writing(models, plan, Chains(["m"])).write()
    assert written.paragraphs[0].text == "The churn rate is 17.5 %. The number of loyal customers is 1,104."
    assert written.paragraphs[0].facts == ("churn.rate", "segment.loyal.size")
    assert written.points[0].text == "Ask PERSON_K7Q2M9XA, and PERSON_7Q2M9XAB."
    assert written.prompts[0].answer == answer


async def test_a_prompt_holds_marks_and_small_letters_and_the_text_the_groups_as_they_are() -> None:
    facts = (Fact(id="stages.old_town.share", label="Load", value=97, unit="%", group="Old Town"),)
    models = FakeModels("The load is 97 % for 'old Town' [f1].", "OK")
    written = await Writing(models, SectionPlan("s", "T", "R", "P", facts), Chains(["m"], ["r"])).write()
    assert "[f1] For 'old Town', the load is 97 %." in models.asked[0][1]
    assert "stages.old_town" not in models.asked[0][1]
    assert "'Old Town' [f1]." in models.asked[1][1]
    assert written.paragraphs[0].text == "The load is 97 % for 'Old Town'."
    assert written.paragraphs[0].facts == ("stages.old_town.share",)


def test_a_semicolon_keeps_the_space_that_french_puts_before_it() -> None:
    assert for_reader("Ils partent\u00a0; ils reviennent [f1] .") == "Ils partent\u00a0; ils reviennent."
