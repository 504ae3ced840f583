"""The head of a message: its lines, and nothing that could pass for another one."""

from __future__ import annotations

import pytest

from proxy.core.heads import head_of


def test_lines_end_and_the_head_ends() -> None:
    assert (
        head_of(["HTTP/1.1 200 OK", "a: b", "c: \u00fc\udcff"]) == b"HTTP/1.1 200 OK\r\na: b\r\nc: \xc3\xbc\xff\r\n\r\n"
    )


@pytest.mark.parametrize("text", ["b\r\nx: y", "b\nx: y", "b\rx: y", "b\r\n", "b\0", "\n", "b\n\r"])
def test_a_header_that_holds_the_end_of_a_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="holds the end of a line"):
        head_of(["GET / HTTP/1.1", f"a: {text}", "c: d"])
