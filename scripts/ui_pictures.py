"""Take pictures of the console's pages, of a demo installation that this script starts and fills itself.

    python scripts/ui_pictures.py FOLDER               # every page at three widths in both schemes, as PNG, to look at
    python scripts/ui_pictures.py FOLDER jar audit     # these pages only
    python scripts/ui_pictures.py --docs               # those of the documentation, as WebP, into docs/images

Needs Chromium (`make system`), the built pages (`make ui`) and the development packages. All data are demo data.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ui.history import append, two_days  # noqa: E402 - the root is on the path now
from tests.ui.installation import CHROMIUM, FLAGS, Installation, running  # noqa: E402 - the root is on the path now

WIDTHS = (360, 1280, 1920)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
HEIGHT = 900
JAR = "techcorp"
WAIT_MS = 180_000
POLICY = "name: support\nextends: balanced\ndescription: Tickets of the help desk\nentities:\n"
TEAMS = {"help-desk": "Support", "crm-assistant": "Sales", "shop-bot": "Support"}
"""Keys of the pictures, and their teams."""
PRICES = {"gpt-4o": (2.5, 10), "claude-sonnet-4": (3, 15), "sting-demo": (0, 0)}
"""Per million tokens in and out, so that the dashboard has a cost to show."""
CASES = [{"text": "Please call Anna Kowalski.", "expected": "Please call [PERSON: redact]."}]
PROMPTS = (
    "Write to Anna Kowalski, anna.kowalski@example.com, that her refund is on its way.",
    "Summarise: Tom Becker (tom.becker@example.org, +1 555-010-4477) waits for order 8812.",
    "Translate to German: Maria Lopez lives at 12 Rosewood Lane, Springfield.",
    "Draft a reply about IBAN DE89 3704 0044 0532 0130 00 and card 4111 1111 1111 1111.",
    "What is the capital of France?",
)


@dataclass(frozen=True)
class Shot:
    """One page: its address, and what must be there before the picture is taken."""

    path: str
    ready: str


SHOTS = {
    "dashboard": Shot("/", "text=Latest exchanges"),
    "welcome": Shot("/welcome", "h1"),
    "playground": Shot("/playground", "[data-testid=restored]"),
    "policies": Shot("/policies", "h2"),
    "policy": Shot("/policies/gdpr", ".cm-content"),
    "policy-cases": Shot("/policies/support/cases", "text=Case 1"),
    "policy-keys": Shot("/policies/balanced/keys", "table"),
    "policy-versions": Shot("/policies/support/versions", ".cm-content"),
    "keys": Shot("/keys", "table"),
    "providers": Shot("/keys/providers", "h2, table"),
    "models": Shot("/keys/models", "h1"),
    "corrections": Shot("/corrections", "h1"),
    "prices": Shot("/keys/prices", "h1"),
    "usage": Shot("/keys/usage", "table"),
    "audit": Shot("/audit", "[data-row]"),
    "exchange": Shot("/audit", "text=Who saw what"),
    "jars": Shot("/jars", "h2, table"),
    "jar": Shot(f"/jars/{JAR}", "[data-view=scrambled]"),
    "jar-search": Shot(f"/jars/{JAR}/search", "h1"),
    "jar-columns": Shot(f"/jars/{JAR}/columns", "table"),
    "jar-new": Shot("/jars/new", "h1"),
    "connectors": Shot("/connectors", "h1"),
    "reports": Shot("/reports", "[data-row]"),
    "report": Shot("/reports/REPORT", "nav[aria-label=Contents]"),
    "report-seen": Shot("/reports/REPORT/seen", ".prompt"),
    "report-new": Shot("/reports/new", "h1"),
    "account": Shot("/settings/account", "h2"),
    "people": Shot("/settings/people", "table"),
    "health": Shot("/settings/health", "text=Gateway"),
    "alerts": Shot("/settings/alerts", "h2"),
    "installation": Shot("/settings/installation", "h2"),
    "about": Shot("/settings/about", "h1"),
}
DOCS = ("dashboard", "playground", "policy", "exchange", "jar")
"""The pages that the documentation shows: at 1280, light; the first also dark."""


def fill(installation: Installation, page: Page) -> str:
    """Exchanges, a policy with two versions and test cases, and a report on the demo's jar. Returns the report's id."""
    page.set_default_timeout(WAIT_MS)
    for action in ("scramble", "redact"):
        edited(
            installation, "/policies/support", {"yaml": POLICY + f"  PERSON: {action}\n", "note": f"Names: {action}"}
        )
    edited(installation, "/policies/support/cases", {"items": CASES})
    while not any(jar["name"] == JAR and jar["rows"] for jar in installation.api("GET", "/jars")["items"]):
        page.wait_for_timeout(1_000)  # `sting up --demo` fills its jars after it has begun to serve
    page.goto(f"{installation.console}/reports/new?jar={JAR}")
    page.get_by_role("button", name="Customer insights").first.click()
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Make the report").click()
    page.get_by_role("navigation", name="Contents").wait_for(timeout=2 * WAIT_MS)
    report = page.url.rsplit("/", 1)[1]
    append(installation.folder, two_days)
    for model, (given, made) in PRICES.items():
        installation.api("PUT", f"/prices/{model}", {"input": given, "output": made})
    keys = [installation.api("POST", "/keys", {"name": name, "team": team})["secret"] for name, team in TEAMS.items()]
    for at in range(24):  # last, so that they stand first in the lists
        installation.chat(PROMPTS[at % len(PROMPTS)], keys[at % len(keys)])
    return report


def edited(installation: Installation, path: str, body: object) -> None:
    """Keep a next version, whichever the newest is."""
    for version in range(10):
        try:
            installation.api("PUT", path, body, {"If-Match": f'"{version}"'})
        except OSError as error:
            if getattr(error, "code", 0) not in (412, 428):
                raise
        else:
            return


def prepare(page: Page, name: str) -> None:
    """What a person does on the page before it is worth a picture."""
    if name == "playground":
        page.get_by_role("button", name="Support e-mail").click()
        page.get_by_test_id("leaves").wait_for()
        page.get_by_role("button", name="Ask the model").click()
    if name == "exchange":
        page.locator("[data-row] a", has_text="E-mail").filter(
            has_not_text=re.compile("sting-(service|playground)")
        ).first.click()
        page.get_by_test_id("left").wait_for()


def take(page: Page, home: str, name: str, report: str) -> bytes:
    """The picture of one page, as PNG."""
    shot = SHOTS[name]
    page.goto(home + shot.path.replace("REPORT", report))
    page.locator("h1").first.wait_for()
    prepare(page, name)
    page.locator(shot.ready).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("[role=status][aria-label^=Loading]").first.wait_for(state="detached")
    return whole(page)


def whole(page: Page) -> bytes:
    """The page in a window as tall as all of it: the header stays above, long lists are drawn."""
    width = page.evaluate("innerWidth")
    page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
    picture = page.screenshot()
    page.set_viewport_size({"width": width, "height": HEIGHT})
    return picture


@contextmanager
def demo() -> Iterator[tuple[Installation, Browser, str]]:
    """A filled installation, a browser, and the id of its report."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with running(Path(name)) as installation:
            page = signed_in(browser, installation, 1280, "light")
            yield installation, browser, fill(installation, page)
        browser.close()


def signed_in(browser: Browser, installation: Installation, width: int, scheme: Literal["light", "dark"]) -> Page:
    """A page of an administrator, as wide as this."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(installation.person("admin"))
    page.get_by_role("heading", name="Dashboard").wait_for()
    return page


def look(folder: Path, names: list[str]) -> None:
    """Every page at every width in both schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as (installation, browser, report):
        for width in WIDTHS:
            for scheme in SCHEMES:
                page = signed_in(browser, installation, width, scheme)
                for name in names or SHOTS:
                    (folder / f"{name}-{width}-{scheme}.png").write_bytes(
                        take(page, installation.console, name, report)
                    )
                page.context.close()


def document() -> None:
    """The pictures of the documentation."""
    with demo() as (installation, browser, report):
        wanted: list[tuple[str, Literal["light", "dark"]]] = [(name, "light") for name in DOCS] + [(DOCS[0], "dark")]
        for name, scheme in wanted:
            page = signed_in(browser, installation, 1280, scheme)
            picture = Image.open(BytesIO(take(page, installation.console, name, report)))
            ending = "-dark" if scheme == "dark" else ""
            picture.crop((0, 0, 1280, min(picture.height, 1100))).save(
                ROOT / f"docs/images/ui-{name}{ending}.webp", quality=82, method=6
            )
            page.context.close()


def main() -> int:
    """The command line."""
    if sys.argv[1:] == ["--docs"]:
        document()
    elif len(sys.argv) > 1:
        look(Path(sys.argv[1]), sys.argv[2:])
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
