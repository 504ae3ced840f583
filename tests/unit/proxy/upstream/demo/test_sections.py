from __future__ import annotations

import re

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


def test_a_text_to_revise_is_fine_as_it_is() -> None:
    assert section_reply("Revise the text below by the principles. It is ...\n\nText:\nChurn is 17.5 %.") == "OK"


def test_other_prompts_are_not_taken_for_facts() -> None:
    assert section_reply("Summarise this: Facts: are facts.") is None
