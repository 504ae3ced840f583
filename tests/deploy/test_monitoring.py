"""Rules by the real promtool; dashboards by what the product counts."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "charts/sting/files/rules.yaml"
DASHBOARDS = runpy.run_path(str(ROOT / "scripts/dashboards.py"))
OTHERS = {"kube_cronjob_status_last_successful_time", "kube_job_status_failed"}
"""Of kube-state-metrics."""


def promtool(folder: Path, *arguments: str) -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def counted() -> set[str]:
    """Every name under which the product tells a metric, recorded ones too."""
    from prometheus_client import generate_latest

    from proxy.metrics import Metrics
    from reports.metrics import ReportMetrics

    names = set()
    for registry in (Metrics().registry, ReportMetrics().registry):
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)", generate_latest(registry).decode(), re.MULTILINE):
            names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return names | {rule["record"] for rule in rules() if "record" in rule}


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def named(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:sting[:_]|kube_)[\w:]+", expression))


def test_rules_are_rules() -> None:
    assert f"{len(rules())} rules found" in promtool(ROOT, "check", "rules", str(RULES))


@pytest.mark.parametrize("file", ["rules_test.yaml", pytest.param("slo_test.yaml", marks=pytest.mark.long)])
def test_alerts_fire_when_they_should(tmp_path: Path, file: str) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(Path(__file__).with_name(file), tmp_path)
    promtool(tmp_path, "test", "rules", file)


def test_rules_ask_for_what_is_counted() -> None:
    for rule in rules():
        assert named(rule["expr"]) <= counted() | OTHERS, rule


def test_every_alert_says_what_to_do() -> None:
    page = (ROOT / "docs/operations/incidents.md").read_text(encoding="utf-8")
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", page, re.MULTILINE)}
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in {"critical", "warning"}
            file, _, anchor = rule["annotations"]["runbook"].partition("#")
            assert (file, anchor in headings) == ("docs/operations/incidents.md", True), rule["alert"]


@pytest.mark.parametrize("folder", DASHBOARDS["FOLDERS"], ids=lambda folder: str(folder.relative_to(ROOT)))
def test_dashboards_are_as_the_script_writes_them(folder: Path) -> None:
    written = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")}
    assert written == DASHBOARDS["texts"](), "run: python scripts/dashboards.py"


@pytest.mark.parametrize("name", DASHBOARDS["BOARDS"])
def test_dashboards_ask_for_what_is_counted(name: str) -> None:
    board = json.loads(DASHBOARDS["texts"]()[f"{name}.json"])
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert expressions
    for expression in expressions:
        assert named(expression), expression
        assert named(expression) <= counted() | OTHERS, expression


ADDED = {"slo", "le", "job", "instance", "namespace"}
"""Labels that are not in the code: of the scrape, and a histogram's own."""


def labels_of_metrics() -> dict[str, set[str]]:
    """The labels of each metric by its name without `_total`, as the page of metrics has them."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(sting_\w+?)(?:_total)?` \| \w+ \| ([^|]*) \|", page, re.MULTILINE)
    return {name: set(filter(None, labels.strip().split(", "))) for name, labels in rows}


def labels_asked(expression: str) -> set[tuple[str, str]]:
    """Pairs of a metric of ours (base name) and a label that the expression selects or groups it by."""
    base = {name: re.sub(r"_(total|bucket|sum|count)$", "", name) for name in re.findall(r"\bsting_\w+", expression)}
    selected = re.findall(r"\b(sting_\w+)\{([^}]*)\}", expression)
    asked = {(base[name], label) for name, where in selected for label in re.findall(r"(\w+)\s*[=!]", where)}
    grouped = [label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")]
    return asked | {(name, label) for name in base.values() for label in grouped}


def test_rules_and_dashboards_ask_for_labels_that_are_there() -> None:
    known = labels_of_metrics()
    boards = [json.loads(text) for text in DASHBOARDS["texts"]().values()]
    targets = [target for board in boards for panel in board["panels"] for target in panel["targets"]]
    expressions = [rule["expr"] for rule in rules()] + [target["expr"] for target in targets]
    asked = set[tuple[str, str]]().union(*map(labels_asked, expressions))
    assert ("sting_requests", "outcome") in asked
    assert {(name, label) for name, label in asked if label not in known[name] | ADDED} == set()
    for target in targets:
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert label in target["expr"] or label == "slo", target
