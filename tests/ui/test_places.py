"""Addresses that no page has, and what is still filled in when somebody comes back to a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.installation import Installation
from tests.ui.test_quality import JAR, with_data

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]


def test_an_address_that_no_page_has_says_so(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    report = next(path for path in with_data(page, installation) if path.startswith("/reports/"))
    parts = ("/policies/balanced", "/keys", "/settings", f"/jars/{JAR}", report)
    for path in ("/nowhere", "/keys/a/b", "/audit/a/b", *(f"{part}/nowhere" for part in parts)):
        page.goto(installation.console + path)
        page.get_by_text("Perhaps it was deleted, the address is misspelt", exact=False).wait_for()
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_role("navigation", name="Contents", exact=True).wait_for()
    for path in ("/policies/nowhere", "/jars/nowhere", "/reports/nowhere", "/audit/nowhere", "/reports/compare/a/b"):
        page.goto(installation.console + path)
        page.get_by_role("alert").get_by_text("This was not found", exact=True).wait_for()


def test_a_part_that_a_role_does_not_include_is_not_empty(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("viewer")
    for path in ("/audit", "/audit/ex_1", "/corrections", "/jars/new", "/reports/new", "/settings/people"):
        page.goto(installation.console + path)
        page.get_by_text("There is nothing at this address", exact=True).wait_for()
        assert page.get_by_role("main").get_by_role("button").count() == 0, path
    page.get_by_role("link", name="Your account", exact=True).click()
    page.get_by_role("tab", name="Your account", exact=True, selected=True).wait_for()


def gone_to(page: Any, place: str) -> None:
    """Another page, by the navigation: loading anew would empty the memory."""
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name=place, exact=True).click()
    page.get_by_role("heading", level=1, name=place, exact=True).wait_for()


def test_what_is_filled_in_is_there_when_one_comes_back_and_gone_after_sign_out(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("editor")
    with_data(page, installation)
    name, text = f"kept{installation.made}", "Call Margaret Okafor about order 99417."
    gone_to(page, "Playground")
    page.get_by_label("Your text", exact=True).fill(text)
    gone_to(page, "Honey jars")
    page.get_by_role("link", name="New honey jar", exact=True).first.click()
    page.get_by_label("Name").fill(name)
    gone_to(page, "Reports")
    page.get_by_role("link", name="New report", exact=True).first.click()
    page.get_by_role("button", name=JAR).first.click()
    page.get_by_role("button", name="Customer insights").first.click()
    page.get_by_role("button", name="Next", exact=True).wait_for()
    gone_to(page, "Playground")
    assert page.get_by_label("Your text", exact=True).input_value() == text
    gone_to(page, "Reports")
    page.get_by_role("link", name="New report", exact=True).first.click()
    page.get_by_role("button", name="Next", exact=True).wait_for()
    page.get_by_role("button", name="Start over", exact=True).click()
    page.get_by_role("button", name="Start over", exact=True).wait_for(state="detached")
    gone_to(page, "Honey jars")
    page.get_by_role("link", name="New honey jar", exact=True).first.click()
    assert page.get_by_label("Name").input_value() == name
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_text(f"The jar {name} is made. Now fill it.", exact=True).wait_for()
    gone_to(page, "Playground")
    gone_to(page, "Honey jars")
    page.get_by_role("link", name="New honey jar", exact=True).first.click()
    page.get_by_text(f"The jar {name} is made. Now fill it.", exact=True).wait_for()
    page.get_by_role("button", name="Make another jar", exact=True).click()
    assert page.get_by_label("Name").input_value() == ""
    stores = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert "Okafor" not in stores
    assert name not in stores
    page.get_by_role("button", name="Account", exact=True).click()
    page.get_by_role("menuitem", name="Sign out", exact=True).click()
    page.get_by_role("heading", name="Sign in to STING", exact=True).wait_for()
    page.goto(installation.person("editor"))
    page.get_by_role("heading", name="Dashboard", exact=True).wait_for()
    gone_to(page, "Playground")
    assert page.get_by_label("Your text", exact=True).input_value() == ""
