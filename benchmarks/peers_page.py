"""The page of the comparison with peers, and which of its aims are held."""

from __future__ import annotations

import datetime as dt
from typing import Any

FAST, BALANCED, PRESIDIO, MASKFLOW = "STING-CE `fast`", "STING-CE `balanced`", "LiteLLM + Presidio", "MaskFlow"
_MODES = {
    "exact": "as it was",
    "stream": "streamed",
    "-lower": "lower case",
    "-bare": "no brackets",
    "-escaped": "`\\_`",
}
_TIMES, _SHARE = 10, 5
_FEW = 0.1
"""Requests per second below which a round sees too few of them for a ratio."""
_HEAD = """# Beside other gateways, in one run

Written by `make bench-peers` (`benchmarks/bench_peers.py --write`) on {day}: all of them at once before the same
provider on one two-core machine, one process that answers each, in turns, {rounds} round(s) of {seconds:g} s, medians.
`direct` and `pass-through` say how fast the machine was in the minutes of a scenario: **where they are far from what
a quiet machine gives ([benchmarks.md](benchmarks.md)) it was busy with other work; believe factors of ten, not
tenths.** `per_s`: requests per second of 8
clients. `added_p50_ms`: what one client alone waits longer than when it asks the provider directly. Texts and set-ups
are ours, with spaCy's small model for everybody who takes one; products change, so try the versions you would use.
"""


def page(told: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    day = dt.datetime.now(tz=dt.UTC).strftime("%d %B %Y")
    head = _HEAD.format(day=day, rounds=told["rounds"], seconds=told["seconds"])
    parts = [head, _about(told), "## Speed\n", _speed_table(told), _leak_tables(told)]
    held = [f"- {'held' if fine else '**missed**'}: {line}" for line, fine in told["lines"]]
    return "\n".join([*parts, "## Aims\n", *held, ""])


def lines(told: dict[str, Any]) -> list[tuple[str, bool]]:
    """Each aim with its figures, and whether it is held."""
    found = []
    rows = {(row["scenario"], row["place"]): row for row in told["speeds"]}
    leaks = {row["place"]: row for row in told["leaks"]}
    for scenario in dict.fromkeys(row["scenario"] for row in told["speeds"]):
        for ours in (FAST, BALANCED):
            mine = rows[scenario, ours]
            if theirs := rows.get((scenario, PRESIDIO)):
                found.append(_times(f"{scenario}, {ours}", mine, theirs))
                found.append(_share(f"{scenario}, {ours}", mine, theirs))
            if theirs := rows.get((scenario, MASKFLOW)):
                text = f"{scenario}: {ours} {mine['per_s']} requests per second, {MASKFLOW} {theirs['per_s']}"
                found.append((text, mine["per_s"] > theirs["per_s"]))
    for name, theirs in leaks.items():
        if name in (FAST, BALANCED):
            continue
        for ours in (FAST, BALANCED):
            mine = leaks[ours]
            text = f"{ours} leaks {mine['leaked']} % of the values, {name} {theirs['leaked']} %"
            found.append((text, mine["leaked"] < theirs["leaked"]))
            back, there = _mean(mine["restored"]), _mean(theirs["restored"])
            text = f"{ours} restores {back:.1f} % over all modes, {name} {there:.1f} %"
            found.append((text, back > there))
    return found


def _times(what: str, mine: dict[str, Any], theirs: dict[str, Any]) -> tuple[str, bool]:
    if theirs["per_s"] < _FEW:
        text = f"{what}: {mine['per_s']} requests per second, {PRESIDIO} under {_FEW} (aim {_TIMES} times)"
        return text, mine["per_s"] >= _TIMES * _FEW
    times = mine["per_s"] / theirs["per_s"]
    return f"{what}: {times:.1f} times the requests per second of {PRESIDIO} (aim {_TIMES})", times >= _TIMES


def _share(what: str, mine: dict[str, Any], theirs: dict[str, Any]) -> tuple[str, bool]:
    share = mine["added_p50_ms"] / theirs["added_p50_ms"]
    return f"{what}: {share:.3f} of the added p50 of {PRESIDIO} (aim {1 / _SHARE})", share <= 1 / _SHARE


def _mean(restored: dict[str, float]) -> float:
    return sum(restored.values()) / len(restored)


def _about(told: dict[str, Any]) -> str:
    rows = [
        f"- **{peer['name']}** ({', '.join(f'{name} {version}' for name, version in peer['versions'].items())}): "
        f"{peer['about']}."
        for peer in told["peers"]
    ]
    return "\n".join([*rows, *(f"- **{name}** is missing: {why}" for name, why in told["absent"].items()), ""])


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def _speed_table(told: dict[str, Any]) -> str:
    rows = []
    for row in told["speeds"]:
        bare = next(r for r in told["speeds"] if (r["scenario"], r["place"]) == (row["scenario"], "pass-through"))
        share = f"{row['per_s'] / bare['per_s']:.4f}"
        cells = [row["scenario"], row["place"], row["per_s"], share, row["added_p50_ms"], row["failed"]]
        rows.append([str(cell) for cell in cells])
    return _table(["scenario", "who", "per_s", "share of the pass-through", "added_p50_ms", "failed"], rows)


def _leak_tables(told: dict[str, Any]) -> str:
    kinds = list(told["leaks"][0]["by_kind"])
    head = ["per cent left verbatim", "all", *kinds, "names of which a word was left"]
    leaks = [
        [row["place"], str(row["leaked"]), *(str(row["by_kind"][kind]) for kind in kinds), str(row["parts"])]
        for row in told["leaks"]
    ]
    back = [[row["place"], *(str(row["restored"][mode]) for mode in _MODES)] for row in told["leaks"]]
    values = told["leaks"][0]["values"]
    return "\n".join(
        [
            f"## What leaves, of {values} values in {told['cases']} texts\n",
            _table(head, leaks),
            "## What comes back, per cent of the values that did not leave, by what the model did to the answer\n",
            _table(["who", *_MODES.values()], back),
        ]
    )
