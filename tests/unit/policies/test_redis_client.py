"""Every scheme of `redis.url` gives a client that fails soon and repeats nothing by itself."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis, RedisCluster, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import SentinelConnectionPool

from policies.redis_client import make_client


def options_of(url: str) -> dict[str, object]:
    client = make_client(url, timeout=1.5, connections=7)
    assert isinstance(client, Redis)
    pool = client.connection_pool
    return {**pool.connection_kwargs, "base": pool.connection_class.__bases__[1], "most": pool.max_connections}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://user:p%40ss@h:1234/3", {"host": "h", "port": 1234, "db": 3, "username": "user", "password": "p@ss"}),
        ("rediss://h", {"host": "h", "base": SSLConnection}),
        ("unix:///run/v.sock?db=2", {"path": "/run/v.sock", "db": 2, "base": UnixDomainSocketConnection}),
        ("redis://h?socket_timeout=9", {"socket_timeout": 9.0}),
    ],
)
async def test_a_single_server(url: str, expected: dict[str, object]) -> None:
    defaults = {"socket_timeout": 1.5, "socket_connect_timeout": 1.5, "most": 7}
    options = options_of(url)
    assert {name: options[name] for name in defaults | expected} == defaults | expected
    assert options["retry"].get_retries() == 0  # type: ignore[attr-defined] # redis-py's Retry


@pytest.mark.parametrize("scheme", ["redis+cluster", "rediss+cluster"])
async def test_a_cluster(scheme: str) -> None:
    client = make_client(f"{scheme}://user:pw@h:7000", timeout=1.5)
    assert isinstance(client, RedisCluster)
    options = client.connection_kwargs
    assert (options["username"], options["password"], options["socket_timeout"]) == ("user", "pw", 1.5)
    assert [(node.host, node.port) for node in client.get_nodes() or client.nodes_manager.startup_nodes.values()] == [
        ("h", 7000)
    ]


async def test_sentinels() -> None:
    client = make_client("redis+sentinel://u:p%3A@one:1,two,[::1]:3/main/4", timeout=1.5, connections=7)
    assert isinstance(client, Redis)
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    sentinels = [sentinel.connection_pool.connection_kwargs for sentinel in pool.sentinel_manager.sentinels]
    assert [(node["host"], node["port"]) for node in sentinels] == [("one", 1), ("two", 26379), ("::1", 3)]
    assert all(node["socket_timeout"] == 1.5 for node in sentinels)
    options = pool.connection_kwargs
    assert (pool.service_name, options["db"], options["username"], options["password"]) == ("main", 4, "u", "p:")


@pytest.mark.parametrize("url", ["http://u:hush@h", "hush", "redis+sentinel://u:hush@h", "embedded"])
def test_another_scheme_is_refused_without_telling_the_url(url: str) -> None:
    with pytest.raises(ValueError, match="redis") as refused:
        make_client(url)
    assert "hush" not in str(refused.value)
