"""HTML files: every text is looked at, tags and all that says nothing about anybody stay to the byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.files.base import FormLost
from proxy.files.html import Html, HtmlPieces

NAME, TOKEN = "Margaret Okafor", "PERSON_K7Q2M9XA"
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><title>File of {NAME}</title><meta charset="utf-8" name=author content="{NAME}">
<style>.a {{ color: red }} /* {NAME} */</style></head>
<body class="wide"><!-- for {NAME} -->
<p id=top>Dear <b>Margaret</b> Okafor,&nbsp;see &lt;this&gt; &amp; <a href='mailto:{NAME}'
title="ask {NAME}">that</a><br>M&uuml;ller</p>
<table><tr><th>MRN<td>{NAME}</td></tr></table>
<img src="x.png" alt="{NAME}"> a < b <textarea>{NAME}</textarea>
<script>const who = "{NAME}"; if (1 < 2 && who) {{ }}</script></body></html>
"""


def changed(kind: Html, data: bytes, old: str, new: str) -> bytes:
    return kind.rebuilt(data, [text.replace(old, new) for text in kind.texts(data)])


def tags(data: bytes) -> list[str]:
    return re.findall(r"</?[a-z]+", data.decode())


def test_every_text_changes_and_the_form_stays() -> None:
    made = changed(Html(), PAGE.encode(), NAME, TOKEN)
    assert b"Okafor" not in made
    assert made.count(TOKEN.encode()) == PAGE.count(NAME) + 1
    assert tags(made) == tags(PAGE.encode())
    assert b"&nbsp;see &lt;this&gt; &amp; <a href='mailto:" in made
    assert b"M&uuml;ller" in made
    back = changed(Html(), made, TOKEN, NAME).decode()
    assert back == PAGE.replace("<b>Margaret</b> Okafor", f"<b>{NAME}</b>")


def test_a_block_is_one_text_and_a_row_has_its_cells() -> None:
    texts = Html().texts(PAGE.encode())
    assert f"Dear {NAME},\u00a0see <this> & that\nM\u00fcller" in texts
    assert f"\tMRN\t{NAME}\t" in texts
    assert "wide" not in texts


@pytest.mark.parametrize(
    "hiding",
    [
        "<p>To: Ann Lee <who@example.com></p>",
        "<p>To: Ann Lee <who@example.com>, <other@example.com></p></who@example.com>",
        "<p><![CDATA[who@example.com]]></p>",
        '<?php $to = "who@example.com"; ?><p>x</p>',
        '<!DOCTYPE html [<!ENTITY to "who@example.com">]><p>x</p>',
        '<p class="who@example.com">x</p>',
        '<img src="data:image/svg+xml,%3Ctext%3Ewho@example.com%3C/text%3E">',
    ],
)
def test_what_stands_in_markup_is_looked_at(hiding: str) -> None:
    made = changed(Html(), hiding.encode(), "who@example.com", TOKEN)
    assert made.decode() == hiding.replace("who@example.com", TOKEN)
    assert Html().texts(b"<!DOCTYPE html><!doctype html SYSTEM 'about:legacy-compat'><p class=wide></p>") == []


def test_what_is_new_is_escaped() -> None:
    data = b'<p title="who">who</p><script>who</script><!--who-->'
    assert changed(Html(), data, "who", 'a<b & "c"') == (
        b'<p title="a&lt;b &amp; &quot;c&quot;">a&lt;b &amp; "c"</p><script>a<b & "c"</script><!--a<b & "c"-->'
    )


def test_a_bare_value_gets_quotes_and_pictures_stay() -> None:
    data = b'<img alt=who src="data:image/png;base64,whowho">'
    assert Html().texts(data) == ["who"]
    assert changed(Html(), data, "who", "Ann Lee") == b'<img alt="Ann Lee" src="data:image/png;base64,whowho">'


def test_a_value_over_two_cells_is_taken_apart() -> None:
    data = b"<tr><td>Ann</td><td>Lee</td></tr>"
    (text,) = Html().texts(data)
    with pytest.raises(FormLost):
        Html().rebuilt(data, [text.replace("Ann\t\tLee", "X")])
    smaller = Html().pieces(data)
    assert isinstance(smaller, HtmlPieces)
    assert smaller.rebuilt(data, ["X", "Y"]) == b"<tr><td>X</td><td>Y</td></tr>"
    assert smaller.pieces(data) is None


MARKS = ["<p>", "</p>", "<br>", "<td>", "<script>", "</script>", "<!--", "-->", "&amp;", "&#0;", "Ann", " ", "\u00fc"]
ATTRIBUTES = ["<a b='", "'>", "<a b=Ann>"]


@given(
    st.text(alphabet="<>/!-='\"& aBp;\n\t", max_size=80) | st.lists(st.sampled_from(MARKS + ATTRIBUTES)).map("".join)
)
def test_any_text_is_itself_again(source: str) -> None:
    data = source.encode()
    for kind in (Html(), HtmlPieces()):
        texts = kind.texts(data)
        assert kind.rebuilt(data, texts) == data
        try:
            made = kind.rebuilt(data, [text.replace("Ann", TOKEN) for text in texts])
        except FormLost:
            assert type(kind) is Html
            continue
        assert kind.texts(made) == [text.replace("Ann", TOKEN) for text in texts]
