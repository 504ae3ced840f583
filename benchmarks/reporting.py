"""What benchmarks print and write: a Markdown table, JSON, a picture, docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scenarios import scenarios

_NEW, _NEW_CPU_MS, _FIRST_MS, _TAIL, _READY_S = "short, new text", 1.5, 3.0, 5.0, (15.0, 5.0)
"""What is aimed at besides floors: see the notes."""
_STREAM, _STREAMS = "short stream, seen text", 64
DOCS = Path(__file__).parents[1] / "docs"
_HEAD = """# Benchmarks

Written by `make bench` (`benchmarks/bench_gateway.py --write`) on {day}: one gateway worker in its default
configuration beside a bare 40-line aiohttp pass-through, in turns within one run, 16 clients, medians, on Python
{python}. Read the ratios:
absolute figures are of one two-core machine on which clients, provider, Valkey, gateway and whatever else ran shared
the cores. `cpu_ratio` is the pass-through's CPU time per request over the worker's; it moves less than `rate_ratio`
with what else the machine does. `audit_cpu_ms` is the process that keeps the audit trail. `direct_` is the same asked
of the provider itself, in the same rounds.

![requests per second as a share of the pass-through's](benchmarks.svg)
"""
_NOTES = """
- "Seen text": the gateway has decided about these texts in an earlier turn; every request still stores its mapping and
  audit intent in Valkey before it leaves. "New text": about 60 words with four values, different in each request.
- Aims: 0.40 of the pass-through's requests per second for seen text; at most 3 ms more to the first event at 64
  parallel streams; the 99th percentile of what is added at 70 % load under five times its median; 1.5 ms of the
  worker's CPU for 60 new words, detection apart; ready after 5 s without a model and 15 s with one. {missed}
- Streams: begun at one instant, all 64 wait until one process has worked through all of them: nothing is waited for, it
  is bound by CPU, and the stream in the middle waits for half of 64 times what the gateway needs more for each
  ({at_once} by the CPU of "short stream"). More workers share them. Begun one by one, with 64 open all the time, it is
  the latency that a client meets.
- "turns 1 to 10": sixteen conversations that grow to 60 turns, each turn 60 new words with four values and an answer;
  the whole conversation is sent each time. `of_first` is over the first ten turns; what grows is what the bytes of a
  longer body take (received, compared, sent, kept), and the copies of what is remembered of it.
- Open loop: requests are due at equal distances whether answers come or not, over 64 connections that stand when it
  begins; each figure is the median over rounds, each of which begins when the trail of the one before is written.
  `added_` is what the gateway takes beyond the pass-through under the same arrivals (`passed_`), `tail` the 99th
  percentile over the median.
- `bare_` is the pass-through's own latency at 70 % of its own highest rate: how far the tail is from the median under
  such a load where nothing is added. How often the machine itself stands still (`pauses.py`) is told above.
- `first_s`: the first start, which makes keys and tables; `again_s`: another one over the same folder. The code stands
  compiled already, as after an installation by pip; the first start behind another installer compiles it.
- CPU (ms of one process) and the most memory of stages are measured for each by itself; `kib_per_stream` is how much
  the worker's resident memory grows with each open stream, from 64 of them to 256 at the beginning of the run.

Other benchmarks: `bench_vault.py` (CPU of vault operations), `bench_detection.py` (engines beside Presidio's defaults),
`bench_known_values.py` (index of known values). What follows for sizing: [capacity.md](capacity.md). Beside other
gateways that mask: [peers.md](peers.md). Many streams, many people and a long time: [load.md](load.md). A floor of
these ratios is a test of `make test-long` (`tests/e2e/test_speed_floor.py`).
"""


def written(told: Sequence[Mapping[str, Any]], path: Path | None, *, to_docs: bool) -> None:
    """Print all tables; write JSON to `path`, and the docs when asked."""
    text = "\n".join(_section(part) for part in told)
    print(text)
    content = json.dumps(list(told), indent=2) + "\n"
    if path is not None:
        path.write_text(content)
    if to_docs:
        day = dt.datetime.now(tz=dt.UTC).strftime("%d %B %Y")
        page = (
            _HEAD.format(day=day, python=platform.python_version())
            + "\n"
            + text
            + _NOTES.format(missed=_missed(told), at_once=_at_once(told))
        )
        (DOCS / "benchmarks.md").write_text(page)
        (DOCS / "benchmarks.json").write_text(content)
        (DOCS / "benchmarks.svg").write_text(_picture(told))


def _section(part: Mapping[str, Any]) -> str:
    lines = [f"## Policy `{part['policy']}`", "", _table(part["closed"])]
    if "open" in part:
        for table in ("growing", "open", "streams", "stages", "starts"):
            lines += ["", _table(part[table])]
    lines += ["", f"Ready {part['start_s']} s after its start. {part['machine']}".rstrip(), ""]
    return "\n".join(lines)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(row[column]) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def _at_once(told: Sequence[Mapping[str, Any]]) -> str:
    """What CPU alone adds to the first event in the middle of so many streams, by policy."""
    rows = [(part["policy"], row) for part in told for row in part["closed"] if row["scenario"] == _STREAM]
    return ", ".join(
        f"`{policy}`: {_STREAMS / 2 * (row['gateway_cpu_ms'] - row['bare_cpu_ms']):.0f} ms" for policy, row in rows
    )


def _missed(told: Sequence[Mapping[str, Any]]) -> str:
    floors = {scenario.name: scenario.floor for scenario in scenarios() if scenario.gated}
    short: list[str] = []
    for part in told:
        by = f"(`{part['policy']}`)"
        for row in part["closed"]:
            if row["rate_ratio"] < floors.get(row["scenario"], 0):
                short.append(f"{row['scenario']} {row['rate_ratio']} {by}")
            if row["scenario"] == _NEW and row["gateway_cpu_ms"] > _NEW_CPU_MS:
                short.append(f"{_NEW} {row['gateway_cpu_ms']} ms {by}")
        short += [
            f"{row['scenario']}: first event {row['added_first_ms']} ms later {by}"
            for row in part.get("streams", ())
            if row["added_first_ms"] > _FIRST_MS
        ]
        short += [
            f"start under {row['start']}: {row['first_s']} s"
            for row, most in zip(part.get("starts", ()), _READY_S, strict=False)
            if row["first_s"] > most
        ]
        short += [
            f"{row['scenario']}: {row['added_p99_ms']} ms of {row['added_p50_ms']} {by}"
            for row in part.get("open", ())
            if row["added_p99_ms"] >= _TAIL * row["added_p50_ms"]
        ]
    return f"**Missed:** {', '.join(short)}." if short else "They are held."


def _picture(told: Sequence[Mapping[str, Any]]) -> str:
    import altair as alt  # noqa: PLC0415 - slow to import, and needed for the docs only
    import vl_convert  # noqa: PLC0415 - the same

    rows = [
        {"scenario": row["scenario"], "share": row["rate_ratio"], "policy": part["policy"]}
        for part in told
        for row in part["closed"]
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            y=alt.Y("scenario:N", sort=None, title=None),
            x=alt.X("share:Q", title="requests per second, share of the bare pass-through's"),
            color=alt.Color("policy:N"),
            yOffset="policy:N",
        )
        .properties(width=480)
    )
    return str(vl_convert.vegalite_to_svg(chart.to_json()))
