"""Branches, advisors and accounts of the bank."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from demo_data import identifiers, people
from demo_data.access import Employee
from demo_data.model import Column, Row, Table
from demo_data.people import PeopleMaker, Person
from demo_data.seeding import Stream
from demo_data.workload import Resource, Workload, workdays

SNAPSHOT = dt.date(2025, 12, 31)
FIRST_DAY = dt.date(2024, 7, 1)
ACCOUNTS = 2000
BRANCHES = (
    "Riverside",
    "Old Town",
    "Harbour",
    "Market Square",
    "University",
    "Airport Park",
    "Northfield",
    "Hillcrest",
)
BRANCH_USE = {"Market Square": 0.97, "Airport Park": 0.41}
"""Planted: Market Square is over-used, Airport Park under-used."""
_ADVISORS_PER_BRANCH = 5
_CHANNELS = (
    ("card_terminal", 8200.0),
    ("online_banking", 23500.0),
    ("mobile_app", 27800.0),
    ("atm", 19400.0),
    ("branch", 61000.0),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A planted kind of customer: share, mean number of transactions, median size of a purchase and income."""

    name: str
    share: float
    activity: float
    purchase: float
    income: float
    ages: tuple[int, int]


KINDS = (
    Kind("student", 0.18, 20.0, 11.0, 900.0, (18, 27)),
    Kind("salaried", 0.42, 26.0, 38.0, 3400.0, (25, 64)),
    Kind("affluent", 0.12, 34.0, 145.0, 11500.0, (35, 75)),
    Kind("retired", 0.18, 14.0, 29.0, 2100.0, (65, 92)),
    Kind("small_business", 0.10, 42.0, 310.0, 8200.0, (28, 66)),
)


@dataclass(frozen=True, slots=True)
class Advisor:
    """A member of staff of a branch."""

    id: str
    person: Person
    branch: str
    access: Employee


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its holder and card; the card's code and magnetic stripe are never part of any data."""

    id: str
    person: Person
    kind: Kind
    branch: str
    advisor: Advisor
    number: str
    iban: str
    card: str
    expiry: str
    ssn: str
    employer: str
    opened: dt.date


def hire(stream: Stream) -> list[Advisor]:
    """40 advisors in eight branches; three of them have left during 2025."""
    maker = PeopleMaker(stream)
    advisors: list[Advisor] = []
    posts = [branch for branch in BRANCHES for _ in range(_ADVISORS_PER_BRANCH)]
    leavers = set(stream.sample(range(len(posts)), 3))
    for number, branch in enumerate(posts):
        person = maker.make((24, 63), SNAPSHOT, {"US": 70, "GB": 20, "IE": 10}, "harborbank.example")
        key = f"B-{8102 + number * 5}"
        left = dt.date(2025, stream.between(4, 10), stream.between(1, 28)) if number in leavers else None
        advisors.append(Advisor(key, person, branch, Employee(key, person.username, number + 1, left)))
    return advisors


def open_accounts(advisors: list[Advisor], stream: Stream) -> list[Account]:
    """2,000 accounts; the shares of the kinds are exact."""
    maker = PeopleMaker(stream)
    taken = identifiers.Distinct()
    kinds = stream.shuffled([kind for kind in KINDS for _ in range(round(kind.share * ACCOUNTS))])
    accounts: list[Account] = []
    for number, kind in enumerate(kinds):
        person = maker.make(kind.ages, SNAPSHOT, people.COUNTRIES)
        advisor = stream.choose(advisors)
        ssn = identifiers.us_ssn(stream)
        card = identifiers.card_number(stream)
        while not taken.accept(card):
            card = identifiers.card_number(stream)
        country = person.address.country
        accounts.append(Account(
            id=f"AC-{30_000 + number}", person=person, kind=kind, branch=advisor.branch, advisor=advisor,
            number=f"{stream.digits('40##')}{10_007 + number * 41:06d}", iban=identifiers.iban(stream, country),
            card=card, expiry=f"{stream.between(1, 12):02d}/{stream.between(26, 30)}", ssn=ssn,
            employer=people.company(stream, country), opened=FIRST_DAY - dt.timedelta(days=stream.between(30, 5200)),
        ))  # fmt: skip
    return accounts


def branches_table() -> Table:
    """One row per branch."""
    columns = (Column("branch_id", key=True), Column("monthly_rent", "real"))
    return Table("branches", columns, [(name, 9000.0 + 650.0 * number) for number, name in enumerate(BRANCHES)])


def channels_table() -> Table:
    """One row per channel."""
    return Table("channels", (Column("channel_id", key=True), Column("monthly_cost", "real")), list(_CHANNELS))


def advisors_table(advisors: list[Advisor]) -> Table:
    """One row per advisor."""
    columns = (
        Column("advisor_id", personal="EMPLOYEE_ID", key=True),
        Column("full_name", personal="PERSON"),
        Column("email", personal="EMAIL_ADDRESS"),
        Column("phone", personal="PHONE_NUMBER"),
        Column("username", personal="USERNAME"),
        Column("branch_id", references="branches.branch_id"),
        Column("left_on", "date"),
    )
    rows: list[Row] = [
        (
            one.id,
            one.person.name,
            one.person.email,
            one.person.phone,
            one.person.username,
            one.branch,
            one.access.left_on,
        )
        for one in advisors
    ]
    return Table("advisors", columns, rows)


def shifts(advisors: list[Advisor], stream: Stream) -> tuple[Table, dict[str, object]]:
    """The shifts of the last quarter of 2025 and the planted over- and under-use."""
    workload = Workload("shifts", "advisor_id", "advisors.advisor_id", "EMPLOYEE_ID", "branch_id", BRANCH_USE)
    staying = [Resource(one.id, one.branch, 44.0) for one in advisors if one.access.left_on is None]
    workload.fill(staying, workdays(dt.date(2025, 10, 1), SNAPSHOT), stream)
    return workload.table(), workload.truth()


def accounts_table(accounts: list[Account], stream: Stream) -> Table:
    """One row per account."""
    columns = (
        Column("account_id", personal="ACCOUNT_NUMBER", key=True),
        Column("account_number", personal="ACCOUNT_NUMBER"),
        Column("iban", personal="IBAN_CODE"),
        Column("first_name", personal="PERSON"),
        Column("last_name", personal="PERSON"),
        Column("cardholder_name", personal="PERSON"),
        Column("gender", quasi=True),
        Column("birth_date", "date", personal="DATE_OF_BIRTH"),
        Column("ssn", personal="US_SSN"),
        Column("email", personal="EMAIL_ADDRESS"),
        Column("phone", personal="PHONE_NUMBER"),
        Column("username", personal="USERNAME"),
        Column("street", personal="STREET_ADDRESS"),
        Column("city", personal="LOCATION"),
        Column("postcode", personal="POSTCODE"),
        Column("country", quasi=True),
        Column("employer", personal="ORGANIZATION"),
        Column("card_number", personal="CREDIT_CARD"),
        Column("card_expiry", personal="CARD_EXPIRY"),
        Column("branch_id", references="branches.branch_id"),
        Column("advisor_id", personal="EMPLOYEE_ID", references="advisors.advisor_id"),
        Column("opened_on", "date"),
        Column("balance", "real"),
    )
    rows: list[Row] = []
    for one in accounts:
        person, address = one.person, one.person.address
        us_number = one.ssn if address.country == "US" else None
        rows.append((
            one.id, one.number, one.iban, person.first, person.last, person.name,
            person.gender, person.born, us_number, person.email,
            person.phone, person.username, address.street, address.city, address.postcode, address.country,
            one.employer, one.card, one.expiry, one.branch, one.advisor.id, one.opened,
            round(stream.lognormal(one.kind.income * 1.6, 0.8), 2),
        ))  # fmt: skip
    return Table("accounts", columns, rows)
