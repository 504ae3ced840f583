"""TechCorp's customers, the segments that they are drawn from, and who leaves."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from demo_data import people
from demo_data.model import Column, Row, Table
from demo_data.people import PeopleMaker, Person
from demo_data.planted import Logistic
from demo_data.seeding import Stream
from demo_data.techcorp.staff import FIRST_DAY, SNAPSHOT

COUNT = 5000


@dataclass(frozen=True, slots=True)
class Segment:
    """How a kind of customer buys.

    `share` of all customers; `orders` is the mean number of purchases; `recency` the range of days since the last
    one; `discount` the usual rebate; `tier` the price range of what they buy (0 cheap, 1 all, 2 dear).
    """

    name: str
    share: float
    orders: float
    recency: tuple[int, int]
    discount: float
    tier: int


SEGMENTS = (
    Segment("champions", 0.08, 18.0, (0, 35), 0.03, 2),
    Segment("loyal", 0.22, 8.0, (5, 80), 0.05, 1),
    Segment("bargain_hunters", 0.18, 6.0, (10, 110), 0.28, 0),
    Segment("newcomers", 0.14, 2.2, (0, 100), 0.08, 1),
    Segment("dormant", 0.23, 3.6, (250, 480), 0.08, 1),
    Segment("one_off", 0.15, 0.0, (130, 600), 0.05, 2),
)
CHURN = Logistic(
    -1.15,
    {
        "monthly_contract": 1.25,
        "logins_30d": -0.16,
        "late_deliveries": 0.75,
        "ticket_count": 0.85,
        "tenure_months": -0.018,
    },
)
"""Planted: who cancels within 90 days after the snapshot."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the other tables need it."""

    id: str
    person: Person
    segment: Segment
    company: str | None
    signup: dt.date
    last_purchase: dt.date


def sign_up(stream: Stream) -> list[Customer]:
    """5,000 customers; the shares of the segments are exact."""
    maker = PeopleMaker(stream)
    drawn = [segment for segment in SEGMENTS for _ in range(round(segment.share * COUNT))]
    customers: list[Customer] = []
    for number, segment in enumerate(stream.shuffled(drawn)):
        person = maker.make((18, 86), SNAPSHOT, people.COUNTRIES)
        company = people.company(stream, person.address.country) if stream.chance(0.14) else None
        last = SNAPSHOT - dt.timedelta(days=stream.between(*segment.recency))
        if segment.name == "newcomers":
            signup = last - dt.timedelta(days=stream.between(0, max(1, 110 - (SNAPSHOT - last).days)))
        else:
            signup = min(last, FIRST_DAY + dt.timedelta(days=stream.between(-1500, 200)))
        key = f"C-{100417 + number * 3}"
        customers.append(Customer(key, person, segment, company, signup, last))
    return customers


@dataclass(frozen=True, slots=True)
class Leaving:
    """The churn signal: one entry per customer."""

    rows: list[dict[str, float]]
    probabilities: list[float]
    events: list[bool]


def decide_who_leaves(customers: list[Customer], late: Counter[str], tickets: Counter[str], stream: Stream) -> Leaving:
    """Draw the churn drivers that no other table holds, and who leaves."""
    rows: list[dict[str, float]] = []
    probabilities: list[float] = []
    events: list[bool] = []
    for customer in customers:
        variables = {
            "monthly_contract": float(stream.chance(0.45)),
            "logins_30d": float(max(0, round(stream.lognormal(7.0, 0.9)))),
            "late_deliveries": float(late[customer.id]),
            "ticket_count": float(tickets[customer.id]),
            "tenure_months": float((SNAPSHOT - customer.signup).days // 30),
        }
        event, probability = CHURN.draw(variables, stream)
        rows.append(variables)
        probabilities.append(probability)
        events.append(event)
    return Leaving(rows, probabilities, events)


def customers_table(customers: list[Customer], leaving: Leaving, stream: Stream) -> Table:
    """One row per customer."""
    columns = (
        Column("customer_id", personal="ACCOUNT_NUMBER", key=True),
        Column("first_name", personal="PERSON"),
        Column("last_name", personal="PERSON"),
        Column("gender", quasi=True),
        Column("email", personal="EMAIL_ADDRESS"),
        Column("phone", personal="PHONE_NUMBER"),
        Column("username", personal="USERNAME"),
        Column("birth_date", "date", personal="DATE_OF_BIRTH"),
        Column("company", personal="ORGANIZATION"),
        Column("street", personal="STREET_ADDRESS"),
        Column("city", personal="LOCATION"),
        Column("region", quasi=True),
        Column("postcode", personal="POSTCODE"),
        Column("country", quasi=True),
        Column("signup_date", "date"),
        Column("contract"),
        Column("tenure_months", "integer"),
        Column("logins_30d", "integer"),
        Column("late_deliveries", "integer"),
        Column("ticket_count", "integer"),
        Column("newsletter", "boolean"),
        Column("churned", "boolean"),
    )
    rows = [
        _row(customer, variables, stream.chance(0.4), churned)
        for customer, variables, churned in zip(customers, leaving.rows, leaving.events, strict=True)
    ]
    return Table("customers", columns, rows)


def _row(customer: Customer, variables: dict[str, float], newsletter: bool, churned: bool) -> Row:  # noqa: FBT001 - two cells of the row
    person, address = customer.person, customer.person.address
    return (
        customer.id, person.first, person.last, person.gender, person.email, person.phone, person.username,
        person.born, customer.company, address.street, address.city, address.region, address.postcode,
        address.country, customer.signup, "monthly" if variables["monthly_contract"] else "yearly",
        int(variables["tenure_months"]), int(variables["logins_30d"]), int(variables["late_deliveries"]),
        int(variables["ticket_count"]), newsletter, churned,
    )  # fmt: skip
