"""Failures as the console tells them: with an id that stands in the log, which has no text of anybody."""

from __future__ import annotations

import logging

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from admin_ui.problems import invalid, problem_response, unexpected
from policies.console_routes import Problem


@pytest.mark.parametrize("status", [502, 503])
def test_a_failure_of_the_installation_has_an_id_that_the_log_knows(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sting.console"):
        answer = problem_response(Problem(status, "gateway_unreachable", "about Anna Kowalski"))
    (record,) = caplog.records
    said = {"incident": answer.headers["X-Request-Id"], "status": status, "code": "gateway_unreachable"}
    assert said.items() <= vars(record).items()
    assert "Kowalski" not in str(vars(record))


def test_a_fault_of_ours_has_one_id_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "sting.console"):
        answer = problem_response(unexpected(KeyError("Kowalski")))
    (record,) = caplog.records
    assert vars(record)["incident"] in (answer.text or "")
    assert "X-Request-Id" not in answer.headers
    assert "Kowalski" not in str(vars(record))


@pytest.mark.parametrize(("status", "code"), [(422, "invalid"), (404, "no_such_route"), (503, "demo_full")])
def test_what_the_person_can_mend_and_who_waits_in_line_are_no_incidents(
    status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sting.console"):
        assert "X-Request-Id" not in problem_response(Problem(status, code, "")).headers
    assert caplog.records == []


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tables: int = 0


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    policy: str = ""
    part: _Part = _Part()


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        ('{"polcy": "fast"}', "", "not known here (did you mean 'policy'?). It takes: policy, part."),
        ('{"part": {"Kowalski": 1}}', "part", "There is a field in it that is not known here. It takes: tables."),
    ],
)
def test_an_unknown_field_is_told_by_what_there_is_and_never_by_its_own_name(sent: str, field: str, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Body.model_validate_json(sent)
    (fault,) = invalid(caught.value, "body", _Body).errors
    assert fault["field"] == field
    assert fault["message"].endswith(told)
    assert "Kowalski" not in str(fault)
