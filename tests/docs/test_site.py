"""The docs site: it builds without a broken link or anchor, and its pages load nothing from elsewhere."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@cache
def hook() -> dict[str, Any]:
    """The hook's names; skips where the extra `docs` is not installed."""
    pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return runpy.run_path(str(ROOT / "scripts/site_hook.py"))
    finally:
        sys.path[:] = before


PAGES = {"index.md", "SUPPORT.md", "keys.md", "clients/README.md", "compliance/hipaa.md"}


@pytest.mark.parametrize(
    ("source", "page", "written", "mended"),
    [
        ("README.md", "index.md", "[keys](docs/keys.md#limits)", "[keys](keys.md#limits)"),
        ("README.md", "index.md", "[docs/clients/](docs/clients/)", "[docs/clients/](clients/README.md)"),
        ("README.md", "index.md", "[LICENSE](LICENSE), [chart](charts/sting)", "LICENSE, chart (`charts/sting`)"),
        ("docs/keys.md", "keys.md", "[a](../SUPPORT.md), [b](../README.md)", "[a](SUPPORT.md), [b](index.md)"),
        ("docs/compliance/hipaa.md", "compliance/hipaa.md", "[a](../keys.md) [b](#c)", "[a](../keys.md) [b](#c)"),
        ("docs/keys.md", "keys.md", "[x](https://example.com/a.md)", "[x](https://example.com/a.md)"),
        ("docs/keys.md", "keys.md", "[x](../nothing.md)", "[x](../nothing.md)"),
        ("docs/keys.md", "keys.md", "```\n[x](../LICENSE)\n```", "```\n[x](../LICENSE)\n```"),
    ],
)  # fmt: skip
def test_links_lead_to_pages_or_name_files(source: str, page: str, written: str, mended: str) -> None:
    assert hook()["resolved"](written, source, PAGES, page) == mended


def test_the_references_say_what_the_code_says() -> None:
    from policies.loader import load_policies
    from policies.model import Policy
    from policies.settings import Settings

    policies, configuration, commands, api = (make() for make in hook()["GENERATED"].values())
    assert f"| `hipaa` | {load_policies()['hipaa'].description} |" in policies
    assert (
        "| `CREDIT_CARD` | scramble | scramble | scramble | scramble | scramble | observe | redact | scramble |"
        in policies
    )
    assert [name for name in Policy.model_fields if f"| `{name}` |" not in policies] == []
    assert "| `gateway.drain_s` | number | `30` |" in configuration
    assert '| `keys[].limits.budget.per` | `day`, `month`, `ever` | `"month"` |' in configuration
    assert [name for name in Settings.model_fields if not re.search(rf"`{name}\b", configuration)] == []
    assert "Usage: sting keys create [OPTIONS] NAME" in commands
    assert commands.count("\n## sting ") > 60
    assert "| `POST /scramble` | Texts scrambled |" in api
    assert "| `POST /api/v1/keys` | Make a key |" in api


@pytest.mark.long
def test_the_site_builds_strictly_and_calls_nobody(tmp_path: Path) -> None:
    hook()
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 50
    loaded = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"https?:|<link\b[^>]*\bhref=\"https?:")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not loaded.search(text), page.name
        assert page.name == "404.html" or "Content-Security-Policy" in text, page.name
    written = {path.relative_to(tmp_path).with_suffix(".md").as_posix() for path in pages}
    own = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {name.replace("README", "index") for name in own} <= written
