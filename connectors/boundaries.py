"""What the operator allows connectors, whatever the person who configures one asks for. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from policies.sections import ConnectorsSection

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Folders, networks and sizes.

    `folders`: local files may be read below these only (none: no local file). `private_networks`: private ranges that
    the HTTP connector may reach (`"any"` is not a word here: name the ranges). `max_unpacked` bytes come out of one
    compressed file at most, `max_ratio` times its packed size; `max_record` bytes is the longest single record.
    """

    folders: tuple[Path, ...] = ()
    private_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    max_unpacked: int = 64 * 1024 * MIB
    max_ratio: int = 200
    max_record: int = 16 * MIB
    max_columns: int = 16_384
    timeout_s: float = 30.0

    @classmethod
    def of(cls, section: ConnectorsSection) -> Boundaries:
        """Those of the configuration."""
        return cls(folders=section.folders, private_networks=section.private_networks)

    def allows_path(self, path: Path) -> bool:
        """True when the file, links followed, lies below an allowed folder."""
        real = path.resolve()
        return any(real.is_relative_to(folder.resolve()) for folder in self.folders)
