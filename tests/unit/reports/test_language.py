"""Reports in other languages: no text of an analysis is left out, and sentences are of that tongue."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import reports.analytics
import reports.languages
from reports.analytics import ANALYSES
from reports.analytics.roles import known_roles, role
from reports.analytics.violations import RULES
from reports.document import Callout, DataTable, TableColumn
from reports.facts import GERMAN, Fact, Sentence, number_format
from reports.language import CATALOGUES, catalogue, in_language, words_in
from reports.numbers import numbers_in
from reports.privacy import ANNOUNCEMENTS, announcement, explanation
from reports.results import AnalysisResult
from reports.sentences import told_facts
from reports.templates import load_template, template_names
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


def sentences() -> Iterator[str]:
    """The sentences of figures in the source of all analyses, as patterns: `subject|verb|rest`."""
    for path in sorted(Path(reports.analytics.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "sentence" and isinstance(node.value, ast.Tuple):
                parts = [literal(part) for part in node.value.elts]
                text = "|".join("\0" if part is None else part for part in parts)
                yield ".+".join(re.escape(part) for part in re.split("\0+", text))


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
    there = catalogue("de")
    lists = [getattr(there, name) for name in LISTS.get(kind, ("texts",))]
    found = {key for one in lists for key in (*one.whole, *one.written)} | set(there.words)
    return [skeleton(key) for key in found]


def test_all_that_the_analyses_say_is_in_the_catalogue() -> None:
    said = list(calls())
    assert len(said) > 250
    lacking = {(kind, text) for kind, text in said if not known(kind, text)}
    assert not lacking
    words = catalogue("de").words
    assert all(rule.title in words and catalogue("de").texts.find(rule.advice) for rule in RULES)


@pytest.mark.parametrize("language", [code for code in CATALOGUES if code != "de"])
def test_every_catalogue_has_every_text_of_the_german_one_with_the_same_slots(language: str) -> None:
    german, there = (loaded(code) for code in ("de", language))
    assert german.keys() == there.keys()
    for name, texts in german.items():
        assert texts.keys() == there[name].keys(), name
        for key, text in texts.items():
            assert there[name][key].strip(), (name, key)
            slots = set(re.findall(r"\{[a-z_]+!?\}", there[name][key]))
            assert slots == set(re.findall(r"\{[a-z_]+!?\}", text)), (name, key)
            assert name != "sentences" or there[name][key].count("|") == 2, key


def loaded(language: str) -> dict[str, dict[str, str]]:
    """The lists of all files of a catalogue."""
    found: dict[str, dict[str, str]] = {}
    for form in ("", "_told", "_figures", "_frame"):
        text = (Path(reports.languages.__file__).parent / f"{CATALOGUES[language]}{form}.yaml").read_text("utf-8")
        found |= yaml.safe_load(text)
    return found


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        (
            "fr",
            "La part du chiffre d'affaires est de 39,4 % pour «\u00a0Meilleurs clients\u00a0» et de 7,1 %",
            "L'utilisation est de",
        ),
        ("es", "La proporción de ingresos es de 39,4 % para «Campeones» y 7,1 %", "La utilización es de"),
        ("it", "La quota di ricavi è pari a 39,4 % per «Campioni» e 7,1 %", "L'utilizzo è pari a"),
        ("nl", "Het aandeel in de omzet bedraagt 39,4 % bij “Beste klanten” en 7,1 %", "De benutting bedraagt"),
    ],
)
def test_sentences_are_made_of_label_article_and_group(language: str, first: str, second: str) -> None:
    facts = (
        Fact(id="a.share", label="Share of revenue", value=39.42, unit="%", digits=1, group="Champions"),
        Fact(id="b.share", label="Share of revenue", value=7.1, unit="%", digits=1, group="Customers"),
        Fact(id="c", label="Utilisation", value=80.0, unit="%", digits=1),
    )  # fmt: skip
    result = in_language(AnalysisResult(facts=facts), "segments", language)
    text = " ".join(told_facts(result.facts, number_format(language)))
    assert first.replace(" et de ", " et ") in text
    assert second in text


def test_labels_begin_with_an_article_and_a_noun_so_that_sentences_can_be_made_of_them() -> None:
    for text in (*catalogue("de").labels.whole.values(), *(there for _, there in catalogue("de").labels.patterns)):
        assert re.match(r"(der|die|das) [A-ZÄÖÜ]", text), text


def test_heads_of_a_table_stay_apart() -> None:
    heads = catalogue("de").heads
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
    callout = Callout(title="Access after leaving", text="{v.a} entries by {v.b} people. " + RULES[1].advice)
    result = in_language(AnalysisResult(tables=(table,), callouts=(callout,)), "security_violations", "de")
    assert result.tables[0].rows == (("Zugriff nach dem Ausscheiden", "Monday"),)
    assert result.tables[0].personal == ("Person",)
    assert result.callouts[0].text.startswith("{v.a} Einträge von {v.b} Personen. Konten sollten")
    assert in_language(AnalysisResult(tables=(table,)), "risk", "pt").tables == (table,)


@pytest.mark.long
@pytest.mark.parametrize("name", ["techcorp", "healthcare", "financial"])
def test_every_result_of_the_demo_sets_is_in_every_language(name: str) -> None:
    data = load(name)
    for analysis, compute in ANALYSES.items():
        result = compute(data.inputs, data.context())
        for language in CATALOGUES:
            all_is_put(result, analysis, language)


def all_is_put(result: AnalysisResult, analysis: str, language: str) -> None:
    there = catalogue(language)
    put = in_language(result, analysis, language)
    assert [fact.id for fact in put.facts] == [fact.id for fact in result.facts]
    assert not [fact.label for fact in put.facts if not fact.article]
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


@pytest.mark.parametrize("name", template_names())
def test_every_template_of_ours_has_its_titles_in_every_language(name: str) -> None:
    template = load_template(name)
    assert set(template.translations) == set(CATALOGUES)
    for said in template.translations.values():
        assert set(said.sections) == {section.id for section in template.sections}
        assert set(said.parameters) == set(template.parameters)
        assert said.description


def test_number_words_are_those_of_the_language() -> None:
    texts = {"fr": "trois", "es": "once", "it": "due", "nl": "twaalf"}
    assert [[one.text for one in numbers_in(text, number_format(code))] for code, text in texts.items()] == [
        [text] for text in texts.values()
    ]
    assert not list(numbers_in("once it is due"))
    assert [one.value for one in numbers_in("25\u00a0000,5", number_format("fr"))] == [25_000.5]


@pytest.mark.parametrize("language", list(CATALOGUES))
def test_what_an_order_shows_is_said_in_each_language(language: str) -> None:
    there = catalogue(language)
    assert set(there.roles) == {role(name).title for name in known_roles()}
    before = {announcement(level, 7, language) for level in ANNOUNCEMENTS}
    assert before.isdisjoint(explanation(level, 7, language) for level in ANNOUNCEMENTS)
    assert all("7" in text for text in before)


@pytest.mark.parametrize(
    ("language", "churn", "odds"),
    [
        ("de", "17,5 % der Kunden sind abgewandert.", "ändert sich die Chance für Abwanderung um den Faktor 0,85."),
        ("fr", "17,5 % des clients sont partis.", "multiplie les chances (départs) par 0,85."),
        ("es", "El 17,5 % de los clientes se fue.", "multiplica las posibilidades (abandono) por 0,85."),
        ("it", "Il 17,5 % dei clienti se n'è andato.", "moltiplica le probabilità (abbandono) per 0,85."),
        ("nl", "17,5 % van de klanten is vertrokken.", "vermenigvuldigt de kans (verloop) met 0,85."),
    ],
)
def test_figures_are_told_in_whole_sentences(language: str, churn: str, odds: str) -> None:
    told = Sentence(subject="Each further unit of logins 30d", verb="multiplies the odds of churn by")
    left = Sentence(subject="", verb="", rest="of the customers left")
    facts = (
        Fact(id="a", label="Churn: share of customers", value=17.5, unit="%", digits=1, sentence=left),
        Fact(id="b", label="Odds ratio of logins 30d, per unit", value=0.85, digits=2, sentence=told),
    )
    made = in_language(AnalysisResult(facts=facts), "churn", language).facts
    said = [fact.told(number_format(language)) for fact in made]
    assert said[0] == churn
    assert odds in said[1]


def test_every_sentence_of_the_analyses_has_one_in_the_catalogue() -> None:
    """Without one, a figure is told by its label: `The number of ... is ...`."""
    there = catalogue("de").sentences
    known_ones = {skeleton(key) for key in (*there.whole, *there.written)}
    said = set(sentences())
    assert len(said) > 60
    assert not {text for text in said if not any(re.fullmatch(text, key) for key in known_ones)}


def test_french_leaves_a_space_before_a_semicolon_between_two_sentences_of_a_finding() -> None:
    text = (
        "They buy Displays {offers.a.lift} as often as all customers; {offers.a.answered} of their campaign mails lead "
        "to an order. Remind them at the moment at which they usually buy."
    )
    assert "\u00a0; {offers.a.answered}" in words_in(text, "fr")
    assert "; {offers.a.answered}" in words_in(text, "de")
    assert "\u00a0;" not in words_in(text, "de")
