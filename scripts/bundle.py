"""Everything that an installation without a network needs, in one archive: `make bundle`.

    python scripts/bundle.py [OUT]        # default: dist/

The archive holds the wheel of this checkout with its pages, wheels of all that it needs (the language model is one),
the example configuration, `SHA256SUMS` and `install.sh`. It fits the platform and the Python version that made it.
docs/operations/air-gapped.md says how to use it.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALONG = ("config.example.yaml", "LICENSE", "NOTICE", "CHANGELOG.md")
INSTALL = """#!/bin/sh
# Installs STING-CE into a virtual environment without a network: sh install.sh [FOLDER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-sting}
python=${PYTHON:-@PYTHON@}
cd "$here"
sha256sum --check --strict --quiet SHA256SUMS \\
    || { echo "a file of the bundle was changed or is missing; nothing was installed"; exit 1; }
cd - >/dev/null
"$python" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "@VERSION@")' \\
    || { echo "this bundle is for Python @VERSION@; set PYTHON to one, or make a bundle with yours"; exit 1; }
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here/wheels" sting-ce
"$target/bin/sting" --version
"""


def main() -> None:
    """Build, fetch, add up, pack; prints the archive's path."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wheel = _built(place / "built")
        name = f"{wheel.name.rsplit('-', 3)[0]}-bundle-py{_version()}-{platform.system().lower()}-{platform.machine()}"
        bundle = place / name
        _fetch(wheel, bundle / "wheels", place)
        for file in ALONG:
            shutil.copy(ROOT / file, bundle)
        script = INSTALL.replace("@PYTHON@", f"python{_version()}").replace("@VERSION@", _version())
        (bundle / "install.sh").write_text(script)
        (bundle / "SHA256SUMS").write_text("".join(_sums(bundle)))
        archive = out / f"{name}.tar"
        with tarfile.open(archive, "w") as packed:  # wheels are compressed already
            packed.add(bundle, name)
    print(archive)


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _built(folder: Path) -> Path:
    """The wheel of this checkout, pages inside."""
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def _fetch(wheel: Path, target: Path, place: Path) -> None:
    """The wheel and all that it needs, wheels only, in the versions of constraints.txt."""
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, place / "pip")
    pip = (place / "pip/bin/python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--only-binary", ":all:", "--constraint", ROOT / "constraints.txt", "--dest", target, wheel)


def _sums(bundle: Path) -> list[str]:
    """Lines as `sha256sum --check` reads them, of every file."""
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    return [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle)}\n" for path in files]


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    main()
