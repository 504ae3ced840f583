"""What the release gate refuses."""

from __future__ import annotations

import pytest

from reports.document import Paragraph, ReportDocument
from reports.gate import NotReleased, check, text_faults
from reports.texts import Draft, faults_of, read_draft
from tests.unit.reports.sample_document import document

TOKEN = "PERSON_K7Q2M9XA"


def with_text(text: str) -> ReportDocument:
    """A report whose first section says only this."""
    made = document()
    first = made.sections[0].model_copy(update={"blocks": (Paragraph(text=text, origin="model"),)})
    return made.model_copy(update={"sections": (first,)})


def test_a_plain_text_and_a_token_of_the_session_are_released() -> None:
    check(with_text(f"Ask {TOKEN}."), tokens={TOKEN})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"Ask {TOKEN}.", "token that this report's session did not issue"),
        ("Dear {name}, all is well.", "placeholder"),
        ("Ask [Company Name] about it.", "placeholder"),
        ("The share is [insert number here].", "placeholder"),
        ("It grew by XX %.", "placeholder"),
        ("Costs went down, and", "middle of a sentence"),
        ("It was 12.5 % of all.", "number that no fact bears out"),
        ("Write to m.okafor@corp.example soon.", "value of a personal column"),
    ],
)
def test_a_report_that_says_this_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(NotReleased, match=why) as refused:
        check(with_text(text), tokens=(), originals=["m.okafor@corp.example"])
    assert TOKEN not in str(refused.value)
    assert "okafor" not in str(refused.value)


def test_words_that_only_look_like_placeholders_stand() -> None:
    assert text_faults("The name and the date [1] of the number stand in the list.", ()) == set()


@pytest.mark.parametrize("text", ["Costs fell. They will", "Costs fell. The team of the [Company Name] waits."])
def test_a_sentence_that_stops_or_waits_to_be_filled_in_is_a_fault_of_its_own(text: str) -> None:
    assert len(faults_of(read_draft(text), (), (), ())) == 1


def test_points_need_no_full_stop_and_a_line_that_leads_to_them_goes() -> None:
    draft = read_draft("Costs fell. What stands out:\n\n- fewer calls\n- more mails")
    assert draft == Draft(("Costs fell.",), ("fewer calls", "more mails"))
    assert faults_of(draft, (), (), ()) == []
