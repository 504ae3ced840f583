"""Findings and points of a section."""

from __future__ import annotations

from reports.assembly import elided, in_full, section_of
from reports.document import Callout, Paragraph, Points, Quote
from reports.facts import Fact, number_format
from reports.numbers import numbers_in
from reports.results import AnalysisResult
from reports.sentences import told_facts
from reports.writing import Part, Written

FINDING = Callout(
    tone="critical", title="Access after leaving", text="16 entries by 4 people. Accounts should be closed."
)


def points_of(*points: str) -> list[str]:
    written = Written(paragraphs=(), points=tuple(Part(text=text) for text in points), origin="model")
    section = section_of("s", "S", AnalysisResult(callouts=(FINDING,)), written)
    return [item for block in section.blocks if isinstance(block, Points) for item in block.items]


def test_a_finding_is_told_with_what_it_is_about() -> None:
    assert in_full(FINDING) == "Access after leaving. 16 entries by 4 people. Accounts should be closed."


def test_a_point_that_repeats_a_finding_whole_or_in_part_is_left_out() -> None:
    assert points_of(FINDING.text, in_full(FINDING), "16 entries by 4 people.") == []
    assert points_of("Access after leaving. Accounts should be closed.") == []  # a sentence was refused
    kept = "16 entries by 4 people. Ask the personnel department."
    assert points_of(kept) == [kept]


def test_italian_articles_before_shares_that_begin_with_a_vowel() -> None:
    assert elided("Il 8,0 % e nel 11,4 % e il 80 % e del 1,5 %") == "L'8,0 % e nell'11,4 % e l'80 % e dell'1,5 %"
    assert elided("Il 0,1 % e nel 0,5 %") == "Lo 0,1 % e nello 0,5 %"
    kept = "Il 17,5 %, il 18 %, il 10 %, nel 110 % e il 8 marzo"
    assert elided(kept) == kept
    assert [number.value for number in numbers_in("L'8,0 % e nell'11,4 %", number_format("it"))] == [8.0, 11.4]


def test_a_section_in_italian_is_elided_and_words_of_the_data_are_not() -> None:
    written = Written(paragraphs=(Part(text="Il 8 % dei clienti."),), origin="rules")
    for language, told in (("it", "L'8 % dei clienti."), ("es", "Il 8 % dei clienti.")):
        section = section_of("s", "S", AnalysisResult(), written, [("il 8 % di sconto", "t")], language=language)
        assert [block.text for block in section.blocks if isinstance(block, Paragraph)] == [told]
        assert [block.text for block in section.blocks if isinstance(block, Quote)] == ["il 8 % di sconto"]


def test_the_rules_tell_all_of_six_groups_too() -> None:
    def told(groups: str) -> str:
        facts = [
            Fact(id=f"use.{name}", label="Utilisation", value=float(place), unit="%", group=f"team {name}")
            for place, name in enumerate(groups)
        ]
        return " ".join(told_facts(facts))

    assert told("abcdef").count("team") == 6
    assert told("abcdefg").count("team") == 4
