"""However a stream is cut, the same sentences are read, and what they become is the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.jsontext import Edit, splice
from proxy.core.sentences import LONGEST, SentenceChannel, Sentences, cut, in_json
from tests.property.core_cases import any_text, bounded
from tests.property.core_cases import cut as pieces_of

_WORDS = ("Call Mr. Smith", ". ", "! ", "?", "\n", "done.", ' "', '",', '"}', "x" * 700, "\u3002", "U.S. ", "3.14", " ")
texts = st.one_of(any_text, st.lists(st.sampled_from(_WORDS), max_size=12).map("".join))


@bounded(300)
@given(texts, st.lists(st.integers(1, 50), min_size=1, max_size=4), st.booleans())
def test_a_stream_is_cut_as_the_whole_text_is(text: str, sizes: list[int], is_json: bool) -> None:  # noqa: FBT001
    whole = cut(text, in_json=is_json, ended=True)
    assert "".join(whole) == text
    assert all(len(part) <= LONGEST for part in whole)
    sentences = Sentences()
    channel = SentenceChannel(sentences, in_json=is_json)
    read: list[str] = []
    out = ""
    length = 0

    def settle(pieces: list) -> None:  # type: ignore[type-arg]
        nonlocal out, length
        out += "".join(piece.text for piece in pieces)
        length += sum(piece.length for piece in pieces)

    def go_on() -> None:
        while sentences.wanted:
            wanted = list(sentences.wanted)
            read.extend(wanted)
            sentences.supply({part: [Edit(0, len(part), part.upper())] for part in wanted})
            settle(channel.feed(""))
            sentences.read.clear()

    for piece in pieces_of(text, sizes):
        settle(channel.feed(piece))
        go_on()
    settle(channel.finish())
    go_on()
    assert channel.ended
    assert (out, length) == ("".join(part.upper() for part in whole), len(text))
    assert set(read) == set(whole)


def test_titles_end_no_sentence() -> None:
    text = "Call Mr. Smith of the U.S. office. Then (maybe) rest! Yes"
    assert cut(text, in_json=False, ended=False) == ["Call Mr. Smith of the U.S. office.", " Then (maybe) rest!"]


def test_an_edit_of_json_leaves_its_syntax() -> None:
    text = '{"a": "Jane", "b": "Doe"}'
    edit = Edit(text.index("Jane"), text.index("Doe") + 3, "X")
    assert splice(text, in_json(text, edit)) == '{"a": "X", "X": "X"}'
