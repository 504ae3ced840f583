"""Prometheus metrics of the report engine; labels have few values. The worker serves them."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600)


class ReportMetrics:
    """All metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.waiting = Gauge("sting_report_queue_waiting", "Runs that wait", registry=self.registry)
        self.active = Gauge("sting_report_queue_active", "Runs that are worked on", registry=self.registry)
        self.wait = Histogram(
            "sting_report_wait_seconds",
            "From the order to the first step",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.steps = Histogram(
            "sting_report_step_seconds", "Run time of a step", ("step",), buckets=_SECONDS, registry=self.registry
        )
        self.runs = Counter("sting_report_runs", "Ended runs", ("template", "state"), registry=self.registry)
        self.failures = Counter("sting_report_failures", "Failed runs by reason", ("code",), registry=self.registry)
        self.tokens = Counter(
            "sting_report_tokens", "Tokens of models that runs used", ("direction",), registry=self.registry
        )
        self.cost = Counter("sting_report_cost", "Cost of runs in the operator's currency", registry=self.registry)
        self.degraded = Counter(
            "sting_report_degraded_sections", "Sections that no wished model wrote", registry=self.registry
        )
