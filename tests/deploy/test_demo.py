"""The demo's plain manifest: equal to the chart, what its owner asked for, and within the budget."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.chart import CHART, MANIFEST_SCRIPT, ROOT, VALUES_FILES, helm, of_kind, one

MANIFEST: Path = MANIFEST_SCRIPT["MANIFEST"]
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
COSTS = ROOT / "docs/operations/demo-cost.md"
NODES, VCPU, GIB = 3, 1.93, 7.0
"""Of 2 vCPU and 8 GiB the node's own parts keep some."""


def objects() -> list[dict[str, Any]]:
    return [part for part in yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8")) if part]


@pytest.mark.long
def test_the_manifest_is_what_the_chart_makes() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    assert text == MANIFEST_SCRIPT["manifest"](helm()), "run: python scripts/demo_manifest.py"


def test_the_demo_is_as_its_owner_asked() -> None:
    deployment = one(objects(), "Deployment", "sting-ce-demo")
    assert deployment["spec"]["replicas"] == 3
    assert deployment["metadata"]["labels"]["app"] == "sting-ce"
    assert deployment["spec"]["template"]["metadata"]["labels"]["app"] == "sting-ce"
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"].split(":")[0] == "sting-ce/app"
    given = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert (given["DEMO_MODE"], given["EXTERNAL_AI_ENABLED"]) == ("true", "true")
    (ingress,) = of_kind(objects(), "Ingress")
    assert "demo.sting-ce.com" in [rule["host"] for rule in ingress["spec"]["rules"]]


def test_the_manifest_holds_no_secret() -> None:
    assert of_kind(objects(), "Secret") == []
    assert "sting-ce-demo-keys" in MANIFEST.read_text(encoding="utf-8").split("---")[0], "how to make the keys"


def cores(text: str) -> float:
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


def gibibytes(text: str) -> float:
    return int(text[:-2]) / (1024 if text.endswith("Mi") else 1)


def test_what_the_pods_request_fits_on_the_nodes_of_the_cost_table() -> None:
    cpu = memory = 0.0
    for part in objects():
        if "template" in part.get("spec", {}):
            copies = part["spec"].get("replicas", 1)
            for container in part["spec"]["template"]["spec"]["containers"]:
                requests = container["resources"]["requests"]
                cpu += copies * cores(requests["cpu"])
                memory += copies * gibibytes(requests["memory"])
    assert 1 < cpu <= NODES * VCPU * 0.8
    assert 1 < memory <= NODES * GIB * 0.8


@pytest.mark.parametrize("cloud", ["Amazon EKS", "Google GKE", "Azure AKS"])
def test_the_cost_table_is_computed_right_and_within_the_budget(cloud: str) -> None:
    page = COSTS.read_text(encoding="utf-8")
    (text,) = re.findall(rf"^## {cloud}.*?(?=^## )", page, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| .+ \| (\d+) \| (\d+) (?:h|month) \| ([\d.]+) \| ([\d.]+) \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| (?!part|-|\*)", text.replace("|---", "|-"), re.MULTILINE))
    for count, unit, price, total, source in rows:
        assert round(int(count) * int(unit) * float(price), 2) == float(total)
        number = re.fullmatch(r"\[(\d+)\]", source)
        said = re.search(rf"^{number[1]}\. .+", page, re.MULTILINE) if number else None
        assert source in {"estimate", "a choice"} or (said and re.search(r"\b20\d\d\b", said[0])), "a source has a date"
    guessed = [float(row[3]) for row in rows if row[4] == "estimate"]
    (printed,) = re.findall(r"\*\*sum\*\*.*\*\*([\d.]+)\*\*", text)
    assert round(sum(float(row[3]) for row in rows), 2) == float(printed)
    assert 500 <= float(printed) <= 800
    assert float(printed) + sum(guessed) / 2 <= 800, "estimates may be off by half"


def test_every_estimate_says_where_its_price_is() -> None:
    page = COSTS.read_text(encoding="utf-8")
    (where,) = re.findall(r"^## Estimates$.*?(?=^Cheaper)", page, re.MULTILINE | re.DOTALL)
    parts = re.findall(r"^\| ([^|(]+?)(?: \([^|]*)? \|.*\| estimate \|$", page, re.MULTILINE)
    assert len(parts) == 3
    assert [part for part in parts if f"| {part} |" not in where] == []


def problems(values: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(values)]


def merged(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    both = dict(low)
    for name, value in high.items():
        old = both.get(name)
        both[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


@pytest.mark.parametrize("file", [None, *VALUES_FILES], ids=lambda file: file.stem if file else "defaults")
def test_the_schema_knows_all_that_the_values_set(file: Path | None) -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert problems(merged(defaults, yaml.safe_load(file.read_text(encoding="utf-8")) if file else {})) == []


@pytest.mark.parametrize(
    "broken",
    [{"gateway": {"replicas": "3"}}, {"gatewy": {}}, {"config": {"master_key": "x"}}, {"worker": {"concurrency": 0}}],
    ids=str,
)
def test_the_schema_refuses_what_is_wrong(broken: dict[str, Any]) -> None:
    assert problems(broken)


def test_load_balancers_let_a_silent_stream_live() -> None:
    """Longer than the gateway's own longest silence (gateway.idle_timeout_s, 120 s)."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in VALUES_FILES}
    (eks,) = re.findall(r"idle_timeout\.timeout_seconds=(\d+)", texts["values-eks"])
    gke = re.findall(r"timeoutSec: (\d+)", texts["values-gke"])
    (aks,) = re.findall(r'tcp-idle-timeout: "(\d+)"', texts["values-aks"])
    assert min(int(eks), *map(int, gke), int(aks) * 60) >= 600
