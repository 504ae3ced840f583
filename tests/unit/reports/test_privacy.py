from __future__ import annotations

import pytest

from reports.aliases import names_for, personal_strings, renamed, with_originals
from reports.document import Callout, DataTable, TableColumn
from reports.facts import Fact, Sentence
from reports.privacy import may_leave, protect
from reports.results import AnalysisResult, Sample

RESULT = AnalysisResult(
    facts=(
        Fact(id="big", label="Big group", value=120, n=120),
        Fact(id="small", label="Small group", value=3.5, n=4),
        Fact(id="parameter", label="Target", value=80),
    ),
    tables=(
        DataTable(
            id="t", title="Groups", columns=(TableColumn(name="group"), TableColumn(name="n")),
            rows=(("a", 120), ("b", 4)), counts=(120, 4),
        ),
    ),
    callouts=(Callout(title="Small", text="It is {small}", facts=("small",)), Callout(title="Big", text="{big}")),
    samples=(Sample(id="s", text="Margaret wrote", source="tickets"),),
)  # fmt: skip


def test_small_groups_and_what_rests_on_them_are_left_out() -> None:
    protected = protect({"one": RESULT}, "scrambled", 5)
    assert [fact.id for fact in protected.results["one"].facts] == ["big", "parameter"]
    assert protected.results["one"].tables[0].rows == (("a", 120),)
    assert [callout.title for callout in protected.results["one"].callouts] == ["Big"]
    assert protected.suppressed == 2
    assert "2 figures were left out" in protected.results["one"].missing[0].why
    assert protected.results["one"].samples


def test_at_level_aggregates_no_text_of_the_data_leaves() -> None:
    assert protect({"one": RESULT}, "aggregates", 5).results["one"].samples == ()


def test_with_epsilon_counts_carry_noise_and_nothing_else_leaves() -> None:
    pytest.importorskip("opendp")
    seen = {
        int(protect({"one": RESULT}, "aggregates", 5, epsilon=0.5).results["one"].facts[0].value) for _ in range(40)
    }
    assert len(seen) > 1
    protected = protect({"one": RESULT, "two": RESULT}, "aggregates", 5, epsilon=0.5)
    assert "epsilon 0.5" in (protected.noise or "")
    assert [fact.id for fact in may_leave(protected.results["one"].facts, noised=True)] == ["big"]
    # one budget for the whole report: two counts at epsilon 0.5 are two of scale 4, not of 2
    assert "2 counts carry discrete Laplace noise of scale 4.0" in (protected.noise or "")


def test_names_in_facts_become_tokens_or_aliases_and_come_back() -> None:
    result = AnalysisResult(
        facts=(
            Fact(
                id="agent.naomi-yardley.load", label="Load of Naomi Yardley", value=97, unit="%", group="Naomi Yardley",
                personal=True, sentence=Sentence(subject="the load of Naomi Yardley"),
            ),
        ),
        tables=(
            DataTable(
                id="t", title="Agents", columns=(TableColumn(name="agent"), TableColumn(name="load")),
                rows=(("Naomi Yardley", 97), ("E-20410", 50)), personal=("agent",),
            ),
        ),
        callouts=(Callout(title="Naomi Yardley", text="{agent.naomi-yardley.load} of her time"),),
    )  # fmt: skip
    strings = personal_strings([result])
    assert strings == ["Naomi Yardley", "E-20410"]
    names = names_for(strings, ["PERSON_K7Q2M9XA", "E-20410"])
    changed = renamed(result, names)
    told = changed.model_dump_json()
    assert not any(word in told for word in ("Naomi", "naomi", "E-20410"))
    assert changed.callouts[0].text == f"{{{changed.facts[0].id}}} of her time"
    assert with_originals("Ask Person 2, not Person 3", {"Person 2": "E-20410"}) == "Ask E-20410, not Person 3"
