"""TechCorp's transactions: frequency, recency and value by segment, the season, and a few outliers."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from demo_data.calendars import SHOP_HOURS, Calendar, month_counts
from demo_data.identifiers import ipv4, ipv6
from demo_data.model import Column, Row, Table
from demo_data.planted import median, shares, spread
from demo_data.seeding import Stream
from demo_data.techcorp.catalogue import CHANNEL_WEIGHTS, Product
from demo_data.techcorp.customers import SEGMENTS, Customer
from demo_data.techcorp.staff import FIRST_DAY, SNAPSHOT

COUNT = 25_000
OUTLIERS = 40
MONTH_WEIGHTS = (0.86, 0.78, 0.9, 0.88, 0.92, 0.84, 0.7, 0.95, 1.0, 1.05, 1.65, 1.55)
WEEKDAY_WEIGHTS = (0.95, 0.9, 0.9, 0.95, 1.1, 1.25, 1.05)
_PAYMENT = {"card": 62, "wallet": 21, "direct debit": 10, "invoice": 7}
LATE_SHARE = 0.11


@dataclass(frozen=True, slots=True)
class Order:
    """What a ticket can refer to."""

    number: str
    moment: dt.datetime
    product: Product
    amount: float


@dataclass(slots=True)
class Sales:
    """All transactions and what the other parts need of them."""

    table: Table
    orders: dict[str, list[Order]]
    late: Counter[str]
    truth: dict[str, object] = field(default_factory=dict)


def sell(customers: list[Customer], items: list[Product], stream: Stream) -> Sales:
    """25,000 transactions, sorted by time."""
    calendar = Calendar(FIRST_DAY, SNAPSHOT, MONTH_WEIGHTS, WEEKDAY_WEIGHTS, SHOP_HOURS)
    weights = [customer.segment.orders * stream.lognormal(1.0, 0.25) + 1e-6 for customer in customers]
    counts = spread(COUNT, weights, minimum=1)
    drawn = [
        (moment, number)
        for number, (customer, count) in enumerate(zip(customers, counts, strict=True))
        for moment in _moments(customer, count, calendar, stream)
    ]
    drawn.sort()
    outliers = set(stream.sample(range(COUNT), OUTLIERS))
    rows: list[Row] = []
    orders: dict[str, list[Order]] = defaultdict(list)
    late: Counter[str] = Counter()
    odd: list[str] = []
    tiers = _tiers(items)
    for position, (moment, number) in enumerate(drawn):
        customer = customers[number]
        product = stream.choose(tiers[customer.segment.tier])
        row = _row(position, moment, customer, product, stream, odd=position in outliers)
        rows.append(row)
        if position in outliers:
            odd.append(str(row[0]))
        late[customer.id] += bool(row[-1])
        orders[customer.id].append(Order(str(row[1]), moment, product, float(str(row[9]))))
    table = Table("transactions", _COLUMNS, rows)
    return Sales(table, orders, late, _truth(customers, table, odd))


def _tiers(items: list[Product]) -> tuple[list[Product], ...]:
    ordered = sorted(items, key=lambda item: item.price)
    return ordered[:15], ordered, ordered[12:]


def _moments(customer: Customer, count: int, calendar: Calendar, stream: Stream) -> list[dt.datetime]:
    """`count` purchases, the last of them on the customer's last day."""
    earlier = [calendar.moment(stream, customer.signup, customer.last_purchase) for _ in range(count - 1)]
    return [*earlier, calendar.at(stream, customer.last_purchase)]


def _row(position: int, moment: dt.datetime, customer: Customer, product: Product, stream: Stream, *, odd: bool) -> Row:
    """One transaction; an odd one has 25 to 60 pieces and comes at night."""
    segment = customer.segment
    quantity = 1 if stream.chance(0.86) else 2
    discount = round(min(0.45, max(0.0, stream.normal(segment.discount, 0.04))), 2)
    if odd:
        quantity, discount = stream.between(25, 60), 0.0
        moment = moment.replace(hour=stream.between(2, 4))
    promised = stream.choose((2, 3, 5))
    taken = promised + stream.between(1, 6) if stream.chance(LATE_SHARE) else max(1, promised - stream.between(0, 2))
    payment = "card" if odd else stream.weighted(_PAYMENT)
    last4 = stream.digits("####") if payment == "card" else None
    address = ipv6(stream) if stream.chance(0.08) else ipv4(stream)
    order = f"ORD-{moment.year}-{204100 + position * 7}"
    amount = round(product.price * quantity * (1 - discount), 2)
    return (
        f"T{position + 1:06d}", order, customer.id, product.id, stream.weighted(CHANNEL_WEIGHTS), moment, quantity,
        product.price, discount, amount, payment, last4, address, promised, taken, taken > promised,
    )  # fmt: skip


_COLUMNS = (
    Column("transaction_id", key=True),
    Column("order_number", personal="TICKET_ID"),
    Column("customer_id", personal="ACCOUNT_NUMBER", references="customers.customer_id"),
    Column("product_id", references="products.product_id"),
    Column("channel_id", references="channels.channel_id"),
    Column("ordered_at", "datetime"),
    Column("quantity", "integer"),
    Column("unit_price", "real"),
    Column("discount", "real"),
    Column("amount", "real"),
    Column("payment_method"),
    Column("card_last4"),
    Column("ip_address", personal="IP_ADDRESS"),
    Column("promised_days", "integer"),
    Column("delivery_days", "integer"),
    Column("late", "boolean"),
)


def _truth(customers: list[Customer], table: Table, outliers: list[str]) -> dict[str, object]:
    """Segments with their realised medians, the season, the outliers."""
    bought: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        bought[str(row[2])].append(row)
    segments: dict[str, object] = {}
    for segment in SEGMENTS:
        members = [customer for customer in customers if customer.segment is segment]
        segments[segment.name] = {
            "customers": len(members),
            "median_recency_days": median([(SNAPSHOT - member.last_purchase).days for member in members]),
            "median_frequency": median([len(bought[member.id]) for member in members]),
            "median_monetary": round(median([sum(float(str(row[9])) for row in bought[m.id]) for m in members]), 2),
        }
    months = shares(month_counts([row[5] for row in table.rows if isinstance(row[5], dt.datetime)]))
    return {
        "segments": segments,
        "seasonality": {"planted_month_weights": list(MONTH_WEIGHTS), "month_shares": months, "peak_month": 11},
        "outliers": {"table": "transactions", "rule": "quantity of 25 or more", "transaction_ids": outliers},
    }
