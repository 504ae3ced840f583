"""What reports say in their own words is nobody's name, in each language; names beside these words are found."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from policies.loader import load_policies
from policies.principals import Principal
from policies.resolve import ANY
from proxy.auth import in_language as with_language
from proxy.core.findings import Finding
from proxy.detectors.names.engine import NamesEngine
from proxy.detectors.names.foreign import without_report_words
from proxy.outgoing import profile_of
from reports.facts import Fact, number_format
from reports.language import catalogue, in_language
from reports.prompts import SectionPlan, section_prompt
from reports.results import AnalysisResult
from reports.templates import load_template, template_names
from tests.detection.foreign_texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
A_HANDFUL = 5
FACTS = 60
ENGINE = NamesEngine()
KEY = Principal("k", "service", "default", "v", None, (ANY,), ("*",), frozenset())
POLICY = load_policies(None)["balanced"]


def found(text: str, language: str) -> list[str]:
    """What the policy would replace in a text of a key that has named the language."""
    profile = profile_of(with_language(POLICY, KEY, language), "default")
    hits = ENGINE.find([text], profile)[0]
    return [text[hit.start : hit.end] for hit in hits if hit.score >= POLICY.rule(hit.entity_type).min_score]


def prompts(language: str) -> list[str]:
    """Prompts of pure facts: every label of the catalogue that nothing is filled into, with a figure."""
    labels = list(catalogue(language).labels.whole)
    facts = [Fact(id=f"f.{n}", label=label, value=1234.5 + n) for n, label in enumerate(labels)]
    told = in_language(AnalysisResult(facts=tuple(facts)), "behaviour", language).facts
    form = number_format(language)
    return [
        section_prompt(SectionPlan("a", "", "", "", told[start : start + FACTS], language=language, form=form))
        for start in range(0, len(told), FACTS)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_of_pure_facts_holds_at_most_a_handful_of_tokens(language: str) -> None:
    hits = [found(prompt, language) for prompt in prompts(language)]
    assert hits
    assert [len(one) for one in hits if len(one) > A_HANDFUL] == [], hits


def test_an_english_prompt_keeps_its_own_words() -> None:
    labels = list(catalogue("de").labels.whole)
    facts = [Fact(id=f"f.{n}", label=label, value=1234.5 + n) for n, label in enumerate(labels)]
    plans = [
        SectionPlan("a", section.title, template.title, section.purpose, tuple(facts[20 * place :][:FACTS]))
        for template in map(load_template, template_names())
        for place, section in enumerate(template.sections)
    ]
    assert [one for one in (found(section_prompt(plan), "en") for plan in plans) if one] == []


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("en", "Mr Ward wrote: my colleague Grace Case was there.", "Ward"),
        ("en", "The share of orders of Grace Case is 12 %.", "Grace Case"),
        ("de", "Der Umsatz der Kundin Jasmin Wehner beträgt 12 %.", "Jasmin Wehner"),
        ("fr", "La part du chiffre d'affaires de Maëlle Quintard est de 12 %.", "Maëlle Quintard"),
        ("es", "La proporción de pedidos de Nuria Echevarría es de 12 %.", "Nuria Echevarría"),
        ("it", "La quota dei ricavi di Ginevra Bonfanti è pari a 12 %.", "Ginevra Bonfanti"),
        ("nl", "Het aandeel van klant Sanne Hoogeveen bedraagt 12 %.", "Sanne Hoogeveen"),
    ],
)
def test_a_name_among_our_own_words_is_found(language: str, text: str, name: str) -> None:
    assert any(name in hit for hit in found(text, language))


@pytest.mark.parametrize(
    ("language", "text", "taken", "left"),
    [
        ("en", "Champions buy Displays 1.7 times as often.", "Displays 1", "Displays"),
        ("es", "Campeones compran Displays, 1,7 veces.", "compran Displays", "Displays"),
        ("de", "[f10] Mit Wehner ändert sich die Chance.", "f10] Mit Wehner", "Mit Wehner"),
        ("it", "Al di sopra dell'obiettivo", "dell'obiettivo", None),
        ("de", "Der Monat ist April 2025.", "April", None),
        ("de", "Die wenigsten liegen im Mai.", "Mai", None),
        ("de", "Mai wohnt hier.", "Mai", "Mai"),
    ],
)
def test_what_a_finding_has_taken_along_of_a_sentence_goes(
    language: str, text: str, taken: str, left: str | None
) -> None:
    start = text.index(taken)
    hit = Finding(start, start + len(taken), "PERSON", 0.5, "names")
    among = (language, "en") if language != "en" else ("en", "en")
    kept = without_report_words(text, [hit], language, among)
    assert [text[one.start : one.end] for one in kept] == ([] if left is None else [left])


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("die besten Kunden 19,9 % davon", "besten Kunden 19"),
        ("in der Stufe underwriting beträgt 112,0 h", "Stufe underwriting beträgt 112,0"),
    ],
)
def test_a_sentence_of_figures_is_no_address(text: str, taken: str) -> None:
    start = text.index(taken)
    hit = Finding(start, start + len(taken), "STREET_ADDRESS", 0.5, "names")
    assert without_report_words(text, [hit], "de", ("de", "en")) == []


def test_the_list_of_our_words_is_that_of_the_reports_and_holds_no_names() -> None:
    script = runpy.run_path(str(ROOT / "scripts/report_words.py"))
    content = script["content"]()
    assert script["OUT"].read_text(encoding="utf-8") == content, "run: python scripts/report_words.py"
    words = set(content.split())
    assert words.isdisjoint({"müller", "freitag", "rossi", "martin", "garcía", "jong", "könig", "london", "anna"})
