"""Fixtures of the tests that drive the console's pages in a real browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.installation import CHROMIUM, FLAGS, Installation, running

ROOT = Path(__file__).parents[2]
WAIT_MS = 30_000


@pytest.fixture(scope="session")
def pages() -> Path:
    """The built pages; `make test-long` has built them, and what is current is not built again."""
    done = subprocess.run([sys.executable, str(ROOT / "scripts/build_ui.py")], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the pages cannot be built here (make ui): {done.stderr.decode()[-200:]}")
    return ROOT / "admin_ui/static"


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, pages: Path) -> Iterator[Installation]:
    """One installation for all tests of the pages; what a test makes has a name of its own."""
    assert pages.exists()
    with running(tmp_path_factory.mktemp("ui")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


class Watch:
    """What a page did that it should not have done."""

    def __init__(self, page: Any, home: str) -> None:
        self.faults: list[str] = []
        self.urls: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"threw {error}"))
        page.on("console", self._said)
        page.on("request", lambda request: self._asked(request.url, home))

    def _said(self, message: Any) -> None:
        # A refused request is the browser's own line; the pages show it in their words.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"{message.type}: {message.text[:300]}")

    def _asked(self, url: str, home: str) -> None:
        self.urls.append(url)
        if not url.startswith((home, "blob:", "data:")):
            self.faults.append(f"asked another host: {url}")


@pytest.fixture
def open_page(installation: Installation, browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page for a new person with these roles, in a browser context of their own; watched until the end."""
    contexts, watches = [], []

    def opened(*roles: str, link: str | None = None, width: int = 1280, scheme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        watches.append(Watch(page, installation.console))
        page.watch = watches[-1]
        if roles or link:
            page.goto(link or installation.person(*roles))
            page.get_by_role("heading", name="Dashboard").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []
