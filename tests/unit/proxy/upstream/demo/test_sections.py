from __future__ import annotations

import re

import pytest

from proxy.upstream.demo.sections import section_reply

PROMPT = """Write the section "Churn" of the report "Customer insights" in English.

Facts:
[churn.rate] The churn rate is 17.5 % of all customers.
[churn.auc] The model's AUC is 0.81.
[segment.loyal.size] Loyal customers: 1,104.

Findings of the analysis:
- Ask PERSON_K7Q2M9XA about the 1,104 loyal customers.
"""


def test_a_section_tells_the_facts_cites_them_and_adds_no_number() -> None:
    reply = section_reply(PROMPT)
    assert reply is not None
    assert reply.startswith("The churn rate is 17.5 % of all customers [churn.rate].")
    assert "- Ask PERSON_K7Q2M9XA about the 1,104 loyal customers." in reply
    assert set(re.findall(r"\d[\d.,]*\d", reply)) <= set(re.findall(r"\d[\d.,]*\d", PROMPT))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("For 'a', the load is 9 %.", "For 'b', the load is 3 %.", "The load is 9 % for 'a' and 3 % for 'b' [f1, f2]."),
        (
            "Die Last beträgt 9 % bei „A“.",
            "Die Last beträgt 3 % bei „B“.",
            "Die Last beträgt 9 % bei „A“ und 3 % bei „B“ [f1, f2].",
        ),
        (
            "La charge est de 9 % pour «\u00a0A\u00a0».",
            "La charge est de 3 % pour «\u00a0B\u00a0».",
            "La charge est de 9 % pour «\u00a0A\u00a0» et 3 % pour «\u00a0B\u00a0» [f1, f2].",
        ),
    ],
)
def test_what_several_groups_have_is_one_sentence(first: str, second: str, told: str) -> None:
    assert section_reply(f"Facts:\n[f1] {first}\n[f2] {second}") == told


def test_a_text_to_revise_is_fine_as_it_is() -> None:
    assert section_reply("Revise the text below by the principles. It is ...\n\nText:\nChurn is 17.5 %.") == "OK"


def test_other_prompts_are_not_taken_for_facts() -> None:
    assert section_reply("Summarise this: Facts: are facts.") is None


def test_six_groups_are_all_told_and_of_seven_the_first_four() -> None:
    def told(groups: str) -> str:
        lines = [f"[f{place}] For 'team {name}', the utilisation is {place}.0 %." for place, name in enumerate(groups)]
        return section_reply("\n".join(["Write it.", "Facts:", *lines])) or ""

    assert told("abcdef").count("team") == 6
    assert told("abcdefg").count("team") == 4


def test_what_holds_for_four_of_seven_groups_does_not_hold_for_all() -> None:
    def told(last: str) -> str:
        lines = [f"[f{place}] For 'g{place}', the busiest day is Saturday." for place in range(6)]
        return section_reply("\n".join(["Facts:", *lines, f"[f6] For 'g6', the busiest day is {last}."])) or ""

    assert "for all" in told("Saturday")
    assert "for all" not in told("Sunday")
