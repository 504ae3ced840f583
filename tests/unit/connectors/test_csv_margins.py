"""Tables as people export them: lines above the heading, units, totals, group heads; and data that looks like these."""

from __future__ import annotations

import codecs
import datetime as dt
import io
from typing import Any

import openpyxl
import pytest

from connectors.base import Reading
from connectors.boundaries import Boundaries
from connectors.files import GivenFiles
from connectors.registry import open_files
from tests.unit.connectors.test_csv_file import Bytes, broken, rows

ABOVE, UNITS = "it stands above the table", "it holds the units of the columns"
TOTALS, BELOW = "it is a row of totals", "it stands below the table"

ERP = """Umsatzliste Musterhandel GmbH
Stand: 31.12.2024

Kundennr;Datum;Betrag
K-1;03.01.2024;1.234,56
K-2;17.02.2024;89,90
K-3;28.02.2024;12,00
Summe;;1.336,46
"""
PADDED = """Sales report;;;
Exported on;01/02/2025;;
;;;
Customer;Order date;Amount;City
C1;2024-01-03;10.5;Leeds
C2;2024-02-03;11.5;York
C3;2024-03-03;12.5;Bath
;;;
Grand total:;;34.5;
Printed by finance;;;
"""
UNIT_ROW = """Artikel\tMenge\tGewicht\tPreis
\tStück\tkg\tEUR
Schraube\t100\t1,5\t3,20
Mutter\t250\t0,8\t2,10
"""
GROUPS = """Kunde;;Umsatz;
Nummer;Ort;2023;2024
K-1;Köln;100;110
K-2;Bonn;200;190
"""
FRENCH = """Relevé des ventes
Période : 2024

Client;Date;Montant
C1;03/01/2024;1 234,50
C2;17/02/2024;89,90
Total général;;1 324,40
"""
LOG = """# exported by a tool
# version 3
time,user,action
2024-01-01,u1,login
2024-01-02,u2,logout
"""


def names_and_rows(found: list[dict[str, Any]]) -> tuple[list[str], int]:
    return list(found[0]), len(found)


@pytest.mark.parametrize(
    ("data", "names", "count", "aside"),
    [
        (ERP.encode("cp1252"), ["Kundennr", "Datum", "Betrag"], 3, [(1, ABOVE), (2, ABOVE), (8, TOTALS)]),
        (codecs.BOM_UTF8 + ERP.encode(), ["Kundennr", "Datum", "Betrag"], 3, [(1, ABOVE), (2, ABOVE), (8, TOTALS)]),
        (
            PADDED.encode(),
            ["Customer", "Order date", "Amount", "City"],
            3,
            [(1, ABOVE), (2, ABOVE), (9, TOTALS), (10, BELOW)],
        ),
        (UNIT_ROW.encode("utf-16"), ["Artikel", "Menge", "Gewicht", "Preis"], 2, [(2, UNITS)]),
        (GROUPS.encode(), ["Kunde Nummer", "Kunde Ort", "Umsatz 2023", "Umsatz 2024"], 2, [(1, ABOVE)]),
        (FRENCH.encode(), ["Client", "Date", "Montant"], 2, [(1, ABOVE), (2, ABOVE), (7, TOTALS)]),
        (LOG.encode(), ["time", "user", "action"], 2, [(1, ABOVE), (2, ABOVE)]),
        (
            b"Visitors of the fair\nAnna,Berlin,1998\nBob,Paris,2001\nCleo,Rome,1987\n",
            ["column_1", "column_2", "column_3"],
            3,
            [(1, ABOVE)],
        ),
    ],
    ids=["german", "bom", "padded", "units-utf16", "groups", "french", "comments", "no-heading"],
)
async def test_the_table_is_found_and_what_stands_around_it_is_set_aside(
    data: bytes, names: list[str], count: int, aside: list[tuple[int, str]]
) -> None:
    assert names_and_rows(await rows(data)) == (names, count)
    assert await broken(data) == aside


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("name,city,amount\nTotal,Paris,12\nShell,Rome,13\n", 2),  # a firm of that name: beside it stand words
        ("Anna,Berlin,x\nBob,,\nname,city,age\nCleo,Rome,y\n", 4),  # full rows stand above what could be a heading
        ("key,value\nEUR,1.1\nkg,2\n", 2),  # units that are the data
        ("size,unit,note\n,kg,\n3,kg,\n4,kg,x\n", 3),  # the same unit stands below again
        ("name,note,more\na,,\nb,,x\nc,,\n", 3),  # rows with one cell, in a table that has many such
        ("Erstellt von;Anna Muster;;\nKunde;Ort;Kunde;Ort\nK1;Köln;K2;Bonn\nK3;Ulm;K4;Trier\n", 2),
    ],
)
async def test_data_that_looks_like_a_margin_stays(text: str, count: int) -> None:
    found = await rows(text.encode())
    assert len(found) == count
    assert not any("Anna" in name for row in found for name in row)


async def test_totals_end_a_long_table_too_and_its_types_stay() -> None:
    lines = [f"{number},{number / 4}" for number in range(1, 3_001)]
    data = "\n".join(["List", "", "number,amount", *lines, "Total,2000"]).encode()
    found = await rows(data)
    assert len(found) == 3_000
    assert found[-1] == {"number": 3_000, "amount": 750.0}
    assert await broken(data) == [(1, ABOVE), (3_004, TOTALS)]


async def test_heading_yes_takes_the_first_row_as_it_is() -> None:
    found = await rows(b"List,\na,b\nTotal,1\n", heading="yes")
    assert found == [{"List": "a", "column_2": "b"}, {"List": "Total", "column_2": "1"}]


async def test_a_sheet_has_margins_too() -> None:
    book = openpyxl.Workbook()
    for line in (
        ["Umsatzliste"],
        ["Stand", dt.date(2024, 12, 31)],
        [],
        ["Kundennr", "Datum", "Betrag"],
        [None, None, "EUR"],
        ["K-1", dt.date(2024, 1, 3), 10.5],
        ["K-2", dt.date(2024, 2, 3), 11.5],
        ["Summe", None, 22],
        ["Musterhandel GmbH"],
    ):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    connector = open_files("excel", {}, Boundaries(), GivenFiles([Bytes("a.xlsx", out.getvalue())]))
    table = (await connector.describe())[0]
    batches = [batch async for batch in connector.read(Reading(table.name, batch_rows=1))]
    assert [row for batch in batches for row in batch.frame.to_dicts()] == [
        {"Kundennr": "K-1", "Datum": dt.date(2024, 1, 3), "Betrag": 10.5},
        {"Kundennr": "K-2", "Datum": dt.date(2024, 2, 3), "Betrag": 11.5},
    ]
    assert table.rows == 2
    aside = [(row.line, row.reason) for batch in batches for row in batch.set_aside]
    assert aside == [(1, ABOVE), (2, ABOVE), (5, UNITS), (8, TOTALS), (9, BELOW)]


REPEATED = """Order,Order,Order,Customer,Customer,Amount,Amount
No,Date,Channel,No,Name,Net,Gross
1,01/17/2025,web,K-00012,Jane Doe,10.50,12.50
2,02/18/2025,shop,K-00013,Rob Stone,11.50,13.69
3,03/19/2025,web,K-00012,Jane Doe,12.50,14.88
4,04/20/2025,phone,K-00014,Amy Lee,9.50,11.31
"""


async def test_an_upper_row_that_repeats_its_groups_becomes_part_of_the_names() -> None:
    found = await rows(REPEATED.encode())
    names = ["Order No", "Order Date", "Order Channel", "Customer No", "Customer Name", "Amount Net", "Amount Gross"]
    assert list(found[0]) == names
    assert found[0]["Amount Gross"] == 12.5
    assert len(found) == 4


async def test_rows_of_people_below_repeated_names_never_become_names() -> None:
    found = await rows(b"name,name,city\n" + b"".join(f"Anna{at},Berg{at},York\n".encode() for at in range(8)))
    assert list(found[0]) == ["name", "name_2", "city"]
    assert len(found) == 8
