"""What a reader is told beside the document: differences of two reports, and no two figures of one name."""

from __future__ import annotations

from reports.analytics.draft import Draft
from reports.analytics.profiles import Profile, tell
from reports.analytics.tidying import Unread
from reports.document import FactsTable, ReportDocument
from reports.language import CATALOGUES, words_in
from reports.reading import differences
from reports.results import AnalysisContext
from reports.steps import unread_cells
from tests.unit.reports.sample_document import document


def with_revenue(report: ReportDocument, value: float) -> ReportDocument:
    """The report with another revenue."""
    sections = tuple(
        section.model_copy(
            update={
                "blocks": tuple(
                    block.model_copy(
                        update={
                            "facts": tuple(
                                fact.model_copy(update={"value": value}) if fact.id == "behaviour.revenue" else fact
                                for fact in block.facts
                            )
                        }
                    )
                    if isinstance(block, FactsTable)
                    else block
                    for block in section.blocks
                )
            }
        )
        for section in report.sections
    )
    return report.model_copy(update={"sections": sections})


def test_a_difference_is_written_in_the_languages_of_the_reports() -> None:
    before = document(language="de")
    (change,) = differences(before, with_revenue(document(language="en"), 1234567.0))
    assert (change.id, change.before, change.after) == ("behaviour.revenue", "7.839.424", "1,234,567")


def test_what_is_written_the_same_does_not_differ() -> None:
    report = document(language="en")
    assert differences(report, with_revenue(report, 7839424.0000001)) == []
    assert len(differences(report, with_revenue(report, 7839425.0))) == 1


def test_groups_by_scores_and_segments_of_one_name_are_not_called_the_same() -> None:
    context = AnalysisContext(parameters={}, columns={}, k=5, seed=0)
    made = []
    for name, by_scores in (("segments", False), ("rfm", True)):
        draft = Draft(context, name)
        tell(draft, [Profile("Champions", 90, 9.0, 39.0, 10, 5, 100.0)], "Groups", "Groups", by_scores=by_scores)
        made += [(fact.label, fact.group) for fact in draft.result().facts]
    assert len(made) == len(set(made)) > 2


def test_how_many_cells_are_missing_is_said_without_a_plural() -> None:
    result = unread_cells([("sales", Unread(column="amount", kind="number", cells=1))])
    (note,) = result.notes
    assert note.endswith(": {data.unread.1}.")
    told = {words_in(note, language) for language in CATALOGUES}
    assert len(told - {note}) == len(CATALOGUES)
    assert all(text.endswith(": {data.unread.1}.") for text in told)
