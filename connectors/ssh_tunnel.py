"""A way to a database through an SSH server: a local port for one connection, open while it lasts.

The server's key has to be given: whoever answers is never trusted on first sight. No file of the account that runs the
program is read (configuration, keys, agent). Needs the extra `ssh`.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import Field

from connectors.base import ConnectorConfig, ConnectorProblem, Secret
from connectors.network import refuse_link_local
from policies.network import is_metadata, plain

KEEPALIVE_S = 30
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-")


class SshTunnel(ConnectorConfig):
    """The SSH server through which the database is reached; it has to allow TCP forwarding. Needs the extra `ssh`."""

    host: Annotated[str, Field(title="SSH server", examples=["bastion.example.com"], min_length=1)]
    port: Annotated[int, Field(title="Port", ge=1, le=65_535)] = 22
    user: Annotated[str, Field(title="User", min_length=1)]
    host_key: Annotated[
        str,
        Field(
            title="Key of the server",
            description="A line that `ssh-keyscan SERVER` prints, after you have made sure that it is right.",
            examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."],
            min_length=1,
            max_length=4_000,
        ),
    ]
    private_key: Annotated[Secret | None, Field(title="Private key", description="In OpenSSH's form or PEM.")] = None
    passphrase: Annotated[Secret | None, Field(title="Passphrase of the private key")] = None
    password: Annotated[Secret | None, Field(title="Password", description="Where the server takes no key.")] = None


@asynccontextmanager
async def reached(ssh: SshTunnel | None, host: str, port: int, *, timeout: float) -> AsyncIterator[tuple[str, int]]:  # noqa: ASYNC109 - asyncssh takes it
    """Host and port to connect to: as given, or those of a tunnel to it. Raises ConnectorProblem."""
    if ssh is None:
        await refuse_link_local(host, port)
        yield host, port
        return
    _refuse_metadata(host)
    connection = await _connected(ssh, timeout)
    try:
        listener = await connection.forward_local_port("127.0.0.1", 0, host, port)
        yield "127.0.0.1", listener.get_port()
    finally:
        connection.close()
        await connection.wait_closed()


async def _connected(ssh: SshTunnel, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - asyncssh is optional
    await refuse_link_local(ssh.host, ssh.port)
    asyncssh = await asyncio.to_thread(_library)
    trusted = [await asyncio.to_thread(_host_key, asyncssh, line) for line in _lines(ssh.host_key)]
    key = await asyncio.to_thread(_private_key, asyncssh, ssh)
    try:
        return await asyncssh.connect(
            ssh.host,
            ssh.port,
            username=ssh.user,
            password=ssh.password.get_secret_value() if ssh.password else None,
            client_keys=[key] if key is not None else None,
            known_hosts=(trusted, [], []),
            agent_path=None,
            config=None,
            connect_timeout=timeout,
            login_timeout=timeout,
            keepalive_interval=KEEPALIVE_S,
        )
    except asyncssh.HostKeyNotVerifiable:
        raise ConnectorProblem(
            "The SSH server shows another key than the one that was given.",
            "Ask who runs it whether its key was changed; never take a new one unseen.",
            code="refused",
        ) from None
    except asyncssh.PermissionDenied:
        raise ConnectorProblem(
            "The SSH server refuses this user, key or password.",
            "Check them, and that the public key stands in the server's authorized_keys.",
            code="refused",
        ) from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise ConnectorProblem(
            f"The SSH server cannot be reached ({type(error).__name__}).",
            "Check its host, port and firewall; try again.",
            code="unreachable",
            retryable=True,
        ) from None


def _library() -> Any:  # noqa: ANN401 - an optional package
    try:
        import asyncssh  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConnectorProblem(
            "SSH tunnels need a package that is not installed.", "pip install 'sting-ce[ssh]'", code="config"
        ) from None
    return asyncssh


def _lines(text: str) -> list[str]:
    """The keys of a pasted text, each as `type base64`, without hosts, comments and empty lines."""
    found = []
    for line in text.splitlines():
        words = line.split()
        at = next((place for place, word in enumerate(words) if word.startswith(_KEY_TYPES)), None)
        if at is not None and not line.startswith("#"):
            found.append(" ".join(words[at : at + 2]))
    if not found:
        raise _unreadable("key of the SSH server", "Paste a line that `ssh-keyscan` prints.")
    return found


def _host_key(asyncssh: Any, line: str) -> Any:  # noqa: ANN401 - asyncssh is optional
    try:
        return asyncssh.import_public_key(line)
    except (asyncssh.KeyImportError, ValueError):
        raise _unreadable("key of the SSH server", "Paste a line that `ssh-keyscan` prints.") from None


def _private_key(asyncssh: Any, ssh: SshTunnel) -> Any:  # noqa: ANN401 - asyncssh is optional
    if ssh.private_key is None:
        return None
    passphrase = ssh.passphrase.get_secret_value() if ssh.passphrase else None
    try:
        return asyncssh.import_private_key(ssh.private_key.get_secret_value(), passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        raise _unreadable(
            "private key", "Paste all of it, with the BEGIN and END lines; give its passphrase if it has one."
        ) from None


def _unreadable(what: str, advice: str) -> ConnectorProblem:
    return ConnectorProblem(f"The {what} cannot be read.", advice, code="config")


def _refuse_metadata(host: str) -> None:
    """What the SSH server would connect to; a name is looked up there, so only addresses can be told here."""
    try:
        address = plain(ipaddress.ip_address(host))
    except ValueError:
        return
    if is_metadata(address):
        raise ConnectorProblem(
            "The host is a link-local address, where clouds keep secrets of the machine.",
            "Give the address of the database itself.",
            code="forbidden",
        )
