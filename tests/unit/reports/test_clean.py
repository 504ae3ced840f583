"""Nothing of a result in whose words a personal value stands is told to anybody."""

from __future__ import annotations

from reports.document import Callout, Chart, DataTable, TableColumn
from reports.facts import Fact
from reports.gate import looked_for
from reports.results import AnalysisResult
from reports.steps import clean

NAME = "Margaret Okafor"


def table(identity: str, cell: str) -> DataTable:
    return DataTable(id=identity, title="T", columns=(TableColumn(name="Theme"),), rows=((cell,),))


def test_facts_findings_tables_and_charts_with_a_personal_value_go_and_the_others_stay() -> None:
    def chart(cell: str) -> Chart:
        return Chart(
            id=cell[:1].lower(), spec="bar", title="T", alt="A", data=table("d", cell), x="Theme", y=("Theme",)
        )

    result = AnalysisResult(
        facts=(Fact(id="theme.1", label=f"Theme {NAME}", value=3), Fact(id="theme.2", label="Theme returns", value=4)),
        callouts=(Callout(title="T", text=f"Ask {NAME}."), Callout(title="T", text="Ask for returns.")),
        tables=(table("a", NAME), table("b", "returns")),
        charts=(chart(NAME), chart("returns")),
    )
    kept = clean(result, looked_for([NAME, "0170 1234567"]))
    assert NAME not in kept.model_dump_json()
    assert [len(part) for part in (kept.facts, kept.callouts, kept.tables, kept.charts)] == [1, 1, 1, 1]
    assert clean(result, looked_for(["Somebody Else"])) == result
