"""Make every report template on every demo set that fits it, on an installation that this script starts itself.

    python scripts/demo_reports.py --times      # how long each takes, into the table of docs/reports.md
    python scripts/demo_reports.py --ready      # the reports that a demo shows at once, into reports/ready_made/
    python scripts/demo_reports.py --pictures   # pictures of these for the documentation, into docs/images
    python scripts/demo_reports.py --files DIR  # each report as HTML and PDF, to look at

All data are demo data, the model is the offline demo model. Pictures need Chromium and pdftoppm (poppler-utils).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from reports.aliases import ALIAS, with_originals  # noqa: E402 - the root is on the path now
from reports.document import ReportDocument  # noqa: E402
from reports.document_texts import texts_of, with_texts  # noqa: E402
from reports.numbers import TOKEN  # noqa: E402
from reports.ready import FOLDER, PICTURED, packed, ready_reports  # noqa: E402
from reports.render import render  # noqa: E402
from tests.ui.installation import CHROMIUM, FLAGS, STING, Installation, running  # noqa: E402

SETS = ("techcorp", "healthcare", "financial")
SCHEMES: dict[str, Literal["light", "dark"]] = {
    "customer-insights": "light",
    "operational-efficiency": "dark",
    "compliance-audit": "light",
    "healthcare-operations": "light",
    "financial-risk": "dark",
    "healthcare-audit": "light",
    "financial-audit": "light",
    "blank": "light",
}
FITTING = {
    "customer-insights": SETS,
    "operational-efficiency": SETS,
    "compliance-audit": SETS,
    "healthcare-operations": ("healthcare",),
    "healthcare-audit": ("healthcare",),
    "financial-risk": ("financial",),
    "financial-audit": ("financial",),
    "blank": SETS,
}
MOST_SECONDS = 180
PDFTOPPM = shutil.which("pdftoppm") or "pdftoppm"
BEGIN, END = "<!-- times: scripts/demo_reports.py --times -->", "<!-- end of times -->"


@dataclass(frozen=True)
class Made:
    """A report that was made: its id, and how long its run took, in seconds."""

    template: str
    jar: str
    id: str
    seconds: float


def sting(installation: Installation, *words: str) -> str:
    """What a command of this installation prints."""
    done = subprocess.run(
        [STING, *words, "--data-dir", str(installation.folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"sting {' '.join(words)}: {done.stderr}"
    return done.stdout


def jars_are_there(installation: Installation) -> None:
    """`sting up --demo` fills its jars after it has begun to serve."""
    deadline = time.monotonic() + 900
    while sum(bool(jar["rows"]) for jar in installation.api("GET", "/jars")["items"]) < len(SETS):
        assert time.monotonic() < deadline, "the demo jars were not filled"
        threading.Event().wait(1)


def make(installation: Installation, pairs: Sequence[tuple[str, str]]) -> list[Made]:
    """One report after the other."""
    made = []
    for template, jar in pairs:
        told = json.loads(sting(installation, "report", "create", "--template", template, "--jar", jar, "--json"))
        made.append(Made(template, jar, told["id"], told["seconds"]))
        print(f"{template} on {jar}: {told['seconds']} s, load {os.getloadavg()[0]:.1f}", flush=True)
    return made


def times(made: Sequence[Made]) -> None:
    """The table of docs/reports.md."""
    slow = [one for one in made if one.seconds > MOST_SECONDS]
    lines = ["| template | " + " | ".join(SETS) + " |", "|---|" + "---|" * len(SETS)]
    for template in FITTING:
        of = {one.jar: f"{one.seconds:.0f} s" for one in made if one.template == template}
        lines.append(f"| `{template}` | " + " | ".join(of.get(name, "") for name in SETS) + " |")
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    lines += [
        "",
        f"From order to document, level `aggregates`, offline demo model, {os.cpu_count()} cores, Python",
        f"{platform.python_version()}, {dt.datetime.now(tz=dt.UTC):%d %B %Y}; load of the machine at the end: {load}.",
        f"Aim: {MOST_SECONDS} s; missed by {len(slow)} of {len(made)}.",
    ]
    page = ROOT / "docs/reports.md"
    text = page.read_text()
    assert BEGIN in text
    before, rest = text.split(BEGIN)
    page.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1])


def documents(installation: Installation, one: Made, folder: Path) -> tuple[ReportDocument, ReportDocument]:
    """A report with tokens, and with originals."""
    found = []
    for name, more in (("tokens", ("--tokens",)), ("originals", ())):
        out = folder / f"{one.id}-{name}.json"
        sting(installation, "report", "export", one.id, "--out", str(out), *more)
        found.append(ReportDocument.model_validate_json(out.read_bytes()))
    return found[0], found[1]


def stands_for(tokens: ReportDocument, originals: ReportDocument) -> dict[str, str]:
    """What each token or alias of a report stands for."""
    either = re.compile(f"{TOKEN.pattern}|{ALIAS.pattern}")
    found: dict[str, str] = {}
    for section, other in zip(tokens.sections, originals.sections, strict=True):
        for text, back in zip(texts_of(section), texts_of(other), strict=True):
            names = [match[0] for match in either.finditer(text)]
            if names:
                form = "(.+?)".join(re.escape(part) for part in either.split(text))
                match = re.fullmatch(form, back, re.DOTALL)
                assert match is not None
                found |= dict(zip(names, match.groups(), strict=True))
    return found


def ready(installation: Installation, made: Sequence[Made], folder: Path) -> None:
    """The reports that a demo shows at once."""
    for template, jar in PICTURED:
        one = next(one for one in made if (one.template, one.jar) == (template, jar))
        tokens, originals = documents(installation, one, folder)
        content = packed(tokens, stands_for(tokens, originals))
        (FOLDER / f"{template}.{jar}.json.gz").write_bytes(content)
        print(f"{template} on {jar}: {len(content)} bytes")


def files(installation: Installation, made: Sequence[Made], folder: Path) -> None:
    """Each report as HTML and PDF."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in made:
        for form in ("html", "pdf"):
            sting(installation, "report", "export", one.id, "--out", str(folder / f"{one.template}-{one.jar}.{form}"))


def page_picture(html: Path, scheme: Literal["light", "dark"], out: Path) -> None:
    """The top of a report as a browser shows it."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1200, "height": 1750}, color_scheme=scheme)
        page.goto(html.as_uri())
        page.screenshot(path=str(out))
        browser.close()
    Image.open(out).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE).save(out, optimize=True)


def paper_picture(pdf: Path, out: Path, pages: int = 4) -> None:
    """The first pages of a report side by side, two in a row."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([PDFTOPPM, "-r", "60", "-l", str(pages), "-png", str(pdf), f"{name}/page"], check=True)
        shots = [Image.open(path).convert("RGB") for path in sorted(Path(name).glob("*.png"))]
        wide, high = shots[0].size
        sheet = Image.new("RGB", (2 * wide + 24, (len(shots) + 1) // 2 * (high + 8) + 8), "#d8dade")
        for at, shot in enumerate(shots):
            sheet.paste(shot, (8 + at % 2 * (wide + 8), 8 + at // 2 * (high + 8)))
    sheet.quantize(256, Image.Quantize.FASTOCTREE).save(out, optimize=True)


def pictures() -> None:
    """Those of the documentation, of the ready-made reports: the top of the page, and pages on paper."""
    images = ROOT / "docs/images"
    with tempfile.TemporaryDirectory() as name:
        for one in ready_reports(PICTURED):
            document, scheme = one.document, SCHEMES[one.document.template]
            shown = document.model_copy(
                update={
                    "sections": tuple(
                        with_texts(section, lambda text, of=one.originals: with_originals(text, of))  # type: ignore[misc] # of this turn
                        for section in document.sections
                    )
                }
            )
            file = Path(name) / document.template
            file.with_suffix(".html").write_bytes(render(shown, "html"))
            file.with_suffix(".pdf").write_bytes(render(shown, "pdf"))
            end = "-dark" if scheme == "dark" else ""
            page_picture(file.with_suffix(".html"), scheme, images / f"report-{document.template}{end}.png")
            paper_picture(file.with_suffix(".pdf"), images / f"report-{document.template}-pdf.png")


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("times", "ready", "pictures"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--files", type=Path)
    wanted = parser.parse_args()
    if wanted.times or wanted.ready or wanted.files:
        everything = [(template, jar) for template, sets in FITTING.items() for jar in sets]
        with tempfile.TemporaryDirectory(prefix="sting-reports-") as name, running(Path(name)) as installation:
            jars_are_there(installation)
            made = make(installation, everything if wanted.times or wanted.files else PICTURED)
            if wanted.times:
                times(made)
            if wanted.ready:
                ready(installation, made, Path(name))
            if wanted.files:
                files(installation, made, wanted.files)
    if wanted.pictures:
        pictures()


if __name__ == "__main__":
    main()
