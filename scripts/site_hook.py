"""MkDocs hook of the docs site: pages made from the repository, and links that leave `docs/` (see mkdocs.yml)."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from site_pages import api_page, commands_page, configuration_page, policies_page

ROOT = Path(__file__).parents[1]
FROM_ROOT = {
    "index.md": "README.md",
    **{name: name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "SUPPORT.md")},
}
"""Pages that are files of the repository's root."""
GENERATED = {
    "reference/policies.md": policies_page,
    "reference/configuration.md": configuration_page,
    "reference/commands.md": commands_page,
    "reference/api.md": api_page,
}
CONTENT = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src 'self' blob:"
)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)


def resolved(markdown: str, source: str, pages: set[str], page: str) -> str:
    """`markdown` of the repository's file `source` with links as the site's page `page` needs them.

    `pages` are all pages of the site. A link to a file that is no page becomes its words and the file's name.
    """
    places = {name: path for path, name in FROM_ROOT.items()}
    places |= {f"docs/{name}": name for name in pages if name not in FROM_ROOT}

    def link(match: re.Match[str]) -> str:
        picture, words, target, anchor = match.groups()
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        found = places.get(wanted) or places.get(f"{wanted}/README.md")
        if found is None and not (ROOT / wanted).exists():
            return match[0]  # a broken link: the strict build says so
        if found is None:
            return words if words.strip("`").rstrip("/") == wanted else f"{words} (`{wanted}`)"
        return f"{picture}[{words}]({posixpath.relpath(found, posixpath.dirname(page) or '.')}{anchor or ''})"

    parts = _FENCE.split(markdown)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not stand in `docs/`, and put pages that the navigation does not name under "More"."""
    for place, name in FROM_ROOT.items():
        files.append(File.generated(config, place, content=(ROOT / name).read_text(encoding="utf-8")))
    for place, make in GENERATED.items():
        files.append(File.generated(config, place, content=make()))
    pages = [file.src_uri for file in files.documentation_pages()]
    nav: list[Any] = config.nav or []
    clients = next(part["Clients"] for part in nav if isinstance(part, dict) and "Clients" in part)
    clients += [page for page in pages if page.startswith("clients/") and page not in clients]
    rest = [page for page in pages if page not in set(_named(nav))]
    decisions = [page for page in rest if page.startswith("decisions/")]
    others = [page for page in rest if page not in decisions]
    nav.append({"Decisions": decisions})
    if others:
        nav.append({"More": others})
    return files


def _named(nav: object) -> list[str]:
    """All pages of a part of the navigation."""
    if isinstance(nav, dict):
        return [page for part in nav.values() for page in _named(part)]
    if isinstance(nav, list):
        return [page for part in nav for page in _named(part)]
    return [str(nav)]


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Forbid the reader's browser to load anything from elsewhere: the theme's scripts could."""
    del page, config
    return output.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{CONTENT}">', 1)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mend the page's links."""
    del config
    place = page.file.src_uri
    known = {file.src_uri for file in files}
    return resolved(markdown, FROM_ROOT.get(place, f"docs/{place}"), known, place)
