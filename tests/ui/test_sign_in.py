"""Signing in and out, the second step, and what each role sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from tests.ui.installation import Installation

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]
PASSWORD = "violet harbour teapot 9"


def sign_out(page: Any) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_role("heading", name="Sign in to STING").wait_for()


def sign_in(page: Any, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_link_signs_in_once_and_leaves_no_trace_in_the_address(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    link = installation.person("editor")
    page = open_page(link=link)
    assert "token" not in page.url
    assert page.evaluate("history.length") <= 2
    stranger = open_page()
    stranger.goto(link)
    stranger.get_by_text("This link was used or has expired").wait_for()


def test_password_and_codes_from_an_app(installation: Installation, open_page: Callable[..., Any]) -> None:
    email = f"codes{installation.made}@example.com"
    made = installation.api("POST", "/users", {"email": email, "roles": ["viewer"]})
    page = open_page(link=made["link"])
    page.goto(f"{installation.console}/settings/account")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    page.get_by_text("Password saved").wait_for()
    page.get_by_role("button", name="Set up").click()
    secret = page.locator("span.mono").inner_text()
    page.get_by_role("img", name="Scan this").wait_for()
    page.get_by_label("Six-digit code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("Switched on: signing in takes a code").wait_for()
    sign_out(page)
    sign_in(page, email)
    code = page.get_by_label("Code from your authenticator app")
    code.fill("000000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()


def test_a_viewer_is_offered_nothing_that_they_may_not_do(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("viewer")
    page.get_by_role("link", name="Policies", exact=True).wait_for()
    # Exact: the names of recent reports are links too, and some of them are audits.
    assert page.get_by_role("link", name="Audit", exact=True).count() == 0
    page.goto(f"{installation.console}/policies")
    page.get_by_role("heading", name="balanced").wait_for()
    assert page.get_by_role("button", name="New policy").count() == 0
    page.goto(f"{installation.console}/audit")
    page.get_by_text("your role does not include it").wait_for()
    assert page.get_by_role("table").count() == 0
    page.goto(f"{installation.console}/keys")
    page.get_by_role("tab", name="Virtual keys").wait_for()
    assert page.get_by_role("button", name="New key").count() == 0


def test_an_admin_adds_a_person_and_hands_over_a_link(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("admin")
    page.goto(f"{installation.console}/settings/people")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("dialog").get_by_label("E-mail").fill(f"new{installation.made}@example.com")
    page.get_by_role("checkbox", name="auditor").check()
    page.get_by_role("dialog").get_by_role("button", name="Add a person").click()
    link = page.get_by_test_id("secret").inner_text()
    newcomer = open_page(link=link)
    assert newcomer.get_by_role("link", name="Audit", exact=True).first.is_visible()


def test_a_draft_outlives_a_server_that_is_away(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"away{installation.made}"
    installation.api("PUT", f"/policies/{name}", {"yaml": f"name: {name}\nextends: fast\n"})
    page.goto(f"{installation.console}/policies/{name}")
    editor = page.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("notice: false\n")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save as new version").click()
    page.get_by_text("The console does not answer").first.wait_for()
    assert "notice: false" in editor.inner_text()
    page.context.set_offline(False)
    page.get_by_role("button", name="Save as new version").click()
    page.get_by_text(f"{name} is saved and in force").wait_for()
    assert "notice: false" in installation.api("GET", f"/policies/{name}")["yaml"]


def test_a_draft_outlives_a_change_of_page_and_the_end_of_the_session(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("editor")
    me = next(
        one
        for one in installation.api("GET", "/users")["items"]
        if one["email"] == f"editor{installation.made}@example.com"
    )
    name = f"ended{installation.made}"
    installation.api("PUT", f"/policies/{name}", {"yaml": f"name: {name}\nextends: fast\n"})
    page.goto(f"{installation.console}/policies/{name}")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("notice: false\n")
    page.get_by_role("tab", name="Versions", exact=True).click()
    page.get_by_text("Newest first.", exact=False).wait_for()
    page.get_by_role("tab", name="Edit", exact=True).click()
    page.locator(".cm-content", has_text="notice: false").wait_for()
    page.context.clear_cookies()
    page.get_by_role("button", name="Save as new version", exact=True).click()
    page.get_by_text("Your session has ended", exact=True).wait_for()
    assert "notice: false" not in page.content()
    again = page.context.new_page()
    again.goto(installation.api("POST", f"/users/{me['id']}/link")["link"])
    again.get_by_role("heading", name="Dashboard", exact=True).wait_for()
    # What the browser says of a tab that somebody comes back to.
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    page.locator(".cm-content", has_text="notice: false").wait_for()
    page.get_by_text("You have changes that are not saved.", exact=True).wait_for()
    page.get_by_role("button", name="Save as new version", exact=True).click()
    page.get_by_text(f"{name} is saved and in force", exact=True).wait_for()
    assert "notice: false" in installation.api("GET", f"/policies/{name}")["yaml"]


def test_the_pages_wait_for_a_server_that_is_away(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    page.goto(f"{installation.console}/playground")
    page.get_by_label("Your text").fill("Please call Anna Kowalski.")
    page.get_by_test_id("leaves").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_text("The console does not answer").first.wait_for()
    assert page.get_by_label("Your text").input_value() == "Please call Anna Kowalski."
    page.context.set_offline(False)
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_test_id("restored").wait_for()
