"""Writes the Grafana dashboards, for people and for the chart: python scripts/dashboards.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "charts/dashboards", ROOT / "charts/sting/files/dashboards")
"""Helm reads only files inside the chart."""
_WIDTH, _HEIGHT = 12, 8
Panel = tuple[str, str, dict[str, str]]
"""Title, Grafana's unit, and queries by legend."""


def _rate(metric: str, by: str = "", where: str = "") -> str:
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric}{where}[$__rate_interval]))"


def _quantile(share: float, histogram: str, by: str = "", where: str = "") -> str:
    group = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({group}) (rate({histogram}_bucket{where}[$__rate_interval])))"


BOARDS: dict[str, tuple[str, list[Panel]]] = {
    "overview": (
        "STING: overview",
        [
            ("Exchanges by outcome", "reqps", {"{{outcome}}": _rate("sting_requests_total", "outcome")}),
            ("In flight", "short", {"exchanges": "sum(sting_in_flight)"}),
            ("Error budget left", "percentunit", {"{{slo}}": "sting:slo_budget_left:ratio30d"}),
            ("Findings", "cps", {"{{entity_type}}": _rate("sting_findings_total", "entity_type")}),
            ("Stopped by policy", "cps", {"{{reason}}": _rate("sting_blocks_total", "reason")}),
            ("Providers that answer", "short", {"{{provider}}": "max by (provider) (sting_provider_up)"}),
        ],
    ),
    "privacy": (
        "STING: privacy",
        [
            ("Findings by type", "cps", {"{{entity_type}}": _rate("sting_findings_total", "entity_type")}),
            ("Tokens in answers", "cps", {"{{result}}": _rate("sting_answer_tokens_total", "result")}),
            (
                "Values in answers that no token stands for",
                "cps",
                {"{{entity_type}} {{output}}": _rate("sting_output_findings_total", "entity_type, output")},
            ),
            ("Stopped exchanges", "cps", {"{{reason}}": _rate("sting_blocks_total", "reason")}),
            (
                "Hours since the last leak check that passed",
                "h",
                {"{{cronjob}}": '(time() - kube_cronjob_status_last_successful_time{cronjob=~".*-verify"}) / 3600'},
            ),
            ("Payloads not kept for the audit", "cps", {"dropped": _rate("sting_payloads_dropped_total")}),
        ],
    ),
    "latency": (
        "STING: latency",
        [
            ("Median by stage", "s", {"{{stage}}": _quantile(0.5, "sting_stage_seconds", "stage")}),
            ("99 of 100 by stage", "s", {"{{stage}}": _quantile(0.99, "sting_stage_seconds", "stage")}),
            ("Known from an earlier turn", "cps", {"{{result}}": _rate("sting_prefix_cache_total", "result")}),
            ("Events of streams, sent and held", "cps", {"{{result}}": _rate("sting_stream_events_total", "result")}),
        ],
    ),
    "providers": (
        "STING: providers",
        [
            ("Asked as usual", "short", {"{{provider}}": "max by (provider) (sting_provider_up)"}),
            (
                "Failed tries",
                "cps",
                {"{{provider}} {{kind}}": _rate("sting_upstream_errors_total", "provider, kind")},
            ),
            (
                "Until the answer begins",
                "s",
                {
                    "median": _quantile(0.5, "sting_stage_seconds", where='{stage="upstream"}'),
                    "99 of 100": _quantile(0.99, "sting_stage_seconds", where='{stage="upstream"}'),
                },
            ),
            ("Exchanges by route", "reqps", {"{{route}}": _rate("sting_requests_total", "route")}),
        ],
    ),
    "reports": (
        "STING: reports",
        [
            (
                "Runs",
                "short",
                {"waiting": "max(sting_report_queue_waiting)", "worked on": "sum(sting_report_queue_active)"},
            ),
            ("Ended runs", "cps", {"{{template}} {{state}}": _rate("sting_report_runs_total", "template, state")}),
            ("Wait, 95 of 100", "s", {"wait": _quantile(0.95, "sting_report_wait_seconds")}),
            ("Steps, 95 of 100", "s", {"{{step}}": _quantile(0.95, "sting_report_step_seconds", "step")}),
            ("Failures", "cps", {"{{code}}": _rate("sting_report_failures_total", "code")}),
            ("Tokens of models", "cps", {"{{direction}}": _rate("sting_report_tokens_total", "direction")}),
            ("Cost an hour", "short", {"cost": "sum(increase(sting_report_cost_total[1h]))"}),
            (
                "Sections that no wished model wrote",
                "cps",
                {"sections": _rate("sting_report_degraded_sections_total")},
            ),
        ],
    ),
    "slo": (
        "STING: service levels",
        [
            ("Error budget left in 30 days", "percentunit", {"{{slo}}": "sting:slo_budget_left:ratio30d"}),
            ("Failed exchanges in 30 days", "percentunit", {"{{slo}}": "sting:slo_errors:ratio_rate30d"}),
            (
                "Failed exchanges",
                "percentunit",
                {
                    "5 minutes {{slo}}": "sting:slo_errors:ratio_rate5m",
                    "1 hour {{slo}}": "sting:slo_errors:ratio_rate1h",
                },
            ),
            ("Failed closed", "cps", {"503": _rate("sting_requests_total", where='{outcome="failed",status="503"}')}),
            ("Limits not counted", "cps", {"skipped": _rate("sting_limits_skipped_total")}),
        ],
    ),
}


def board(name: str) -> dict[str, Any]:
    """One dashboard as Grafana imports it."""
    title, panels = BOARDS[name]
    return {
        "uid": f"sting-{name}",
        "title": title,
        "tags": ["sting"],
        "schemaVersion": 39,
        "editable": True,
        "time": {"from": "now-30d" if name == "slo" else "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [_panel(number, *panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, title: str, unit: str, queries: dict[str, str]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {"x": number % 2 * _WIDTH, "y": number // 2 * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": source, "expr": expression, "legendFormat": legend}
            for index, (legend, expression) in enumerate(queries.items())
        ],
    }


def texts() -> dict[str, str]:
    """File name and content of each dashboard."""
    return {f"{name}.json": json.dumps(board(name), indent=1) + "\n" for name in BOARDS}


if __name__ == "__main__":
    for folder in FOLDERS:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts().items():
            (folder / name).write_text(text, encoding="utf-8")
