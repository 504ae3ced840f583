"""Counts, keys, labels and the reserved ranges of all demo sets."""

from __future__ import annotations

import re

import pytest
from stdnum import iban, luhn

import demo_data
from demo_data.healthcare import SAFE_HARBOR
from demo_data.identifiers import CARD_PREFIXES
from demo_data.model import as_text
from policies.entity_types import ENTITY_TYPES

COUNTS = {
    "techcorp": {"customers": 5000, "transactions": 25_000, "support_tickets": 1200},
    "healthcare": {"patients": 1000, "appointments": 10_000, "lab_results": 5000},
    "financial": {"accounts": 2000, "transactions": 50_000, "loan_applications": 500},
}
TEXTS = {"techcorp": ("support_tickets", "body"), "healthcare": ("lab_results", "clinical_note")}
RESERVED_MAIL = re.compile(r"[^@\s]+@(?:[a-z0-9-]+\.)*(?:example|example\.(?:com|org|net))$")

FICTION = re.compile(
    r"1?\d{3}55501\d\d"
    r"|(?:44|0)(?:207946|113496|114496|115496|117496|131496|161496|292018)0\d{3}"
    r"|(?:49|0)(?:3023125|4066969|2214710|8999998|6990009)\d{3}"
    r"|(?:33|0)(?:19900|26191|35301|46571|53649)\d{4}"
    r"|(?:353|0)2091\d{5}"
    r"|(?:61|0)(?:25550|35550|75550|85550|87010)\d{4}"
    r"|(?:46|0)(?:8465004|3139006|4062804)\d\d"
)

Sets = tuple[demo_data.DataSet, ...]


def spans(all_sets: Sets, entity_type: str) -> list[str]:
    return [span.label[3] for one in all_sets for span in one.spans() if span.label[2] == entity_type]


def test_the_promised_tables_have_exactly_the_promised_rows(all_sets: Sets) -> None:
    found = {one.name: {table: len(one.tables[table].rows) for table in COUNTS[one.name]} for one in all_sets}
    assert found == COUNTS


def test_an_unknown_set_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(demo_data.UnknownSet, match="techcorp, healthcare, financial"):
        demo_data.generate("nosuch")


def test_every_label_is_where_it_says(all_sets: Sets) -> None:
    for one in all_sets:
        for (table, column), rows in one.labels.items():
            texts = one.tables[table].values(column)
            assert len(texts) == len(rows)
            for text, labels in zip(texts, rows, strict=True):
                end = 0
                for label in labels:
                    assert label[0] >= end, "labels are disjoint and in order"
                    assert as_text(text)[label[0] : label[1]] == label[3]
                    end = label[1]


def test_every_free_text_column_has_labels_and_no_other_has(all_sets: Sets) -> None:
    for one in all_sets:
        free = {(t.name, c.name) for t in one.tables.values() for c in t.columns if c.free_text}
        assert free == set(one.labels)


def test_entity_types_are_of_the_projects_vocabulary(all_sets: Sets) -> None:
    used = {span.label[2] for one in all_sets for span in one.spans()}
    assert used <= set(ENTITY_TYPES)
    assert len(used) >= 25


def test_a_value_of_a_persons_own_row_is_labelled_wherever_it_stands_in_their_ticket(
    techcorp: demo_data.DataSet,
) -> None:
    customers = {row[0]: row for row in techcorp.tables["customers"].rows}
    tickets, table = techcorp.tables["support_tickets"], techcorp.tables["customers"]
    watched = [table.index(name) for name in ("customer_id", "email", "phone", "username", "street", "postcode")]
    for row, labels in zip(tickets.rows, techcorp.labels["support_tickets", "body"], strict=True):
        body = as_text(row[tickets.index("body")])
        for position in watched:
            value = as_text(customers[row[1]][position])
            for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", body):
                assert any(label[0] <= match.start() and match.end() <= label[1] for label in labels)


def test_keys_are_unique_and_references_point_at_rows(all_sets: Sets) -> None:
    for one in all_sets:
        keys = {
            f"{table.name}.{column.name}": table.values(column.name)
            for table in one.tables.values()
            for column in table.columns
            if column.key
        }
        assert all(len(set(values)) == len(values) for values in keys.values())
        for table in one.tables.values():
            for column in table.columns:
                if column.references:
                    assert {v for v in table.values(column.name) if v is not None} <= set(keys[column.references])


def test_cells_have_the_type_that_their_column_states(all_sets: Sets) -> None:
    types = {
        "text": "str",
        "integer": "int",
        "real": "float",
        "boolean": "bool",
        "date": "date",
        "datetime": "datetime",
    }
    for one in all_sets:
        for table in one.tables.values():
            for column in table.columns:
                found = {type(value).__name__ for value in table.values(column.name)} - {"NoneType"}
                assert found == {types[column.type]}, f"{one.name}.{table.name}.{column.name}"


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_at_least_95_percent_of_the_texts_are_distinct(all_sets: Sets, name: str) -> None:
    one = next(each for each in all_sets if each.name == name)
    texts = one.tables[TEXTS[name][0]].values(TEXTS[name][1])
    assert len(set(texts)) >= 0.95 * len(texts)


def test_texts_differ_by_more_than_their_values(techcorp: demo_data.DataSet) -> None:
    bodies = techcorp.tables["support_tickets"].values("body")
    shapes = set()
    for body, labels in zip(bodies, techcorp.labels["support_tickets", "body"], strict=True):
        text = as_text(body)
        for start, end, entity_type, _value in reversed(labels):
            text = f"{text[:start]}<{entity_type}>{text[end:]}"
        shapes.add(text)
    assert len(shapes) >= 0.95 * len(bodies)


def test_tickets_are_dense_with_personal_values_and_vary_in_length(techcorp: demo_data.DataSet) -> None:
    labels = techcorp.labels["support_tickets", "body"]
    assert sum(map(len, labels)) / len(labels) >= 5
    lengths = sorted(len(as_text(body)) for body in techcorp.tables["support_tickets"].values("body"))
    assert lengths[len(lengths) // 20] < 170
    assert lengths[-(len(lengths) // 20)] > 700


def test_mail_addresses_are_of_reserved_domains(all_sets: Sets) -> None:
    mails = spans(all_sets, "EMAIL_ADDRESS")
    assert len(mails) > 8000
    assert [mail for mail in mails if not RESERVED_MAIL.fullmatch(mail)] == []


def test_no_text_or_cell_holds_a_mail_address_or_url_outside_reserved_domains(all_sets: Sets) -> None:
    pattern = re.compile(r"(?:@|https?://)([\w.-]+\.\w+)")
    for one in all_sets:
        for table in one.tables.values():
            for row in table.rows:
                for host in pattern.findall(" ".join(cell for cell in row if isinstance(cell, str))):
                    assert re.search(r"(?:^|\.)example(?:\.(?:com|org|net))?$", host), host


def test_cards_pass_luhn_and_begin_with_test_prefixes(all_sets: Sets) -> None:
    prefixes = tuple(prefix for brand in CARD_PREFIXES.values() for prefix in brand)
    cards = [re.sub(r"\D", "", card) for card in spans(all_sets, "CREDIT_CARD")]
    assert len(set(cards)) > 2000
    assert all(luhn.is_valid(card) and card.startswith(prefixes) for card in cards)


def test_ibans_have_valid_check_digits(all_sets: Sets) -> None:
    numbers = set(spans(all_sets, "IBAN_CODE"))
    assert len(numbers) > 2000
    assert all(iban.is_valid(number) for number in numbers)


def test_social_security_numbers_were_never_issued(all_sets: Sets) -> None:
    numbers = set(spans(all_sets, "US_SSN"))
    assert len(numbers) > 2000
    assert all(re.fullmatch(r"9\d\d-(?:0[1-9]|[1-4]\d)-(?!0000)\d{4}", number) for number in numbers)


def test_phone_numbers_are_of_the_ranges_for_fiction(all_sets: Sets) -> None:
    for number in set(spans(all_sets, "PHONE_NUMBER")):
        digits = re.sub(r"\D", "", number.replace("(0)", ""))
        assert FICTION.fullmatch(digits), number


def test_addresses_of_machines_are_private_or_for_documentation(all_sets: Sets) -> None:
    allowed = ("192.0.2.", "198.51.100.", "203.0.113.", "10.20.", "2001:db8:")
    assert all(address.startswith(allowed) for address in spans(all_sets, "IP_ADDRESS"))


def test_all_18_safe_harbor_identifiers_occur_in_columns_and_notes(healthcare: demo_data.DataSet) -> None:
    assert len(SAFE_HARBOR) == 18
    in_notes = {label[2] for row in healthcare.labels["lab_results", "clinical_note"] for label in row}
    for entity_type, place in SAFE_HARBOR.values():
        table, _, column = place.partition(".")
        found = healthcare.tables[table].columns[healthcare.tables[table].index(column)]
        assert found.personal == entity_type
        assert entity_type in in_notes or entity_type == "USERNAME"
    ages = [
        int(label[3]) for row in healthcare.labels["lab_results", "clinical_note"] for label in row if label[2] == "AGE"
    ]
    assert max(ages) > 89, "ages over 89 are an identifier of their own"


def test_no_card_security_code_or_track_data_is_stored(all_sets: Sets) -> None:
    word = re.compile(
        r"\b(?:cvv2?|cvc2?|card verification|security code|track [12])\b|%B\d{13,19}\^|;\d{13,19}=", re.IGNORECASE
    )
    for one in all_sets:
        for table in one.tables.values():
            assert not any(word.search(column.name.replace("_", " ")) for column in table.columns)
            for row in table.rows:
                assert not any(word.search(cell) for cell in row if isinstance(cell, str))


def test_cardholder_data_occurs_in_loan_letters(financial: demo_data.DataSet) -> None:
    types = {label[2] for row in financial.labels["loan_applications", "cover_letter"] for label in row}
    assert {"CREDIT_CARD", "CARD_EXPIRY", "US_SSN", "IBAN_CODE", "ACCOUNT_NUMBER"} <= types
