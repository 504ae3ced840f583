"""Report templates: the built-in ones, own ones, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.documents import DocumentError
from reports.templates import UnknownTemplate, load_template, read_template, template_names

BUILT_IN = Path(__file__).parents[4] / "reports" / "templates"
OWN = """\
name: own
version: "1.0"
title: Own
description: Mine.
rows:
  order: {needs: [customer, time, amount]}
  wine:
    needs: [year]
    own:
      year: {title: Vintage, kind: number, words: [vintage, year]}
parameters:
  region: {title: Region, default: Mosel}
  far: {title: Far, default: 5, least: 2, most: 9}
sections:
  - {id: one, title: One, purpose: "Look at {{ region }}.", analyses: [behaviour]}
"""


@pytest.mark.parametrize("name", template_names())
def test_every_built_in_template_can_be_used(name: str) -> None:
    template = load_template(name)
    assert template.name == name
    assert template.description
    assert len({section.id for section in template.sections}) == len(template.sections)
    assert all("{{" not in section.purpose for section in template.sections)
    assert all(parameter.title for parameter in template.parameters.values())


def test_the_three_main_templates_come_first() -> None:
    assert template_names()[:3] == ("customer-insights", "operational-efficiency", "compliance-audit")


def test_parameters_fill_the_texts() -> None:
    assert "within 30 days" in load_template("customer-insights", {"repeat_days": 30}).sections[3].purpose
    assert "What about cheese?" in load_template("blank", {"questions": "What about cheese?"}).sections[1].purpose


def test_a_question_with_jinja_in_it_is_only_a_text() -> None:
    made = load_template("blank", {"questions": "{{ 7 * 7 }} {% for x in y %}"})
    assert "{{ 7 * 7 }} {% for x in y %}" in made.sections[1].purpose


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"question": "x"}, "did you mean 'questions'?"),
        ({"questions": "x", "far": 1}, "has no parameter 'far'"),
    ],
)
def test_unknown_parameters_are_told(given: dict[str, str | int], message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load_template("blank", given)
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [1, 10, "ten"])
def test_numbers_out_of_range_are_told(value: str | int) -> None:
    with pytest.raises(DocumentError, match="far"):
        read_template("own.yaml", OWN, {"far": value})


def test_own_templates_and_own_roles(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "blank.yaml").write_text(OWN.replace("name: own", "name: blank"), encoding="utf-8")
    assert "own" in template_names(tmp_path)
    own = load_template("own", directory=tmp_path)
    assert own.sections[0].purpose == "Look at Mosel."
    assert [(need.name, need.kind, need.required) for need in own.roles if need.name == "wine.year"] == [
        ("wine.year", "number", True)
    ]
    assert load_template("blank", directory=tmp_path).title == "Own"  # a file of ours hides the built-in one


def test_an_unknown_template_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownTemplate, match="did you mean 'customer-insights'"):
        load_template("customer-insight")
    with pytest.raises(UnknownTemplate):
        load_template("../../etc/passwd")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "analyses: [behaviour]",
            "analyses: [behavior]",
            "own.yaml:15: there is no analysis 'behavior' (did you mean 'behaviour'?)",
        ),
        (
            "[customer, time, amount]",
            "[customer, tmie]",
            "own.yaml:6: there is no role 'order.tmie' (did you mean 'order.time'?)",
        ),
        (
            "{{ region }}",
            "{{ regoin }}",
            "own.yaml:15: the text uses 'regoin', which is no parameter (did you mean 'region'?)",
        ),
        ("{{ region }}", "{{ region", "own.yaml:15: the Jinja in this text cannot be used"),
        ("{{ region }}", "{{ region.__class__.__mro__ }}", "own.yaml:15: the "),
        ("name: own", "name: other", "own.yaml:1: the name must be that of the file"),
        ("sections:", "section:", "unknown key 'section' (did you mean 'sections'?)"),
        ('version: "1.0"', "version: new", "own.yaml:2: 'version'"),
        ("kind: number", "kind: numbers", "own.yaml:10: "),
    ],
)
def test_a_fault_is_told_with_file_line_and_suggestion(old: str, new: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_template("own.yaml", OWN.replace(old, new))
    assert message in str(caught.value)


def test_a_template_that_runs_for_ever_is_stopped() -> None:
    with pytest.raises(DocumentError, match="Jinja"):
        read_template("own.yaml", OWN.replace("{{ region }}", "{% for x in range(10**9) %}x{% endfor %}"))
