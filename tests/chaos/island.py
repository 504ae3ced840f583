"""A network namespace with two links to this one, as a replica on a host of its own: one of them can be cut."""

from __future__ import annotations

import os
import shutil
import subprocess
from types import TracebackType
from typing import Self


class Island:
    """Programs started with `prefix` see nothing of this host but `shore` (clients, providers) and `stores` (Redis).

    Clients reach a program inside at `inside`. Needs root and `ip`; raises OSError where namespaces cannot be made.
    """

    def __init__(self) -> None:
        number = os.getpid() % 60 * 4
        self._name = f"sting-chaos-{os.getpid()}"
        self._links = {f"sc{os.getpid()}a": f"10.213.{number}", f"sc{os.getpid()}b": f"10.213.{number + 1}"}
        (self._front, front), (self._back, back) = self._links.items()
        self.shore, self.inside, self.stores = f"{front}.1", f"{front}.2", f"{back}.1"

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words before a command that is to run inside."""
        return (str(shutil.which("ip")), "netns", "exec", self._name)

    def cut(self) -> None:
        """From now on nothing passes between inside and `stores`; nobody is told."""
        _ip("link", "set", self._back, "down")

    def join(self) -> None:
        """The link is there again."""
        _ip("link", "set", self._back, "up")

    def __enter__(self) -> Self:
        if os.geteuid() or shutil.which("ip") is None:
            raise OSError("network namespaces need root and ip")
        _ip("netns", "add", self._name)
        try:
            inside = ("-n", self._name)
            _ip(*inside, "link", "set", "lo", "up")
            for link, net in self._links.items():
                _ip("link", "add", link, "type", "veth", "peer", "name", "up" + link[-1], "netns", self._name)
                _ip("addr", "add", f"{net}.1/24", "dev", link)
                _ip("link", "set", link, "up")
                _ip(*inside, "addr", "add", f"{net}.2/24", "dev", "up" + link[-1])
                _ip(*inside, "link", "set", "up" + link[-1], "up")
        except OSError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for words in (*(("link", "del", link) for link in self._links), ("netns", "del", self._name)):
            subprocess.run(["ip", *words], check=False, timeout=10, capture_output=True)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], check=False, timeout=10, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
