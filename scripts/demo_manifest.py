"""Writes charts/demo/sting-ce-demo.yaml from the chart: python scripts/demo_manifest.py (helm: `make helm`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "charts/demo/sting-ce-demo.yaml"
HEAD = """\
# The public demo for `kubectl apply -f`. Made by scripts/demo_manifest.py from charts/sting and its values-demo.yaml.
# Before it, the keys (leave out the providers' and set EXTERNAL_AI_ENABLED to "false" for the offline demo model):
#   kubectl create secret generic sting-ce-demo-keys --from-literal=STING_MASTER_KEY="$(openssl rand -base64 32)" \\
#     --from-literal=POSTGRES_PASSWORD="$(openssl rand -hex 24)" --from-literal=OPENAI_API_KEY=...
"""


def rendered(helm: str, chart: Path, *arguments: str) -> str:
    """What helm makes of the chart. Raises CalledProcessError with helm's message in `stderr`."""
    with tempfile.TemporaryDirectory() as home:
        homes = {f"HELM_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(
            [helm, "template", "sting", str(chart), *arguments],
            env={"PATH": os.defpath, **homes},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout


def manifest(helm: str) -> str:
    """The plain manifest of the demo; the pod of `helm test` is none of it."""
    chart = ROOT / "charts/sting"
    return HEAD + rendered(helm, chart, "--skip-tests", "--values", str(chart / "values-demo.yaml"))


if __name__ == "__main__":
    MANIFEST.write_text(manifest(str(Path(sys.prefix) / "bin/helm")), encoding="utf-8")
