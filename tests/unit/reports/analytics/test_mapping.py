"""Which column plays which role."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from connectors.jar_model import HoneyJar, JarColumn, JarTable
from reports.analytics.mapping import (
    columns_to_read,
    inputs,
    named,
    nearest,
    other_inputs,
    other_tables,
    propose,
    words_of,
)
from reports.analytics.overview import overview
from reports.analytics.roles import role
from reports.results import AnalysisContext, ColumnRef
from reports.templates import load_template
from tests.unit.reports.analytics.demo_frames import Demo, values

NEEDS = tuple(role(f"order.{name}", required=True) for name in ("customer", "time", "amount"))


def jar(*columns: str, table: str = "Bestellungen 2025") -> HoneyJar:
    return HoneyJar(
        "1", "shop", "t", None, (JarTable(table, 3, tuple(JarColumn(c, "text", "value") for c in columns)),)
    )


def test_words_of_odd_headers() -> None:
    assert words_of("KundenNr_Alt") == "kunden nr alt"
    assert words_of("Verspätet?") == "verspaetet"
    assert words_of("Betrag (EUR)") == "betrag eur"
    assert words_of("ﾁｬﾈﾙID_2") == "チャネル id 2"
    assert words_of("Złoty") == "zoty"


def test_a_german_file_is_understood() -> None:
    sample = pl.DataFrame(
        {
            "Kunden-Nr.": ["17", "18", "17"],
            "Bestelldatum": ["01.02.2025", "02.02.2025", "03.02.2025"],
            "Betrag (EUR)": ["10,50", "3,20", "7,00"],
            "Bemerkung": ["-", "-", "-"],
        }
    )
    shop = jar(*sample.columns)
    found = {p.role: p for p in propose(shop, {"Bestellungen 2025": sample}, NEEDS)}
    assert {name: p.column.column for name, p in found.items() if p.column} == {
        "order.customer": "Kunden-Nr.",
        "order.time": "Bestelldatum",
        "order.amount": "Betrag (EUR)",
    }
    assert all(p.confidence > 0.6 and p.reason for p in found.values())
    mapping = {name: p.column for name, p in found.items() if p.column}
    made = inputs({"Bestellungen 2025": sample}, mapping, NEEDS)["order"]
    assert made["amount"].to_list() == [10.5, 3.2, 7.0]
    assert made["time"].dtype == pl.Datetime("us")
    assert "other.Bemerkung" in made.columns


def test_two_rows_of_headings_are_understood() -> None:
    sample = pl.DataFrame(
        {
            "Order Placed": ["03/05/2024 01:20 PM", "03/16/2024 11:00 AM"],
            "Customer ID": ["C1", "C2"],
            "Money Net": ["$1,200.50", "($3.00)"],
            "Money Tax": ["96.04", "0.24"],
        }
    )
    found = {p.role: p.column for p in propose(jar(*sample.columns), {"Bestellungen 2025": sample}, NEEDS)}
    assert {name: ref.column for name, ref in found.items() if ref} == {
        "order.customer": "Customer ID",
        "order.time": "Order Placed",
        "order.amount": "Money Net",
    }


def test_a_japanese_file_is_understood() -> None:
    sample = pl.DataFrame(
        {
            "注文番号": ["J1", "J2", "J3"],
            "顧客コード": ["K1", "K2", "K1"],
            "注文日": ["2024年03月05日", "2024/03/06", "2024年12月24日"],
            "合計金額": ["¥1,200", "800", "2,400円"],
        }
    )
    found = {p.role: p for p in propose(jar(*sample.columns), {"Bestellungen 2025": sample}, NEEDS)}
    mapping = {name: p.column for name, p in found.items() if p.column}
    assert {name: ref.column for name, ref in mapping.items()} == {
        "order.customer": "顧客コード",
        "order.time": "注文日",
        "order.amount": "合計金額",
    }
    made = inputs({"Bestellungen 2025": sample}, mapping, NEEDS)["order"]
    assert made["amount"].to_list() == [1200.0, 800.0, 2400.0]
    assert [str(time.date()) for time in made["time"]] == ["2024-03-05", "2024-03-06", "2024-12-24"]


def test_values_that_do_not_fit_are_no_proposal() -> None:
    sample = pl.DataFrame({"customer_id": ["a", "b"], "order date": ["soon", "later"], "amount": ["1", "2"]})
    found = propose(jar(*sample.columns), {"Bestellungen 2025": sample}, NEEDS)
    assert [p.column for p in found] == [None, None, None]  # without a time it is no table of orders


def test_identifiers_and_texts_stay_unread(demo: Callable[[str], Demo]) -> None:
    shop = demo("techcorp")
    read = columns_to_read(shop.jar, {"customer.id": ColumnRef(table="customers", column="customer_id")})
    assert set(read) == {"customers"}
    assert "contract" in read["customers"]
    assert not {"first_name", "email", "phone", "birth_date", "street"} & set(read["customers"])


def test_the_demo_sets_are_mapped_without_a_hand(demo: Callable[[str], Demo]) -> None:
    shop = demo("techcorp")
    assert set(shop.inputs) >= {"order", "customer", "ticket", "stage", "shift", "cost", "access", "employee"}
    assert shop.columns["ticket.text"] == "support_tickets.body"
    assert set(demo("healthcare").inputs) >= {"appointment", "patient", "lab", "stage", "case", "shift"}
    assert set(demo("financial").inputs) >= {"payment", "loan", "account", "stage", "shift"}


def test_a_birth_date_is_nobodys_time_of_an_order() -> None:
    born = JarColumn("birth_date", "date", "identifier", entity_type="DATE_OF_BIRTH")
    people = HoneyJar("1", "clinic", "t", None, (JarTable("patients", 3, (born,)),))
    wanted = (role("order.time", required=True), role("patient.birth_date", required=True))
    found = {proposal.role: proposal.column for proposal in propose(people, {}, wanted)}
    assert found["order.time"] is None
    assert found["patient.birth_date"] == ColumnRef(table="patients", column="birth_date")


def test_a_table_that_is_no_kind_of_row_is_told_of_without_names_keys_and_texts() -> None:
    columns = (
        JarColumn("Zeile", "text", "identifier"),
        JarColumn("Filiale", "text", "value"),
        JarColumn("Umsatz in €", "text", "value"),
        JarColumn("", "text", "value"),
        JarColumn("Bemerkung", "text", "text"),
    )
    shop = HoneyJar("1", "shop", "t", None, (JarTable("Umsätze 2025", 20, columns), JarTable("orders", 1, ())))
    found = other_tables(shop, {"order.customer": ColumnRef(table="Umsätze 2025", column="Zeile")}, NEEDS)
    assert found == {"Umsätze 2025": ("Filiale", "Umsatz in €", "")}
    frame = pl.DataFrame({"Filiale": ["Nord", "Süd"] * 10, "Umsatz in €": ["1.200,50", "k.A."] * 10, "": [None] * 20})
    made, places, _ = other_inputs({"Umsätze 2025": frame}, found)
    assert made["Umsätze 2025"].columns == ["other.Filiale", "other.Umsatz in €"]
    told = values(overview(made, AnalysisContext(parameters={}, columns=places, k=5, seed=0)))
    assert told["overview.umsatze_2025.other_umsatz_in.median"] == 1200.5
    assert told["overview.umsatze_2025.other_filiale.sud"] == 50.0


def test_rows_of_a_table_that_is_seen_as_two_kinds_of_rows_are_counted_once() -> None:
    frame = pl.DataFrame({"id": [f"k{n % 9}" for n in range(40)]})
    made = {"order": frame.rename({"id": "customer"}), "customer": frame, "case": frame}
    places = {"order.customer": "a.b.kunde", "customer.id": "a.b.kunde", "case.id": "c.nr"}
    told = values(overview(made, AnalysisContext(parameters={}, columns=places, k=5, seed=0)))
    assert told["overview.rows"] == 80


def test_a_buyer_is_a_customer_in_german_too() -> None:
    assert named("kaeufer", role("order.customer").words) > 0.8


def test_words_for_nothing_do_not_make_a_column_of_numbers_a_column_of_texts() -> None:
    sample = pl.DataFrame(
        {
            "Kundennr": ["K-1", "K-2"] * 9,
            "Datum": ["01.02.2025", "2025-02-02"] * 9,
            "Betrag (EUR)": ["10,50", "n/a", "k. A."] * 6,
        }
    )
    found = propose(jar(*sample.columns), {"Bestellungen 2025": sample}, NEEDS)
    assert [one.column.column if one.column else None for one in found] == ["Kundennr", "Datum", "Betrag (EUR)"]


def test_files_of_further_languages_are_understood() -> None:
    for heads in (("Numer klienta", "Data zamówienia", "Kwota"), ("Client", "Date de commande", "Montant")):
        sample = pl.DataFrame(
            dict(zip(heads, (["17", "18"], ["01.02.2025", "02.02.2025"], ["10,50 zł", "3,20 zł"]), strict=True))
        )
        found = propose(jar(*sample.columns, table="export"), {"export": sample}, NEEDS)
        assert [p.column.column if p.column else None for p in found] == list(heads)


def test_numbers_and_addresses_of_people_are_better_ids_than_names_which_they_share() -> None:
    sample = pl.DataFrame(
        {
            "Kunde": ["Anna Berg", "Anna Berg", "Udo Kern"],
            "Kundennr.": ["17", "18", "19"],
            "Datum": ["01.02.2025", "02.02.2025", "03.02.2025"],
            "Gesamtbetrag (brutto)": ["10,50", "3,20", "7,00"],
        }
    )
    kinds = {"Kunde": ("identifier", "PERSON"), "Kundennr.": ("identifier", "ACCOUNT_NUMBER")}
    columns = tuple(JarColumn(c, "text", *kinds.get(c, ("value", None))) for c in sample.columns)
    shop = HoneyJar("1", "shop", "t", None, (JarTable("export", 3, columns),))
    found = [p.column.column if p.column else None for p in propose(shop, {"export": sample}, NEEDS)]
    assert found == ["Kundennr.", "Datum", "Gesamtbetrag (brutto)"]
    only = HoneyJar("1", "shop", "t", None, (JarTable("export", 3, (columns[0], *columns[2:])),))
    found = [p.column.column if p.column else None for p in propose(only, {"export": sample}, NEEDS)]
    assert found == ["Kunde", "Datum", "Gesamtbetrag (brutto)"]


def test_templates_know_the_headings_that_roles_know_too() -> None:
    roles = load_template("customer-insights").roles
    needs = [need for need in roles if need.name in {"order.customer", "order.time", "order.amount"}]
    for heads in (("Kundennummer", "Datum", "Netto"), ("N° client", "Date de commande", "Montant TTC")):
        sample = pl.DataFrame(
            dict(zip(heads, (["K1", "K2"], ["01/02/2025", "28/02/2025"], ["1 210,50 €", "3,20 €"]), strict=True))
        )
        found = propose(jar(*heads, table="export"), {"export": sample}, needs)
        assert [p.column.column if p.column else None for p in found] == list(heads)


def test_a_date_alone_makes_no_tickets_and_an_amount_with_it_no_costs() -> None:
    roles = load_template("operational-efficiency").roles
    sample = pl.DataFrame({"Datum": ["01.02.2025", "02.02.2025"], "Betrag": ["7,00", "8,00"], "Ort": ["Ulm", "Köln"]})
    found = {p.role for p in propose(jar(*sample.columns, table="liste"), {"liste": sample}, roles) if p.column}
    assert not {role for role in found if role.startswith(("ticket.", "cost."))}
    named_so = {p.role for p in propose(jar(*sample.columns, table="kosten"), {"kosten": sample}, roles) if p.column}
    assert "cost.amount" in named_so
    desk = sample.rename({"Datum": "Eingang", "Ort": "Priorität"})
    found = {p.role for p in propose(jar(*desk.columns, table="liste"), {"liste": desk}, roles) if p.column}
    assert {"ticket.opened", "ticket.priority"} <= found


def test_hours_of_a_time_sheet_are_told_in_minutes_as_the_roles_want_them() -> None:
    needs = tuple(role(f"shift.{name}", required=True) for name in ("group", "paid", "busy"))
    sample = pl.DataFrame({"Abteilung": ["Lager"] * 4, "Soll-Stunden": ["8,00"] * 4, "Ist-Stunden": ["6,50"] * 4})
    proposals = propose(jar(*sample.columns, table="zeiten"), {"zeiten": sample}, needs)
    mapping = {p.role: p.column for p in proposals if p.column}
    frame = inputs({"zeiten": sample}, mapping, needs)["shift"]
    assert (frame["paid"][0], frame["busy"][0]) == (480.0, 390.0)


def test_an_empty_column_plays_no_role() -> None:
    sample = pl.DataFrame({"Kundenreferenz": [None, None], "Datum": ["01.02.2025"] * 2, "Betrag": ["1,00"] * 2})
    found = propose(jar(*sample.columns), {"Bestellungen 2025": sample}, NEEDS)
    assert found[0].column is None


def test_what_is_nearly_there_is_named() -> None:
    sample = pl.DataFrame({"ID": ["1", "2"], "Date": ["2025-02-01"] * 2, "Amount": ["1.00"] * 2})
    near = nearest(jar(*sample.columns), {"Bestellungen 2025": sample}, NEEDS)
    assert {name: ref.column for name, ref in near.items()} == {"order.time": "Date", "order.amount": "Amount"}
