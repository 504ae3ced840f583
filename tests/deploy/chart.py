"""The chart as helm renders it, for the tests of this folder."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/sting"
VALUES_FILES = sorted(CHART.glob("values-*.yaml"))
MANIFEST_SCRIPT = runpy.run_path(str(ROOT / "scripts/demo_manifest.py"))
KEY = "A" * 43 + "="
TRIAL = {
    "secret.values.STING_MASTER_KEY": KEY,
    "valkey.enabled": "true",
    "postgresql.enabled": "true",
    "postgresql.password": "pg-password",
    "storage.persistence.enabled": "true",
}
"""The fewest values that a release needs."""


def helm() -> str:
    """The program; skips without it."""
    own = Path(sys.prefix) / "bin/helm"
    found = str(own) if own.exists() else shutil.which("helm")
    if found is None:
        pytest.skip("helm is missing: make helm")
    return found


def render(values: dict[str, str] | None = None, *files: Path) -> list[dict[str, Any]]:
    """The objects of a release of the chart with `values` by dotted name, which win over `files`."""
    given = TRIAL | (values or {}) if not files else values or {}
    # --set-string would make strings of numbers; a base64 key and an annotation's dots need no escape in these tests.
    arguments = [part for file in files for part in ("--values", str(file))]
    arguments += [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    return [part for part in yaml.safe_load_all(MANIFEST_SCRIPT["rendered"](helm(), CHART, *arguments)) if part]


def refusal(values: dict[str, str], *files: Path) -> str:
    """What helm says to values that it must refuse."""
    with pytest.raises(subprocess.CalledProcessError) as failed:
        render(values, *files)
    return str(failed.value.stderr)


def one(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The only object of that kind and name."""
    (found,) = [part for part in objects if (part["kind"], part["metadata"]["name"]) == (kind, name)]
    return found


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [part for part in objects if part["kind"] == kind]


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Pod templates by the component that they are."""
    found = {}
    for part in objects:
        template = (part.get("spec") or {}).get("template") or (part.get("spec") or {}).get("jobTemplate", {}).get(
            "spec", {}
        ).get("template")
        if template:
            found[template["metadata"]["labels"]["app.kubernetes.io/component"]] = template
    return found
