from hypothesis import given
from hypothesis import strategies as st

from policies.portions import portions


@given(st.lists(st.text(max_size=12), max_size=30), st.integers(1, 5), st.integers(1, 20))
def test_nothing_is_lost_and_no_portion_is_too_large(texts: list[str], most: int, characters: int) -> None:
    made = list(portions(texts, most=most, characters=characters))
    assert [text for portion in made for text in portion] == texts
    for portion in made:
        assert 1 <= len(portion) <= most
        assert len(portion) == 1 or sum(map(len, portion)) <= characters
