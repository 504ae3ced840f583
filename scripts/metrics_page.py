"""Writes docs/metrics.md from the metrics themselves: python scripts/metrics_page.py."""

from __future__ import annotations

import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from proxy.metrics import Metrics
from reports.metrics import ReportMetrics

PAGE = Path(__file__).parents[1] / "docs/metrics.md"
HEAD = """# Metrics

Written by `scripts/metrics_page.py` from the code. Prometheus text format. Labels are bounded: routes and providers of
the configuration, entity types, fixed words. No label ever holds text of a client.
"""
PARTS = (
    ("The gateway: `GET /metrics`", lambda: Metrics().registry),
    ("The report worker: `sting worker --metrics-port`", lambda: ReportMetrics().registry),
)


def rows(registry: CollectorRegistry) -> list[str]:
    """A line of the table for each metric, in the order in which the code makes them."""
    # prometheus-client tells labels of samples only, and a metric that never counted has none.
    made = dict.fromkeys(registry._collector_to_names)  # noqa: SLF001 - as said
    lines = []
    for one in made:
        name = f"{one._name}_total" if one._type == "counter" else one._name  # noqa: SLF001 - the same
        labels = ", ".join(one._labelnames)  # noqa: SLF001 - the same
        lines.append(f"| `{name}` | {one._type} | {labels} | {one._documentation} |")  # noqa: SLF001 - the same
    return lines


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, registry in PARTS:
        table = ["| name | type | labels | meaning |", "|---|---|---|---|", *rows(registry())]
        parts.append(f"\n## {title}\n\n" + "\n".join(table) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
