"""Columns by name, by shape, by reference; the demo sets as a whole."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from connectors.card_guard import without_card_secrets
from connectors.classifying import QUASI_TYPES, ColumnClass, classify_table, refine, sampled_values
from connectors.column_names import entity_type_of, words_of
from connectors.kanonymity import GroupCounter
from connectors.references import by_reference, key_columns
from connectors.value_shapes import is_card, is_iban, is_ip, is_phone, is_vin, shape_of
from tests.demo_sets import demo_set


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("firstName", "first_name"),
        ("FIRST NAME", "first_name"),
        ("Kunden-Nr.", "kunden_nr"),
        ("HTTPReferer", "http_referer"),
        ("e-mail", "e_mail"),
    ],
)
def test_names_are_read_as_words(name: str, words: str) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("column", "entity_type"),
    [
        ("cust_first_name", "PERSON"),
        ("EmailAddr", "EMAIL_ADDRESS"),
        ("home_phone", "PHONE_NUMBER"),
        ("DOB", "DATE_OF_BIRTH"),
        ("username", "USERNAME"),
        ("user_agent", None),
        ("card_last4", None),
        ("card_number", "CREDIT_CARD"),
        ("cvv2", "CARD_SECURITY_CODE"),
        ("last_login_ip", "IP_ADDRESS"),
        ("billing_zip", "POSTCODE"),
        ("product_name", None),
        ("sort", None),
        ("port", None),
        ("shipping_address", "STREET_ADDRESS"),
        ("employee_id", "EMPLOYEE_ID"),
        ("kundennummer", "ACCOUNT_NUMBER"),
        ("product_id", None),
        ("order_no", "TICKET_ID"),
        ("description", None),
        ("session_id", "SECRET"),
        ("vorname", "PERSON"),
        ("Lieferant", "ORGANIZATION"),
        ("Nom fournisseur", "ORGANIZATION"),
        ("raison_sociale", "ORGANIZATION"),
        ("Beleg-Nr.", "TICKET_ID"),
        ("氏名", "PERSON"),
        ("メールアドレス", "EMAIL_ADDRESS"),
        ("取引先名", "ORGANIZATION"),
        ("金額", None),
        ("Mitarbeiter", "PERSON"),
        ("Personalnr.", "EMPLOYEE_ID"),
        ("Auftraggeber / Begünstigter", "PERSON"),
        ("Name des Kunden", "PERSON"),
        ("Bearbeitet von", "PERSON"),
        ("Kontonummer", "ACCOUNT_NUMBER"),
        ("N° client", "ACCOUNT_NUMBER"),
        ("Numéro de commande", "TICKET_ID"),
        ("Nom du client", "PERSON"),
        ("Código de cliente", "ACCOUNT_NUMBER"),
        ("Klantnaam", "PERSON"),
        ("Kundengruppe", None),
        ("Requester", "PERSON"),
    ],
)
def test_names_say_a_type(column: str, entity_type: str | None) -> None:
    assert entity_type_of(column) == entity_type


def test_a_bare_name_is_a_persons_in_a_table_of_people_only() -> None:
    assert entity_type_of("name", "customers") == "PERSON"
    assert entity_type_of("name", "crm.Contact") == "PERSON"
    assert entity_type_of("name", "products") is None


def test_shapes_know_check_digits() -> None:
    assert is_card("4111 1111 1111 1111")
    assert not is_card("4111 1111 1111 1112")
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB83 WEST 1234 5698 7654 32")
    assert is_vin("1HGCM82633A004352")
    assert not is_vin("1HGCM82643A004352")
    assert is_ip("2001:db8::1")
    assert is_ip("192.0.2.7")
    assert not is_ip("1.2.3")
    assert is_phone("+1 415 555 0132")
    assert not is_phone("2025-01-31")
    assert not is_phone("4155550132")
    assert shape_of([]) is None


def test_a_shape_counts_where_the_name_says_nothing() -> None:
    frame = pl.DataFrame({"x1": [f"p{n}@mail.example" for n in range(50)], "x2": [f"192.0.2.{n}" for n in range(50)]})
    assert [kind.entity_type for kind in classify_table("t", frame)] == ["EMAIL_ADDRESS", "IP_ADDRESS"]


@pytest.mark.parametrize("name", ["Hinweis", "Bem.", "Anmerkungen", "commentaire", "observaciones", "備考"])
def test_remarks_are_texts_by_their_name(name: str) -> None:
    remarks = [f"Kunde wünscht Rückruf wegen Lieferung {number}" for number in range(40)]
    assert [kind.role for kind in classify_table("t", pl.DataFrame({name: remarks}))] == ["text"]


def test_a_few_legal_forms_make_a_long_column_one_of_firms() -> None:
    firms = [f"Nordlicht{n} {'GmbH' if n % 7 == 0 else 'Reisen'}" for n in range(70)]
    assert classify_table("t", pl.DataFrame({"x": firms}))[0].entity_type == "ORGANIZATION"
    assert classify_table("t", pl.DataFrame({"x": firms[:14]}))[0].entity_type is None


def test_a_name_that_its_values_contradict_counts_not() -> None:
    frame = pl.DataFrame({"email": [True, False], "phone": [0.5, 1.5], "mobile": ["yes", "no"], "ssn": [123456789, 1]})
    assert [kind.entity_type for kind in classify_table("t", frame)] == [None, None, None, "US_SSN"]


def test_a_column_of_a_reference_has_the_class_of_its_key() -> None:
    people = pl.DataFrame({"mrn": [f"0048{n:04}" for n in range(60)], "sex": ["f", "m"] * 30})
    visits = pl.DataFrame({"about": [f"0048{n % 60:04}" for n in range(300)]})
    classes = classify_table("patients", people)
    keys = key_columns("patients", people, classes)
    related = by_reference("visits", visits, classify_table("visits", visits), keys)
    assert related[0].entity_type == "MEDICAL_RECORD"


def test_what_the_gateway_finds_decides_what_is_open() -> None:
    plain = ColumnClass("x", "String", "value", sure=False)
    assert refine(plain, {"PERSON": 0.9}, {"PERSON": 0.9}, 40).entity_type == "PERSON"
    assert refine(plain, {"PERSON": 0.3}, {"PERSON": 0.3}, 40).entity_type is None
    assert refine(plain, {"LOCATION": 1.0}, {"LOCATION": 1.0}, 8).entity_type is None
    text = refine(ColumnClass("x", "String", "text", sure=False), {"PERSON": 0.4, "AGE": 0.1}, {"PERSON": 0.4}, 60)
    assert (text.role, text.entity_type, text.share, dict(text.found)) == (
        "text",
        None,
        0.4,
        {"PERSON": 0.4, "AGE": 0.1},
    )


def test_k_is_the_smallest_group() -> None:
    counter = GroupCounter(["sex", "zip"])
    counter.add(pl.DataFrame({"sex": ["f"] * 6 + ["m"], "zip": ["1"] * 7}))
    counter.add(pl.DataFrame({"sex": ["f", "m", "m"], "zip": ["1", "1", "2"]}))
    result = counter.result()
    assert (result.k, result.few) == (1, 0.3)
    assert GroupCounter([]).result().k is None


def test_card_codes_and_tracks_are_not_kept() -> None:
    frame = pl.DataFrame(
        {
            "cvv": ["123", "9876"],
            "code": [1, 2],
            "memo": ["paid, CVV: 123 ok; security code is 4321", "swiped %B4111111111111111^DOE/JANE^2912101000000?"],
            "more": [";4111111111111111=29121010000012300000?", "zip code 94107, order 123, cid-123"],
        }
    )
    stored = without_card_secrets(frame)
    assert stored.get_column("cvv").to_list() == [None, None]
    assert stored.get_column("code").to_list() == [1, 2]
    assert stored.get_column("memo").to_list() == [
        "paid, CVV: [CARD_SECURITY_CODE] ok; security code is [CARD_SECURITY_CODE]",
        "swiped [CARD_TRACK]",
    ]
    assert stored.get_column("more").to_list() == [
        "[CARD_TRACK]",
        "zip code 94107, order 123, cid-[CARD_SECURITY_CODE]",
    ]


@pytest.mark.long
@pytest.mark.parametrize("name", ["techcorp", "healthcare", "financial"])
def test_the_columns_of_the_demo_sets_are_classified(name: str, record_property: Callable[[str, object], None]) -> None:
    from connectors.demo_frames import demo_frames

    truth = demo_set(name).tables
    frames = demo_frames(name)
    samples = {table: frame.gather_every(max(1, frame.height // 2000)) for table, frame in frames.items()}
    classes = {table: classify_table(table, sample) for table, sample in samples.items()}
    keys = [key for table, frame in frames.items() for key in key_columns(table, frame, classes[table])]
    wrong, total = [], 0
    for table, kinds in classes.items():
        for kind, column in zip(by_reference(table, samples[table], kinds, keys), truth[table].columns, strict=True):
            total += 1
            quasi = column.quasi or column.personal in QUASI_TYPES
            plain = "identifier" if column.personal else "value"
            role = "text" if column.free_text else "quasi_identifier" if quasi else plain
            if (kind.entity_type, kind.role) != (column.personal, role):
                wrong.append(f"{table}.{column.name}: {kind.entity_type} {kind.role}")
            assert column.personal is None or kind.entity_type is not None, f"{table}.{column.name} is personal"
    record_property("figure", f"columns of {name}: {total - len(wrong)} of {total} right without a gateway; {wrong}")
    assert len(wrong) <= 0.02 * total, wrong


def test_a_column_of_firms_is_known_by_their_legal_forms() -> None:
    firms = ["Acme Ltd", "Müller GmbH & Co. KG", "Società Verdi S.r.l.", "Nordic Oy", "Blue Sky", "Kowalski sp. z o.o."]
    column = classify_table("debtors", pl.DataFrame({"Debitor": firms * 5}))[0]
    assert (column.entity_type, column.role) == ("ORGANIZATION", "quasi_identifier")
    things = ["Water pump", "Coffee, ground", "Door lock AB", "Lamp", "Cable"]
    assert classify_table("stock", pl.DataFrame({"Item": things * 5}))[0].entity_type is None


@pytest.mark.parametrize("cells", [["ja", "nein", ""], ["n/a", "-", "unknown"], ["Yes", "No", "k.A."]])
def test_cells_without_a_value_say_nothing_of_a_column(cells: list[str]) -> None:
    frame = pl.DataFrame({"Bezahlt?": cells * 9, "e_mail": [*cells, *[f"user{n}@corp.example" for n in range(24)]]})
    answers, mails = classify_table("orders", frame)
    assert sampled_values(frame["Bezahlt?"]) == []
    assert (answers.role, answers.entity_type, answers.sure) == ("value", None, True)
    assert mails.confidence == 0.99


def test_days_are_no_phone_numbers() -> None:
    assert not any(map(is_phone, ["2024/05/01", "2024.5.1", "2024-05-01 10:00", "01/05/2024"]))
    assert is_phone("2024/555-01-12")


def test_ways_of_paying_are_nobody_though_they_sound_like_names() -> None:
    def looked(name: str) -> str | None:
        return refine(ColumnClass(name, "String", "value", sure=False), {}, {"PERSON": 0.8}, different=6).entity_type

    assert looked("Zahlart") is None
    assert looked("Payment Method") is None
    assert looked("Moyen de paiement") is None
    assert looked("Bearbeiter") == "PERSON"
    assert looked("spalte_7") == "PERSON"


def test_a_few_remarks_that_come_again_are_texts_and_no_firms() -> None:
    remarks = ["Bitte beim Nachbarn abgeben", "Frau Kern holt selbst ab", "Herr Voss holt selbst ab"] * 20
    (kind,) = classify_table("orders", pl.DataFrame({"Bemerkung": remarks}))
    assert (kind.role, kind.entity_type) == ("text", None)
    (firm,) = classify_table("orders", pl.DataFrame({"Kunde_2": ["Volvo AB", "Ericsson AB", "Saab AB"]}))
    assert firm.entity_type == "ORGANIZATION"
