"""docs/security-audit.md names what there is; the source holds no secret; licences go with ours."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security-audit.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:tests|scripts|docs)/[\w./-]+(?:::\w+)?)`", PAGE)))
SECRETS = {
    "private key": r"-----BEGIN (?:RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE KEY-----\s*\n[A-Za-z0-9+/=\n]{300,}",
    "AWS key": r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}\b",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "OpenAI key": r"\bsk-(?:proj-)?[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b",
    "Anthropic key": r"\bsk-ant-api\d\d-[A-Za-z0-9_-]{80,}",
    "Slack token": r"\bxox[abprs]-\d{10,}-\d{10,}-[A-Za-z0-9]{20,}",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{24,}",
}
MADE_UP = ("tests/", "proxy/detectors/", "docs/detection.md")
"""Where secrets of made-up letters are the point: what detection looks for."""


def test_the_page_names_what_there_is() -> None:
    assert len(NAMED) > 30
    for name in NAMED:
        path, _, test = name.partition("::")
        assert (ROOT / path).exists(), name
        if test:
            assert re.search(rf"^(?:async )?def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (
                name
            )
        elif path.startswith("tests/"):
            assert re.search(
                r"^(?:async )?def test_|^    (?:async )?def test_", (ROOT / path).read_text(), re.MULTILINE
            )


def test_what_make_attack_runs_is_there() -> None:
    recipe = re.search(r"^ATTACKS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe
    assert len(recipe[1].split()) > 5
    for path in recipe[1].split():
        assert (ROOT / path).exists(), path


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_secret_is_in_the_source() -> None:
    patterns = {kind: re.compile(pattern.encode()) for kind, pattern in SECRETS.items()}
    found = [
        f"{name}: {kind}"
        for name in _tracked()
        if not name.startswith(MADE_UP)
        for kind, pattern in patterns.items()
        if pattern.search((ROOT / name).read_bytes())
    ]
    assert not found


def test_the_search_for_secrets_finds_some() -> None:
    planted = {"AWS key": "AKIA" + "Q" * 16, "Stripe key": "sk_live_" + "a" * 24, "GitHub token": "ghp_" + "a" * 36}
    for kind, text in planted.items():
        assert re.search(SECRETS[kind], text)


def test_licences_go_with_ours_and_the_list_of_parts_is_whole() -> None:
    script: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "sbom.py"))
    packages = script["needed"]()
    assert {"aiohttp", "redis", "cryptography", "presidio-analyzer", "yarl"} <= set(packages)
    assert "pytest" not in packages
    assert script["unfit"](packages) == []
    made = script["sbom"](packages)
    assert len(made["components"]) == len(packages)
    assert all(part["purl"].startswith("pkg:pypi/") and part["version"] for part in made["components"])


def test_a_licence_that_does_not_go_with_ours_is_told() -> None:
    script: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "sbom.py"))

    class Copyleft:
        metadata = type("Metadata", (dict,), {"get_all": lambda *_: []})({"License-Expression": "AGPL-3.0-only"})

    assert script["unfit"]({"x": Copyleft()}) == ["x: AGPL-3.0-only"]
