"""charts/sting/README.md is what values.yaml says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts/chart_readme.py"))
VALUES = (ROOT / "charts/sting/values.yaml").read_text(encoding="utf-8")


def test_it_is_written_from_the_values() -> None:
    assert SCRIPT["PAGE"].read_text(encoding="utf-8") == SCRIPT["page"](VALUES), "run: python scripts/chart_readme.py"


def test_defaults_in_it_are_those_of_the_values() -> None:
    written = SCRIPT["page"](VALUES)
    rows = re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", written, re.MULTILINE)
    assert len(rows) > 60
    for path, default in rows:
        value = yaml.safe_load(VALUES)
        for name in path.split("."):
            value = value[name]
        assert yaml.safe_load(default) == value, path


def test_comments_of_lines_and_of_sections_are_told() -> None:
    written = SCRIPT["page"](
        "# The file.\n\n# Of the section,\n# all of it.\na:\n  b: 1   # one | two\n  c:  # said above\n    {d: 2}\n"
    )
    assert "## a\n\nOf the section, all of it.\n" in written
    assert "| `a.b` | `1` | one \\| two |" in written
    assert "| `a.c` | `{d: 2}` | said above |" in written
