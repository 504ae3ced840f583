"""The three stories of docs/demo.md as a captioned film, from frames of a browser: `make demo-video`.

    python scripts/demo_video.py [FILE]       # default: dist/demo.mp4; the frames lie in the folder FILE.frames

Starts a demo installation of its own, walks through the pages with Chromium, writes each caption under its frame and
has ffmpeg (Debian package) join them. Nothing is staged: each frame is a page of the running product. Not committed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import files
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ui.installation import CHROMIUM, FLAGS, Installation, running  # noqa: E402 - the root is on the path now

WIDTH, HEIGHT, BAND = 1280, 720, 88
WAIT_MS = 240_000
INK, PAPER = "#ffffff", "#12263a"
REPORTS = {"customer-insights": "techcorp", "healthcare-audit": "healthcare", "financial-risk": "financial"}
"""Templates of the stories' reports, and their jars."""
SENTENCE = "Reply to Margaret Okafor (m.okafor@example.com): her parcel went to 12 Rosewood Lane, Springfield."


@dataclass(frozen=True)
class Frame:
    """A picture of the browser, what is said about it, and for how many seconds."""

    picture: bytes
    caption: str
    seconds: float = 5.0


def title(text: str, below: str) -> Frame:
    """A page that begins a story."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((80, 260), text, font=_font(64), fill=INK)
    draw.text((80, 350), below, font=_font(30), fill=INK)
    held = BytesIO()
    image.save(held, "PNG")
    return Frame(held.getvalue(), "", 3.0)


def shop(page: Page, installation: Installation) -> Iterator[Frame]:
    """Ask about a customer; what left; a report."""
    yield title("The shop", "A reply to a customer, and a report on all of them")
    page.goto(f"{installation.console}/playground")
    page.get_by_label("Text").fill(SENTENCE)
    page.get_by_test_id("leaves").wait_for()
    yield Frame(page.screenshot(), "Left: what somebody writes, with what is personal in it. Right: what would leave.")
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_test_id("restored").wait_for()
    page.get_by_test_id("restored").scroll_into_view_if_needed()
    yield Frame(page.screenshot(), "The model has never seen her name, and the answer has it.")
    yield from report(page, installation, "customer-insights", "Every number is computed from the rows.")


def clinic(page: Page, installation: Installation) -> Iterator[Frame]:
    """The policy hipaa; who looked at whose record."""
    yield title("The clinic", "One policy for the law, and who looked at whose record")
    page.goto(f"{installation.console}/policies/hipaa")
    page.locator(".cm-content").wait_for()
    yield Frame(
        page.screenshot(),
        "The policy hipaa: the eighteen identifiers of Safe Harbor, each with what is done about it.",
    )
    yield from report(page, installation, "healthcare-audit", "Access without a reason, with the rule that was broken.")


def bank(page: Page, installation: Installation) -> Iterator[Frame]:
    """Risk, and the audit that proves what left."""
    yield title("The bank", "Risk in figures, and an audit that nobody can bend")
    yield from report(page, installation, "financial-risk", "Risk of a bank, without one customer's name leaving it.")
    installation.chat(SENTENCE)  # the newest exchange, at the top of the list
    page.goto(f"{installation.console}/audit")
    page.locator("[data-row] a", has_text="E-mail").filter(
        has_not_text=re.compile("sting-(service|playground)")
    ).first.click()
    page.get_by_test_id("left").wait_for()
    page.get_by_test_id("left").scroll_into_view_if_needed()
    yield Frame(page.screenshot(), "The audit: one exchange, who asked, and the request as the provider got it.")
    page.goto(f"{installation.console}/audit")
    page.get_by_role("button", name="Verify the chain", exact=True).click()
    page.get_by_text("Intact:").wait_for()
    yield Frame(
        page.screenshot(), "The rows are chained and signed: nobody can change one without being found out.", 4.0
    )


def report(page: Page, installation: Installation, template: str, caption: str) -> Iterator[Frame]:
    """A finished report of the demo: its beginning, and what the model saw of it."""
    run = finished(installation)[template]
    page.goto(f"{installation.console}/reports/{run}")
    page.get_by_role("navigation", name="Contents").wait_for()
    page.wait_for_load_state("networkidle")
    yield Frame(page.screenshot(), caption)
    page.goto(f"{installation.console}/reports/{run}/seen")
    page.get_by_text("Every request to a model, as it left").wait_for()
    page.wait_for_load_state("networkidle")
    yield Frame(page.screenshot(), "What the model saw: no name, no address, no number of anybody.")


def made(page: Page, installation: Installation) -> None:
    """Wait for the jars, order the reports that are not there yet, and wait for all of them."""
    while sum(jar["rows"] > 0 for jar in installation.api("GET", "/jars")["items"]) < len(REPORTS):
        page.wait_for_timeout(1_000)
    for template in REPORTS.keys() - finished(installation).keys():
        order = {"template": template, "jar": REPORTS[template], "level": "aggregates"}
        installation.api("POST", "/reports", order)
    while REPORTS.keys() - finished(installation).keys():
        failed = [run["id"] for run in installation.api("GET", "/reports")["items"] if run["state"] == "failed"]
        for run in failed:  # a busy machine: it goes on where it stopped
            installation.api("POST", f"/reports/{run}/retry", {})
        page.wait_for_timeout(1_000)


def finished(installation: Installation) -> dict[str, str]:
    """Ids of finished reports by template."""
    runs = installation.api("GET", "/reports")["items"]
    return {one["template"]: one["id"] for one in runs if one["state"] == "done"}


def captioned(frame: Frame) -> Image.Image:
    """The frame with its words below."""
    image = Image.new("RGB", (WIDTH, HEIGHT + BAND), PAPER)
    image.paste(Image.open(BytesIO(frame.picture)).convert("RGB"), (0, 0))
    if frame.caption:
        ImageDraw.Draw(image).text((40, HEIGHT + 26), frame.caption, font=_font(28), fill=INK)
    return image


def _font(size: int) -> ImageFont.FreeTypeFont:
    """The reports' typeface."""
    found = next(file for file in files("font-source-sans-pro") or () if file.name == "SourceSansPro-Regular.ttf")
    return ImageFont.truetype(str(found.locate()), size)


def join(frames: list[Frame], out: Path) -> None:
    """Write the frames, and the film out of them. Raises CalledProcessError."""
    folder = out.with_name(out.name + ".frames")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = []
    for number, frame in enumerate(frames):
        captioned(frame).save(folder / f"{number:02}.png")
        lines += [f"file {number:02}.png", f"duration {frame.seconds}"]
    # ffmpeg's list ends with the last picture once more, or its duration does not count.
    (folder / "list.txt").write_text("\n".join([*lines, f"file {len(frames) - 1:02}.png"]) + "\n")
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "concat", "-i", str(folder / "list.txt")]
    command += ["-vf", "fps=10,format=yuv420p", "-c:v", "libx264", "-movflags", "+faststart", str(out)]
    subprocess.run(command, check=True)


def film() -> list[Frame]:
    """All frames, of an installation that lives as long as this takes."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with running(Path(folder)) as installation:
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(installation.person("admin"))
            page.get_by_role("heading", name="Dashboard").wait_for()
            made(page, installation)
            frames = list[Frame]()
            for story in (shop, clinic, bank):
                print(f"{story.__name__} ...", file=sys.stderr)
                frames += story(page, installation)
        browser.close()
    return frames


def main() -> int:
    """The command line."""
    missing = [name for name, there in (("chromium", CHROMIUM), ("ffmpeg", shutil.which("ffmpeg"))) if not there]
    if missing:
        print(f"needs {' and '.join(missing)}: apt-get install {' '.join(missing)}")
        return 1
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist/demo.mp4").absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    frames = film()
    join(frames, out)
    print(f"{out}: {sum(frame.seconds for frame in frames):g} s, {len(frames)} frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
