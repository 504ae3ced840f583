"""What is left of a finding beside a shielded token: a token of its own that touches nothing."""

from __future__ import annotations

from proxy.core.findings import Finding
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.slots import Kind
from tests.property.core_cases import scrambled, scrambler, token_of

TOKEN = token_of("K7Q2M9X")


def test_white_space_at_the_cut_stays_where_it_was() -> None:
    """A model takes the type's word of a token for a part of a name: `Stufe ORGANIZATION`."""
    text = f"Zeit in der Stufe {TOKEN} und in der Stufe beträgt 2 h, {TOKEN} Anna Berg."
    start, behind = text.index("Stufe"), text.rindex(TOKEN)
    findings = [
        Finding(start, start + len("Stufe ") + 6, "PERSON", 0.9, "names"),
        Finding(behind + 3, text.index(" Berg"), "PERSON", 0.9, "names"),
    ]
    exchange = scrambler()
    decisions = exchange.text(text, Kind.TEXT, findings)
    assert {text[one.start : one.end] for one in decisions} == {"Stufe", TOKEN, "Anna"}
    away = scrambled(text, decisions)
    assert restore(away, Originals(exchange.issued), RestoreTally()) == text


def test_a_comma_at_the_cut_keeps_two_tokens_apart() -> None:
    text = f"(un medio sería {TOKEN}, uno sería certeza)."
    start = text.index(TOKEN)
    exchange = scrambler()
    decisions = exchange.text(text, Kind.TEXT, [Finding(start + 3, text.index(")."), "STREET_ADDRESS", 0.9, "names")])
    assert {text[one.start : one.end] for one in decisions} == {TOKEN, "uno sería certeza"}
    away = scrambled(text, decisions)
    assert "sería certeza" not in away
    assert restore(away, Originals(exchange.issued), RestoreTally()) == text
