"""The servers that benchmarks compare, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KEY = "sk-sting-benchmark-key"


@dataclass(frozen=True)
class Process:
    """A server: its port, the process that answers, the one that started that, and seconds until it was ready.

    Of a gateway: all processes that answer, and the embedded store's.
    """

    port: int
    pid: int
    parent: int
    start_seconds: float = 0.0
    workers: tuple[int, ...] = ()
    stores: tuple[int, ...] = ()

    def memory(self) -> int:
        """Bytes that the answering process holds in memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def anonymous(self) -> dict[str, int]:
        """Bytes of memory (no mapped files) by part: what answers, what keeps the audit trail, stores, detection."""
        parts = dict.fromkeys(self.workers, "workers") | dict.fromkeys(self.stores, "store") | {self.parent: "audit"}
        told = dict.fromkeys(("workers", "audit", "store", "detection"), 0)
        for pid in (self.parent, *descendants(self.parent)):
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                status = Path(f"/proc/{pid}/status").read_text()
                kib = next((line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:")), "0")
                told[parts.get(pid, "detection")] += 1024 * int(kib)
        return told


@contextmanager
def compiled_once() -> Iterator[None]:
    """Have the servers keep compiled code in a folder of this run's, whatever the environment says of that.

    An installation has it beside the sources; without it each start compiles all of them anew.
    """
    with tempfile.TemporaryDirectory(prefix="sting-bench-code-") as folder:
        os.unsetenv("PYTHONDONTWRITEBYTECODE")
        os.putenv("PYTHONPYCACHEPREFIX", folder)
        try:
            yield
        finally:
            os.unsetenv("PYTHONPYCACHEPREFIX")


def cpu_seconds(pid: int) -> float:
    """User and system time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def started_upstream(stack: ExitStack) -> Process:
    """The provider that answers at once."""
    return _started(stack, str(HERE / "mock_upstream.py"))


def started_pass_through(stack: ExitStack, upstream: int) -> Process:
    """The bare pass-through."""
    return _started(stack, str(HERE / "pass_through.py"), f"http://127.0.0.1:{upstream}")


def started_gateway(
    stack: ExitStack,
    folder: Path,
    upstream: int,
    policy: str,
    workers: int | None = None,
    *,
    limits: Mapping[str, int] | None = None,
    policies: Path | None = None,
    more: str = "",
) -> Process:
    """A gateway with the mock as its only provider, in the default configuration but for the policy.

    `limits`: of the section `gateway`. `policies`: a folder of policy files. `more`: further lines.
    """
    path = folder / "bench.yaml"
    count = f", workers: {workers}" if workers else ""
    count += "".join(f", {name}: {value}" for name, value in (limits or {}).items())
    where = f", directory: {policies}" if policies else ""
    path.write_text(
        f"{more}gateway: {{port: 0{count}}}\ndata_dir: {folder}/data\n"
        f"providers: {{openai: {{kind: openai, base_url: 'http://127.0.0.1:{upstream}/v1', local: true}}}}\n"
        f"policies: {{default: {policy}{where}}}\nkeys: [{{name: bench, secret: {KEY}}}]\n"
    )
    command = "from policies.cli import main; main()"
    made = _started(stack, "-c", command, "gateway", "--config", str(path), "--log-level", "error")
    found = {pid: _command(pid) for pid in _children(made.pid)}
    answering = tuple(pid for pid, command in found.items() if "proxy.worker\0" in command)
    stores = tuple(pid for pid, command in found.items() if "valkey-server" in command)
    return Process(made.port, answering[0], made.pid, made.start_seconds, answering, stores)


def _started(stack: ExitStack, *command: str) -> Process:
    """A server that prints its port at the end of its first line."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait, 60)
    stack.callback(process.terminate)
    assert process.stdout is not None
    line = process.stdout.readline()
    return Process(int(line.strip().rpartition(":")[2]), process.pid, process.pid, time.perf_counter() - begun)


def descendants(pid: int) -> list[int]:
    """All processes below this one."""
    found = _children(pid)
    return found + [deeper for child in found for deeper in descendants(child)]


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
