"""Who leaves, misses an appointment or defaults: one analysis of yes-or-no outcomes, with its three uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.features import is_protected, matrix
from reports.analytics.figures import percent
from reports.analytics.models import Driver, Fitted, calibration, fit
from reports.analytics.parameters import flag
from reports.results import AnalysisContext, AnalysisResult, Inputs

_FEWEST = 50
"""Rows of either outcome that a model needs to be judged at all."""
MISSED = ("no_show", "no-show", "noshow", "no show", "missed", "did not attend", "nicht erschienen")
_AGE = "age under thirty"
"""There only when the order asks for age."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How an outcome is spoken of: the fact prefix, `Churn`, `customers`, `left`, and the role it is in."""

    prefix: str
    title: str
    people: str
    happened: str
    role: str


_ONE_ROW_EACH = 0.95
"""Different customers by rows, at least, where each row is to be a customer."""


def churn(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Which attributes go with leaving and how well leaving can be foreseen; needs `customer.churned`."""
    words = Wording("churn", "Churn", "customers", "left", "customer.churned")
    customers = inputs.get("customer", pl.DataFrame())
    if {"id", "churned"} <= set(customers.columns) and _repeat(customers["id"]):
        draft = Draft(context, words.prefix)
        draft.missing(
            "Churn", "customers stand in several rows each, so the column tells of orders", "customer.churned"
        )
        return draft.result()
    return _analysed(words, customers, "churned", context)


def _repeat(numbers: pl.Series) -> bool:
    """Whether numbers of customers come again and again: then a row is an order that was cancelled, not a customer."""
    known = numbers.drop_nulls()
    return known.n_unique() < _ONE_ROW_EACH * len(known)


def loan_defaults(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """What goes with loans that default; needs `loan.defaulted` (empty where no loan was given)."""
    words = Wording("default", "Defaults", "loans", "defaulted", "loan.defaulted")
    return _analysed(words, inputs.get("loan", pl.DataFrame()), "defaulted", context)


def no_shows(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """What goes with missed appointments; needs `appointment.status`.

    With the parameter `use_age` (and birth dates of patients) age groups are looked at too, marked as protected.
    """
    words = Wording("no_show", "Missed appointments", "appointments", "were missed", "appointment.status")
    visits = inputs.get("appointment", pl.DataFrame())
    if "status" in visits.columns:
        visits = visits.with_columns(missed=pl.col("status").str.to_lowercase().is_in(MISSED)).drop("status")
        visits = visits.drop([name for name in visits.columns if name == "other.cost"])
        patients = inputs.get("patient", pl.DataFrame())
        if flag(context, "use_age", default=False) and {"patient", "start"} <= set(visits.columns):
            visits = _with_age(visits, patients)
    return _analysed(words, visits, "missed", context)


def _with_age(visits: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    if not {"id", "birth_date"} <= set(patients.columns):
        return visits
    born = patients.select(pl.col("id").alias("patient"), "birth_date").unique("patient", keep="first")
    years = (pl.col("start").dt.date() - pl.col("birth_date")).dt.total_days() / 365.25
    return (
        visits.join(born, on="patient", how="left", maintain_order="left")
        .with_columns((years < 30).fill_null(value=False).alias(_AGE))
        .drop("birth_date")
    )


def _analysed(words: Wording, frame: pl.DataFrame, target: str, context: AnalysisContext) -> AnalysisResult:
    draft = Draft(context, words.prefix)
    if target not in frame.columns or not frame[target].drop_nulls().len():
        draft.missing(words.title, f"no column says which {words.people} {words.happened}", words.role)
        return draft.result()
    known = frame.drop_nulls(target)
    outcome = known[target].to_numpy().astype(bool)
    events = int(outcome.sum())
    draft.fact(
        "rate", f"{words.title}: share of {words.people}", percent(events, len(outcome)), "%", digits=1, n=len(outcome),
        roles=(words.role,), rank="headline", sentence=("", "", f"of the {words.people} {words.happened}"),
    )  # fmt: skip
    draft.fact("events", f"{words.people.capitalize()} that {words.happened}", events, n=events, roles=(words.role,),
               sentence=("", "", f"{words.people} {words.happened}"))  # fmt: skip
    draft.fact("rows", f"{words.people.capitalize()} looked at", len(outcome), n=len(outcome), rank="detail",
               sentence=("", "", f"{words.people} were looked at"))  # fmt: skip
    if min(events, len(outcome) - events) < max(_FEWEST, context.k):
        draft.missing(
            f"A model of {words.title.lower()}", f"too few {words.people} of one of the two outcomes for a model that "
            "could be judged", words.role,
        )  # fmt: skip
        return draft.result()
    _learn(draft, words, known, target, outcome)
    return draft.result()


def _learn(draft: Draft, words: Wording, known: pl.DataFrame, target: str, outcome: np.ndarray) -> None:
    allowed = flag(draft.context, "protected", default=False)
    usable = [
        name for name in known.columns
        if name != target and (name.startswith("other.") or known[name].dtype in {pl.Float64, pl.Boolean})
    ]  # fmt: skip
    protected = [] if allowed else [
        name for name in usable if name != _AGE and is_protected(name.removeprefix("other."))
    ]  # fmt: skip
    names = [name for name in usable if name not in protected and not isinstance(known[name].dtype, pl.Date)]
    features, values = matrix(known, names, least=max(20, draft.context.k))
    if not features:
        draft.missing(f"Drivers of {words.title.lower()}", "the table has no other attribute to learn from", words.role)
        return
    try:
        fitted = fit(features, values, outcome, seed=draft.context.seed)
    except ValueError:
        draft.missing(f"Drivers of {words.title.lower()}", "every attribute repeats the outcome itself", words.role)
        return
    _quality(draft, words, fitted, outcome)
    _calibrated(draft, words, fitted, outcome)
    _show_drivers(draft, words, fitted, len(outcome))
    if protected:
        draft.note("Left out, because nobody shall be judged by them: " + _list(protected) + ".")
    if fitted.leaking:
        draft.note("Left out, because they repeat the outcome itself: " + ", ".join(fitted.leaking) + ".")


def _list(names: list[str]) -> str:
    return ", ".join(sorted(name.removeprefix("other.").replace("_", " ") for name in names))


def _quality(draft: Draft, words: Wording, fitted: Fitted, outcome: np.ndarray) -> None:
    n = len(outcome)
    # No abbreviations: the prompt is scrambled, and detectors take AUC for a firm and Brier for a place.
    draft.fact(
        "auc", f"How well {words.title.lower()} can be foreseen (area under the curve)", fitted.auc, digits=3, n=n,
        roles=(words.role,), rank="main",
        sentence=(f"A model of {words.title.lower()}", "reaches an area under the curve of",
                  "(a half would be chance, one would be certain)"),
    )  # fmt: skip
    draft.fact("auc.low", "Area under the curve, lower end of the interval", fitted.low, digits=3, n=n, rank="detail",
               sentence=("The interval of the area under the curve", "begins at", ""))  # fmt: skip
    draft.fact("auc.high", "Area under the curve, upper end of the interval", fitted.high, digits=3, n=n, rank="detail",
               sentence=("The interval of the area under the curve", "ends at", ""))  # fmt: skip
    skill = percent(fitted.brier_of_rate - fitted.brier, fitted.brier_of_rate)
    draft.fact("skill", "Error saved against knowing only the rate", skill, "%", digits=1, n=n, rank="detail",
               sentence=("The model", "saves", "of the error of knowing only the rate"))  # fmt: skip
    top = np.argsort(-fitted.risk, kind="stable")[: max(1, n // 10)]
    share = percent(float(outcome[top].sum()), float(outcome.sum()))
    draft.fact(
        "top_tenth", f"Share of all that {words.happened} among the tenth at highest risk", share, "%", digits=1,
        n=len(top), roles=(words.role,),
        sentence=(f"The tenth of the {words.people} at highest risk", "holds", f"of all that {words.happened}"),
    )  # fmt: skip
    prefix = words.prefix
    draft.callout(
        "recommendation", "Act on the tenth at highest risk",
        f"The tenth of the {words.people} at highest risk holds {{{prefix}.top_tenth}} of those that {words.happened}: "
        "starting there reaches them with a fraction of the effort.",
    )  # fmt: skip
    kind = "gradient boosting" if fitted.boosted else "logistic regression"
    draft.note(
        f"The model is a {kind}, judged by five-fold cross-validation: AUC {{{prefix}.auc}}, with a 95 % interval of "
        f"{{{prefix}.auc.low}} to {{{prefix}.auc.high}}. An AUC of a half would be chance. Drivers are associations; "
        "they do not prove a cause."
    )


def _calibrated(draft: Draft, words: Wording, fitted: Fitted, outcome: np.ndarray) -> None:
    bins = calibration(fitted.risk, outcome, 10 if len(outcome) >= 2_000 else 5)
    gap = sum(part.n * abs(part.predicted - part.observed) for part in bins) / len(outcome)
    draft.fact("calibration", "Mean gap between predicted and observed risk", 100 * gap, "percentage points", digits=1,
               n=len(outcome), sentence=("Predicted and observed risk", "differ by", "on average"))  # fmt: skip
    table = draft.table(
        "calibrated", "Predicted and observed risk",
        columns(("Predicted", "%", 1), ("Observed", "%", 1), words.people.capitalize()),
        [(100 * part.predicted, 100 * part.observed, part.n) for part in bins], counts=[part.n for part in bins],
    )  # fmt: skip
    draft.chart(
        "calibration", "Predicted risks come true",
        "Points: for groups of equal size the predicted risk against the observed share; the line is perfect "
        "agreement.",
        table, x="Predicted", y="Observed",
    )  # fmt: skip


def _show_drivers(draft: Draft, words: Wording, fitted: Fitted, n: int) -> None:
    if not fitted.drivers:
        draft.missing(
            f"Drivers of {words.title.lower()}", "the attributes repeat one another: no odds can be told apart"
        )
        return
    kind = words.role.split(".")[0]
    certain = [driver for driver in fitted.drivers if driver.certain]
    rows = []
    for driver in fitted.drivers:
        rows.append((driver.feature.name, driver.odds, driver.low, driver.high, driver.effect))
        if driver.certain:
            unit = "yes against no" if driver.feature.binary else "per unit"
            draft.fact(
                f"driver.{slug(driver.feature.name)}", f"Odds ratio of {driver.feature.name}, {unit}", driver.odds,
                digits=2, n=n, group=driver.feature.name, roles=(f"{kind}.{driver.feature.column}", words.role),
                sentence=_odds_sentence(driver, words),
            )  # fmt: skip
    table = draft.table(
        "drivers", f"What goes with {words.title.lower()}",
        columns("Attribute", ("Odds ratio", "", 2), ("Lower", "", 2), ("Upper", "", 2), ("Effect", "", 2)), rows,
    )  # fmt: skip
    draft.show(table)
    _protected_callout(draft, certain)
    told = [driver for driver in certain if not _of_protected(driver)]
    if not told:
        return
    strongest = told[0].feature.name
    draft.fact("driver.name", f"Strongest driver of {words.title.lower()}", strongest, "text", n=n, rank="headline")
    draft.chart(
        "diverging", f"{strongest.capitalize()} matters most",
        f"Bars: effect of each attribute on {words.title.lower()}, as log odds per standard deviation; to the right it "
        "raises the risk, to the left it lowers it.",
        table, x="Attribute", y="Effect",
    )  # fmt: skip
    _driver_callouts(draft, words, told[:3])


def _of_protected(driver: Driver) -> bool:
    return is_protected(driver.feature.column.removeprefix("other."))


def _protected_callout(draft: Draft, certain: list[Driver]) -> None:
    """Who lets protected attributes in gets them as figures with a warning, never as a finding to act upon."""
    names = [driver.feature.name for driver in certain if _of_protected(driver)]
    if names:
        draft.callout(
            "warning", "A protected attribute is among the drivers",
            f"{', '.join(names).capitalize()}: nobody may be refused, charged or ranked by it. It is shown so that "
            "help can be planned, such as reminders.",
        )  # fmt: skip


def _odds_sentence(driver: Driver, words: Wording) -> tuple[str, str, str]:
    name, odds = driver.feature.name, f"the odds of {words.title.lower()}"
    if driver.feature.binary:
        return f"With {name}, {odds}", "are multiplied by", ""
    return f"Each further unit of {name}", f"multiplies {odds} by", ""


def _driver_callouts(draft: Draft, words: Wording, certain: list[Driver]) -> None:
    for driver in certain:
        name, risk = driver.feature.name, "higher" if driver.odds > 1 else "lower"
        odds = f"the odds of {words.title.lower()}"
        plain = f"Each further unit of {name} multiplies {odds} by"
        step = f"With {name}, {odds} are multiplied by" if driver.feature.binary else plain
        draft.callout(
            "warning" if driver.odds > 1 else "good", f"{'' if driver.feature.binary else 'Higher '}{name}: "
            f"{risk} risk".capitalize(),
            f"{step} {{{words.prefix}.driver.{slug(name)}}}.",
        )  # fmt: skip
