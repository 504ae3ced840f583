"""The built pages of the UI: files of `admin_ui/static`, and its index for every path of the browser's history."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path

from aiohttp import web

SECURITY_HEADERS = {
    # Styles may stand in the page: the component library sets them at run time. They can load nothing from elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-src 'self' blob:; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_NOT_BUILT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>STING-CE console</title></head><body>
<h1>The console runs, its pages are not built</h1>
<p>The JSON API is here: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
<p>A released package has the pages inside. In a source tree run <code>make ui</code> and reload this page.</p>
<p>Log in without pages: <code>POST /api/v1/session/link</code> with the token behind <code>#token=</code> of the link
that <code>sting up</code> printed, or send an admin key as <code>Authorization: Bearer</code>.</p>
</body></html>"""


def static_folder() -> Path:
    """Where the built pages are."""
    return Path(str(resources.files("admin_ui"))) / "static"


def page_handler(folder: Path | None = None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of everything that is not the API. Never leaves `folder`."""
    root = (folder or static_folder()).resolve()

    async def page(request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["tail"]
        found = await asyncio.to_thread(_file, root, wanted)
        if found is None and "." in wanted.rpartition("/")[2]:
            return web.Response(status=404, text="There is no such file.")
        if found is None:
            found = await asyncio.to_thread(_file, root, "index.html")
        if found is None:
            return web.Response(text=_NOT_BUILT, content_type="text/html")
        # the build puts a digest of the content into the names below assets/
        lasting = found.parent.name == "assets"
        cache = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return web.FileResponse(found, headers={"Cache-Control": cache})

    return page


def _file(root: Path, wanted: str) -> Path | None:
    if not wanted or "\0" in wanted:
        return None
    try:
        path = (root / wanted).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except OSError:
        return None
