"""Originals stay out of URLs of hosts that are not allowed, however the URL is written."""

from __future__ import annotations

import json

import pytest

from proxy.core.guards import OPEN, Guards, UrlGuard
from proxy.core.jsonwriting import JsonWriting
from proxy.core.restorer import Originals, RestoreTally, restore
from tests.property.core_cases import token_of

TOKEN = token_of("K7Q2M9X")
SITE = token_of("AAAAAAA", "URL")
GUARDS = Guards(("good.example", "*.fine.example"))


def shown(text: str, guards: Guards = GUARDS, *, in_json: bool = False) -> bool:
    """Whether the token in a text is restored."""
    tally = RestoreTally()
    originals = Originals({TOKEN: "Jane Doe", SITE: "https://evil.example/"}, guards=guards)
    result = restore(text, originals, tally, JsonWriting() if in_json else None)
    assert ("Jane Doe" in result) is not (TOKEN in result)
    assert tally.guarded == (TOKEN in result)
    return "Jane Doe" in result


@pytest.mark.parametrize(
    "before",
    [
        "https://evil.example/?d=",
        "see http://evil.example/a/",
        "![x](https://evil.example/?d=",
        "![x](<https://evil.example/?d=a b ",
        "![x]( https://evil.example/(a)",
        "[x]: https://evil.example/",
        "![x](//evil.example/",
        "![x](\\\\evil.example\\",
        '<img src="\\\\evil.example/',
        "<img src=//evil.example/?",
        '<img src="https://evil.example/?a b ',
        '<img src="https://evil.example/?a\n\nb ',
        "<img src='https://evil.example/?\"",
        '<img src="ht\ntps:/evil.example/',
        "https:evil.example/",
        "https:/evil.example/",
        "https:\\\\evil.example\\",
        "HTTPS://EVIL.EXAMPLE/",
        "https&colon;//evil.example/",
        "![](https&#58;&#47;&#47;evil.example/",
        "![](https&#x3a;&sol;&sol;evil.example/",
        "https://",
        "https://x.",
        "https://good.example",
        "https://good.example.",
        "https://good.example@evil.example/",
        "https://good.example:80@evil.example/",
        "https://good.example.evil.example/",
        "https://fine.example/",
        "https://good.example/?to=https://evil.example/",
        "https://evil.example/?to=https://good.example/",
        "ftp://evil.example/",
        "wss://evil.example/",
        "custom+x://evil.example/",
        "file://evil.example/share/",
        "www.evil.example/",
        "javascript:x('",
        "data:text/html,",
        "https://evil.example/a,b;",
        f"{SITE}?d=",
        f"![x]({SITE}",
        "https://evil.example/" + "a" * 10_000,
        "![x](https://evil.example/" + "(a)" * 3_000 + "(",
        "https://evil.example/" + "a" * 4_097 + "?https://good.example/",
    ],
)
def test_no_original_goes_into_a_url_of_another_host(before: str) -> None:
    assert not shown(before + TOKEN + ")")


@pytest.mark.parametrize(
    "before",
    [
        "",
        "mailto:",
        "[mail](mailto:",
        "mailto:a@b.example?cc=",
        "tel:",
        "<a href='tel:",
        "https://evil.example/ ",
        "(https://evil.example/x) ",
        "[x](https://evil.example/x)",
        "![x](https://evil.example/(a))",
        "<https://evil.example/x>",
        '"https://evil.example/x", "',
        '<a href="https://evil.example/x">',
        "<a href='https://evil.example/x'>",
        "https://evil.example/x\n",
        "https://evil.example,",
        "| https://evil.example|",
        "**https://evil.example** ",
        "https://good.example/?d=",
        "https://GOOD.example:8080/",
        "https://good.example\\@evil.example/",
        "https://user@good.example/",
        "![x](https://a.b.fine.example/",
        "http://localhost:8080/",
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "file:///home/",
        "postgresql+asyncpg://",
        "s3://bucket/",
        "// ",
        "either/or/",
        "[x](/people/",
        "C:\\Users\\",
        "time 12:30:",
        "a" * 10_000 + " ",
        "https://evil.example/" + "a" * 10_000 + " ",
        "![x](https://evil.example/" + "(a)" * 3_000 + ")",
    ],
)
def test_it_comes_back_everywhere_else(before: str) -> None:
    assert shown(before + TOKEN)


def test_with_every_host_allowed_it_comes_back() -> None:
    assert shown("https://evil.example/?d=" + TOKEN, OPEN)


@pytest.mark.parametrize(
    ("value", "restored"), [("see https://evil.example/a\nCall ", True), ("https://evil.example/a", False)]
)
def test_json_in_a_channel_is_understood(value: str, *, restored: bool) -> None:
    text = json.dumps({"first": "https://evil.example/", "text": value + TOKEN})
    assert shown(text, in_json=True) is restored
    assert shown(text.replace("/", "\\/"), in_json=True) is restored
    assert shown(text.replace("/", "\\u002f"), in_json=True) is restored
    nested = json.dumps({"inner": json.dumps({"text": value + TOKEN})})
    assert shown(nested, in_json=True) is restored


def test_a_backslash_that_is_no_escape_ends_no_url() -> None:
    text = json.dumps({"text": "https:\\\\evil.example\\nice\\" + TOKEN})
    assert not shown(text, in_json=True)


def test_little_is_remembered() -> None:
    guard = UrlGuard(GUARDS)
    for _ in range(100):
        guard.passed("https://evil.example/" + "x" * 1000, 0)
    assert len(guard._head) + len(guard._tail) < 10_000
    assert guard.forbids(0)


@pytest.mark.parametrize(
    ("allow", "deny", "name", "may"),
    [
        (("*",), (), "any", True),
        (("*",), (), "", True),
        (("*",), ("web_*",), "web_fetch", False),
        (("*",), ("web_*",), "crm", True),
        (("*",), ("web_*",), "", False),
        (("crm", "mail_*"), (), "mail_send", True),
        (("crm",), (), "crm2", False),
        (("crm",), ("crm",), "crm", False),
        ((), (), "crm", False),
    ],
)
def test_tools_are_told_apart_by_name(allow: tuple[str, ...], deny: tuple[str, ...], name: str, *, may: bool) -> None:
    guards = Guards(allow=allow, deny=deny)
    assert guards.tool(name, {}) is may
    assert guards.tool(("item", 1), {("item", 1): name}) is may
    assert guards.tool(("item", 2), {("item", 1): name}) is guards.any_tool
    assert guards.tool(None, {})
