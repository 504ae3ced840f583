"""The set `financial`: a bank with accounts, transactions and loan applications.

Card numbers, cardholder names and expiry dates occur (PCI DSS: cardholder data). Security codes and track data do
not: they may never be stored after authorization, so no demo holds any.
"""

from __future__ import annotations

from demo_data.access import AccessLog
from demo_data.calendars import OFFICE_HOURS, WEEKDAYS_ONLY, Calendar, months_between
from demo_data.financial import bank, loans, payments
from demo_data.model import Column, DataSet, Row, Table
from demo_data.seeding import Stream

ACCESS_ENTRIES = 5000
_MONTHLY = {"branches": 305_000, "cards": 88_000, "it": 141_000, "compliance": 57_000}
_STEP_MONTH = "2025-02-01"


def generate(seed: int) -> DataSet:
    """The whole set; the same seed gives the same bytes."""

    def stream(part: str) -> Stream:
        return Stream(seed, f"financial/{part}")

    advisors = bank.hire(stream("advisors"))
    accounts = bank.open_accounts(advisors, stream("accounts"))
    shifts, use = bank.shifts(advisors, stream("shifts"))
    paid = payments.pay(accounts, stream("transactions"))
    applied = loans.apply(accounts, advisors, stream("loans"))
    log, violations = _access_log(advisors, accounts, applied.table, stream("access"))
    tables = (
        bank.branches_table(), bank.channels_table(), bank.advisors_table(advisors), shifts,
        bank.accounts_table(accounts, stream("balances")), paid.table, applied.table, applied.events.table(),
        _costs(stream("costs")), log,
    )  # fmt: skip
    labels = {("transactions", "memo"): paid.labels, ("loan_applications", "cover_letter"): applied.labels}
    truth: dict[str, object] = {
        "snapshot": bank.SNAPSHOT.isoformat(),
        **paid.truth,
        **applied.truth(),
        "workload": use,
        "cost_change": {"department": "compliance", "change_point": _STEP_MONTH, "factor": 1.5},
        "violations": violations,
    }
    planted = {"accounts.kind": [account.kind.name for account in accounts]}
    return DataSet("financial", seed, {table.name: table for table in tables}, labels, truth, planted)


def _costs(stream: Stream) -> Table:
    """Monthly costs; those of compliance rise by half in February 2025."""
    rows: list[Row] = []
    for month in months_between(bank.FIRST_DAY, bank.SNAPSHOT):
        for department, base in _MONTHLY.items():
            step = 1.5 if department == "compliance" and month.isoformat() >= _STEP_MONTH else 1.0
            rows.append((f"K{len(rows) + 1:04d}", month, department, round(base * step * stream.normal(1.0, 0.025), 2)))
    columns = (Column("cost_id", key=True), Column("month", "date"), Column("department"), Column("amount", "real"))
    return Table("costs", columns, rows)


def _access_log(
    advisors: list[bank.Advisor], accounts: list[bank.Account], applied: Table, stream: Stream
) -> tuple[Table, dict[str, list[int]]]:
    """The access log of the account records of 2025; the reason of an access is a loan application."""
    cases = [str(key) for key in applied.values("application_id")]
    log = AccessLog(
        employees=[one.access for one in advisors],
        employee_references="advisors.advisor_id",
        calendar=Calendar(
            bank.SNAPSHOT.replace(month=1, day=1), bank.SNAPSHOT, weekdays=WEEKDAYS_ONLY, hours=OFFICE_HOURS
        ),
        stream=stream,
        record=lambda: stream.choose(accounts).id,
        reason=lambda: stream.choose(cases),
        object_name="accounts",
    )
    log.ordinary(ACCESS_ENTRIES)
    log.violations()
    return log.finish("ACCOUNT_NUMBER", "TICKET_ID")
