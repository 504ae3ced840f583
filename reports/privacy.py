"""What may leave at which privacy level: small groups are left out, counts may get noise, samples stay in. Pure.

Level `aggregates`: statistics only. Facts and rows of tables with fewer than k behind them are left out, and texts out
of the data never leave. `scrambled`: the same, and samples of texts leave scrambled by the gateway. `local`: as
`scrambled`, to a model that runs on this site only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reports.document import Chart, DataTable, MissingData, PrivacyLevel
from reports.facts import Fact
from reports.language import spoken
from reports.results import AnalysisResult, Sample

EXPLANATIONS: Final[dict[PrivacyLevel, str]] = {
    "aggregates": "Only statistics left this system: no row, no text and no name out of the data. Figures about groups "
    "of fewer than {k} were left out. What left went through the gateway, which scrambles whatever it still finds.",
    "scrambled": "Statistics and samples of texts left this system. Names, addresses, numbers and other personal data "
    "in them were replaced by tokens first; figures about groups of fewer than {k} were left out.",
    "local": "A model on this site wrote everything. What it saw was scrambled all the same, and figures about "
    "groups of fewer than {k} were left out.",
}


ANNOUNCEMENTS: Final[dict[PrivacyLevel, str]] = {
    "aggregates": "Only statistics will leave this system: no row, no text and no name out of the data. Figures about "
    "groups of fewer than {k} are left out. What leaves goes through the gateway, which scrambles whatever it still "
    "finds.",
    "scrambled": "Statistics and samples of texts will leave this system. Names, addresses, numbers and other personal "
    "data in them are replaced by tokens first; figures about groups of fewer than {k} are left out.",
    "local": "A model on this site writes everything. What it sees is scrambled all the same, and figures about "
    "groups of fewer than {k} are left out.",
}


def explanation(level: PrivacyLevel, k: int, language: str = "en") -> str:
    """What a privacy level meant for a report that was made, for readers."""
    there = spoken(language)
    return (there.levels[level] if there else EXPLANATIONS[level]).format(k=k)


def announcement(level: PrivacyLevel, k: int, language: str = "en") -> str:
    """What a privacy level will mean for a report that is about to be ordered."""
    there = spoken(language)
    return (there.before[level] if there else ANNOUNCEMENTS[level]).format(k=k)


@dataclass(frozen=True, slots=True)
class Protected:
    """What is left of the results of a report, how many facts and rows were left out, and the noise, in words."""

    results: Mapping[str, AnalysisResult]
    suppressed: int = 0
    noise: str | None = None


def protect(
    results: Mapping[str, AnalysisResult], level: PrivacyLevel, k: int, *, epsilon: float | None = None
) -> Protected:
    """The results of a report without what is about fewer than `k`, with noise on all counts when `epsilon` is given.

    With noise, only the noised counts may be told to a model (`may_leave`); the other figures are not protected by it.
    The budget is one for the whole report: one row may be counted in every group of every analysis.
    """
    large = {name: _large(result, level, k) for name, result in results.items()}
    suppressed = sum(gone for _, gone in large.values())
    made = {name: result for name, (result, _) in large.items()}
    if epsilon is None or level != "aggregates":
        return Protected(made, suppressed)
    counts = sum(is_count(fact) for result in made.values() for fact in result.facts)
    if not counts:
        return Protected(made, suppressed, f"no count was told, so nothing was spent of epsilon {epsilon:g}")
    scale = counts / epsilon
    noise = _laplace(scale)
    noised = {
        name: result.model_copy(update={"facts": tuple(_noised(fact, noise) for fact in result.facts)})
        for name, result in made.items()
    }
    told = (
        f"{counts} counts carry discrete Laplace noise of scale {scale:.1f} each (OpenDP; epsilon {epsilon:g} in all, "
        "one row changing every count by one); no other figure left"
    )
    return Protected(noised, suppressed, told)


def _large(result: AnalysisResult, level: PrivacyLevel, k: int) -> tuple[AnalysisResult, int]:
    """What is about `k` or more, and how many facts and rows were left out."""
    facts = [fact for fact in result.facts if fact.n is None or fact.n >= k]
    suppressed = len(result.facts) - len(facts)
    tables = []
    for table in result.tables:
        kept, gone = _large_groups(table, k)
        suppressed += gone
        tables += [kept] if kept.rows else []
    charts = []
    for chart in result.charts:
        kept, gone = _large_groups(chart.data, k)
        suppressed += gone
        charts += [_with_data(chart, kept)] if kept.rows else []
    samples: Sequence[Sample] = () if level == "aggregates" else result.samples
    known = {fact.id for fact in facts}
    callouts = tuple(note for note in result.callouts if set(note.facts) <= known)
    missing = (*result.missing, *_small_group_note(suppressed, k))
    kept_result = result.model_copy(
        update={
            "facts": tuple(facts),
            "tables": tuple(tables),
            "charts": tuple(charts),
            "callouts": callouts,
            "samples": tuple(samples),
            "missing": missing,
        }
    )
    return kept_result, suppressed


def may_leave(facts: Sequence[Fact], *, noised: bool) -> list[Fact]:
    """The facts that a model may be told: all, or with differential privacy only the noised counts."""
    return [fact for fact in facts if not noised or is_count(fact)]


def is_count(fact: Fact) -> bool:
    """True for a number of rows or people: changing one row changes it by one at most."""
    return isinstance(fact.value, int) and not isinstance(fact.value, bool) and fact.unit == "" and fact.n is not None


def _small_group_note(suppressed: int, k: int) -> tuple[MissingData, ...]:
    if not suppressed:
        return ()
    return (
        MissingData(
            what="Figures about small groups",
            why=f"{suppressed} figures were left out, since fewer than {k} stand behind each of them",
        ),
    )


def _large_groups(table: DataTable, k: int) -> tuple[DataTable, int]:
    if table.counts is None:
        return table, 0
    kept = [(row, count) for row, count in zip(table.rows, table.counts, strict=True) if count >= k]
    gone = len(table.rows) - len(kept)
    if not gone:
        return table, 0
    rows, counts = tuple(row for row, _ in kept), tuple(count for _, count in kept)
    return table.model_copy(update={"rows": rows, "counts": counts}), gone


def _with_data(chart: Chart, table: DataTable) -> Chart:
    return chart if table is chart.data else chart.model_copy(update={"data": table})


def _noised(fact: Fact, noise: Callable[[int], int]) -> Fact:
    return fact.model_copy(update={"value": max(0, noise(int(fact.value)))}) if is_count(fact) else fact


class NoiseMissing(Exception):
    """Differential privacy is wanted and OpenDP is not installed."""


def _laplace(scale: float):  # type: ignore[no-untyped-def] # noqa: ANN202 - OpenDP is untyped
    try:
        import opendp.prelude as dp  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise NoiseMissing("epsilon needs OpenDP: pip install 'sting-ce[privacy]', or leave epsilon out") from None
    dp.enable_features("contrib")
    space = dp.atom_domain(T="i64"), dp.absolute_distance(T="i64")
    return dp.m.make_laplace(*space, scale=scale)
