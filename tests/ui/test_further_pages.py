"""Corrections, providers of one tenant, every field of a policy, the prompts before an order, the reset of a demo."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.ui.installation import Installation

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]
REPORT_MS = 240_000


def test_a_correction_is_proposed_approved_and_taken_back(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("editor")
    word = f"Zorblax{installation.made}ia"
    page.goto(f"{installation.console}/corrections")
    page.get_by_role("button", name="Propose a correction", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Propose a correction", exact=True)
    dialog.get_by_label("Word").fill(word)
    dialog.get_by_role("button", name="Propose it", exact=True).click()
    dialog.wait_for(state="detached")
    newest = installation.api("GET", "/corrections")["items"][0]["id"]
    row = page.locator(f"[data-correction={newest}]")
    row.get_by_text("waits for a decision", exact=True).wait_for()
    assert word not in page.content()
    page.get_by_role("button", name=f"Show: {newest}", exact=True).click()
    row.get_by_text(word, exact=True).wait_for()
    page.get_by_role("button", name=f"Approve: {newest}", exact=True).click()
    row.get_by_text("counts", exact=True).wait_for()
    assert word not in page.content()
    page.get_by_role("button", name=f"Take back: {newest}", exact=True).click()
    row.get_by_text("taken back", exact=True).wait_for()


def test_a_tenant_has_a_provider_of_its_own(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    tenant = f"acme{installation.made}"
    page.goto(f"{installation.console}/keys/providers")
    page.get_by_role("button", name="Add one for a tenant", exact=True).click()
    dialog = page.get_by_role("dialog", name="Add one for a tenant", exact=True)
    dialog.get_by_label("Tenant").fill(tenant)
    dialog.get_by_label("Name").fill("openai")
    dialog.get_by_role("button", name="Add a provider", exact=True).click()
    key = page.get_by_role("dialog", name=f"Key for {tenant}/openai", exact=True)
    key.get_by_label("API key").fill("sk-made-up-0123456789")
    key.get_by_label("Ask the provider for its models first", exact=False).uncheck()
    key.get_by_role("button", name="Set the key", exact=True).click()
    key.wait_for(state="detached")
    page.get_by_role("heading", name=f"{tenant}/openai", exact=True).wait_for()
    kept = [one for one in installation.api("GET", "/provider-keys")["items"] if one["tenant"] == tenant]
    assert [one["provider"] for one in kept] == ["openai"]
    shared = page.get_by_role("combobox", name=f"Shared providers that {tenant} may use, too", exact=True)
    shared.fill("demo")
    shared.press("Enter")
    page.get_by_text("demo", exact=True).first.wait_for()
    card = page.locator(".mantine-Card-root", has=shared)
    card.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved", exact=True).wait_for()
    (told,) = [one for one in installation.api("GET", "/tenants")["items"] if one["name"] == tenant]
    assert "demo" in told["shared_providers"]


def test_the_form_sets_what_passes_and_what_comes_back(
    installation: Installation, open_page: Callable[..., Any]
) -> None:
    page = open_page("editor")
    name = f"form{installation.made}"
    installation.api("PUT", f"/policies/{name}", {"yaml": f"name: {name}\nextends: fast\nroute: local\n"})
    page.goto(f"{installation.console}/policies/{name}")
    page.locator(".cm-content").wait_for()
    for section in ("What may pass", "What may come back", "Where requests may go"):
        page.get_by_role("button", name=section, exact=True).click()
    for switch in (
        "Refuse what cannot be read",
        "Events over WebSockets may pass",
        "Providers must not keep responses and chats",
        "Local providers only",
    ):
        page.get_by_role("switch", name=switch, exact=True).click()
    denied = page.get_by_role("combobox", name="Tools that the provider must not run", exact=True)
    denied.fill("mcp")
    denied.press("Enter")
    page.get_by_role("combobox", name="Personal data in answers that no token stands for", exact=True).click()
    page.get_by_role("option", name="take it out", exact=True).click()
    page.get_by_role("button", name="Save as new version", exact=True).click()
    page.get_by_text(f"{name} is saved and in force", exact=True).wait_for()
    kept = yaml.safe_load(installation.api("GET", f"/policies/{name}")["yaml"])
    assert kept == {
        "name": name,
        "extends": "fast",
        "route": {"local": False},
        "unscannable": "allow",
        "websockets": "allow",
        "store": "never",
        "server_tools": {"deny": ["mcp"]},
        "output": "redact",
    }


def test_the_exact_prompts_stand_before_an_order(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    me = f"editor{installation.made}"
    until(page, lambda: any(one["name"] == "techcorp" and one["rows"] for one in jars(installation)))
    page.goto(f"{installation.console}/reports/new?jar=techcorp")
    page.get_by_role("button", name=re.compile(r"^Customer insights")).click()
    for _ in range(2):
        page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Show the exact prompts", exact=True).click()
    page.get_by_test_id("leaving").first.wait_for(timeout=REPORT_MS)
    prompt = page.get_by_test_id("leaving").first.inner_text()
    assert [one["state"] for one in mine(installation, me)] == ["waiting"]
    page.get_by_label("Title").fill("Another order")
    page.get_by_role("button", name="Show the exact prompts", exact=True).wait_for()
    until(page, lambda: not mine(installation, me))  # what was only looked at is no report
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Show the exact prompts", exact=True).click()
    page.get_by_test_id("leaving").first.wait_for(timeout=REPORT_MS)
    assert page.get_by_test_id("leaving").first.inner_text() == prompt
    page.get_by_role("button", name="Make the report with these prompts", exact=True).click()
    page.get_by_role("navigation", name="Contents", exact=True).wait_for(timeout=REPORT_MS)
    page.get_by_role("tab", name="What the model saw", exact=True).click()
    page.locator(".prompt").first.wait_for()
    assert [one["state"] for one in mine(installation, me)] == ["done"]


def mine(installation: Installation, owner: str) -> list[dict[str, Any]]:
    """Reports of one person of this test's own."""
    return [one for one in installation.api("GET", "/reports")["items"] if one["owner"] == owner]


def jars(installation: Installation) -> list[dict[str, Any]]:
    return list(installation.api("GET", "/jars")["items"])


def until(page: Any, true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it did not happen")


def test_a_demo_is_reset_before_its_time(installation: Installation, open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    about = {**installation.api("GET", "/about"), "next_reset": "2099-01-01T00:00:00Z"}
    asked: list[str] = []
    page.route("**/api/v1/about", lambda route: route.fulfill(json=about))

    def reset(route: Any) -> None:
        asked.append(route.request.method)
        route.fulfill(status=204)

    page.route("**/api/v1/demo/reset", reset)
    page.goto(f"{installation.console}/settings/about")
    button = page.get_by_role("button", name="Reset it now", exact=True)
    button.click()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("Everything in this demo was deleted", exact=True).wait_for(state="detached")
    assert asked == []
    button.click()
    page.get_by_text("The demo is being reset. It is back within a minute.", exact=True).wait_for()
    assert asked == ["POST"]
