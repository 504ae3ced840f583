"""The two commands of the README from a fresh clone, as somebody with nothing but a Python runs them, and their time.

    python3 scripts/fresh_clone.py                                   # this Python, this user
    python3 scripts/fresh_clone.py --python /path/python3.13 --user nobody   # as root: as that user
    python3 scripts/fresh_clone.py --test ""                         # and `make test`, all of it; other words: its ARGS

Clones the commit that is checked out into a temporary folder, with a home that is empty; the ports are free ones.
Needs git, make and the network, and of Python the standard library. Prints one line a step; exit status 1 when a step
fails.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVES_S, ANSWER_S, ENDS_S, TEST_S = 1800, 120, 90, 7200
_HANDED_ON = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "NODE_EXTRA_CA", "http_proxy", "https_proxy", "no_proxy")


def main() -> int:
    """Run the steps; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the Python that is there")
    parser.add_argument("--user", help="run as this user (as root only)")
    parser.add_argument("--test", metavar="ARGS", help="run `make test` too, with these ARGS")
    given = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="fresh-clone-"))
    try:
        place.chmod(0o755)
        clone = ["git", "clone", "--quiet", "--no-local", str(ROOT), str(place / "sting")]
        subprocess.run(clone, check=True)
        (place / "home").mkdir()
        if given.user:
            owner = ["chown", "-R", given.user, str(place)]
            subprocess.run(owner, check=True)
        return _steps(place, given)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _steps(place: Path, given: argparse.Namespace) -> int:
    clone, environment = place / "sting", _environment(place, given.python)
    who = given.user or pwd.getpwuid(os.getuid()).pw_name
    version = subprocess.run([given.python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}, as {who}", flush=True)
    if not _runs(clone, environment, given.user):
        return 1
    if given.test is None:
        return 0
    began = time.monotonic()
    words = ["make", "test", f"ARGS={given.test}"]
    done = subprocess.run(words, cwd=clone, env=environment, user=given.user, timeout=TEST_S, check=False)
    print(f"make test{' ' + given.test if given.test else ''}: exit {done.returncode}, {_since(began)}", flush=True)
    return done.returncode


def _runs(clone: Path, environment: dict[str, str], user: str | None) -> bool:
    """Whether `make run` comes up, the curl line that it prints gets an answer, and Ctrl-C ends it all."""
    began = time.monotonic()
    words = ["make", "run", f"ARGS=--gateway-port {_free_port()} --console-port {_free_port()}"]
    said = clone.parent / "said"
    with said.open("wb") as out:
        running = subprocess.Popen(
            words, cwd=clone, env=environment, user=user, stdout=out, stderr=out, process_group=0
        )
    try:
        curl = _wait_for_curl(said, running)
        if not curl:
            print(f"make run: FAILED after {_since(began)}\n{said.read_text()[-3000:]}")
            return False
        print(f"make run: serves after {_since(began)}", flush=True)
        typed = ["sh", "-c", curl]  # the very line a person would copy
        answer = subprocess.run(
            typed,
            cwd=clone,
            env=environment,
            user=user,
            stdout=subprocess.PIPE,
            text=True,
            timeout=ANSWER_S,
            check=False,
        ).stdout
        good = "Margaret Okafor" in answer and "x-sting-entities" in answer
        print(f"the curl line that it prints: {'answered, the name restored' if good else 'FAILED ' + answer}")
    finally:
        ended = _end(running)
    print(f"Ctrl-C: {'ended' if ended else 'FAILED, killed'}", flush=True)
    return good and ended


def _wait_for_curl(said: Path, running: subprocess.Popen[bytes]) -> str:
    """The curl line, once it is printed and the process still runs; empty when it never is."""
    until = time.monotonic() + SERVES_S
    while time.monotonic() < until and running.poll() is None:
        lines = said.read_text(errors="replace").splitlines(keepends=True)
        for line in lines:
            if line.startswith("curl ") and line.endswith("\n"):
                return line
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.2)
    return ""


def _end(running: subprocess.Popen[bytes]) -> bool:
    """As a terminal's Ctrl-C does: SIGINT to the whole group. Whether it ended by itself in time."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGINT)
    try:
        running.wait(ENDS_S)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return False
    return True


def _environment(place: Path, python: str) -> dict[str, str]:
    """Nothing of the caller's but how the package registry is reached."""
    handed_on = {name: value for name, value in os.environ.items() if name.startswith(_HANDED_ON)}  # noqa: TID251 - not of the product
    own = {"HOME": str(place / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PYTHON": python}
    return {**handed_on, **own, "LANG": "C.UTF-8"}


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
