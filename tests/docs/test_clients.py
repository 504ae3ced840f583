"""Every page of docs/clients is run by a test, or says why it is not; the table says the same."""

from __future__ import annotations

import re

from tests.clients import test_command_lines
from tests.clients.test_recipes import FOLDER, recipes

_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


def _test_of(page: str) -> str:
    return f"test_{page.replace('-', '_')}"


def test_every_page_is_run_or_says_why_not() -> None:
    command_lines = {name for name in ("claude-code", "codex") if hasattr(test_command_lines, _test_of(name))}
    run_by_test = set(recipes()) | command_lines
    assert recipes()
    table = (FOLDER / "README.md").read_text("utf-8")
    for path in FOLDER.glob("*.md"):
        if path.stem != "README":
            assert path.stem in run_by_test or _NOT_RUN.search(path.read_text("utf-8")), path.name
            row = re.search(rf"\({path.name}\) \| (yes|not run) \|", table)
            assert row, f"{path.name} is not in the table"
            assert (row[1] == "yes") is (path.stem in run_by_test)
