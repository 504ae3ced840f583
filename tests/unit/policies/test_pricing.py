import pytest

from policies.pricing import priced
from policies.sections import Price


def price(amount: float) -> Price:
    return Price(input=amount, output=amount)


TABLE = {
    "claude-*": price(1),
    "claude-*-haiku": price(2),
    "claude-3-haiku": price(3),
    "openai/gpt-*": price(4),
    "*": price(9),
    "a.c": price(5),
}


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["anthropic/claude-3-haiku", "claude-3-haiku"], 3),
        (["anthropic/claude-4-haiku", "claude-4-haiku"], 2),
        (["claude-4-opus"], 1),
        (["openai/gpt-5", "gpt-5", "chat"], 4),
        (["azure/gpt-5", "gpt-5"], 9),
        (["abc"], 9),
        (["", "claude-4-opus"], 1),
    ],
)
def test_a_name_counts_before_a_pattern_and_the_longest_pattern_before_others(names: list[str], wanted: float) -> None:
    assert priced(TABLE, *names) == price(wanted)


def test_what_nothing_fits_has_no_price() -> None:
    assert priced({"claude-*": price(1), "gpt-4o": price(2)}, "openai/gpt-4o-mini", "gpt-4o-mini") is None
    assert priced({}, "gpt-4o") is None
    assert priced({"o*": price(1)}, "openai/gpt-5", "gpt-5") is None
