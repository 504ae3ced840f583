"""Keys, policies and the first request, as people do them in the pages."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.installation import Installation

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]


def status(installation: Installation, key: str) -> int:
    """The gateway's HTTP status of one request with this key."""
    try:
        installation.chat("Hello", key)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def until_refused(page: Any, installation: Installation, key: str) -> None:
    for _ in range(60):
        if status(installation, key) == 401:
            return
        page.wait_for_timeout(250)
    raise AssertionError("the key still works")


def test_the_life_of_a_key(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"key-{installation.made}"
    page.goto(f"{installation.console}/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Make the key", exact=True).click()
    first = page.get_by_test_id("secret").inner_text()
    assert installation.chat("Hello", first)["choices"]
    page.get_by_role("dialog", name="Key made").get_by_role("button", name="Close").click()
    page.get_by_test_id("secret").wait_for(state="detached")
    assert first not in page.content()
    page.get_by_role("button", name=f"Actions: {name}").click()
    page.get_by_role("menuitem", name="New secret").click()
    page.get_by_role("dialog").get_by_role("button", name="New secret").click()
    second = page.get_by_test_id("secret").inner_text()
    assert second != first
    assert installation.chat("Hello", second)["choices"]
    assert installation.chat("Hello", first)["choices"], "the old secret works on for an hour"
    page.get_by_role("dialog", name="Key made").get_by_role("button", name="Close").click()
    page.get_by_role("button", name=f"Use: {name}").click()
    page.get_by_role("dialog", name=f"Use of {name}").get_by_text("3 requests, 0 of them failed").wait_for()
    page.get_by_role("dialog", name=f"Use of {name}").get_by_role("button", name="Close").click()
    page.get_by_role("button", name=f"Actions: {name}").click()
    page.get_by_role("menuitem", name="Revoke").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name=f"Actions: {name}").wait_for()
    assert installation.chat("Hello", second)["choices"], "what was undone did not happen"
    page.get_by_role("button", name=f"Actions: {name}").click()
    page.get_by_role("menuitem", name="Revoke").click()
    page.get_by_role("button", name=f"Actions: {name}").wait_for(state="detached")
    page.reload()  # who leaves cannot undo it any more: it happens at once
    until_refused(page, installation, second)


def test_two_editors_of_one_policy(installation: Installation, open_page: Callable[..., Any]) -> None:
    anna, ben = open_page("editor"), open_page("editor")
    name = f"desk{installation.made}"
    installation.api(
        "PUT", f"/policies/{name}", {"yaml": f"name: {name}\nextends: balanced\nentities:\n  PERSON: scramble\n"}
    )
    for page in (anna, ben):
        page.goto(f"{installation.console}/policies/{name}")
        page.locator(".cm-content").wait_for()
    for page, word in ((anna, "redact"), (ben, "mask")):
        page.get_by_role("combobox", name="Person", exact=True).click()
        page.get_by_role("option", name=word).click()
    anna.get_by_role("button", name="Save as new version").click()
    anna.get_by_text(f"{name} is saved and in force").wait_for()
    ben.get_by_role("button", name="Save as new version").click()
    dialog = ben.get_by_role("dialog", name="Somebody else changed this policy meanwhile")
    dialog.get_by_text("PERSON: redact").wait_for()
    dialog.get_by_role("button", name="Save mine over theirs").click()
    ben.get_by_text(f"{name} is saved and in force").wait_for()
    assert "mask" in installation.api("GET", f"/policies/{name}")["yaml"]
    ben.get_by_role("tab", name="Versions").click()
    ben.get_by_role("button", name="version 1").click()
    ben.get_by_role("button", name="Bring this version back").click()
    ben.get_by_text("The version is back").wait_for()
    assert "scramble" in installation.api("GET", f"/policies/{name}")["yaml"]


def test_a_mistake_in_a_policy_stands_where_it_was_made(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("editor")
    page.goto(f"{installation.console}/policies/fast")
    editor = page.locator(".cm-content")
    editor.wait_for()
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nlinkabel: true\n")
    page.locator(".cm-lint-marker-error").first.wait_for()
    page.get_by_role("button", name="Save as new version").click()
    page.get_by_text("The policy cannot be used; nothing was changed").wait_for()


def test_the_first_request_lights_the_page_up(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    page.goto(f"{installation.console}/welcome")
    page.get_by_role("button", name="Keep the demo model", exact=True).click()
    page.get_by_label("Name of the key").fill(f"welcome-{installation.made}")
    page.get_by_role("button", name="Make the key").click()
    key = page.get_by_test_id("secret").inner_text()
    page.get_by_role("button", name="Next").click()
    code = page.get_by_role("region", name="code").first.inner_text()
    assert key in code
    assert installation.gateway in code
    page.get_by_text("Waiting for your first request").wait_for()
    installation.chat("Write to Anna Kowalski, anna.kowalski@example.com.", key)
    page.get_by_text("It arrived!").wait_for()
    page.get_by_text("2 personal values were replaced").wait_for()
    page.get_by_role("link", name="See what left").click()
    page.get_by_text("saw surrogates in the place of every value").wait_for()


def test_the_playground_compares_two_policies(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    page.goto(f"{installation.console}/playground")
    page.get_by_role("button", name="Support e-mail").click()
    leaves = page.get_by_test_id("leaves")
    leaves.wait_for()
    assert "Kowalski" not in leaves.inner_text()
    assert "EMAIL_ADDRESS_" in leaves.inner_text()
    page.get_by_role("button", name="Ask the model").click()
    assert "tom.becker@example.org" in page.get_by_test_id("restored").inner_text()
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="observe").click()
    page.get_by_role("heading", name="observe").wait_for()
    page.get_by_test_id("leaves").nth(1).wait_for()


def test_a_key_with_limits(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"limited-{installation.made}"
    page.goto(f"{installation.console}/keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("button", name="Details").click()
    dialog.get_by_label("Requests a minute").fill("1")
    dialog.get_by_role("textbox", name="Budget", exact=True).fill("500")
    dialog.get_by_role("button", name="Make the key", exact=True).click()
    key = page.get_by_test_id("secret").inner_text()
    page.get_by_role("dialog", name="Key made").get_by_role("button", name="Close").click()
    row = page.get_by_role("row", name=name)
    assert "1 request/min" in row.inner_text()
    assert "$500 a month" in row.inner_text()
    statuses = [status(installation, key) for _ in range(2)]
    assert statuses == [200, 429]
    page.get_by_role("button", name=f"Actions: {name}").click()
    page.get_by_role("menuitem", name="Limits").click()
    page.get_by_role("dialog").get_by_label("Requests a minute").fill("")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_text(f"The limits of {name} are in force").wait_for()
    for _ in range(60):
        if status(installation, key) == 200:
            break
        page.wait_for_timeout(250)
    else:
        raise AssertionError("the old limit still counts")


def test_the_playground_tells_why(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("viewer")
    name = f"why{installation.made}"
    text = f"name: {name}\nextends: fast\nentities:\n  PHONE_NUMBER: {{action: scramble, min_score: 0.99}}\n"
    installation.api("PUT", f"/policies/{name}", {"yaml": text})
    page.goto(f"{installation.console}/playground")
    page.get_by_role("combobox", name="Policy", exact=True).click()
    page.get_by_role("option", name=name).click()
    page.get_by_label("Your text").fill("Mail a.kowalski@example.com or ring +1 555-010-4477 about the teapot.")
    page.get_by_test_id("leaves").wait_for()
    for passage, reason in (
        ("kowalski@example", "E-mail: found by"),
        ("555-010", f"the policy {name} wants a score of at least 99 %"),
        ("teapot", "Nothing takes this for personal data"),
        ("kettle", "This does not stand in the text"),
    ):
        page.get_by_label("Word or passage").fill(passage)
        page.get_by_role("button", name="Tell me why").click()
        page.get_by_role("main").get_by_role("status").filter(has_text=reason).wait_for()


def test_a_case_stops_a_change_that_breaks_it(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"cases{installation.made}"
    installation.api("PUT", f"/policies/{name}", {"yaml": f"name: {name}\nextends: fast\nentities:\n  URL: keep\n"})
    page.goto(f"{installation.console}/policies/{name}/cases")
    page.get_by_role("button", name="Add a case").click()
    page.get_by_label("Text").fill("Write to a.kowalski@example.com today.")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="This is right").click()
    assert page.get_by_label("Must become").input_value() == "Write to [EMAIL_ADDRESS] today."
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The test cases are kept").wait_for()
    page.get_by_role("tab", name="Edit").click()
    editor = page.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  EMAIL_ADDRESS: redact\n")
    page.get_by_role("button", name="Save as new version").click()
    page.get_by_text("1 test case would fail").wait_for()
    page.get_by_text("Write to [EMAIL_ADDRESS: redact] today.").wait_for()
    assert "redact" not in installation.api("GET", f"/policies/{name}")["yaml"]
    page.get_by_role("button", name="Save all the same").click()
    page.get_by_text(f"{name} is saved and in force").wait_for()


def test_what_was_removed_can_be_added_again(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    name = f"again-{installation.made}"
    page.goto(f"{installation.console}/keys/prices")
    for price in ("3", "4"):
        page.get_by_role("button", name="Add a price", exact=True).first.click()  # an empty list offers it, too
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Model").fill(name)
        dialog.get_by_label("Input").first.fill(price)
        dialog.get_by_role("button", name="Save").click()
        row = page.get_by_role("row", name=name)
        row.get_by_text(price, exact=True).wait_for()
        page.get_by_role("button", name=f"Remove {name}").click()
        row.wait_for(state="detached")
        until_gone(page, installation, name)


def until_gone(page: Any, installation: Installation, name: str) -> None:
    for _ in range(60):
        if all(item["name"] != name for item in installation.api("GET", "/prices")["items"]):
            return
        page.wait_for_timeout(250)
    raise AssertionError("the price is still there")


def test_a_ready_made_jar(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    page.goto(f"{installation.console}/jars/new")
    page.get_by_role("button", name="Make this jar: helpdesk").click()
    page.get_by_role("heading", name="helpdesk", level=1).wait_for(timeout=120_000)
    page.locator("[data-view=scrambled]").wait_for(timeout=120_000)  # the demo's own jars may be filling meanwhile


def test_a_draft_is_tried_on_past_exchanges(installation: Installation, open_page: Callable[..., Any]) -> None:
    installation.chat("Write to Anna Kowalski, anna.kowalski@example.com.")
    page = open_page("editor")
    page.goto(f"{installation.console}/policies/fast")
    for _ in range(60):  # the audit is written behind the answer
        page.get_by_role("button", name="Try", exact=True).click()
        page.get_by_test_id("trial").or_(page.get_by_text("There are no exchanges yet.")).wait_for()
        if page.get_by_test_id("trial").count():
            break
        page.wait_for_timeout(250)
    assert "that passed would have been blocked" in page.get_by_test_id("trial").inner_text()
    assert "E-mail" in page.get_by_test_id("trial").inner_text()


def test_an_administrator_names_who_may(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    page.goto(f"{installation.console}/policies/observe")
    page.get_by_role("button", name="Permissions", exact=True).click()
    dialog = page.get_by_role("dialog", name="Who may see and change observe", exact=True)
    dialog.get_by_text("Roles alone decide now.").wait_for()
    dialog.get_by_label("Who", exact=True).fill("Every auditor")
    page.keyboard.press("Tab")  # away with the list below the field
    dialog.get_by_role("button", name="Add", exact=True).click()
    dialog.get_by_text("Only those who are named here").wait_for()
    dialog.get_by_role("cell", name="every auditor", exact=True).wait_for()
    assert installation.api("GET", "/permissions/policy/observe")["items"][0]["grantee"] == "role:auditor"
    dialog.get_by_role("button", name="Leave it to roles again", exact=True).click()
    dialog.get_by_text("Roles alone decide now.").wait_for()
