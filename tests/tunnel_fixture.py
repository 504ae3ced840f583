"""An SSH server of the tests' own that forwards: asyncssh's, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncssh
import pytest

PASSPHRASE = "Tunn3l-s3cret-pw"


class Doorman(asyncssh.SSHServer):
    """Lets `sting` in by key or password, and forwards to where it is asked to."""

    asked: list[tuple[str, int]]
    key: asyncssh.SSHKey

    def begin_auth(self, _username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "sting" and key == self.key

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("sting", PASSPHRASE)

    def connection_requested(self, dest_host: str, dest_port: int, _orig_host: str, _orig_port: int) -> bool:
        self.asked.append((dest_host, dest_port))
        return True


@pytest.fixture
async def tunnel() -> AsyncIterator[dict[str, Any]]:
    """The settings of a tunnel through an SSH server that was started for the test; `asked` is what it was asked."""
    host_key, own = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    asked: list[tuple[str, int]] = []
    doorman = type("One", (Doorman,), {"asked": asked, "key": own.convert_to_public()})
    server = await asyncssh.create_server(doorman, "127.0.0.1", 0, server_host_keys=[host_key])
    yield {
        "asked": asked,
        "ssh": {
            "host": "127.0.0.1",
            "port": server.get_port(),
            "user": "sting",
            "host_key": f"# a comment\n127.0.0.1 {host_key.export_public_key().decode()}",
            "private_key": own.export_private_key("pkcs8-pem", PASSPHRASE).decode(),
            "passphrase": PASSPHRASE,
        },
    }
    server.close()
    await server.wait_closed()
