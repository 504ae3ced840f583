"""What a request asks the provider to do by itself: run tools of its own and further models, and keep what was said."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

from policies.model import Tools
from proxy.core.jsontext import Document, Edit, Leaf, Path

_OF_CLIENTS: Final = frozenset(
    "function custom namespace local_shell apply_patch bash text_editor memory tool_search allowed_tools".split()
)
"""Types of tools that the client runs, or that lead to such."""
_VERSION: Final = re.compile(r"(?:_preview)?(?:_20\d{6}|_20\d\d_\d\d_\d\d)?\Z")
_ELSEWHERE: Final = {"mcp_servers": "mcp", "web_search_options": "web_search"}
"""Fields that ask for a tool without a type."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_ASIDE: Final = frozenset({"moderation", "transcription", "session", "response", "svg"})
"""Fields that name a model of their own, besides tools and fallbacks."""
_OF_NOBODY: Final = frozenset("arguments input_examples input_schema metadata parameters properties schema".split())
"""Fields below which names are the client's own."""
_STORING: Final = {"/v1/responses": True, "/v1/chat/completions": False}
"""Routes whose provider keeps what was said when it is asked to -> whether also when it is not."""
_STORE: Final = re.compile(r'"\s*:\s*(true|null)')


def forbidden_tool(body: Document, tools: Tools) -> str | None:
    """The name of a tool that the provider would run and must not; None where there is none."""
    for name in _asked(body):
        allowed = any(fnmatchcase(name, pattern) for pattern in tools.allow)
        if not allowed or any(fnmatchcase(name, pattern) for pattern in tools.deny):
            return name
    return None


def _asked(body: Document) -> list[str]:
    """Tools that the provider runs, by their types without versions; `other` for what is no usual name."""
    found = [_ELSEWHERE[str(path[-1])] for path in body.containers if path and path[-1] in _ELSEWHERE]
    for leaf in body.leaves:
        defines = leaf.path[-3:-2] == ("tools",) or leaf.path[-3:-1] == ("tool", "definition")
        if defines and leaf.path[-1:] == ("type",) and not leaf.is_key:
            name = _VERSION.sub("", leaf.text)
            if name not in _OF_CLIENTS:
                found.append(name if _NAME.fullmatch(name) else "other")
    return found


def models_within(body: Document) -> list[Leaf]:
    """Models that the provider is to ask besides the one that answers: in tools, as fallbacks, to look at texts."""
    return [leaf for leaf in body.leaves if not leaf.is_key and _names_further_model(leaf.path)]


def _names_further_model(path: Path) -> bool:
    if path == ("svg[model]",):  # in a form
        return True
    told = not _OF_NOBODY.isdisjoint(path) or ("messages" in path and "input" in path)  # what a tool was called with
    if path[-1] != "model" or len(path) == 1 or told:
        return False
    above = path[:-1]
    return above[-1] in _ASIDE or above[-2:-1] in (("tools",), ("fallbacks",)) or above[-2:] == ("tool", "definition")


def unstored(body: Document, route: str) -> list[Edit]:
    """Edits that have the provider keep nothing, where the route has a word for that."""
    by_default = _STORING.get(route)
    if by_default is None:
        return []
    keys = [leaf for leaf in body.leaves if leaf.is_key and leaf.path == ("store",)]
    given = [found for leaf in keys if (found := _STORE.match(body.text, leaf.end)) is not None]
    if keys or not by_default:  # where it stands twice, who knows which one counts
        return [Edit(found.start(1), found.end(1), "false") for found in given]
    start, end = body.containers[()]
    comma = "," if body.text[start + 1 : end - 1].strip() else ""
    return [Edit(start + 1, start + 1, f'"store":false{comma}')]
