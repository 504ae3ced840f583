"""Ids of facts that spell what nobody shall read."""

from __future__ import annotations

from reports.aliases import without_marked
from reports.document import Callout
from reports.facts import Fact
from reports.results import AnalysisResult


def test_ids_do_not_spell_what_a_reviewer_has_marked() -> None:
    facts = (
        Fact(id="stages.margaret_okafor.median", label="Median", value=1.0, group="Margaret Okafor"),
        Fact(id="stages.muller_sohne.median", label="Median", value=2.0, group="M\u00fcller & S\u00f6hne"),
        Fact(id="stages.intake.median", label="Median", value=3.0, group="intake"),
    )
    callout = Callout(tone="info", title="Slow", text="It takes {stages.margaret_okafor.median}.")
    made = without_marked(
        AnalysisResult(facts=facts, callouts=(callout,)), ["Margaret Okafor", "M\u00fcller & S\u00f6hne", "\u2014"]
    )
    assert [fact.id for fact in made.facts] == ["stages.marked-1", "stages.marked-2", "stages.intake.median"]
    assert made.callouts[0].text == "It takes {stages.marked-1}."
    assert without_marked(made, []) == made
