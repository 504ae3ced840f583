"""Every page of docs/clients is run by a test, or says why it is not; the table says the same."""

from __future__ import annotations

import re

from tests.clients.test_recipes import FOLDER, recipes

_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


def test_every_page_is_run_or_says_why_not() -> None:
    run_by_test = set(recipes())
    assert run_by_test
    table = (FOLDER / "README.md").read_text("utf-8")
    for path in FOLDER.glob("*.md"):
        if path.stem != "README":
            assert path.stem in run_by_test or _NOT_RUN.search(path.read_text("utf-8")), path.name
            row = re.search(rf"\({path.name}\) \| (yes|not run) \|", table)
            assert row, f"{path.name} is not in the table"
            assert (row[1] == "yes") is (path.stem in run_by_test)
