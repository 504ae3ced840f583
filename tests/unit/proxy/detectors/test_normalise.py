"""Normalising: what is undone, and where the original stands."""

from __future__ import annotations

import pytest

from proxy.detectors.normalise import normalise


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ｊｏｈｎ＠ａｃｍｅ．ｃｏｍ", "john@acme.com"),
        ("４１１１　１１１１", "4111 1111"),
        ("Jo\u200bhn\u2060 Sm\u00adith\ufeff", "John Smith"),
        ("a\u202eb\u202c", "ab"),
        ("John\u00a0Smith\u2009\u202fx", "John Smith  x"),
        ("Jose\u0301 Mu\u0308ller", "José Müller"),
        ("J\u0336o\u0336h\u0336n\u0336", "John"),
        ("Раypal аnn@example.com", "Paypal ann@example.com"),
        ("Αlice", "Alice"),
        ("٠١٢٣ ०१२", "0123 012"),
        ("212\u2011555\u20130123", "212-555-0123"),
        ("𝓙𝓸𝓱𝓷 ⓙ①", "John j1"),
        ("ﬁne", "fine"),
        ("a\u2028b", "a\nb"),
        ("{\u201cssn\u201d: \u201e1\u201c, \u2018pin\u2019: \u00ab2\u00bb}", '{"ssn": "1", \'pin\': "2"}'),
        ("a\ud83d\ude00b", "a\ufffd\ufffdb"),
        ("to \0A\0n\0n\0 \0L\0e\0e now", "to Ann Lee now"),
        ("4\x001\x001\x001\0\n\0", "4111\n"),
        ("HOME=/root\0USER=jdoe\0", "HOME=/root\0USER=jdoe\0"),
    ],
)
def test_hidden_text_becomes_plain(text: str, plain: str) -> None:
    assert normalise(text).text == plain


def test_utf_16_read_byte_by_byte_is_found_where_it_stands() -> None:
    wide = "Ann Lée".encode("utf-16-le").decode("latin-1")
    text = f"\x1b[1mfrom {wide} to\u200b x"
    read = normalise(text)
    start = read.text.index("Ann Lée")
    assert read.text == "from Ann Lée to x"
    assert text[slice(*read.span(start, start + 7))] == wide.removesuffix("\0")


@pytest.mark.parametrize("escape", ["\x1b[", "\x9b", "^[[", "\\e[", "\\033[", "\\x1b[", "\\x1B[", "\\u001b["])
def test_a_terminals_colours_are_no_letters(escape: str) -> None:
    text = f"a {escape}1;31m4111 1111{escape}0m b{escape}38;5;196mold{escape}Kface J{escape}4mö{escape}mhn"
    read = normalise(text)
    assert read.text == "a 4111 1111 boldface Jöhn"
    number, name = read.text.index("4111"), read.text.index("Jöhn")
    assert text[slice(*read.span(number, number + 9))] == "4111 1111"
    assert text[slice(*read.span(name, name + 4))] == f"J{escape}4mö{escape}mhn"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\x1b[2;5Hb\x1b[2Jc", "a b c"),
        ("\x1b]8;;mailto:a@b.com\x1b\\Ann\x1b]8;;\x1b\\", " mailto:a@b.com Ann  "),
        ("\x1b]0;Ann Lee\x07", " Ann Lee\x07"),
        ("\x1b[4111111111111111m", "\x1b[4111111111111111m"),
        ("\x1b[1", "\x1b[1"),
        ("x\x1b", "x\x1b"),
        ("\\e[", "\\e["),
    ],
)
def test_of_sequences_that_say_something_nothing_is_lost(text: str, plain: str) -> None:
    assert normalise(text).text == plain


@pytest.mark.parametrize(
    "text",
    ["", "plain", "Müller, naïve — café…", "Москва", "Αθήνα", "日本語", "😀 ok", "москва-Berlin", "½ ² ™"],
)
def test_ordinary_text_is_returned_as_the_same_object(text: str) -> None:
    normalised = normalise(text)
    assert normalised.text is text
    assert normalised.span(0, len(text)) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("电话13812345678、邮箱a@b.com。", "电话 13812345678、邮箱 a@b.com。"),
        ("住所は神南1-2-3です", "住所は神南 1-2-3 です"),
        ("Tel.은+82 2 312", "Tel.은 +82 2 312"),
        ("谢ｊｏｈｎ＠ａｃｍｅ．ｃｏｍ谢", "谢 john@acme.com 谢"),
    ],
)
def test_where_a_script_without_spaces_meets_latin_there_is_an_edge(text: str, plain: str) -> None:
    normalised = normalise(text)
    assert normalised.text == plain
    for word in plain.split(" "):
        start = plain.index(word)
        origin = text[slice(*normalised.span(start, start + len(word)))]
        assert normalise(origin).text == word


def test_a_range_maps_to_all_that_it_stands_for() -> None:
    text = "x Jo\u200bse\u0301 y"
    normalised = normalise(text)
    start = normalised.text.index("José")
    assert text[slice(*normalised.span(start, start + 4))] == "Jo\u200bse\u0301"


def test_one_letter_that_stands_for_several_maps_to_that_letter() -> None:
    assert normalise("a ﬁ b").span(2, 3) == (2, 3)
    assert normalise("a ﬁ b").span(3, 4) == (2, 3)


def test_a_word_in_another_script_that_has_letters_like_ours_stays() -> None:
    assert normalise("рука and word").text == "рука and word"
    assert normalise("Wодка").text == "Wодка"


def test_marks_of_other_scripts_stay() -> None:
    assert normalise("हिन्दी").text == "हिन्दी"
