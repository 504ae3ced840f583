import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.puncturing import INDEX_BYTES, Tree

SEED = bytes(range(32))
indices = st.binary(min_size=INDEX_BYTES, max_size=INDEX_BYTES)


@settings(max_examples=40)
@given(st.lists(indices, unique=True, min_size=1, max_size=8), indices)
def test_what_is_taken_away_is_gone_and_nothing_else(taken: list[bytes], other: bytes) -> None:
    whole = tree = Tree.grown(SEED)
    for index in taken:
        tree = tree.without(index)
    kept = Tree.decoded(tree.encoded())
    for index in taken:
        assert kept.key(index) is None
        assert not kept.holds(index)
        # no node that is left is on the way to the leaf, nor is the leaf's key kept
        assert whole.key(index) not in kept._nodes.values()
    beside = bytes([*taken[0][:-1], taken[0][-1] ^ 1])
    for index in {other, beside} - set(taken):
        assert kept.key(index) == whole.key(index) is not None
        assert kept.holds(index)


def test_leaves_have_keys_of_their_own_and_no_seed_is_kept() -> None:
    tree = Tree.grown(SEED)
    keys = {tree.key(number.to_bytes(INDEX_BYTES, "big")) for number in range(1000)}
    assert len(keys) == 1000
    left = tree.without(bytes(INDEX_BYTES))
    assert SEED not in left._nodes.values()
    assert left.without(bytes(INDEX_BYTES)) is left
    assert len(left.encoded()) < 4_000
    assert SEED.hex() not in repr(tree)


@pytest.mark.parametrize("data", [b"\x00", b"\x02010", Tree.grown(SEED).encoded()[:-1]])
def test_what_is_no_tree_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a tree"):
        Tree.decoded(data)


def test_a_leaf_has_a_name_of_five_bytes() -> None:
    with pytest.raises(ValueError, match="5 bytes"):
        Tree.grown(SEED).key(b"four")
