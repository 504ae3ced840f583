"""What a report would take, step by step: models in order, and their price."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.settings import Settings, load_settings
from reports.estimating import silent_sections, steps_of
from reports.models import NoLocalModel
from reports.order import Order
from reports.templates import load_template

TEMPLATE = load_template("customer-insights", None)
OPENAI = {"kind": "openai", "base_url": "https://api.openai.com/v1", "api_key": "sk-x"}


def settings(tmp_path: Path, **more: object) -> Settings:
    own = {"data_dir": tmp_path, "providers": {"openai": OPENAI, "demo": {"kind": "demo", "local": True}}, **more}
    return load_settings(None, environ={}, overrides=own)


def test_each_step_has_its_models_and_its_price(tmp_path: Path) -> None:
    prices = {"gpt-4o": {"input": 2.0, "output": 10.0}}
    given = settings(tmp_path, default_provider="openai", prices=prices)
    steps = {step.step: step for step in steps_of(_order(write="gpt-4o", analyse="sting-demo"), TEMPLATE, given)}
    assert list(steps) == ["write", "analyse", "revise"]
    writing = steps["write"]
    assert writing.models[0] == "gpt-4o"
    assert writing.cost == pytest.approx(writing.sections * (1_400 * 2 + 450 * 10) / 1e6)
    assert (steps["analyse"].models[0], steps["analyse"].cost) == ("sting-demo", 0.0)
    assert writing.sections + steps["analyse"].sections == len(TEMPLATE.sections) == steps["revise"].sections


def test_a_model_without_a_price_leaves_the_cost_open_and_rules_cost_nothing(tmp_path: Path) -> None:
    given = settings(tmp_path, default_provider="openai")
    assert steps_of(_order(write="gpt-4o"), TEMPLATE, given)[0].cost is None
    assert [(step.models, step.cost) for step in steps_of(_order(write="none"), TEMPLATE, given)[:2]] == [([], 0.0)] * 2


def test_a_local_report_takes_local_models_only(tmp_path: Path) -> None:
    local = Order(template="customer-insights", jar="j", level="local", models={"write": "gpt-4o"})
    found = steps_of(local, TEMPLATE, settings(tmp_path, default_provider="openai"))
    assert {name for step in found for name in step.models} == {"sting-demo"}
    far = load_settings(None, environ={}, overrides={"data_dir": tmp_path, "providers": {"openai": OPENAI}})
    with pytest.raises(NoLocalModel):
        steps_of(local, TEMPLATE, far)


def test_sections_that_this_data_says_nothing_to_are_named() -> None:
    silent = silent_sections(TEMPLATE, {"ticket.text", "ticket.customer", "ticket.opened"})
    assert silent == ["Who the customers are", "Who is likely to leave", "What to offer to whom"]
    assert silent_sections(TEMPLATE, {need.name for need in TEMPLATE.roles}) == []
    without_amount = {need.name for need in TEMPLATE.roles} - {"order.amount"}
    assert "Who the customers are" in silent_sections(TEMPLATE, without_amount), "orders without an amount are left out"


def test_the_use_of_language_models_needs_no_column() -> None:
    template = load_template("compliance-audit", None)
    silent = silent_sections(template, ())
    assert 0 < len(silent) < len(template.sections)


def _order(**models: str) -> Order:
    return Order(template="customer-insights", jar="j", models=models)
