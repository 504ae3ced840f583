"""Measures detection on the public sets and writes the tables of docs/detection.md, and what docs/comparison.md cites.

    python scripts/detection_figures.py [--data FOLDER] [--presidio]

Some two minutes on a quiet machine, with `--presidio` (its rows are left as they are without it) some five.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SETS = ("presidio_synth_v2.json", "nano_en.json", "pupa_new.csv")
PRESIDIO = "presidio defaults"
WAYS = (
    ("balanced", ("--policy", "balanced")),
    ("strict", ("--policy", "strict")),
    ("balanced, text lower-cased", ("--policy", "balanced", "--lower")),
)


def measured(data: Path, name: str, options: tuple[str, ...]) -> list[dict[str, Any]]:
    """What `sting eval --json` tells of a set."""
    sting = [str(Path(sys.executable).with_name("sting")), "eval", str(data / name), *options, "--json"]
    done = subprocess.run(sting, cwd=ROOT, check=True, capture_output=True, text=True)
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def percent(share: float) -> str:
    """A share in percent, with one decimal."""
    return f"{100 * share:.1f}"


def overall(label: str, row: dict[str, Any]) -> str:
    """The line of the first table."""
    shares = " | ".join(percent(row[key]) for key in ("leak", "over_scrub", "clean_messages"))
    speed = f"{row['ms_per_message']:.2f} | {row['characters_per_second']:,.0f}"
    return f"| {row['dataset']} | {label} | {row['messages']} | {shares} | {speed} |"


def type_line(kind: str, one: dict[str, Any]) -> str:
    """The line of a labelled type."""
    interval = f"{percent(one['recall_low'])} to {percent(one['recall_high'])}"
    return f"| {kind} | {one['n']} | {percent(one['recall'])} ({interval}), {percent(one['full'])} |"


def with_line(page: str, start: str, line: str) -> str:
    """`page` with the line that begins with `start` replaced."""
    found = re.subn(rf"^{re.escape(start)}.*$", lambda _: line, page, count=1, flags=re.MULTILINE)
    if not found[1]:
        raise SystemExit(f"docs/detection.md has no line that begins with {start!r}")
    return found[0]


def with_types(page: str, name: str, types: dict[str, Any]) -> str:
    """`page` with the table of a set's labelled types replaced."""
    table = "\n".join(["| type | n | balanced |", "|---|---|---|", *(type_line(*pair) for pair in types.items())])
    return re.sub(rf"(?<=\n{re.escape(name)}:\n\n)\| type .*?\n(?=\n)", lambda _: f"{table}\n", page, flags=re.DOTALL)


def cited(page: str, balanced: list[dict[str, Any]]) -> str:
    """docs/comparison.md with the figures of today; its lines may break anywhere."""
    leaks, over = ([percent(row[key]) for row in balanced] for key in ("leak", "over_scrub"))
    gap, number = r"\s+", r"[\d.]+"
    pattern = (
        rf"leaves{gap}{number}{gap}%{gap}\(presidio_synth_v2\.json\),{gap}{number}{gap}%{gap}\(nano_en\.json\){gap}and{gap}"
        rf"{number}{gap}%{gap}\(pupa_new\.csv\)"
    )
    told = f"leaves {leaks[0]} %\n(presidio_synth_v2.json), {leaks[1]} % (nano_en.json) and {leaks[2]} % (pupa_new.csv)"
    page = re.sub(pattern, told, page)
    pattern = rf"covers{gap}{number}{gap}%,{gap}{number}{gap}%{gap}and{gap}{number}{gap}%{gap}of{gap}the{gap}others"
    page = re.sub(pattern, f"covers\n{over[0]} %, {over[1]} % and {over[2]} % of the others", page)
    low, high = min(map(float, over)), max(map(float, over))
    return re.sub(
        rf"{number} to {number} % of the characters that are no personal data",
        f"{low:.0f} to {high:.0f} % of the characters that are no personal data",
        page,
    )


def main() -> None:
    """Measure, write both pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared/data/pii", help="folder of the labelled sets"
    )
    parser.add_argument("--presidio", action="store_true", help="measure Presidio's defaults anew, too")
    options = parser.parse_args()
    if not options.data.is_dir():
        raise SystemExit(f"{options.data} is no folder: name the one of the labelled sets with --data")
    place = ROOT / "docs/detection.md"
    page = place.read_text(encoding="utf-8")
    balanced = []
    for name in SETS:
        for label, ways in WAYS:
            start = f"| {name} | {label} |"
            if start not in page:
                continue
            compare = ("--compare",) if options.presidio and label == "balanced" else ()
            for row in measured(options.data, name, (*ways, *compare)):
                told = PRESIDIO if row["engines"] == PRESIDIO else label
                page = with_line(page, f"| {name} | {told} |", overall(told, row))
                if told == "balanced":
                    balanced.append(row)
                    page = with_types(page, name, row["types"])
    place.write_text(page, encoding="utf-8")
    other = ROOT / "docs/comparison.md"
    other.write_text(cited(other.read_text(encoding="utf-8"), balanced), encoding="utf-8")


if __name__ == "__main__":
    main()
