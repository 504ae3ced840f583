"""What TechCorp sells, through which channels, and with which campaigns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from demo_data.model import Column, Row, Table

_PRODUCTS = """
Aurora 14 laptop|Computers|1149|812
Aurora 16 laptop|Computers|1599|1130
Nimbus tablet|Computers|429|291
Nimbus Mini tablet|Computers|289|197
Slate e-reader|Computers|139|88
Halo 27 monitor|Displays|319|214
Halo 34 monitor|Displays|689|471
Lumen projector|Displays|549|362
Vireo phone|Phones|699|468
Vireo Lite phone|Phones|329|221
Echo Bay speaker|Audio|179|96
Echo Bay Mini speaker|Audio|79|38
Quiet One headphones|Audio|249|131
Quiet Buds earphones|Audio|119|55
Stagehand soundbar|Audio|359|215
Hearth thermostat|Smart home|149|79
Porchlight doorbell|Smart home|129|68
Lookout camera|Smart home|99|47
Switchboard hub|Smart home|89|42
Glow bulb set|Smart home|49|19
Pressroom printer|Office|219|149
Inkwell cartridge|Office|34|9
Keystone keyboard|Office|89|41
Glide mouse|Office|49|18
Dock Nine station|Office|189|104
Voyager backpack|Accessories|79|28
Volt charger|Accessories|39|12
Long Haul power bank|Accessories|59|22
Tidy cable set|Accessories|19|4
Care plan, two years|Services|129|31
""".strip().splitlines()
_CHANNELS = (
    ("web", 0.52, 21000),
    ("app", 0.21, 14500),
    ("store", 0.15, 38000),
    ("marketplace", 0.09, 6200),
    ("phone", 0.03, 9800),
)
CHANNEL_WEIGHTS = {name: weight for name, weight, _cost in _CHANNELS}
CAMPAIGNS = (
    ("Spring clean-up", "email", dt.date(2025, 3, 3), 8200, 0.06),
    ("Back to school", "email", dt.date(2025, 8, 11), 9100, 0.09),
    ("Black week", "push", dt.date(2025, 11, 17), 15400, 0.16),
    ("We miss you", "letter", dt.date(2025, 6, 2), 12700, 0.015),
    ("Care plan upgrade", "email", dt.date(2025, 9, 22), 4300, 0.04),
    ("Year-end thanks", "push", dt.date(2025, 12, 8), 7600, 0.11),
)
"""Name, medium, start, cost and the planted share of conversions."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product: `price` is the list price, `cost` what it costs the shop."""

    id: str
    name: str
    category: str
    price: float
    cost: float


def products() -> list[Product]:
    """The thirty products."""
    fields = [line.split("|") for line in _PRODUCTS]
    return [
        Product(f"P{number:03d}", name, category, float(price), float(cost))
        for number, (name, category, price, cost) in enumerate(fields, start=101)
    ]


def products_table(items: list[Product]) -> Table:
    """One row per product."""
    columns = (
        Column("product_id", key=True),
        Column("name"),
        Column("category"),
        Column("list_price", "real"),
        Column("unit_cost", "real"),
    )
    return Table("products", columns, [(item.id, item.name, item.category, item.price, item.cost) for item in items])


def channels_table() -> Table:
    """One row per sales channel."""
    columns = (Column("channel_id", key=True), Column("monthly_cost", "real"))
    return Table("channels", columns, [(name, float(cost)) for name, _weight, cost in _CHANNELS])


def campaigns_table() -> Table:
    """One row per campaign."""
    columns = (
        Column("campaign_id", key=True),
        Column("name"),
        Column("medium"),
        Column("starts_on", "date"),
        Column("ends_on", "date"),
        Column("cost", "real"),
    )
    rows: list[Row] = [
        (f"CMP-{number}", name, medium, start, start + dt.timedelta(days=20), float(cost))
        for number, (name, medium, start, cost, _share) in enumerate(CAMPAIGNS, start=1)
    ]
    return Table("campaigns", columns, rows)
