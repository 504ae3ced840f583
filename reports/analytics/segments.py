"""Customer segments by clustering, with a number of segments that is chosen for a stated reason.

k-means on standardised recency, frequency, money, tenure (logarithms) and mean discount. Chosen is the largest number
of segments whose silhouette (Rousseeuw 1987) is at least 92 % of the best, whose segments return on random
halves of the customers (mean adjusted Rand index of at least 0.9, Hubert and Arabie 1985), and each of which holds at
least two in a hundred customers and k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reports.analytics.customers import per_customer
from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import median
from reports.analytics.parameters import number, today
from reports.analytics.profiles import profiles, tell
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("order.customer", "order.time", "order.amount")
_LOGS = ("recency", "frequency", "monetary", "tenure")
_MOST, _SAMPLE, _FIT_SAMPLE, _HALVES = 8, 3_500, 20_000, 3
_NEAR_BEST, _STABLE, _SMALLEST = 0.92, 0.9, 0.02
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """One number of segments that was tried: silhouette (-1 to 1), stability (0 to 1), smallest segment's share."""

    count: int
    silhouette: float
    stability: float
    smallest: float


def features(people: pl.DataFrame) -> Matrix:
    """The standardised matrix that is clustered: customers in rows."""
    names = [*_LOGS, *(["discount"] if "discount" in people.columns else [])]
    made = [np.log1p(people[name].to_numpy().clip(0)) if name in _LOGS else people[name].to_numpy() for name in names]
    matrix = np.column_stack(made).astype(np.float64)
    spread = matrix.std(axis=0)
    return np.asarray((matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0), dtype=np.float64)


def choose(matrix: Matrix, *, seed: int, least: int, most: int = _MOST) -> tuple[int, tuple[Choice, ...]]:
    """The chosen number of segments and all that were tried. `least`: customers that a segment must have."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import
    from sklearn.metrics import adjusted_rand_score, pairwise_distances, silhouette_score  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    chance = np.random.default_rng(seed)
    sample = matrix[np.sort(chance.permutation(len(matrix))[:_SAMPLE])]
    tried = []
    with threadpool_limits(1):  # several reports share the cores; threads that wait for one another are slower
        apart = pairwise_distances(sample)  # once for all numbers of segments: they are most of the time
        np.fill_diagonal(apart, 0.0)
        for count in range(2, most + 1):
            if len(np.unique(sample, axis=0)) <= count:
                break
            whole = KMeans(count, n_init=4, random_state=seed).fit(sample)
            agreed = []
            for turn in range(_HALVES):
                half = np.sort(chance.permutation(len(sample))[: len(sample) // 2])
                again = KMeans(count, n_init=3, random_state=seed + turn + 1).fit(sample[half])
                agreed.append(adjusted_rand_score(whole.labels_, again.predict(sample)))
            smallest = float(np.bincount(whole.labels_).min())
            sizes_fit = smallest / len(sample) * len(matrix) >= least
            tried.append(
                Choice(
                    count,
                    float(silhouette_score(apart, whole.labels_, metric="precomputed")),
                    float(np.mean(agreed)),
                    smallest / len(sample) if sizes_fit else 0.0,
                )
            )
    best = max((choice.silhouette for choice in tried), default=0.0)
    fit = [
        choice.count for choice in tried
        if choice.silhouette >= _NEAR_BEST * best and choice.stability >= _STABLE and choice.smallest >= _SMALLEST
    ]  # fmt: skip
    return (max(fit) if fit else 0), tuple(tried)


def assigned(orders: pl.DataFrame, context: AnalysisContext) -> tuple[pl.DataFrame, tuple[Choice, ...]]:
    """Customers with their `segment` (a name), and the numbers of segments that were tried.

    The frame is empty when no number of segments holds. The parameter `segments` sets the number.
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    people = per_customer(orders, today(context, orders["time"]))
    if len(people) < 20 * context.k:
        return people.clear(), ()
    matrix = features(people)
    with threadpool_limits(1):
        count, tried = choose(matrix, seed=context.seed, least=context.k)
        count = int(number(context, "segments", 0)) or count
        if not count:
            return people.clear(), tried
        chance = np.random.default_rng(context.seed)
        sample = matrix[np.sort(chance.permutation(len(matrix))[:_FIT_SAMPLE])]
        model = KMeans(count, n_init=10, random_state=context.seed).fit(sample)
        people = people.with_columns(cluster=pl.Series(model.predict(matrix)))
    return people.with_columns(segment=pl.col("cluster").replace_strict(named(people), return_dtype=pl.String)), tried


def named(people: pl.DataFrame) -> dict[int, str]:
    """A name per cluster from its medians against those of all customers; equal names are told apart by money."""
    whole = {name: median(people[name]) for name in people.columns if name not in {"customer", "cluster"}}
    profiles = people.group_by("cluster").agg(pl.col(*whole).median()).sort("monetary", "cluster", descending=True)
    names: dict[int, str] = {}
    for row in profiles.iter_rows(named=True):
        name = _name(row, whole)
        if name in names.values():
            name = (
                f"{name}, lower spend" if f"{name}, lower spend" not in names.values() else f"{name} {row['cluster']}"
            )
        names[row["cluster"]] = name
    return names


def _name(row: dict[str, float], whole: dict[str, float]) -> str:
    quiet = row["recency"] > 2 * whole["recency"]
    rules = (
        (row["frequency"] < 1.5, "One-off buyers"),
        (quiet, "Dormant"),
        (row["tenure"] < 0.5 * whole["tenure"], "Newcomers"),
        (row.get("discount", 0.0) > 1.5 * whole.get("discount", 0.0) + 0.02, "Bargain hunters"),
        (row["frequency"] >= 2 * whole["frequency"] and row["monetary"] >= 2 * whole["monetary"], "Champions"),
        (row["frequency"] >= whole["frequency"], "Loyal"),
    )
    return next((name for holds, name in rules if holds), "Occasional")


def segments(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Segments with their profiles; needs `order` with customer, time and amount."""
    draft = Draft(context, "segments")
    orders = inputs.get("order", pl.DataFrame())
    if not {"customer", "time", "amount"} <= set(orders.columns) or orders.is_empty():
        draft.missing("Segments", "there are no orders with a customer, a time and an amount", *_NEEDED)
        return draft.result()
    people, tried = assigned(orders, context)
    if people.is_empty():
        draft.missing(
            "Segments",
            "no number of segments is both distinct and stable: the customers form no clear groups",
            *_NEEDED,
        )
        return draft.result()
    _reason(draft, people["segment"].n_unique(), tried)
    _profiles(draft, people)
    return draft.result()


def _reason(draft: Draft, count: int, tried: Sequence[Choice]) -> None:
    draft.fact(
        "count", "Segments", count, roles=_NEEDED, rank="headline", sentence=("The customers", "form", "segments")
    )
    chosen = next((choice for choice in tried if choice.count == count), None)
    if chosen is None:
        return
    draft.fact("silhouette", "Silhouette of the segments", chosen.silhouette, digits=2, rank="detail")
    draft.fact("stability", "Agreement on random halves of the customers", chosen.stability, digits=2, rank="detail")
    table = draft.table(
        "choice", "How the number of segments was chosen",
        columns("Segments", ("Silhouette", "", 2), ("Stability", "", 2), ("Smallest segment", "%", 1)),
        [(c.count, c.silhouette, c.stability, 100 * c.smallest) for c in tried],
    )  # fmt: skip
    draft.show(table)
    draft.note(
        "Chosen is the largest number of segments that are nearly as distinct as the best (silhouette "
        "{segments.silhouette})"
        " and that come back on random halves of the customers (agreement {segments.stability})."
    )


def _profiles(draft: Draft, people: pl.DataFrame) -> None:
    found = profiles(people, "segment")
    tell(draft, found, "Segments", "Segments differ most in what they bring")
    key = slug(found[0].name)
    draft.callout(
        "good",
        f"{found[0].name} bring the most",
        f"{found[0].name} are {{segments.{key}.share}} of the customers and bring {{segments.{key}.revenue}} of the "
        f"revenue; one of them typically spends {{segments.{key}.monetary}}.",
    )
