"""Laboratory results with clinical notes: values by cohort, a few that cannot be right, turnaround times."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from demo_data.calendars import later
from demo_data.grammar import join
from demo_data.healthcare.notes import GRAMMAR, note_slots
from demo_data.healthcare.visits import Visit
from demo_data.model import Column, Label, Table
from demo_data.planted import median
from demo_data.scruff import with_typos
from demo_data.seeding import Stream

COUNT = 5000
OUTLIERS = 25


@dataclass(frozen=True, slots=True)
class Assay:
    """A laboratory test: reference range, spread, and the mean value of the cohorts that differ."""

    code: str
    name: str
    spoken: str
    unit: str
    low: float
    high: float
    digits: int
    means: dict[str, float]

    def mean(self, cohort: str) -> float:
        """The planted mean of a cohort; the middle of the reference range where nothing is stated."""
        return self.means.get(cohort, (self.low + self.high) / 2)


TESTS = (
    Assay("4548-4", "HbA1c", "HbA1c", "%", 4.0, 5.7, 1, {"diabetic": 7.8, "frail": 5.9}),
    Assay("2345-7", "Glucose", "fasting glucose", "mg/dL", 70.0, 99.0, 0, {"diabetic": 158, "renal": 104}),
    Assay("2160-0", "Creatinine", "creatinine", "mg/dL", 0.6, 1.2, 2, {"renal": 2.9, "frail": 1.15}),
    Assay("13457-7", "LDL cholesterol", "LDL", "mg/dL", 50.0, 130.0, 0, {"cardiac": 158, "diabetic": 126}),
    Assay("3016-3", "TSH", "thyroid value", "mIU/L", 0.4, 4.0, 2, {"frail": 4.3}),
    Assay("718-7", "Hemoglobin", "hemoglobin", "g/dL", 12.0, 16.5, 1, {"renal": 10.4, "frail": 11.6}),
    Assay("2823-3", "Potassium", "potassium", "mmol/L", 3.5, 5.1, 1, {"renal": 5.2}),
    Assay("1988-5", "CRP", "CRP", "mg/L", 0.0, 5.0, 1, {"frail": 9.0, "cardiac": 6.0}),
)
_USUAL = {"diabetic": (0, 0, 1, 3), "cardiac": (3, 3, 6, 7), "renal": (2, 2, 5, 6), "frail": (5, 4, 7, 2)}


@dataclass(slots=True)
class Labs:
    """The results, labels of their notes, and the planted figures."""

    table: Table
    labels: list[list[Label]] = field(default_factory=list)
    outliers: list[str] = field(default_factory=list)
    truth: dict[str, object] = field(default_factory=dict)


def examine(visits: list[Visit], stream: Stream) -> Labs:
    """5,000 results of completed visits, sorted by the time of collection."""
    labs = Labs(Table("lab_results", _COLUMNS, []))
    chosen = sorted(stream.sample(visits, COUNT), key=lambda visit: (visit.start, visit.id))
    odd = set(stream.sample(range(COUNT), OUTLIERS))
    values: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for position, visit in enumerate(chosen):
        cohort = visit.patient.cohort
        usual = _USUAL.get(cohort)
        test = TESTS[stream.choose(usual)] if usual and stream.chance(0.7) else stream.choose(TESTS)
        value = _measure(test, cohort, stream)
        if position in odd:
            value = round(value * stream.uniform(9, 14) + test.high * 8, test.digits)
            labs.outliers.append(f"L-{700_000 + position}")
        else:
            values[test.name][cohort].append(value)
        _enter(labs, f"L-{700_000 + position}", visit, test, value, stream)
    labs.truth = {
        "cohort_medians": {
            test: {cohort: round(median(found), 4) for cohort, found in sorted(cohorts.items())}
            for test, cohorts in sorted(values.items())
        },
        "outliers": {
            "table": "lab_results",
            "rule": "value above eight times the upper reference",
            "result_ids": labs.outliers,
        },
    }
    return labs


def _measure(test: Assay, cohort: str, stream: Stream) -> float:
    mean = test.mean(cohort)
    return round(max(mean * 0.3, stream.normal(mean, mean * 0.16)), test.digits)


def _enter(labs: Labs, key: str, visit: Visit, test: Assay, value: float, stream: Stream) -> None:
    level = "high" if value > test.high else "low" if value < test.low else "normal"
    drift = {"high": -0.1, "low": 0.1, "normal": 0.03}[level]
    slots = note_slots(visit.patient, visit.clinician, visit.start, stream) | {
        "LEVEL": level,
        "LEVEL_CAP": f"{level}_cap",
        "test": test.name,
        "test_lower": test.spoken,
        "value": f"{value:.{test.digits}f}",
        "prior": f"{value * (1 + drift * stream.uniform(0.5, 1.5)):.{test.digits}f}",
        "unit": test.unit,
    }
    pieces = with_typos(GRAMMAR.write("note", slots, stream), stream, 0.004)
    note, labels = join(pieces)
    collected = later(visit.start, stream.uniform(0.2, 1.5))
    reported = later(collected, stream.lognormal(9.0 if test.code in {"3016-3", "4548-4"} else 3.0, 0.5))
    labs.table.rows.append((
        key, visit.patient.mrn, visit.id, visit.clinician.id, test.code, test.name, value, test.unit, test.low,
        test.high, level, collected, reported, note,
    ))  # fmt: skip
    labs.labels.append(labels)


_COLUMNS = (
    Column("result_id", key=True),
    Column("mrn", personal="MEDICAL_RECORD", references="patients.mrn"),
    Column("appointment_id", references="appointments.appointment_id"),
    Column("ordered_by", personal="EMPLOYEE_ID", references="staff.staff_id"),
    Column("test_code"),
    Column("test_name"),
    Column("value", "real"),
    Column("unit"),
    Column("reference_low", "real"),
    Column("reference_high", "real"),
    Column("flag"),
    Column("collected_at", "datetime"),
    Column("reported_at", "datetime"),
    Column("clinical_note", free_text=True),
)
