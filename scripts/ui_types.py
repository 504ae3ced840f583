"""Write admin_ui/web/src/api/types.ts anew from the console's own OpenAPI description (`make ui-types`).

python scripts/ui_types.py            # writes
python scripts/ui_types.py --print    # the description on stdout, for looking at it
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from build_ui import WEB, install, npm, run

from admin_ui.app import console
from policies.settings import load_settings

OVERRIDES: dict[str, object] = {
    "providers": {"demo": {"kind": "demo", "local": True}},
    "default_provider": "demo",
}


async def description() -> str:
    """The OpenAPI description of all installed routes, as indented JSON."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(None, environ={}, overrides={**OVERRIDES, "data_dir": Path(folder)})
        async with console(settings) as app, TestClient(TestServer(app)) as client:
            answer = await client.get("/api/v1/openapi.json")
            return json.dumps(await answer.json(), indent=1, sort_keys=True)


def main() -> int:
    """The command line."""
    found = asyncio.run(description())
    if sys.argv[1:] == ["--print"]:
        print(found)
        return 0
    command = npm()
    if command is None:
        print("no Node: run `make ui` first", file=sys.stderr)
        return 1
    install(command, everything=True)
    kept = WEB / "node_modules" / ".cache" / "openapi.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(found, encoding="utf-8")
    run(command, "run", "--silent", "types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
