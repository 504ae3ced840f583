"""The compliance pages say what the policies and the operators do, no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policies.documents import read_document
from policies.entity_types import ENTITY_TYPES
from policies.loader import builtin_documents, compile_policies
from policies.model import Action
from proxy.detectors.chain import ENGINES
from proxy.detectors.operators_places import SMALL_ZIP3
from proxy.detectors.operators_table import one_way_table
from proxy.detectors.patterns.pack import RECOGNISERS

DOCS = Path(__file__).parents[2] / "docs" / "compliance"
PACKS = ("hipaa", "pci", "gdpr")
POLICIES = compile_policies(builtin_documents())
REPORTED = {one.name: one.entity_types for one in RECOGNISERS}
MODELS = set(ENGINES) - {"patterns"}
_TYPE = re.compile(r"[A-Z][A-Z0-9_]+")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """Cells of the mapping table: entity types, action, recogniser and test are the last four."""
    table = page(name)[page(name).index("| recogniser |") :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def mapped(name: str) -> list[tuple[str, str]]:
    return [(kind, row[-3]) for row in rows(name) for kind in _TYPE.findall(row[-4])]


def test_the_table_of_one_way_results_is_what_the_operators_do() -> None:
    between = page("README").split("<!-- table -->\n")[1].split("<!-- end of table -->")[0]
    assert between == one_way_table()


@pytest.mark.parametrize("name", PACKS)
def test_every_mapped_type_exists_and_has_the_action_that_the_page_says(name: str) -> None:
    assert mapped(name)
    for kind, action in mapped(name):
        assert kind in ENTITY_TYPES
        assert POLICIES[name].rule(kind).action.value == action, kind


@pytest.mark.parametrize("name", PACKS)
def test_the_recognisers_of_a_row_report_its_types_and_every_type_that_is_looked_for_has_a_test(name: str) -> None:
    everything = frozenset().union(*REPORTED.values())
    for row in rows(name):
        named = [cell.strip() for cell in row[-2].split(",") if cell.strip()]
        reported = frozenset().union(*(everything if one == "patterns" else REPORTED.get(one, ()) for one in named))
        assert set(named) <= {*REPORTED, *MODELS, "patterns"}
        assert set(_TYPE.findall(row[-4])) <= reported or MODELS & set(named), row
        assert row[-1] or "not looked for" in row[-3]


@pytest.mark.parametrize("name", PACKS)
def test_no_rule_of_a_pack_is_missing_on_its_page(name: str) -> None:
    document = next(one for one in builtin_documents() if one.source == f"builtin/{name}.yaml")
    own = {kind for kind, rule in POLICIES[name].entities.items() if rule.action is not Action.KEEP}
    assert {kind for kind in document.data["entities"] if kind in own} <= set(_TYPE.findall(page(name)))


def test_all_eighteen_identifiers_are_mapped() -> None:
    assert {row[0][:3] for row in rows("hipaa")} == {f"({letter})" for letter in "ABCDEFGHIJKLMNOPQR"}


def test_the_small_zip_areas_are_listed() -> None:
    listed = page("hipaa").split("become `000`:")[1].split(". The rule")[0]
    assert frozenset(re.findall(r"\d{3}", listed)) == SMALL_ZIP3


def test_the_policy_that_gives_up_restoring_loads_and_restores_nothing() -> None:
    snippet = page("hipaa").split("```yaml\n")[1].split("```")[0]
    policy = compile_policies(builtin_documents(), [read_document("snippet.yaml", snippet)])["hipaa-redact"]
    restorable = {kind for kind in ENTITY_TYPES if policy.rule(kind).action is Action.SCRAMBLE}
    assert restorable == set()
    assert not policy.linkable
    assert policy.rule("DATE_TIME").action is Action.GENERALIZE
