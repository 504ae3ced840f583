"""Tables as companies and open data have them - sales, staff, web log - with the right class of each column.

Written for the test; the values are invented, in the forms such tables hold. Class: entity type or None, and role.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl

Right = tuple[str | None, str]
ID, QUASI, TEXT, VALUE = "identifier", "quasi_identifier", "text", "value"
ROWS = 300
_FIRST = "Amelia Bruno Chiara Dmitri Elif Farid Greta Hiro Ines Jamal Katja Liam Mei Nadia Oscar Priya".split()
_LAST = "Abbott Bianchi Castro Dubois Eriksen Fischer Gupta Haddad Ito Jensen Kowalski Larsen Moreau Novak".split()
_CITIES = "Lisbon Dublin Krakow Ghent Malmo Porto Turin Graz Leeds Bergen Aarhus Nantes Seville Brno".split()
_STREETS = "Mill Lane,Station Road,High Street,Harbour Way,Church Hill,Park Avenue".split(",")
_FIRMS = "Northwind Foods Ltd,Alpine Tools GmbH,Casa Verde SA,Polar Shipping AS,Delta Optics BV".split(",")
_GOODS = "Walnut desk,Steel lamp,Cotton throw,Glass carafe,Oak shelf,Wool rug".split(",")
_NOTES = (
    "Customer rang about the late delivery and wants a refund before the weekend",
    "Spoke to the branch, they will send a replacement part early next week",
    "Left a message with a colleague, no answer yet; try again on Thursday",
)
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15",
    "curl/8.5.0",
)


def tables() -> dict[str, tuple[pl.DataFrame, dict[str, Right]]]:
    """Name of the table -> its rows and the right class of each column; the same on every call."""
    draw = random.Random(11)
    return {
        "sales_orders": _table(_sales(draw)),
        "hr_employees": _table(_staff(draw)),
        "web_access_log": _table(_log(draw)),
    }


Columns = dict[str, tuple[Callable[[int], object], Right]]


def _table(columns: Columns) -> tuple[pl.DataFrame, dict[str, Right]]:
    frame = pl.DataFrame({name: [make(n) for n in range(ROWS)] for name, (make, _) in columns.items()})
    return frame, {name: right for name, (_, right) in columns.items()}


def _sales(draw: random.Random) -> Columns:
    return {
        "OrderID": (lambda n: f"SO-{10_248 + n}", ("TICKET_ID", ID)),
        "CustomerID": (lambda n: f"{draw.choice(_LAST)[:4].upper()}{n:03}", ("ACCOUNT_NUMBER", ID)),
        "CompanyName": (lambda _: draw.choice(_FIRMS), ("ORGANIZATION", QUASI)),
        "ContactName": (lambda _: f"{draw.choice(_FIRST)} {draw.choice(_LAST)}", ("PERSON", ID)),
        "ContactTitle": (lambda _: draw.choice(("Owner", "Buyer", "Sales Manager")), (None, VALUE)),
        "ShipAddress": (lambda n: f"{n + 1} {draw.choice(_STREETS)}", ("STREET_ADDRESS", ID)),
        "ShipCity": (lambda _: draw.choice(_CITIES), ("LOCATION", QUASI)),
        "ShipPostalCode": (lambda n: f"{10_000 + n * 37}", ("POSTCODE", QUASI)),
        "ShipCountry": (lambda _: draw.choice(("PT", "IE", "PL")), (None, QUASI)),
        "Phone": (lambda n: f"(0{n % 9}0) 555-{1000 + n}", ("PHONE_NUMBER", ID)),
        "ProductName": (lambda _: draw.choice(_GOODS), (None, VALUE)),
        "Category": (lambda _: draw.choice(("Furniture", "Lighting", "Textiles")), (None, VALUE)),
        "Quantity": (lambda _: draw.randint(1, 9), (None, VALUE)),
        "UnitPrice": (lambda _: round(draw.uniform(5, 900), 2), (None, VALUE)),
        "OrderDate": (lambda n: f"2024-{1 + n % 12:02}-{1 + n % 28:02}", (None, VALUE)),
        "ShipVia": (lambda _: draw.choice(("road", "rail", "air")), (None, VALUE)),
        "Remarks": (lambda n: f"{draw.choice(_NOTES)} ({n})", (None, TEXT)),
        "SalesRep": (lambda _: f"{draw.choice(_FIRST)} {draw.choice(_LAST)}", ("PERSON", ID)),
    }


def _staff(draw: random.Random) -> Columns:
    return {
        "EmpID": (lambda n: 10_000 + n, ("EMPLOYEE_ID", ID)),
        "Employee_Name": (lambda _: f"{draw.choice(_LAST)}, {draw.choice(_FIRST)}", ("PERSON", ID)),
        "DOB": (lambda n: f"{1 + n % 12:02}/{1 + n % 28:02}/{60 + n % 40}", ("DATE_OF_BIRTH", QUASI)),
        "Sex": (lambda _: draw.choice("MF"), (None, QUASI)),
        "MaritalStatus": (lambda _: draw.choice(("single", "married")), (None, QUASI)),
        "Citizenship": (lambda _: draw.choice(("Danish", "Polish", "Irish")), ("NRP", QUASI)),
        "SSN": (lambda n: f"9{n % 90 + 10:02}-{n % 90 + 10}-{1000 + n}", ("US_SSN", ID)),
        "Department": (lambda _: draw.choice(("IT", "Sales", "Production")), (None, VALUE)),
        "Position": (lambda _: draw.choice(("Technician", "Analyst")), (None, VALUE)),
        "ManagerName": (lambda _: f"{draw.choice(_FIRST)} {draw.choice(_LAST)}", ("PERSON", ID)),
        "Salary": (lambda _: draw.randint(40_000, 120_000), (None, VALUE)),
        "DateofHire": (lambda n: f"2019-{1 + n % 12:02}-01", (None, VALUE)),
        "work_email": (lambda n: f"staff{n}@corp.example", ("EMAIL_ADDRESS", ID)),
        "mobile": (lambda n: f"+48 600 {100 + n} {200 + n}", ("PHONE_NUMBER", ID)),
        "home_address": (lambda n: f"{n + 3} {draw.choice(_STREETS)}, {draw.choice(_CITIES)}", ("STREET_ADDRESS", ID)),
        "State": (lambda _: draw.choice(("MA", "CT", "NY")), (None, QUASI)),
        "Zip": (lambda n: 1_000 + n * 13, ("POSTCODE", QUASI)),
        "IBAN": (lambda n: f"GB{n % 90 + 10}WEST{12345678901234 + n}", ("IBAN_CODE", ID)),
        "PerformanceScore": (lambda _: draw.choice(("Fully meets", "Exceeds", "PIP")), (None, VALUE)),
        "Absences": (lambda _: draw.randint(0, 20), (None, VALUE)),
        "review_comments": (lambda n: f"{draw.choice(_NOTES)}, said employee number {n}", (None, TEXT)),
    }


def _log(draw: random.Random) -> Columns:
    return {
        "timestamp": (lambda n: f"2024-05-{1 + n % 28:02}T10:00:{n % 60:02}Z", (None, VALUE)),
        "client_ip": (lambda n: f"203.0.113.{n % 250}", ("IP_ADDRESS", ID)),
        "x_forwarded_for": (lambda n: f"2001:db8::{n + 1:x}", ("IP_ADDRESS", ID)),
        "remote_user": (lambda n: f"{draw.choice(_LAST).lower()}{n}", ("USERNAME", ID)),
        "method": (lambda _: draw.choice(("GET", "POST")), (None, VALUE)),
        "request_uri": (lambda n: f"/account/{n}/orders?page={n % 5}", ("URL", ID)),
        "status": (lambda _: draw.choice((200, 304, 404)), (None, VALUE)),
        "bytes_sent": (lambda _: draw.randint(200, 90_000), (None, VALUE)),
        "referer": (lambda n: f"https://shop.example/p/{n}", ("URL", ID)),
        "user_agent": (lambda _: draw.choice(_AGENTS), (None, QUASI)),
        "session_id": (lambda n: f"s{draw.getrandbits(64):016x}{n}", ("SECRET", ID)),
        "request_id": (lambda _: _uuid(draw), ("UUID", ID)),
        "duration_ms": (lambda _: draw.randint(1, 900), (None, VALUE)),
        "host": (lambda _: draw.choice(("web-1", "web-2")), (None, VALUE)),
        "device_mac": (lambda n: f"00:1b:44:11:{n % 250:02x}:{n % 99:02x}", ("MAC_ADDRESS", ID)),
        "country_code": (lambda _: draw.choice(("DK", "PL")), (None, QUASI)),
    }


def _uuid(draw: random.Random) -> str:
    text = f"{draw.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
