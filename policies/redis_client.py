"""Makes the asyncio client of Redis from `redis.url`, for the vault and for whoever says or hears of changes."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import hiredis
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialBackoff, NoBackoff

Client: TypeAlias = Redis | RedisCluster
_SENTINEL_PORT = 26379
_CLUSTER_RETRIES = 3  # a moved slot or a fail-over: the cluster client looks up the nodes anew


def make_client(url: str, *, timeout: float = 2.0, connections: int = 64) -> Client:
    """A client that has not connected yet; close it with `aclose()`.

    Schemes: `redis://`, `rediss://` (TLS), `unix:///path`, `redis+cluster://` and `rediss+cluster://` (any node), and
    `redis+sentinel://user:password@host:port,host:port/service/db`. Query parameters are those of redis-py.
    `timeout` in seconds bounds connecting, each answer, and the wait for one of at most `connections` connections.
    The client repeats nothing by itself, so that no audit event is written twice; a cluster client does after a lost
    node or a moved slot. Ping a cluster client once before tasks use it in parallel.
    Raises ValueError for another scheme; the message never holds the URL, which can hold a password.
    """
    scheme = urlsplit(url).scheme
    limits: dict[str, Any] = {"socket_timeout": timeout, "socket_connect_timeout": timeout, "protocol": 2}
    if scheme in {"redis", "rediss", "unix"}:
        return _single(url, limits, timeout, connections)
    if scheme in {"redis+cluster", "rediss+cluster"}:
        retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), _CLUSTER_RETRIES)
        plain = url.replace("+cluster", "", 1)
        return RedisCluster.from_url(plain, max_connections=connections, retry=retry, **limits)
    if scheme == "redis+sentinel":
        return _behind_sentinels(url, limits, connections)
    raise ValueError("redis.url starts with redis://, rediss://, unix://, redis+cluster:// or redis+sentinel://")


class _PackedInC:
    """Mixed into redis-py's connections: commands encoded by hiredis; redis-py's asyncio side does it in Python."""

    def pack_command(self, *args: Any) -> list[bytes]:  # noqa: ANN401 - whatever redis-py can encode
        """One command in the wire format; redis-py names some with a space ("CONFIG GET")."""
        name, *rest = args
        words = name.split() if isinstance(name, str) else [name]
        return [hiredis.pack_command((*words, *rest))]


class _Tcp(_PackedInC, Connection):
    """For redis://."""


class _Tls(_PackedInC, SSLConnection):
    """For rediss://."""


class _Unix(_PackedInC, UnixDomainSocketConnection):
    """For unix://."""


_CONNECTIONS: dict[str, type[AbstractConnection]] = {"redis": _Tcp, "rediss": _Tls, "unix": _Unix}


def _single(url: str, limits: dict[str, Any], timeout: float, connections: int) -> Redis:
    options: dict[str, Any] = {**limits, **parse_url(url), "connection_class": _CONNECTIONS[urlsplit(url).scheme]}
    pool = BlockingConnectionPool(max_connections=connections, timeout=timeout, retry=Retry(NoBackoff(), 0), **options)
    return Redis.from_pool(pool)


class _Primary(Redis):
    """A client of the primary that also closes its connections to the sentinels; redis-py leaves those open."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 - as redis-py has it
        """Close all of them."""
        await super().aclose(close_connection_pool)
        pool: Any = self.connection_pool
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _behind_sentinels(url: str, limits: dict[str, Any], connections: int) -> Redis:
    """The primary that the sentinels name, looked up anew whenever a connection is made."""
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not hosts or not service:
        raise ValueError("redis+sentinel:// needs hosts and the service's name: redis+sentinel://host:26379/name")
    sentinel = Sentinel(  # type: ignore[no-untyped-call]  # redis-py leaves its constructor untyped
        [_host_and_port(host) for host in hosts.split(",")], sentinel_kwargs=limits
    )
    client: Redis = sentinel.master_for(
        service,
        redis_class=_Primary,
        username=unquote(user) or None,
        password=unquote(password) or None,
        db=int(database or 0),
        max_connections=connections,
        retry=Retry(NoBackoff(), 0),
        **limits,
    )
    return client


def _host_and_port(host: str) -> tuple[str, int]:
    name, _, port = host.strip().rpartition(":") if ":" in host.rsplit("]", 1)[-1] else (host.strip(), "", "")
    return name.strip("[]"), int(port or _SENTINEL_PORT)
