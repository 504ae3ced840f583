"""Prometheus metrics of the gateway. Labels are bounded: names of the configuration, entity types, fixed words."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from policies.settings import environment

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client is told where processes keep what they count together."""
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
STAGES: Final = ("detect", "vault", "upstream", "restore", "hooks", "total")


class Metrics:
    """All metrics of one gateway process, in a registry of their own; what is told of them counts all workers.

    `count` and `took` are for the hot path: they note, and `fold` puts what was noted into the registry, once in a
    while and before anything is told. `running`: exchanges that run in this process.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._folder = _shared_folder()
        self.requests = self._counter(
            "sting_requests",
            "Exchanges; outcome is ok, blocked, refused, failed, upstream_error, cut, client_gone or unscanned.",
            "route",
            "outcome",
            "status",
        )
        self.findings = self._counter("sting_findings", "Findings in requests.", "entity_type")
        self.tokens = self._counter(
            "sting_answer_tokens",
            "Tokens of answers: restored; tolerated (among them, restored from a changed spelling); unknown; mangled; "
            "guarded (left as they stood, where the policy lets no original go).",
            "result",
        )
        self.cache = self._counter(
            "sting_prefix_cache", "Texts whose decisions were known from an earlier turn (hit) or not (miss).", "result"
        )
        self._add_checks()
        self.upstream_errors = self._counter(
            "sting_upstream_errors", "Failed tries: connect, timeout, cut, garbage, or a status.", "provider", "kind"
        )
        self.events = self._counter(
            "sting_stream_events", "Events of streamed answers: sent (all), held (waited for a token's end).", "result"
        )
        self._add_unkept()
        self._add_gauges()
        self.latency = Histogram(
            "sting_stage_seconds",
            "Time of an exchange in detect, vault, upstream (until its answer begins, and a plain answer's body), "
            "restore, hooks (each time that guardrails were asked), total.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._stages = {stage: self.latency.labels(stage) for stage in STAGES}
        self.running = 0
        self._begin()

    def _add_checks(self) -> None:
        """What stops exchanges, and what looks into answers."""
        self.blocks = self._counter(
            "sting_blocks",
            "Exchanges stopped by the policy: policy, unscannable, tool (one that the provider would run), output (the "
            "answer), hook (a guardrail).",
            "reason",
        )
        self.output_findings = self._counter(
            "sting_output_findings",
            "Values in answers that no token stands for, by the policy's `output`; `detection_failed` where `report` "
            "could not look.",
            "entity_type",
            "output",
        )
        self.hooks = self._counter(
            "sting_hooks",
            "What guardrails said, before texts leave and after the answer: allow, block, failed.",
            "hook",
            "phase",
            "verdict",
        )
        self.answers = self._counter(
            "sting_answer_cache",
            "The cache of answers: hit, miss, kept, unfit (too long, cut, no proper end), failed (Redis).",
            "result",
        )

    def _add_unkept(self) -> None:
        """What could not be done and stopped nothing."""
        self.limits_skipped = self._counter(
            "sting_limits_skipped", "Times that a key's limits could not be counted: Redis was away."
        )
        self.warnings = self._counter(
            "sting_warnings",
            "Answers that warn the client (`x-sting-warning`): stop (a stop string that can end an answer inside a "
            "token), unscanned (texts went to a local provider as they were).",
            "warning",
        )
        self.payloads_dropped = self._counter(
            "sting_payloads_dropped",
            "Payloads that were not kept for the audit: too many waited, or the database was away.",
        )
        self.spans_dropped = self._counter(
            "sting_spans_dropped", "Spans of traces that the collector did not get: it is away, or too many waited."
        )

    def tls_reloaded(self, good: bool) -> None:  # noqa: FBT001 - the outcome
        """A changed certificate serves now, or cannot be used."""
        self.tls_good.set(good)

    def _add_gauges(self) -> None:
        self.provider_up = Gauge(
            "sting_provider_up",
            "1: asked as usual; 0: it failed last and rests, others are asked before it.",
            ["provider"],
            registry=self.registry,
            multiprocess_mode="livemin",
        )
        self.in_flight = Gauge(
            "sting_in_flight", "Exchanges that are running.", registry=self.registry, multiprocess_mode="livesum"
        )

        self.tls_good = Gauge(
            "sting_tls_good",
            "Of the gateway's own TLS: 1: the certificate in the files serves; 0: it cannot be used, and the one "
            "before serves.",
            registry=self.registry,
            multiprocess_mode="livemin",
        )
        self.tls_good.set(1)

    def _begin(self) -> None:
        """Nothing is noted yet."""
        self._noted: Counts[tuple[Counter, tuple[str, ...]]] = Counts()
        self._fell = {stage: [0] * (len(_SECONDS) + 1) for stage in STAGES}
        self._sums = dict.fromkeys(STAGES, 0.0)

    def count(self, counter: Counter, *labels: str, by: int = 1) -> None:
        """Note that something happened."""
        self._noted[counter, labels] += by

    def took_all(self, *seconds: float) -> None:
        """Note how long an exchange was in the first of `STAGES`, in their order."""
        fell, sums = self._fell, self._sums
        for stage, duration in zip(STAGES, seconds, strict=False):
            fell[stage][bisect_left(_SECONDS, duration)] += 1
            sums[stage] += duration

    def count_all(self, counter: Counter, counts: Mapping[str, int]) -> None:
        """Note how often things happened, by the counter's one label."""
        noted = self._noted
        for label, times in counts.items():
            noted[counter, (label,)] += times

    def took(self, stage: str, seconds: float) -> None:
        """Note how long an exchange was in a stage."""
        self._fell[stage][bisect_left(_SECONDS, seconds)] += 1
        self._sums[stage] += seconds

    def fold(self) -> None:
        """Put what was noted into the registry, where other workers see it."""
        noted, fell, sums = self._noted, self._fell, self._sums
        self._begin()
        for (counter, labels), times in noted.items():
            counter.labels(*labels).inc(times)
        for stage, histogram in self._stages.items():
            # What `observe` does for each value, once for all of them; prometheus-client offers no other way.
            histogram._sum.inc(sums[stage])  # noqa: SLF001 - as said
            for bucket, times in zip(histogram._buckets, fell[stage], strict=True):  # noqa: SLF001 - as said
                if times:
                    bucket.inc(times)
        self.in_flight.set(self.running)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format, of all workers."""
        self.fold()
        if not self._folder:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, self._folder)  # type: ignore[no-untyped-call] # prometheus-client's own
        return generate_latest(together)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)


METRIC_NAMES: Final = (
    "sting_requests_total",
    "sting_stage_seconds",
    "sting_findings_total",
    "sting_answer_tokens_total",
    "sting_prefix_cache_total",
    "sting_blocks_total",
    "sting_output_findings_total",
    "sting_hooks_total",
    "sting_answer_cache_total",
    "sting_upstream_errors_total",
    "sting_stream_events_total",
    "sting_limits_skipped_total",
    "sting_payloads_dropped_total",
    "sting_spans_dropped_total",
    "sting_warnings_total",
    "sting_in_flight",
    "sting_provider_up",
    "sting_tls_good",
)
"""Names as they stand on /metrics; docs/metrics.md explains each (a test compares)."""


def _shared_folder() -> str | None:
    """Where this process counts together with others, if it does."""
    folder = environment().get(METRICS_FOLDER)
    if folder:
        pid = os.getpid()
        # By default each count asks the kernel for the process id; a worker never forks.
        values.ValueClass = values.MultiProcessValue(lambda: pid)  # type: ignore[no-untyped-call]
    return folder


def forget_process(folder: Path, pid: int) -> None:
    """A worker has ended: nothing of it is in flight any more; what it has counted stays."""
    for file in folder.glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)
