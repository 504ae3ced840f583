"""Take the small pictures of report templates that the console shows where a template is chosen.

    python scripts/template_pictures.py            # of every template, into admin_ui/web/public/templates
    python scripts/template_pictures.py blank      # of this one

Starts a demo installation, makes each report of the demo set that fits it, and photographs its HTML. Needs Chromium
(`make system`) and the development packages. All data are demo data.
"""

from __future__ import annotations

import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ui.installation import CHROMIUM, FLAGS, Installation, running  # noqa: E402 - the root is on the path now

FOLDER = ROOT / "admin_ui/web/public/templates"
JARS = {
    "blank": "techcorp",
    "compliance-audit": "techcorp",
    "customer-insights": "techcorp",
    "financial-audit": "financial",
    "financial-risk": "financial",
    "healthcare-audit": "healthcare",
    "healthcare-operations": "healthcare",
    "operational-efficiency": "techcorp",
}
PAGE = (1000, 720)
SHOWN = (400, 288)
"""Width and height in pixels of the window, and of the picture."""
ABOVE = 130
"""Pixels shown above the chart: what it belongs to."""
PATIENCE_S = 600


def made(installation: Installation, template: str) -> bytes:
    """The finished report as HTML."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(jar["name"] == JARS[template] and jar["rows"] for jar in installation.api("GET", "/jars")["items"]):
        assert time.monotonic() < deadline, "the demo's jars are not filled"
        time.sleep(1)  # noqa: TID251 - `sting up --demo` fills its jars after it has begun to serve
    run = installation.api("POST", "/reports", {"template": template, "jar": JARS[template]})
    while (state := installation.api("GET", f"/reports/{run['id']}")["state"]) != "done":
        assert time.monotonic() < deadline, f"{template} is still {state}"
        assert state != "failed", template
        time.sleep(0.5)  # noqa: TID251 - a script, no test; progress events would do no better
    return installation.download(f"/reports/{run['id']}/export?format=html")


def picture(browser: Browser, html: bytes, folder: Path) -> Image.Image:
    """The report where its first chart stands, small; the beginning of one without charts."""
    file = folder / "report.html"
    file.write_bytes(html)
    page = browser.new_page(viewport={"width": PAGE[0], "height": PAGE[1]}, color_scheme="light")
    page.goto(file.as_uri())
    chart = page.locator("figure").first
    if chart.count():
        chart.evaluate("(node, above) => scrollTo(0, node.getBoundingClientRect().top - above)", ABOVE)
    shot = Image.open(BytesIO(page.screenshot()))
    page.close()
    return shot.resize(SHOWN, Image.Resampling.LANCZOS)


def main() -> int:
    """The command line."""
    names = sys.argv[1:] or list(JARS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with running(Path(name)) as installation:
            for template in names:
                small = picture(browser, made(installation, template), Path(name))
                small.save(FOLDER / f"{template}.webp", quality=72, method=6)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
