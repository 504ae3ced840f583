"""Reports in German: no text of an analysis is left out of the catalogue, and its sentences are German."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reports.analytics
from reports.analytics import ANALYSES
from reports.analytics.violations import RULES
from reports.document import Callout, DataTable, TableColumn
from reports.facts import GERMAN, Fact, Sentence
from reports.language import german, in_language
from reports.results import AnalysisResult
from reports.sentences import told_facts
from tests.unit.reports.analytics.demo_frames import load

PLACES = {"fact": (1,), "table": (1,), "chart": (1, 2), "callout": (1, 2), "missing": (0, 1), "note": (0,)}
LISTS = {"fact": ("labels",), "table": ("figures",), "chart": ("figures",)}
SLOT = re.compile(r"\{[a-z]!?\}|\{[^{} ]*\}|\0+")


def calls() -> Iterator[tuple[str, str]]:
    """(kind of text, skeleton) of all that analyses say in their source; `\\0` stands for what is filled in."""
    for path in sorted(Path(reports.analytics.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PLACES:
                for place in PLACES[node.func.attr]:
                    text = literal(node.args[place]) if place < len(node.args) else None
                    if text is not None:
                        yield node.func.attr, skeleton(text)


def literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return None


def skeleton(text: str) -> str:
    return re.sub("\0+", "\0", SLOT.sub("\0", text))


def known(kind: str, text: str) -> bool:
    """Whether the catalogue has a text of this form: what is filled in may be written out there."""
    form = re.compile(".+".join(re.escape(part) for part in text.split("\0")), re.DOTALL)
    return any(form.fullmatch(key) for key in keys(kind))


@functools.cache
def keys(kind: str) -> list[str]:
    there = german()
    lists = [getattr(there, name) for name in LISTS.get(kind, ("texts",))]
    found = {key for one in lists for key in (*one.whole, *one.written)} | set(there.words)
    return [skeleton(key) for key in found]


def test_all_that_the_analyses_say_is_in_the_catalogue() -> None:
    said = list(calls())
    assert len(said) > 250
    lacking = {(kind, text) for kind, text in said if not known(kind, text)}
    assert not lacking
    words = german().words
    assert all(rule.title in words and german().texts.find(rule.advice) for rule in RULES)


def test_labels_begin_with_an_article_and_a_noun_so_that_sentences_can_be_made_of_them() -> None:
    for text in (*german().labels.whole.values(), *(there for _, there in german().labels.patterns)):
        assert re.match(r"(der|die|das) [A-ZÄÖÜ]", text), text


def test_heads_of_a_table_stay_apart() -> None:
    heads = german().heads
    for pair in (("Lower", "Upper"), ("Predicted", "Observed"), ("Orders", "Orders per mail"), ("Risk", "Level")):
        assert len({heads[name] for name in pair}) == 2


def test_sentences_are_german_and_values_of_the_data_stay() -> None:
    facts = (
        Fact(id="a.share", label="Share of revenue", value=39.42, unit="%", digits=1, group="Champions"),
        Fact(id="b.share", label="Share of revenue", value=7.1, unit="%", digits=1, group="Customers"),
        Fact(id="c", label="Orders: strongest month", value="May", unit="text", group=None),
        Fact(id="d", label="Customers who bought", value=5000),
        Fact(id="e", label="Orders per month", value=3, group="May", personal=True),
        Fact(id="f", label="Churn: share of customers", value=17.5, unit="%", digits=1,
             sentence=Sentence(subject="", verb="", rest="of the customers left")),
        Fact(id="g", label="A repeat comes within", value=14, unit="days"),
    )  # fmt: skip
    result = in_language(AnalysisResult(facts=facts), "segments", "de")
    text = " ".join(told_facts(result.facts, GERMAN))
    assert "Der Anteil am Umsatz beträgt 39,4 % bei „Beste Kunden“ und 7,1 % bei „Kunden“ [a.share, b.share]." in text
    assert "Der Monat mit den höchsten Werten (Bestellungen) ist Mai [c]." in text
    assert "Die Zahl der Kunden, die gekauft haben, beträgt 5.000 [d]." in text
    assert "bei „May“ [e]" in text  # a person may be called so
    assert "17,5 % der Kunden sind abgewandert [f]." in text
    assert "beträgt 14 Tage [g]." in text
    other = in_language(AnalysisResult(facts=facts), "resources", "de")
    assert other.facts[1].group == "Customers"


def test_cells_are_translated_where_they_are_ours_only() -> None:
    table = DataTable(
        id="t", title="Violations by rule", columns=(TableColumn(name="Rule"), TableColumn(name="Person")),
        rows=(("Access after leaving", "Monday"),), personal=("Person",),
    )  # fmt: skip
    callout = Callout(title="Access after leaving", text="{v.a} entries; people concerned: {v.b}. " + RULES[1].advice)
    result = in_language(AnalysisResult(tables=(table,), callouts=(callout,)), "security_violations", "de")
    assert result.tables[0].rows == (("Zugriff nach dem Ausscheiden", "Monday"),)
    assert result.tables[0].personal == ("Person",)
    assert result.callouts[0].text.startswith("{v.a} Einträge; beteiligte Personen: {v.b}. Konten sollten")
    assert in_language(AnalysisResult(tables=(table,)), "risk", "fr").tables == (table,)


@pytest.mark.long
@pytest.mark.parametrize("name", ["techcorp", "healthcare", "financial"])
def test_every_result_of_the_demo_sets_is_german(name: str) -> None:
    data, there = load(name), german()
    for analysis, compute in ANALYSES.items():
        result = compute(data.inputs, data.context())
        put = in_language(result, analysis, "de")
        assert [fact.id for fact in put.facts] == [fact.id for fact in result.facts]
        assert not [fact.label for fact in put.facts if not fact.article]
        assert not [fact for fact in result.facts if fact.sentence] or all(
            fact.sentence is None or there.sentences.find(_key(fact.sentence)) for fact in result.facts
        )
        for before, after in zip(result.callouts, put.callouts, strict=True):
            assert before.title != after.title
            assert before.text != after.text
            assert set(re.findall(r"\{[^{} ]+\}", before.text)) == set(re.findall(r"\{[^{} ]+\}", after.text))
        for chart in result.charts:
            assert there.figures.find(chart.title), chart.title
            assert there.figures.find(chart.alt), chart.alt
        for table in (*result.tables, *(chart.data for chart in result.charts)):
            assert there.figures.find(table.title), table.title
            names = [head.name for head in table.columns]
            assert not [head for head in names if head not in there.heads]
            assert len({there.heads[head] for head in names}) == len(names)
        assert not [note for note, after in zip(result.notes, put.notes, strict=True) if note == after]


def _key(told: Sentence) -> str:
    return f"{told.subject}|{told.verb}|{told.rest}"
