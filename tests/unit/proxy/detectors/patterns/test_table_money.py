"""Cards, accounts, wallets. Card numbers are the schemes' published test numbers."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

CARDS = [
    "4111 1111 1111 1111",
    "4012888888881881",
    "5555-5555-5555-4444",
    "2223000048400011",
    "2720990000000007",
    "3782 822463 10005",
    "371449635398431",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
    "6200000000000005",
]


@pytest.mark.parametrize("number", CARDS)
def test_a_card_number_of_each_brand_is_found(number: str) -> None:
    assert found(f"please charge {number}, thanks") == [("CREDIT_CARD", number)]


POSITIVES = [
    ("card ending, number 4532 **** **** 7890", "CREDIT_CARD", "4532 **** **** 7890"),
    ("statement_4012888888881881_2026.pdf", "CREDIT_CARD", "4012888888881881"),
    ("scans/01_4012888888881881_02.png", "CREDIT_CARD", "4012888888881881"),
    ("4012_8888_8888_1881_x", "CREDIT_CARD", "4012_8888_8888_1881"),
    ("exp 09/27", "CARD_EXPIRY", "09/27"),
    ("valid thru: 2/2028", "CARD_EXPIRY", "2/2028"),
    ("my card 4111 1111 1111 1111 (valid to 08/29) was declined", "CARD_EXPIRY", "08/29"),
    ("my card 4111 1111 1111 1111 (good until 08/29) was declined", "CARD_EXPIRY", "08/29"),
    ("4111111111111111 08/29 737", "CARD_EXPIRY", "08/29"),
    ("4111111111111111|08|2029|737", "CARD_EXPIRY", "08|2029"),
    ("4111111111111111 08/29 737", "CARD_SECURITY_CODE", "737"),
    ("geldig tot 08/29", "CARD_EXPIRY", "08/29"),
    ("CVV: 123", "CARD_SECURITY_CODE", "123"),
    ("security code is 9876", "CARD_SECURITY_CODE", "9876"),
    ("Cardholder name: Jane Doe", "PERSON", "Jane Doe"),
    ("IBAN DE89370400440532013000 bitte", "IBAN_CODE", "DE89370400440532013000"),
    ("to GB82 WEST 1234 5698 7654 32 was sent", "IBAN_CODE", "GB82 WEST 1234 5698 7654 32"),
    ("the wire transfer to CH29309... was flagged", "IBAN_CODE", "CH29309..."),
    ("bank account DE89 **** **** 3000 is hers", "IBAN_CODE", "DE89 **** **** 3000"),
    ("nl91abna0417164300", "IBAN_CODE", "nl91abna0417164300"),
    ("routing number 021000021", "ABA_ROUTING_NUMBER", "021000021"),
    ("checking account 000123456789", "US_BANK_NUMBER", "000123456789"),
    ("sort code 12-34-56", "ABA_ROUTING_NUMBER", "12-34-56"),
    ("BIC: DEUTDEFF500", "SWIFT_CODE", "DEUTDEFF500"),
    ("account no. 12345678", "ACCOUNT_NUMBER", "12345678"),
    ("send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa now", "CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "CRYPTO", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("eth 0x52908400098527886E0F7030069857D2E4169EE7", "CRYPTO", "0x52908400098527886E0F7030069857D2E4169EE7"),
]


@pytest.mark.parametrize(("text", "entity_type", "piece"), POSITIVES)
def test_money_data_is_found_whole(text: str, entity_type: str, piece: str) -> None:
    assert (entity_type, piece) in found(text)


NEGATIVES = [
    "batch 4111111111111112 has a wrong check digit",
    "the offer is valid to 08/2x, page 08/29",
    "DE89370400440532013001 is mistyped",
    "articles CH29309... and DE12345... of the catalogue",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "21249.00 19384.72 and 53860.00 46042.29",
    "20230101120000 and 1700000000123456",
    "0000000000000000 and 1111111111111111",
    "the account of events in 2023, account for 30 percent",
    "experience 3/4 of the expansion",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_other_numbers_stay(text: str) -> None:
    types = (
        "CREDIT_CARD",
        "CARD_EXPIRY",
        "CARD_SECURITY_CODE",
        "IBAN_CODE",
        "CRYPTO",
        "ACCOUNT_NUMBER",
        "US_BANK_NUMBER",
    )
    assert found(text, *types) == []


@pytest.mark.parametrize("between", [", ", ",", '","'])
def test_a_card_as_a_list_of_digits(between: str) -> None:
    quote = between.strip(", ")[:1]
    digits = f"{quote}{between.join('4111111111111111')}{quote}"
    assert ("CREDIT_CARD", digits) in found(f"the card is [{digits}], not charged yet")
    assert not found(f"labels = [{digits}]", "CREDIT_CARD")


@pytest.mark.parametrize(
    "listed", ["4111, 1111, 1111, 1111", "4111,1111,1111,1111", '"4111", "1111", "1111", "1111"', "3782, 822463, 10005"]
)
def test_a_card_as_a_list_of_groups(listed: str) -> None:
    assert ("CREDIT_CARD", listed) in found(f"the card is [{listed}], not charged yet")
    assert found(f"the rows are [{listed}], not summed yet", "CREDIT_CARD") == []


@pytest.mark.parametrize(
    "listed",
    ["2019, 2020, 2021, 2022", "4111, 1111, 1111, 1112", "4111, 1111, 1111, 1111, 1111", "1.4111, 1111, 1111, 1111"],
)
def test_other_lists_of_numbers_beside_a_card_are_none(listed: str) -> None:
    assert found(f"visa: [{listed}]", "CREDIT_CARD") == []
