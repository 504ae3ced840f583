"""A model of a yes-or-no outcome: cross-validated, with calibration and drivers. Pure, seeded.

Two kinds are tried: logistic regression (its drivers can be read) and gradient boosting; the latter is taken only when
it is clearly better. Every figure about quality comes from people whom the judging model had not seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.analytics.features import Feature
from reports.analytics.figures import auc_interval

Matrix = NDArray[np.float64]
_FOLDS, _CLEARLY = 5, 0.015
_STEPS, _WORST, _FARTHEST = 50, 1e10, 25.0
_TELLING = 0.98
"""An attribute that alone tells the outcome this well (AUC) is the outcome under another name: it is left out."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One attribute: odds ratio per unit (or of yes against no) with its 95 % interval.

    `effect` is per standard deviation, as log odds.
    """

    feature: Feature
    odds: float
    low: float
    high: float
    effect: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 1: no effect."""
        return self.low > 1 or self.high < 1


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learnt.

    `risk` (0 to 1) per row is from folds that had not seen it; AUC with its 95 % interval; Brier score of the model
    and of the plain rate; drivers, the strongest first; names of attributes that told too much.
    """

    risk: Matrix
    auc: float
    low: float
    high: float
    brier: float
    brier_of_rate: float
    boosted: bool
    drivers: tuple[Driver, ...]
    leaking: tuple[str, ...]


def fit(features: tuple[Feature, ...], values: Matrix, outcome: NDArray[np.bool_], *, seed: int) -> Fitted:
    """Learn `outcome` from `values` (rows by features). Raises ValueError when nothing is left to learn from."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - slow to import
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    alone = [float(roc_auc_score(outcome, values[:, column])) for column in range(values.shape[1])]
    kept = [column for column, auc in enumerate(alone) if max(auc, 1 - auc) < _TELLING]
    leaking = tuple(features[column].name for column in range(len(features)) if column not in kept)
    most = max(1, int(min(outcome.sum(), (~outcome).sum()) // 10))  # ten events per attribute (Peduzzi 1996)
    kept = sorted(sorted(kept, key=lambda column: -abs(alone[column] - 0.5))[:most])
    if not kept:
        raise ValueError("no attribute is left to learn from")
    features, values = tuple(features[column] for column in kept), values[:, kept]
    with threadpool_limits(1):  # several reports share the cores; threads that wait for one another are slower
        risk, boosted = _unseen(values, outcome, seed)
    auc = float(roc_auc_score(outcome, risk))
    low, high = auc_interval(auc, int(outcome.sum()), int((~outcome).sum()))
    return Fitted(
        risk=risk, auc=auc, low=low, high=high, brier=float(np.mean((risk - outcome) ** 2)),
        brier_of_rate=float(outcome.mean() * (1 - outcome.mean())), boosted=boosted,
        drivers=_drivers(features, values, outcome), leaking=leaking,
    )  # fmt: skip


def _unseen(values: Matrix, outcome: NDArray[np.bool_], seed: int) -> tuple[Matrix, bool]:
    """Risks by folds that had not seen the row, and whether boosting was clearly better."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415
    from sklearn.model_selection import StratifiedKFold, cross_val_predict  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    risk = cross_val_predict(plain, values, outcome, cv=folds, method="predict_proba")[:, 1]
    if len(outcome) < 1_000:
        return np.asarray(risk), False
    trees = HistGradientBoostingClassifier(max_depth=3, max_iter=120, learning_rate=0.06, random_state=seed)
    other = cross_val_predict(trees, values, outcome, cv=folds, method="predict_proba")[:, 1]
    if roc_auc_score(outcome, other) > roc_auc_score(outcome, risk) + _CLEARLY:
        return np.asarray(other), True
    return np.asarray(risk), False


def _drivers(features: tuple[Feature, ...], values: Matrix, outcome: NDArray[np.bool_]) -> tuple[Driver, ...]:
    """Odds ratios with Wald intervals from a logistic regression on all rows; none when it does not converge."""
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / spread
    try:
        weights, errors = logistic(np.column_stack([np.ones(len(scaled)), scaled]), outcome)
    except (np.linalg.LinAlgError, ArithmeticError):
        return ()
    made = []
    for number, feature in enumerate(features):
        effect, error = float(weights[number + 1]), float(errors[number + 1])
        reach, unit = 1.959963984540054 * error, float(spread[number])
        odds = [math.exp(min(50.0, max(-50.0, value / unit))) for value in (effect, effect - reach, effect + reach)]
        made.append(Driver(feature, odds[0], odds[1], odds[2], effect))
    return tuple(sorted(made, key=lambda driver: (-abs(driver.effect), driver.feature.name)))


def logistic(values: Matrix, outcome: NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    """Weights and standard errors of an unpenalised logistic regression by Newton's steps (IRLS).

    statsmodels computes the same and takes seconds to import; a test compares them. Raises ArithmeticError when an
    attribute splits the outcomes without error, LinAlgError when attributes repeat one another.
    """
    weights = np.zeros(values.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(values @ weights, -30, 30)))
        information = values.T @ (values * (chance * (1 - chance))[:, None])
        if np.linalg.cond(information) > _WORST:
            raise np.linalg.LinAlgError("attributes repeat one another")
        step = np.linalg.solve(information, values.T @ (outcome - chance))
        weights = weights + step
        if np.abs(weights).max() > _FARTHEST:
            raise ArithmeticError("an attribute tells the outcome without error")
        if np.abs(step).max() < 1e-8:
            return weights, np.asarray(np.sqrt(np.diag(np.linalg.inv(information))))
    raise ArithmeticError("no end after the last step")


@dataclass(frozen=True, slots=True)
class Bin:
    """People of like predicted risk: how many, the mean predicted risk and the observed share (0 to 1)."""

    n: int
    predicted: float
    observed: float


def calibration(risk: Matrix, outcome: NDArray[np.bool_], bins: int = 10) -> tuple[Bin, ...]:
    """`bins` parts of equal size by predicted risk, the lowest first."""
    order = np.argsort(risk, kind="stable")
    return tuple(
        Bin(len(part), float(risk[part].mean()), float(outcome[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    )
