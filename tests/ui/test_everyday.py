"""Assignments of policies, the keyboard alone and a public demo's banner and queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from admin_ui.demo_seats import full_page
from tests.ui.installation import Installation
from tests.ui.test_quality import AXE, visit

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]


def test_a_key_is_put_under_a_policy_and_back(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"assigned-{installation.made}"
    key = installation.api("POST", "/keys", {"name": name})["key"]
    page.goto(f"{installation.console}/policies/pci/keys")
    page.get_by_role("combobox", name="Another key", exact=True).fill(name)
    page.get_by_role("option", name=name, exact=True).click()
    page.get_by_role("button", name="Put it under this policy", exact=True).click()
    row = page.locator(f"[data-key={name}]")
    row.wait_for()
    assert installation.api("GET", f"/keys/{key['id']}")["policy"] == "pci"
    row.get_by_role("button", name="Back to the default policy", exact=True).click()
    row.wait_for(state="detached")
    assert installation.api("GET", f"/keys/{key['id']}")["policy"] is None


def test_a_key_is_made_by_keyboard_alone(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"typed-{installation.made}"
    page.goto(f"{installation.console}/keys")
    page.get_by_role("button", name="New key", exact=True).wait_for()
    tab_to(page, "New key")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New key", exact=True)
    dialog.wait_for()
    page.wait_for_function("document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.type(name)
    tab_to(page, "Make the key")
    page.keyboard.press("Enter")
    page.get_by_test_id("secret").wait_for()
    page.keyboard.press("Escape")
    page.get_by_test_id("secret").wait_for(state="detached")
    page.get_by_role("row", name=name).wait_for()


def tab_to(page: Any, words: str) -> None:
    """Press Tab until what has these words is in focus, and is seen to be."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"the keyboard does not reach {words!r}")


def test_no_page_holds_the_keyboard_fast(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    for path in ("/", "/playground", "/policies/balanced", "/audit", "/reports/new", "/settings/people"):
        visit(page, installation, path)
        seen = set()
        for _ in range(250):
            page.keyboard.press("Tab")
            at = page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
            if page.evaluate("document.activeElement === document.body || document.activeElement.matches('.skip')"):
                if seen:
                    break
            elif page.evaluate("document.activeElement.matches('.cm-content')"):
                page.keyboard.press("Escape")  # CodeMirror: the next Tab leaves the editor
            seen.add(at)
        else:
            raise AssertionError(f"the keyboard does not come out of {path}")
        assert len(seen) > 10, path


def test_a_public_demo_counts_down_and_asks(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("viewer", width=360)
    about = {**installation.api("GET", "/about"), "next_reset": "2099-01-01T00:00:00Z"}
    page.route("**/api/v1/about", lambda route: route.fulfill(json=about))
    told: list[tuple[str, Any]] = []

    def taken(route: Any) -> None:
        told.append((route.request.url.rsplit("/", 1)[1], route.request.post_data_json))
        route.fulfill(status=204)

    page.route("**/api/v1/demo/*", taken)
    visit(page, installation, "/playground")
    page.get_by_text("This is a public demo").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="I like this", exact=True).click()
    page.get_by_text("Thank you. It is noted.", exact=True).wait_for()
    page.get_by_role("button", name="Try it with your data", exact=True).click()
    form = page.get_by_role("dialog", name="Try it with your data", exact=True)
    form.get_by_label("E-mail").fill("pilot@example.com")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Thank you. Somebody will write to you.", exact=True).wait_for()
    assert told == [
        ("feedback", {"liked": True, "place": "playground"}),
        ("pilot", {"email": "pilot@example.com", "organisation": "", "wish": "", "agreed": True}),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_waits_for_a_full_demo_can_read_where(open_page: Callable[..., Any], scheme: str) -> None:
    page = open_page(width=360, scheme=scheme)
    page.set_content(full_page(3).text or "")
    page.get_by_role("heading", name="The demo is full right now", exact=True).wait_for()
    assert "number\n3\nin line" in page.get_by_role("status").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if AXE.exists():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
        found = page.evaluate("tags => axe.run({runOnly: tags})", tags)["violations"]
        # A page that loads itself anew is what this one is for.
        assert [rule["id"] for rule in found if rule["id"] != "meta-refresh"] == []
