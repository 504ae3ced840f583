"""The bank's transactions: kinds of customers, the season, remarks, and two planted kinds of fraud."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from demo_data import identifiers
from demo_data.calendars import SHOP_HOURS, Calendar, month_counts
from demo_data.financial.bank import FIRST_DAY, KINDS, SNAPSHOT, Account
from demo_data.financial.letters import GRAMMAR, memo_slots
from demo_data.grammar import join
from demo_data.model import Cell, Column, Label, Row, Table
from demo_data.planted import median, shares, spread
from demo_data.seeding import Stream
from demo_data.words import word_list

COUNT = 50_000
NIGHT_TRANSFERS = 30
TESTING_BURSTS, BURST_SIZE = 8, 9
MONTH_WEIGHTS = (0.85, 0.82, 0.92, 0.94, 0.97, 1.02, 1.12, 1.08, 0.95, 0.97, 1.1, 1.5)
_KINDS = {"purchase": 76, "transfer": 11, "salary": 5, "rent": 4, "withdrawal": 4}
_CHANNEL = {"purchase": "card_terminal", "salary": "online_banking", "rent": "online_banking", "withdrawal": "atm"}
_Draft = tuple[dt.datetime, int, tuple[Cell, ...], list[Label], str]


@dataclass(slots=True)
class Payments:
    """The transactions, labels of their remarks, and the planted figures."""

    table: Table
    labels: list[list[Label]] = field(default_factory=list)
    truth: dict[str, object] = field(default_factory=dict)


def pay(accounts: list[Account], stream: Stream) -> Payments:
    """50,000 transactions, sorted by time."""
    calendar = Calendar(FIRST_DAY, SNAPSHOT, MONTH_WEIGHTS, hours=SHOP_HOURS)
    ordinary = COUNT - NIGHT_TRANSFERS - TESTING_BURSTS * BURST_SIZE
    counts = spread(ordinary, [one.kind.activity * stream.lognormal(1.0, 0.2) for one in accounts], minimum=3)
    drafts: list[_Draft] = []
    for account, count in zip(accounts, counts, strict=True):
        for _ in range(count):
            drafts.append(_ordinary(account, stream.choose(accounts), calendar.moment(stream), len(drafts), stream))
    _defraud(drafts, accounts, calendar, stream)
    drafts.sort(key=lambda draft: draft[:2])
    payments = Payments(Table("transactions", _COLUMNS, []))
    found: dict[str, list[str]] = {}
    for number, (moment, _tie, cells, labels, fraud) in enumerate(drafts, start=1):
        key = f"T{number:06d}"
        payments.table.rows.append((key, cells[0], moment, *cells[1:]))
        payments.labels.append(labels)
        if fraud:
            found.setdefault(fraud, []).append(key)
    payments.truth = _truth(accounts, payments.table.rows, found)
    return payments


def _ordinary(account: Account, payee: Account, moment: dt.datetime, tie: int, stream: Stream) -> _Draft:
    kind = stream.weighted(_KINDS)
    memo: str | None = None
    labels: list[Label] = []
    counterparty: str | None = None
    other: str | None = None
    if kind == "purchase":
        amount = stream.lognormal(account.kind.purchase, 0.7)
        counterparty = stream.choose(word_list("companies")["merchants"])
    elif kind == "withdrawal":
        amount = float(stream.choose((20, 50, 50, 100, 100, 200)))
    else:
        share = {"salary": 1.0, "rent": 0.3}.get(kind) or min(0.4, stream.lognormal(0.05, 0.7))
        amount = account.kind.income * share * stream.normal(1.0, 0.04)
        slots = memo_slots(account, payee, moment.date(), stream)
        memo, labels = join(GRAMMAR.write(f"memo.{kind}", slots, stream))
        other = payee.iban
    channel = _CHANNEL.get(kind) or stream.choose(("online_banking", "mobile_app", "branch"))
    direction = "credit" if kind == "salary" else "debit"
    cells = (account.id, kind, direction, round(max(2.5, amount), 2), channel, counterparty, other, None, memo)
    return moment, tie, cells, labels, ""


def _defraud(drafts: list[_Draft], accounts: list[Account], calendar: Calendar, stream: Stream) -> None:
    """Large transfers at night, and bursts of tiny payments that try out stolen cards."""
    for account in stream.sample(accounts, NIGHT_TRANSFERS):
        moment = dt.datetime.combine(calendar.day(stream), dt.time(stream.between(1, 4), stream.between(0, 59)))
        amount = round(stream.uniform(9_000, 24_000) + account.kind.income, 2)
        other, address = identifiers.iban(stream, "NL"), identifiers.ipv4(stream)
        cells: tuple[Cell, ...] = (
            account.id,
            "transfer",
            "debit",
            amount,
            "online_banking",
            None,
            other,
            address,
            None,
        )
        drafts.append((moment, len(drafts), cells, [], "night_transfer"))
    for account in stream.sample(accounts, TESTING_BURSTS):
        start = calendar.moment(stream)
        for attempt in range(BURST_SIZE):
            moment = start + dt.timedelta(seconds=attempt * stream.between(15, 45))
            amount = round(stream.uniform(0.5, 1.99), 2)
            cells = (account.id, "purchase", "debit", amount, "card_terminal", "Streamly", None, None, None)
            drafts.append((moment, len(drafts), cells, [], "card_testing"))


def _truth(accounts: list[Account], rows: list[Row], found: dict[str, list[str]]) -> dict[str, object]:
    kind_of = {account.id: account.kind.name for account in accounts}
    purchases: dict[str, list[float]] = {}
    for row in rows:
        if row[3] == "purchase":
            purchases.setdefault(kind_of[str(row[1])], []).append(float(str(row[5])))
    whole_year = [row[2] for row in rows if isinstance(row[2], dt.datetime) and row[2].year == SNAPSHOT.year]
    months = shares(month_counts(whole_year))
    return {
        "segments": {
            kind.name: {
                "accounts": sum(name == kind.name for name in kind_of.values()),
                "median_purchase": round(median(purchases[kind.name]), 2),
            }
            for kind in KINDS
        },
        "seasonality": {
            "year": SNAPSHOT.year,
            "planted_month_weights": list(MONTH_WEIGHTS),
            "month_shares": months,
            "peak_month": 12,
        },
        "fraud": {
            "table": "transactions",
            "rules": {
                "night_transfer": "a transfer of 9,000 or more between 1 and 5 o'clock",
                "card_testing": "purchases under 2.00, nine on one account within ten minutes",
            },
            "transaction_ids": found,
        },
    }


_COLUMNS = (
    Column("transaction_id", key=True),
    Column("account_id", personal="ACCOUNT_NUMBER", references="accounts.account_id"),
    Column("booked_at", "datetime"),
    Column("kind"),
    Column("direction"),
    Column("amount", "real"),
    Column("channel_id", references="channels.channel_id"),
    Column("merchant"),
    Column("counterparty_iban", personal="IBAN_CODE"),
    Column("ip_address", personal="IP_ADDRESS"),
    Column("memo", free_text=True),
)
