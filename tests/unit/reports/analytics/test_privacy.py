"""Small groups, personal values, protected attributes: what an analysis must not tell."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from reports.analytics import ANALYSES
from reports.analytics.draft import CITED, Draft, columns
from reports.analytics.features import is_protected
from reports.analytics.themes import names_in, themes
from reports.results import AnalysisContext, AnalysisResult
from tests.unit.reports.analytics.demo_frames import Demo

SETS = ("techcorp", "healthcare", "financial")


def test_small_groups_are_neither_told_nor_cited() -> None:
    draft = Draft(AnalysisContext(parameters={}, columns={}, k=5), "x")
    assert draft.fact("few", "Few", 1, n=4) == ""
    assert draft.fact("many", "Many", 1, n=5) == "x.many"
    draft.callout("info", "Left out", "{x.few}")
    draft.callout("info", "Kept", "{x.many}")
    draft.show(draft.table("t", "T", columns("a"), [("small",), ("large",)], counts=[4, 5]))
    result = draft.result()
    assert [fact.id for fact in result.facts] == ["x.many"]
    assert [callout.title for callout in result.callouts] == ["Kept"]
    assert result.tables[0].rows == (("large",),)
    assert result.suppressed == 2


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("k", [5, 60])
def test_no_analysis_tells_of_fewer_than_k(demo: Callable[[str], Demo], name: str, k: int) -> None:
    data = demo(name)
    for analysis, run in ANALYSES.items():
        if analysis in {"segments", "personalisation", "churn", "no_shows", "ticket_voices"} and k == 60:
            continue  # slow; the same code has seen to it at k = 5
        result = run(data.inputs, data.context(k=k))
        assert all(fact.n is None or fact.n >= k for fact in result.facts), analysis
        for table in (*result.tables, *(chart.data for chart in result.charts)):
            assert all(count >= k for count in table.counts or ()), (analysis, table.id)
        _cited_facts_are_there(result)


def _cited_facts_are_there(result: AnalysisResult) -> None:
    known = {fact.id for fact in result.facts}
    cited = [name for callout in result.callouts for name in CITED.findall(callout.title + callout.text)]
    cited += [name for note in result.notes for name in CITED.findall(note)]
    assert set(cited) <= known


@pytest.mark.parametrize("name", SETS)
def test_no_personal_value_stands_in_facts_charts_or_callouts(demo: Callable[[str], Demo], name: str) -> None:
    """Names, mail addresses and numbers of the people: nowhere but in tables whose columns are marked personal."""
    data = demo(name)
    personal: set[str] = set()
    for table in data.jar.tables:
        for column in table.columns:
            if column.entity_type and column.entity_type not in {"LOCATION", "ORGANIZATION", "DATE_TIME"}:
                personal |= {str(value) for value in data.frames[table.name][column.name].drop_nulls().unique()}
    personal = {value for value in personal if len(value) > 4}
    for analysis, run in ANALYSES.items():
        if analysis in {"segments", "personalisation"}:
            continue
        result = run(data.inputs, data.context(use_age=True))
        open_tables = (*result.tables, *(chart.data for chart in result.charts))
        cells = [
            str(cell)
            for table in open_tables
            for row in table.rows
            for cell, column in zip(row, table.columns, strict=True)
            if isinstance(cell, str) and column.name not in table.personal
        ]
        words = [str(fact.value) for fact in result.facts if isinstance(fact.value, str)]
        words += [fact.group or "" for fact in result.facts] + [fact.id for fact in result.facts] + cells
        words += [callout.title + " " + callout.text for callout in result.callouts]
        assert not personal & set(words), analysis
        assert not [value for value in personal if " " in value and any(value in word for word in words)], analysis


def test_names_are_no_words_of_themes() -> None:
    about = {
        "Naomi": "my parcel never came from the carrier and {} said to wait at the depot, case {}",
        "Gregory": "the invoice shows a wrong charge and {} knows the payment bounced, number {}",
        "Tunde": "this screen flickers since the repair and {} swapped its cable, ticket {}",
    }
    texts = [text.format(name, n) for name, text in about.items() for n in range(40)]
    assert {name.lower() for name in about} <= names_in(texts)
    found = themes(texts, 3, least=5, seed=0)
    told = {word for words in found.words for word in words}
    assert {"parcel", "invoice", "screen"} <= told
    assert not {name.lower() for name in about} & told


def test_too_few_texts_have_no_themes() -> None:
    assert themes(["hello", "world"], 5, least=5, seed=0).words == ()


@pytest.mark.parametrize(
    "column", ["gender", "Date of Birth", "postcode", "Religion", "marital_status", "PLZ", "Sex", "SeniorCitizen"]
)
def test_protected_attributes_are_known(column: str) -> None:
    assert is_protected(column)


def test_protected_attributes_leave_the_model_and_it_says_so() -> None:
    n = 400
    frame = pl.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "churned": [i % 3 == 0 for i in range(n)],
            "other.gender": ["f" if i % 3 == 0 else "m" for i in range(n)],
            "other.visits": [float(i % 7) for i in range(n)],
            "other.same": [float(i % 3 == 0) for i in range(n)],
        }
    )
    result = ANALYSES["churn"]({"customer": frame}, AnalysisContext(parameters={}, columns={}))
    told = " ".join([*result.notes, *(fact.label for fact in result.facts)])
    assert "gender" in next(note for note in result.notes if "nobody shall be judged" in note)
    assert "same" in next(note for note in result.notes if "repeat the outcome" in note)
    assert "Odds ratio of gender" not in told


def test_too_few_people_who_left_are_no_model() -> None:
    frame = pl.DataFrame({"id": [str(i) for i in range(100)], "churned": [i < 20 for i in range(100)]})
    result = ANALYSES["churn"]({"customer": frame}, AnalysisContext(parameters={}, columns={}))
    assert [fact.value for fact in result.facts if fact.id == "churn.rate"] == [20.0]
    assert "too few customers" in result.missing[0].why


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_without_data_an_analysis_says_what_is_missing(analysis: str) -> None:
    result = ANALYSES[analysis]({}, AnalysisContext(parameters={}, columns={}))
    assert result.missing
    assert not result.facts
    assert not result.charts


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_a_table_of_nothing_breaks_no_analysis(demo: Callable[[str], Demo], analysis: str) -> None:
    empty = {kind: frame.clear() for name in SETS for kind, frame in demo(name).inputs.items()}
    ANALYSES[analysis](empty, AnalysisContext(parameters={}, columns={}))


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_one_row_of_nulls_breaks_no_analysis(demo: Callable[[str], Demo], analysis: str) -> None:
    rows = {
        kind: pl.DataFrame({name: pl.Series([None], dtype=dtype) for name, dtype in frame.schema.items()})
        for name in SETS
        for kind, frame in demo(name).inputs.items()
    }
    result = ANALYSES[analysis](rows, AnalysisContext(parameters={"today": "2025-12-31"}, columns={}))
    assert all(fact.n is None or fact.n >= 5 for fact in result.facts)


def test_ticket_texts_alone_are_enough(demo: Callable[[str], Demo]) -> None:
    texts = {"ticket": demo("techcorp").inputs["ticket"].select("text")}
    context = AnalysisContext(parameters={}, columns={"ticket.text": "t.body"})
    voices, repeats = ANALYSES["ticket_voices"](texts, context), ANALYSES["repeat_contacts"](texts, context)
    assert {"voices.negative", "voices.urgent"} <= {fact.id for fact in voices.facts}
    assert voices.samples
    assert all(sample.source == "t.body" for sample in voices.samples)
    assert "repeats.said" in {fact.id for fact in repeats.facts}


def test_the_same_seed_gives_the_same_result(demo: Callable[[str], Demo]) -> None:
    data = demo("financial")
    first = ANALYSES["loan_defaults"](data.inputs, data.context(seed=4))
    assert ANALYSES["loan_defaults"](data.inputs, data.context(seed=4)) == first
