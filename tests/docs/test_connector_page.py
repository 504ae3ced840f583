"""docs/connectors.md is what the connectors' configurations say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_written_from_the_configurations() -> None:
    script = runpy.run_path(str(ROOT / "scripts/connector_page.py"))
    text = (ROOT / "docs/connectors.md").read_text(encoding="utf-8")
    assert text == script["page"](text), "run: python scripts/connector_page.py"
