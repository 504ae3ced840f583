"""What pictures have shown: nothing is cut, and words stand where names of the inside stood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ui.installation import Installation

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(300)]
MANY = (
    "Anna Kowalski, born 1984-02-17, anna.kowalski@example.com, +1 555-010-4477, lives at 12 Rosewood Lane, pays with "
    "4111 1111 1111 1111 or from DE89 3704 0044 0532 0130 00, from 203.0.113.7."
)
CUT = """nodes => nodes.filter(node => {
    const box = node.getBoundingClientRect(), around = node.parentElement.getBoundingClientRect();
    return box.right > around.right + 0.5 || box.bottom > around.bottom + 0.5;
}).map(node => node.textContent)"""
"""Texts of the elements that reach over the end of what they stand in."""


def test_no_chip_is_cut_and_the_others_are_counted(installation: Installation, open_page: Callable[..., Any]) -> None:
    installation.chat(MANY)
    for width in (1280, 1920):
        page = open_page("auditor", width=width)
        for path, row in (("/audit", "[data-row] .chips"), ("/", ".latest .chips")):
            page.goto(installation.console + path)
            page.locator(row, has_text="Credit card").or_(page.locator(row, has_text="+")).first.wait_for()
            assert page.locator(f"{row} > *").evaluate_all(CUT) == [], (path, width)
        more = page.locator(".latest .chips [title]", has_text="+").first
        assert "Street address 1" in str(more.get_attribute("title"))


def test_the_audit_is_asked_for_a_type_by_its_label(installation: Installation, open_page: Callable[..., Any]) -> None:
    installation.chat("Pay with 4111 1111 1111 1111, please.")
    page = open_page("auditor")
    page.goto(f"{installation.console}/audit")
    with page.expect_response(lambda answer: "entity_type=CREDIT_CARD" in answer.url):
        page.get_by_role("combobox", name="Type", exact=True).fill("credit card")
    page.locator("[data-row]", has_text="Credit card").first.wait_for()


def test_faults_of_a_policy_stand_below_its_text(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"faulty{installation.made}"
    installation.api("PUT", f"/policies/{name}", {"yaml": f"name: {name}\nextends: fast\nentities:\n  URL: keep\n"})
    page.goto(f"{installation.console}/policies/{name}")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  PERSON: scrambel\n")
    page.get_by_test_id("faults").get_by_text("Line 5", exact=True).wait_for()
    assert "scramble" in page.get_by_test_id("faults").inner_text(), "it says what was meant"
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_test_id("faults").wait_for(state="detached")


def test_undo_is_whole_on_a_telephone(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor", width=360, scheme="dark")
    name = f"a-model-of-which-the-name-is-rather-long-{installation.made}"
    installation.api("PUT", f"/prices/{name}", {"input": 1, "output": 2})
    page.goto(f"{installation.console}/keys/prices")
    page.get_by_role("button", name=f"Remove {name}", exact=True).click()
    undo = page.get_by_role("button", name="Undo", exact=True)
    undo.wait_for()
    assert undo.locator("*").evaluate_all(CUT) == []
    undo.click()
    page.get_by_role("row", name=name).wait_for()


def test_who_found_a_value_is_said_in_words(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("viewer")
    page.goto(f"{installation.console}/playground")
    page.get_by_label("Your text", exact=True).fill("Write to maria.silva@example.net on 3 March 2026.")
    page.get_by_role("cell", name="pattern: mail", exact=True).wait_for()
    page.get_by_role("cell", name="Date and time", exact=True).wait_for()
    assert "patterns." not in page.get_by_role("main").inner_text()


def test_the_review_goes_on_by_keyboard_after_a_type_was_typed(
    installation: Installation, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page("editor")
    name = f"typed{installation.made}"
    rows = tmp_path / "rows.csv"
    rows.write_text("one,two,three,four\n" + "".join(f"{at},a{at},b{at},c{at}\n" for at in range(20)), encoding="utf-8")
    page.goto(f"{installation.console}/jars/new")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Next", exact=True).click()
    page.locator("input[type=file]").set_input_files(rows)
    page.get_by_role("link", name="Review the columns", exact=True).click(timeout=120_000)
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("dialog", name="Review 1/4", exact=True).wait_for()
    page.keyboard.press("t")
    page.keyboard.type("badge number")  # a type of nobody's list
    page.keyboard.press("Enter")
    page.get_by_text("There is no such entity type", exact=False).wait_for()
    page.keyboard.press("t")
    page.keyboard.type("employee id")  # by its label
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Review 2/4", exact=True).wait_for()
    page.keyboard.press("t")
    page.keyboard.type("E-mail")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # chosen from the list
    page.get_by_role("dialog", name="Review 3/4", exact=True).wait_for()
    page.keyboard.press("n")
    page.get_by_role("dialog", name="Review 4/4", exact=True).wait_for()
    page.keyboard.press("y")
    page.get_by_role("dialog").wait_for(state="detached")
    columns = installation.api("GET", f"/jars/{name}")["tables"][0]["columns"]
    assert sorted(str(one["entity_type"]) for one in columns) == ["EMAIL_ADDRESS", "EMPLOYEE_ID", "None", "None"]


def test_originals_are_dropped_when_another_tab_lies_over_them(
    installation: Installation, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page("editor")
    name = f"hidden{installation.made}"
    rows = tmp_path / "rows.csv"
    rows.write_text("who,note\n" + "Anna Kowalski,calls back\n" * 20, encoding="utf-8")
    page.goto(f"{installation.console}/jars/new")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Next", exact=True).click()
    page.locator("input[type=file]").set_input_files(rows)
    page.get_by_role("link", name="Open the jar", exact=True).click(timeout=120_000)
    page.get_by_text("Original", exact=True).click()
    page.locator("[data-view=original]").wait_for()
    assert "Kowalski" in page.content()
    page.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.locator("[data-view=scrambled]").wait_for()
    assert "Kowalski" not in page.content()
