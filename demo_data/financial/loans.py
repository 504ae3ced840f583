"""Loan applications with cover letters, the way they take through the bank, and who defaults."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from demo_data.calendars import OFFICE_HOURS, WEEKDAYS_ONLY, Calendar
from demo_data.financial.bank import FIRST_DAY, SNAPSHOT, Account, Advisor
from demo_data.financial.letters import GRAMMAR, letter_slots
from demo_data.grammar import join
from demo_data.model import Column, Label, Table
from demo_data.planted import Logistic
from demo_data.scruff import with_typos
from demo_data.seeding import Stream
from demo_data.stages import Flow, StageLog

COUNT = 500
PURPOSES = {"car": 26, "home": 14, "business": 15, "debt": 17, "study": 11, "renovation": 17}
DEFAULT = Logistic(5.3, {"debt_ratio": 4.5, "credit_score": -0.012, "years_employed": -0.12, "loan_to_income": 1.1})
"""Planted: who of the paid-out loans defaults within a year; all variables are columns."""
FLOW = Flow(
    {"intake": 3.0, "document_check": 9.0, "scoring": 1.5, "underwriting": 61.0, "approval": 12.0},
    bottleneck="underwriting",
    slow_kind="business",
    slow_factor=1.7,
)
"""Planted: applications wait in underwriting, those of businesses most of all."""
_CUT = 560


@dataclass(slots=True)
class Loans:
    """The applications, their stages, labels of the letters, and the planted figures."""

    table: Table
    events: StageLog
    labels: list[list[Label]] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)
    defaults: list[bool] = field(default_factory=list)

    def truth(self) -> dict[str, object]:
        """The default model and the bottleneck."""
        return {
            "default": {
                "table": "loan_applications",
                "column": "defaulted",
                **DEFAULT.truth(self.probabilities, self.defaults),
            },
            "bottleneck": self.events.truth(),
        }


def apply(accounts: list[Account], advisors: list[Advisor], stream: Stream) -> Loans:
    """500 applications of different account holders, sorted by time."""
    events = StageLog(
        "loan_stage_events", "application_id", "TICKET_ID", "loan_applications.application_id", "advisor_id",
        "advisors.advisor_id", "EMPLOYEE_ID", FLOW,
    )  # fmt: skip
    loans = Loans(Table("loan_applications", _COLUMNS, []), events)
    calendar = Calendar(FIRST_DAY, SNAPSHOT - dt.timedelta(days=40), weekdays=WEEKDAYS_ONLY, hours=OFFICE_HOURS)
    moments = sorted(calendar.moment(stream) for _ in range(COUNT))
    for number, (moment, account) in enumerate(zip(moments, stream.sample(accounts, COUNT), strict=True)):
        _apply(loans, f"LN-{moment.year}-{1000 + number}", moment, account, advisors, stream)
    return loans


def _apply(
    loans: Loans, key: str, moment: dt.datetime, account: Account, advisors: list[Advisor], stream: Stream
) -> None:
    purpose = stream.weighted(PURPOSES)
    income = round(account.kind.income * 12 * stream.lognormal(1.0, 0.15), 2)
    amount = round(min(90_000.0, income * stream.lognormal(0.5, 0.5)), -2)
    variables = {
        "debt_ratio": round(min(0.9, max(0.02, stream.normal(0.34, 0.14))), 3),
        "credit_score": float(round(min(850.0, max(400.0, stream.normal(680, 70))))),
        "years_employed": float(round(stream.lognormal(5.0, 0.7), 1)),
        "loan_to_income": round(amount / income, 3),
    }
    approved = variables["credit_score"] >= _CUT
    defaulted: bool | None = None
    if approved:
        defaulted, probability = DEFAULT.draw(variables, stream)
        loans.probabilities.append(probability)
        loans.defaults.append(defaulted)
    months = stream.choose((24, 36, 48, 60, 84))
    sums = {"amount": amount, "income": income, "months": months, "years": variables["years_employed"]}
    colleague = stream.choose(advisors).person.name
    slots = letter_slots(account, colleague, moment.date(), sums, stream) | {"PURPOSE": purpose}
    letter, labels = join(
        with_typos(GRAMMAR.write("letter", slots, stream), stream, stream.choose((0.0, 0.002, 0.012)))
    )
    ends = loans.events.run(key, purpose, moment, lambda _stage: account.advisor.id, stream)
    loans.labels.append(labels)
    loans.table.rows.append((
        key, account.id, account.person.name, account.employer, account.advisor.id, account.branch, moment, ends[-1],
        purpose, amount, income, months, variables["debt_ratio"], int(variables["credit_score"]),
        variables["years_employed"], variables["loan_to_income"], "approved" if approved else "rejected", defaulted,
        letter,
    ))  # fmt: skip


_COLUMNS = (
    Column("application_id", personal="TICKET_ID", key=True),
    Column("account_id", personal="ACCOUNT_NUMBER", references="accounts.account_id"),
    Column("applicant_name", personal="PERSON"),
    Column("employer", personal="ORGANIZATION"),
    Column("advisor_id", personal="EMPLOYEE_ID", references="advisors.advisor_id"),
    Column("branch_id", references="branches.branch_id"),
    Column("applied_at", "datetime"),
    Column("decided_at", "datetime"),
    Column("purpose"),
    Column("amount", "real"),
    Column("annual_income", "real"),
    Column("term_months", "integer"),
    Column("debt_ratio", "real"),
    Column("credit_score", "integer"),
    Column("years_employed", "real"),
    Column("loan_to_income", "real"),
    Column("decision"),
    Column("defaulted", "boolean"),
    Column("cover_letter", free_text=True),
)
